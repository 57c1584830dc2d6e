"""Pure values that every other part speaks in: names, scopes, keys, tags, secrets. No I/O, no SDK."""
