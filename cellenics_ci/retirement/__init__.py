"""retire-ci: a CI user goes that nothing needs any more, with its keys and the secrets that held them."""
