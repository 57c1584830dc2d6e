"""How fast it is, and how many requests it makes: `make bench`. Measured and printed, never asserted by a test."""
