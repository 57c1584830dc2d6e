"""The way to GitHub that every command shares: settings become a transport."""

from __future__ import annotations

from cellenics_ci.clients.github.auth import AppKey
from cellenics_ci.clients.github.signin import sign_in
from cellenics_ci.clients.github.transport import Transport
from cellenics_ci.logins import AppLogin
from cellenics_ci.run.interruption import Interruption
from cellenics_ci.settings import Settings


def connect_github(settings: Settings, interruption: Interruption) -> Transport:
    """Return a transport; nothing is sent yet for a token. Raises UsageProblem, and CallFailed for an App."""
    who = settings.github
    assert who is not None, "settings were resolved without GitHub"
    credential = AppKey(who.app_id, who.private_key) if isinstance(who, AppLogin) else who.token

    def wait_through(seconds: float) -> None:
        with interruption.shielded():
            interruption.wait(seconds)

    return sign_in(
        credential,
        settings.org,
        base_url=settings.github_api_url,
        wait=interruption.wait,
        wait_through=wait_through,
    )
