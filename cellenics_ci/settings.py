"""What a command works with: options first, then the environment, then defaults; every problem told at once."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import SplitResult, urlsplit

from cellenics_ci.errors import UsageProblem
from cellenics_ci.model.names import OrgName, Region
from cellenics_ci.model.paths import expanded
from cellenics_ci.model.secret import Secret

DEFAULT_ORG: Final = OrgName("hms-dbmi-cellenics")
DEFAULT_REGION: Final = Region("us-east-1")
DEFAULT_API_URL: Final = "https://api.github.com"
DEFAULT_ISSUER: Final = "token.actions.githubusercontent.com"
DEFAULT_SETTLE_SECONDS: Final = 10.0
SETTLE_LIMIT: Final = 120.0
"""Seconds after which a key that IAM still refuses is given up: more than any delay that was reported."""

OWN_TOKEN_VARIABLE: Final = "GITHUB_API_TOKEN"  # noqa: S105 - the variable's name
FOREIGN_TOKEN_VARIABLES: Final = ("GH_TOKEN", "GITHUB_TOKEN")
GH_TIMEOUT: Final = 10.0

_ORG = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d+")
_ISSUER = re.compile(r"[a-z0-9.-]+(:\d+)?(/[A-Za-z0-9._~-]+)*")
_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+")

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


@dataclass(frozen=True, slots=True)
class Options:
    """What was typed, None where it was not. Environment variables are read by `resolve`, not before."""

    token: Secret | None = None
    org: str | None = None
    region: str | None = None
    profile: str | None = None
    role_arn: str | None = None
    issuer: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """Resolved and checked. `org_defaulted`: nobody named the organisation, so the plan has to.

    `region_defaulted` likewise. `profile` None: boto3's own chain decides. `settle_seconds`: how long a new
    IAM key must have been accepted before it is trusted. `github` is None only where it was not asked for.
    `oidc_issuer` is who issues the tokens of GitHub's workflows, without `https://`.
    """

    github: GitHubLogin | None
    github_api_url: str
    github_graphql_url: str
    org: OrgName
    org_defaulted: bool
    region: Region
    region_defaulted: bool
    profile: str | None
    role_arn: str | None
    settle_seconds: float
    oidc_issuer: str = DEFAULT_ISSUER


class _Problems:
    """Collects (sentence, remedy) until all has been looked at."""

    def __init__(self) -> None:
        self._found: list[tuple[str, str]] = []

    def add(self, sentence: str, remedy: str) -> None:
        self._found.append((sentence, remedy))

    def raise_any(self) -> None:
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


def resolve(
    options: Options,
    environ: Mapping[str, str] = os.environ,
    *,
    with_github: bool = True,
    gh: GhToken = gh_token,
) -> Settings:
    """Return the settings for a command. Raises UsageProblem that names every problem.

    `with_github=False` for commands that do not talk to GitHub: no token is looked for.
    """
    problems = _Problems()
    api = _api_url(environ, problems)
    org = options.org or environ.get("GITHUB_CELLENICS_ORG")
    region = options.region or environ.get("CELLENICS_REGION")
    settings = Settings(
        github=_login(options, environ, api, gh, problems) if with_github else None,
        github_api_url=api.geturl(),
        github_graphql_url=graphql_url(api.geturl()),
        org=_checked_org(org, problems),
        org_defaulted=not org,
        region=_checked_region(region, problems),
        region_defaulted=not region,
        profile=options.profile or environ.get("AWS_PROFILE") or None,
        role_arn=_checked_role(options.role_arn, problems),
        settle_seconds=_settle_seconds(environ.get("CELLENICS_SETTLE_SECONDS"), problems),
        oidc_issuer=_issuer(options.issuer or environ.get("CELLENICS_OIDC_ISSUER"), api, problems),
    )
    problems.raise_any()
    return settings


def graphql_url(api_url: str) -> str:
    """Return the GraphQL address beside a REST address: Enterprise Server has it at /api/graphql."""
    return f"{api_url.removesuffix('/v3')}/graphql" if api_url.endswith("/api/v3") else f"{api_url}/graphql"


def oidc_issuer(api_url: str) -> str:
    """Return who issues the tokens of the workflows of a GitHub, by its API's address.

    GitHub's OpenID Connect reference: Enterprise Server at `/_services/token` of its host; with data residency
    `githubusercontent.com` becomes the tenant's own domain at ghe.com.
    """
    host = urlsplit(api_url).netloc.lower()
    if host == "api.github.com":
        return DEFAULT_ISSUER
    if host.startswith("api.") and host.endswith(".ghe.com"):
        return f"token.actions.{host.removeprefix('api.')}"
    return f"{host}/_services/token"


def _api_url(environ: Mapping[str, str], problems: _Problems) -> SplitResult:
    text = (environ.get("GITHUB_API_URL") or DEFAULT_API_URL).strip().rstrip("/")
    remedy = "Set it like https://api.github.com, or https://HOST/api/v3 for GitHub Enterprise Server."
    try:
        url = urlsplit(text)
        usable = url.scheme in ("http", "https") and url.hostname and (url.port or True)
    except ValueError:
        usable = False
    if not usable:
        problems.add("GITHUB_API_URL is not the address of an API.", remedy)
    elif url.username is not None or url.query or url.fragment:
        # Not shown: what stands before the @ is a password.
        problems.add("GITHUB_API_URL holds more than an address (a user, a query or a fragment).", remedy)
    else:
        return url
    return urlsplit(DEFAULT_API_URL)


def _login(
    options: Options, environ: Mapping[str, str], api: SplitResult, gh: GhToken, problems: _Problems
) -> GitHubLogin | None:
    """Find who we are on GitHub: what was meant for this tool goes before what was meant for others."""
    if options.token:
        return _token(options.token.reveal(), "--token", problems)
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


def _token(value: str, source: str, problems: _Problems) -> TokenLogin | None:
    value = value.strip()
    # A library would refuse such a header with an error that quotes it.
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        problems.add(
            f"The GitHub token from {source} has characters that no token has.",
            "Copy it again: one line, no quotes, no spaces.",
        )
        return None
    return TokenLogin(Secret(value), source)


def _app(environ: Mapping[str, str], problems: _Problems) -> AppLogin | None:
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


def _checked_org(text: str | None, problems: _Problems) -> OrgName:
    if text and not _ORG.fullmatch(text):
        problems.add(f"'{text}' is no name of a GitHub organisation.", "Give the name alone: --org my-org.")
    return OrgName(text) if text else DEFAULT_ORG


def _checked_region(text: str | None, problems: _Problems) -> Region:
    if text and not _REGION.fullmatch(text):
        problems.add(f"'{text}' is no AWS region.", "Give one like us-east-1.")
    return Region(text) if text else DEFAULT_REGION


def _checked_role(text: str | None, problems: _Problems) -> str | None:
    if text and not _ROLE_ARN.fullmatch(text):
        problems.add(f"'{text}' is no IAM role's ARN.", "Give one like arn:aws:iam::123456789012:role/ci-admin.")
    return text or None


def _issuer(text: str | None, api: SplitResult, problems: _Problems) -> str:
    if not text:
        return oidc_issuer(api.geturl())
    issuer = text.removeprefix("https://").rstrip("/")
    if not _ISSUER.fullmatch(issuer):
        problems.add(
            f"'{issuer}' is no issuer of OIDC tokens.",
            "Give its host, with a path where it has one: token.actions.githubusercontent.com/my-enterprise.",
        )
    return issuer


def _settle_seconds(text: str | None, problems: _Problems) -> float:
    try:
        seconds = float(text) if text else DEFAULT_SETTLE_SECONDS
    except ValueError:
        seconds = -1.0
    # Written so that "nan" is refused as well.
    if not 0 <= seconds <= SETTLE_LIMIT:
        problems.add(
            f"CELLENICS_SETTLE_SECONDS ({text}) is not a number of seconds from 0 to {SETTLE_LIMIT:.0f}.",
            f"Unset it for the default, {DEFAULT_SETTLE_SECONDS:.0f}.",
        )
    return seconds
