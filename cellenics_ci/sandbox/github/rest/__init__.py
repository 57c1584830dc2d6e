"""The REST routes by topic. Importing this package fills the table of `routing`."""

from cellenics_ci.sandbox.github.rest import (
    accounts,
    branches,
    commits,
    contents,
    deploy_keys,
    environments,
    git_data,
    issues,
    oidc,
    permissions,
    pulls,
    repositories,
    root,
    runs,
    secrets,
    variables,
)

__all__ = [
    "accounts",
    "branches",
    "commits",
    "contents",
    "deploy_keys",
    "environments",
    "git_data",
    "issues",
    "oidc",
    "permissions",
    "pulls",
    "repositories",
    "root",
    "runs",
    "secrets",
    "variables",
]
