"""`audit`: every CI credential as it is, and what is wrong with it. A snapshot, and pure rules over it."""
