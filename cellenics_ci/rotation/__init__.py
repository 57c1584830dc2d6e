"""rotate-ci: from what was surveyed to a plan, and from a plan to proven keys in GitHub."""
