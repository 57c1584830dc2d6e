"""GitHub: discovery, secrets, runs, through PyGithub as the transport. Fulfils what the features ask for."""
