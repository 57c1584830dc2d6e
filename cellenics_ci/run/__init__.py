"""What every changing command shares: outcomes, events, waves, the breaker, interruption."""
