"""The REST routes by topic. Importing this package fills the table of `routing`."""

from cellenics_ci.sandbox.github.rest import (
    accounts,
    contents,
    deploy_keys,
    environments,
    oidc,
    repositories,
    root,
    runs,
    secrets,
    variables,
)

__all__ = [
    "accounts",
    "contents",
    "deploy_keys",
    "environments",
    "oidc",
    "repositories",
    "root",
    "runs",
    "secrets",
    "variables",
]
