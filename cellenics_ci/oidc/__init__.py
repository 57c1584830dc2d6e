"""adopt-oidc: a role for each repository that declares privileges, which its workflows assume without any key."""
