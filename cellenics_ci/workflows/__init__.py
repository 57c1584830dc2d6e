"""The files under `.github`: which keys they read, which roles they assume, and how they move from one to the other."""
