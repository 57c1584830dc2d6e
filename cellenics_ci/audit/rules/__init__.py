"""The rules, by subject: small pure functions from a snapshot to the cases that it holds. `table` has them all."""
