"""One cluster: the Secret with Flux's key, and the GitRepository that uses it."""
