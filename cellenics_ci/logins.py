"""Who we are on GitHub: a token or an App, looked for in this order; and every problem with it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import SplitResult

from cellenics_ci.errors import UsageProblem
from cellenics_ci.model.paths import expanded
from cellenics_ci.model.secret import Secret

OWN_TOKEN_VARIABLE: Final = "GITHUB_API_TOKEN"  # noqa: S105 - the variable's name
FOREIGN_TOKEN_VARIABLES: Final = ("GH_TOKEN", "GITHUB_TOKEN")
GH_TIMEOUT: Final = 10.0

GhToken: TypeAlias = Callable[[str], str | None]
"""Takes a GitHub host name and returns the token that gh keeps for it, or None."""


@dataclass(frozen=True, slots=True)
class TokenLogin:
    """A GitHub token. `source` says where it was found, for people."""

    token: Secret
    source: str


@dataclass(frozen=True, slots=True)
class AppLogin:
    """A GitHub App; its tokens are made from the private key when they are needed."""

    app_id: str
    private_key: Secret
    source: str = "the GitHub App of GITHUB_APP_ID"


GitHubLogin: TypeAlias = TokenLogin | AppLogin


class Problems:
    """Collects (sentence, remedy) until all has been looked at."""

    def __init__(self) -> None:
        self._found: list[tuple[str, str]] = []

    def add(self, sentence: str, remedy: str) -> None:
        """Note a problem."""
        self._found.append((sentence, remedy))

    def raise_any(self) -> None:
        """Raise UsageProblem with all of them, if there are any."""
        if not self._found:
            return
        if len(self._found) == 1:
            sentence, remedy = self._found[0]
            raise UsageProblem(sentence, remedy=remedy)
        listed = "".join(f"\n  - {sentence} {remedy}" for sentence, remedy in self._found)
        raise UsageProblem(f"{len(self._found)} settings can't be used:{listed}")


def gh_token(host: str) -> str | None:
    """Ask the gh program for the token it keeps for a host; None without gh, without a token, or in time."""
    try:
        done = subprocess.run(
            ["gh", "auth", "token", "--hostname", host],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=GH_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None


def find_login(
    typed: Secret | None, environ: Mapping[str, str], api: SplitResult, gh: GhToken, problems: Problems
) -> GitHubLogin | None:
    """Find who we are on GitHub: what was meant for this tool goes before what was meant for others."""
    if typed:
        return _token(typed.reveal(), "--token", problems)
    if value := environ.get(OWN_TOKEN_VARIABLE):
        return _token(value, OWN_TOKEN_VARIABLE, problems)
    if environ.get("GITHUB_APP_ID") or environ.get("GITHUB_APP_PRIVATE_KEY_PATH"):
        return _app(environ, problems)
    for name in FOREIGN_TOKEN_VARIABLES:
        if value := environ.get(name):
            return _token(value, name, problems)
    if value := gh(_web_host(api)):
        return _token(value, "gh auth token", problems)
    problems.add(
        "There is no GitHub token.",
        f"Give one with --token, {OWN_TOKEN_VARIABLE}, GH_TOKEN or GITHUB_TOKEN, log in with 'gh auth login',"
        " or set GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY_PATH.",
    )
    return None


def _web_host(api: SplitResult) -> str:
    # gh knows a server by its web host: github.com, HOST, and TENANT.ghe.com for api.TENANT.ghe.com.
    host = (api.hostname or "").lower()
    return host.removeprefix("api.") if host == "api.github.com" or host.endswith(".ghe.com") else api.netloc


def _token(value: str, source: str, problems: Problems) -> TokenLogin | None:
    value = value.strip()
    # A library would refuse such a header with an error that quotes it.
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        problems.add(
            f"The GitHub token from {source} has characters that no token has.",
            "Copy it again: one line, no quotes, no spaces.",
        )
        return None
    return TokenLogin(Secret(value), source)


def _app(environ: Mapping[str, str], problems: Problems) -> AppLogin | None:
    app_id, path = environ.get("GITHUB_APP_ID", "").strip(), environ.get("GITHUB_APP_PRIVATE_KEY_PATH", "")
    if not app_id or not path:
        missing = "GITHUB_APP_PRIVATE_KEY_PATH" if app_id else "GITHUB_APP_ID"
        problems.add(f"A GitHub App is only half configured: {missing} is not set.", "Set both or neither.")
        return None
    try:
        key = expanded(path).read_text(encoding="ascii")
    except (OSError, ValueError):
        key = ""
    if "PRIVATE KEY-----" not in key:
        problems.add(
            f"GITHUB_APP_PRIVATE_KEY_PATH ({path}) is not a private key that can be read.",
            "Point it at the .pem file that GitHub gave when the App's key was made.",
        )
        return None
    return AppLogin(app_id, Secret(key))
