"""The embedded AWS and GitHub, and the organisation that lives in them."""
