"""Everything that speaks to AWS and GitHub, and the only place that knows their SDKs."""
