"""ensure-ecr: a repository's images have somewhere to go, as it declares."""
