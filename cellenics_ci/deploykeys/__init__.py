"""rotate-deploy-key: the SSH key with which Flux reads a repository, replaced with no moment without one."""
