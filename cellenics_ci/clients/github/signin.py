"""Signing in: a transport from a token or an App, and who that is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from cellenics_ci.clients.answers import understood
from cellenics_ci.clients.github.auth import AppKey, CurrentToken, InstallationToken, app_jwt
from cellenics_ci.clients.github.transport import Transport
from cellenics_ci.errors import CallFailed, Failure, UsageProblem
from cellenics_ci.model.names import OrgName
from cellenics_ci.model.secret import Secret


@dataclass(frozen=True, slots=True)
class Login:
    """Who we are on GitHub. `scopes` are a classic token's (X-OAuth-Scopes), None where the token has none to tell.

    `person`: the token belongs to somebody, and goes with them.
    """

    name: str
    scopes: frozenset[str] | None
    person: bool = True

    @property
    def problem(self) -> str | None:
        """Say in a sentence what the token certainly can't do, None where it may do everything."""
        if self.scopes is None or "repo" in self.scopes:
            return None
        has = ", ".join(sorted(self.scopes)) or "none"
        return f"The token of {self.name} lacks the scope repo, without which no secret can be written (it has: {has})."


@understood
def sign_in(
    credential: Secret | AppKey,
    org: OrgName,
    *,
    base_url: str = "https://api.github.com",
    wait: Callable[[float], None] = time.sleep,
    wait_through: Callable[[float], None] = time.sleep,
) -> Transport:
    """Return a transport for a token, or for the installation of an App in `org`. Nothing is sent for a token.

    `wait` may raise Interrupted, `wait_through` may not. CallFailed, UsageProblem where the App can't sign in.
    """
    if isinstance(credential, Secret):
        auth = CurrentToken(lambda: credential)
        return Transport(auth, base_url=base_url, wait=wait, wait_through=wait_through)
    as_app = Transport(
        CurrentToken(lambda: app_jwt(credential), "Bearer"), base_url=base_url, wait=wait, wait_through=wait_through
    )
    try:
        installation = int(as_app.get(f"/orgs/{quote(org, safe='')}/installation").json["id"])
    except CallFailed as failed:
        if failed.kind is not Failure.NOT_FOUND:
            raise
        raise UsageProblem(
            f"The GitHub App {credential.app_id} is not installed in {org}.",
            remedy="An owner of the organisation installs it from the App's public page.",
        ) from None

    def fetch() -> tuple[Secret, str]:
        answer = as_app.post(f"/app/installations/{installation}/access_tokens").json
        return Secret(answer["token"]), answer["expires_at"]

    return as_app.with_auth(CurrentToken(InstallationToken(fetch)))


@understood
def login(transport: Transport) -> Login:
    """Return who the transport speaks for (GET /user). An App's installation may not ask, and has no login.

    A server that does not tell (404) is no reason to stop: what the token may do shows in what follows.
    """
    try:
        answer = transport.get("/user")
    except CallFailed as failed:
        if failed.kind is Failure.DENIED:
            return Login("a GitHub App or Actions token", None, person=False)
        if failed.kind is Failure.NOT_FOUND:
            return Login("not told by this server", None, person=False)
        raise
    header = answer.headers.get("x-oauth-scopes")
    scopes = None if header is None else frozenset(scope.strip() for scope in header.split(",") if scope.strip())
    return Login(str(answer.json["login"]), scopes)
