"""GitHub's OIDC tokens as AWS sees them: the provider that is trusted, and what a token's subject is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

AUDIENCE: Final = "sts.amazonaws.com"
"""What aws-actions/configure-aws-credentials asks for as a token's audience (its README, "Audience")."""
DEFAULT_CLAIMS: Final = ("repo", "context")
"""What a subject is made of unless it is customised (GitHub's OpenID Connect reference, "Example subject claims")."""


@dataclass(frozen=True, slots=True)
class Provider:
    """An IAM identity provider for web identities. `issuer` has no `https://` before it, as in its ARN."""

    issuer: str
    audiences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Owner:
    """The organisation as it stands in tokens: its login with its capitals, and its id."""

    login: str
    id: int


@dataclass(frozen=True, slots=True)
class SubjectSetting:
    """How an organisation or a repository has a token's subject made; None where it says nothing.

    `claims` is None where the default counts, `immutable` says whether names come with ids. `prefix` is what GitHub
    says that the subjects of this repository begin with now.
    """

    claims: tuple[str, ...] | None = None
    immutable: bool | None = None
    prefix: str | None = None
    use_default: bool = True
