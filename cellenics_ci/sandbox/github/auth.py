"""Who asks, and may they? Tokens, classic scopes, fine-grained permissions, roles and single sign-on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cellenics_ci.sandbox.github.http import DOCS, Problem, Request, not_found
from cellenics_ci.sandbox.github.records import ROLES, Account, Level, Repository, Role, Token
from cellenics_ci.sandbox.github.state import GitHubState

SAML_MESSAGE: Final = (
    "Resource protected by organization SAML enforcement. "
    "You must grant your Personal Access token access to this organization."
)
_IMPLIED: Final = {
    "repo": {"public_repo", "repo:status", "repo_deployment", "repo:invite", "security_events"},
    "admin:org": {"write:org", "read:org"},
    "write:org": {"read:org"},
    "user": {"read:user", "user:email"},
}


@dataclass(frozen=True, slots=True)
class Needs:
    """What a route asks for: one of the classic `scopes`, a fine-grained permission at a level, and a role."""

    scopes: tuple[str, ...] = ()
    permission: str = "metadata"
    level: Level = "read"
    role: Role = "READ"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever asks: a token with its text, or nobody in particular."""

    token: Token | None = None
    text: str = ""

    @property
    def login(self) -> str | None:
        """The login, None where nobody is signed in."""
        return self.token.login if self.token else None

    @property
    def classic(self) -> bool:
        """Whether the token has scopes, and says so in X-OAuth-Scopes."""
        return self.token is not None and self.token.kind == "classic"

    def has_scope(self, *wanted: str) -> bool:
        """Whether a classic token has one of these scopes, or one that includes it."""
        scopes = self.token.scopes if self.token else frozenset()
        held = set(scopes).union(*(_IMPLIED.get(scope, set()) for scope in scopes))
        return bool(held & set(wanted))

    def allows(self, permission: str, level: Level) -> bool:
        """Whether a token with fine-grained permissions has this one."""
        if self.token is None or self.token.permissions is None or permission == "metadata":
            return True
        held = self.token.permissions.get(permission)
        return held == "write" or held == level


def authenticate(state: GitHubState, request: Request) -> Viewer:
    """Return who asks; raises Problem (401) for a token that is unknown or expired."""
    header = request.headers.get("authorization", "")
    if not header:
        return Viewer()
    kind, _, text = header.partition(" ")
    token = state.tokens.get(text.strip()) if kind.lower() in ("bearer", "token") else None
    if token is None or token.expired:
        raise Problem(401, "Bad credentials", f"{DOCS}/rest")
    return Viewer(token, text.strip())


def role_of(viewer: Viewer, repository: Repository) -> Role:
    """Return what this viewer may do in a repository at most; "NONE" where it must look as if it were not there."""
    token = viewer.token
    if token is None:
        return repository.role_of(None)
    public: Role = "NONE" if repository.private else "READ"
    if token.repositories is not None and repository.name not in token.repositories:
        return public
    if token.kind == "installation":
        return "ADMIN"
    if viewer.classic and not viewer.has_scope("repo"):
        return public
    return repository.role_of(token.login)


def check_repository(viewer: Viewer, repository: Repository, needs: Needs, *, write: bool) -> None:
    """Raise the Problem with which GitHub would refuse this request, if it would."""
    check_single_sign_on(viewer, repository.owner)
    role = role_of(viewer, repository)
    if role == "NONE":
        raise not_found()
    check_permission(viewer, needs)
    if ROLES.index(role) < ROLES.index(needs.role):
        if viewer.token is None:
            raise Problem(401, "Requires authentication")
        raise Problem(403, "Must have admin rights to Repository.")
    if repository.disabled:
        raise Problem(403, "Repository access blocked")
    if write and repository.archived:
        raise Problem(403, "Repository was archived so is read-only.")


def check_permission(viewer: Viewer, needs: Needs) -> None:
    """Raise Problem (403) where a token's fine-grained permissions do not cover what a route needs."""
    if viewer.allows(needs.permission, needs.level):
        return
    kind = "integration" if viewer.token and viewer.token.kind == "installation" else "personal access token"
    accepted = {"X-Accepted-GitHub-Permissions": f"{needs.permission}={needs.level}"}
    raise Problem(403, f"Resource not accessible by {kind}", headers=accepted)


def check_single_sign_on(viewer: Viewer, owner: Account) -> None:
    """Raise Problem (403) with the page to authorise at, where an organisation wants single sign-on."""
    if viewer.token is not None and viewer.token.sso_unauthorised and not owner.person:
        raise Problem(403, SAML_MESSAGE, f"{DOCS}/articles/authenticating-with-saml", headers=sso_header(owner))


def sso_header(owner: Account) -> dict[str, str]:
    """Return the header that says where to authorise a token for an organisation."""
    url = f"https://github.com/orgs/{owner.login}/sso?authorization_request=SANDBOX{owner.id}"
    return {"X-GitHub-SSO": f"required; url={url}"}
