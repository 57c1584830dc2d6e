"""How we sign in to GitHub: a token, or a GitHub App's installation."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from github.Auth import Auth

from cellenics_ci.errors import UsageProblem
from cellenics_ci.model.secret import Secret


@dataclass(frozen=True, slots=True)
class AppKey:
    """A GitHub App: its id and its private key (PEM)."""

    app_id: str
    private_key: Secret


class CurrentToken(Auth):
    """PyGithub's idea of who we are, asking for the token anew with each request: an App's token lives an hour."""

    def __init__(self, token: Callable[[], Secret], kind: str = "token") -> None:
        self._current = token
        self._kind = kind

    @property
    def token_type(self) -> str:
        """The word before the token in the Authorization header."""
        return self._kind

    @property
    def token(self) -> str:
        """The token itself."""
        return self._current().reveal()


class InstallationToken:
    """An App's token for one installation: fetched when first needed, and again before it expires. Thread-safe."""

    _EARLY = 300.0

    def __init__(self, fetch: Callable[[], tuple[Secret, str]], now: Callable[[], float] = time.time) -> None:
        """`fetch` returns a new token with the ISO time at which it ends."""
        self._fetch, self._now = fetch, now
        self._lock = threading.Lock()
        self._token: Secret | None = None
        self._ends = 0.0

    def __call__(self) -> Secret:
        """Return a token that is good for some minutes more."""
        with self._lock:
            if self._token is None or self._now() > self._ends - self._EARLY:
                self._token, ends = self._fetch()
                self._ends = datetime.fromisoformat(ends.replace("Z", "+00:00")).timestamp()
            return self._token


def app_jwt(app: AppKey) -> Secret:
    """Return a JSON web token that says we are the App, good for some minutes. UsageProblem: the key is no key."""
    from github.Auth import AppAuth

    try:
        return Secret(AppAuth(app.app_id, app.private_key.reveal()).token)
    except Exception:
        raise UsageProblem(
            "The private key of the GitHub App can't be used.",
            remedy="GITHUB_APP_PRIVATE_KEY_PATH names the .pem file that GitHub gave for the App.",
        ) from None
