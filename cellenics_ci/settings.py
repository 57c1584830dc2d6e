"""What a command works with: options first, then the environment, then defaults; every problem told at once."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from cellenics_ci.logins import GhToken, GitHubLogin, Problems, find_login, gh_token
from cellenics_ci.model.names import OrgName, Region
from cellenics_ci.model.secret import Secret

DEFAULT_ORG: Final = OrgName("hms-dbmi-cellenics")
DEFAULT_REGION: Final = Region("us-east-1")
DEFAULT_API_URL: Final = "https://api.github.com"
DEFAULT_ISSUER: Final = "token.actions.githubusercontent.com"
DEFAULT_SETTLE_SECONDS: Final = 10.0
SETTLE_LIMIT: Final = 120.0
"""Seconds after which a key that IAM still refuses is given up: more than any delay that was reported."""

_ORG = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d+")
_ISSUER = re.compile(r"[a-z0-9.-]+(:\d+)?(/[A-Za-z0-9._~-]+)*")
_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+")


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
    problems = Problems()
    _refuse_empty(options, problems)
    api = _api_url(environ, problems)
    org = options.org or environ.get("GITHUB_CELLENICS_ORG")
    region = options.region or environ.get("CELLENICS_REGION")
    settings = Settings(
        github=find_login(options.token, environ, api, gh, problems) if with_github else None,
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


def _refuse_empty(options: Options, problems: Problems) -> None:
    """Refuse what was typed and is empty: mostly an unset variable, and another account or organisation without it."""
    typed = {
        "--token": None if options.token is None else options.token.reveal(),
        "--org": options.org,
        "--region": options.region,
        "--profile": options.profile,
        "--role-arn": options.role_arn,
        "--issuer": options.issuer,
    }
    for name, text in typed.items():
        if text is not None and not text.strip():
            problems.add(f"{name} is empty.", "Leave it out, or see why it has no value: a variable that is not set?")


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


def _api_url(environ: Mapping[str, str], problems: Problems) -> SplitResult:
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


def _checked_org(text: str | None, problems: Problems) -> OrgName:
    if text and not _ORG.fullmatch(text):
        problems.add(f"'{text}' is no name of a GitHub organisation.", "Give the name alone: --org my-org.")
    return OrgName(text) if text else DEFAULT_ORG


def _checked_region(text: str | None, problems: Problems) -> Region:
    if text and not _REGION.fullmatch(text):
        problems.add(f"'{text}' is no AWS region.", "Give one like us-east-1.")
    return Region(text) if text else DEFAULT_REGION


def _checked_role(text: str | None, problems: Problems) -> str | None:
    if text and not _ROLE_ARN.fullmatch(text):
        problems.add(f"'{text}' is no IAM role's ARN.", "Give one like arn:aws:iam::123456789012:role/ci-admin.")
    return text or None


def _issuer(text: str | None, api: SplitResult, problems: Problems) -> str:
    if not text:
        return oidc_issuer(api.geturl())
    issuer = text.removeprefix("https://").rstrip("/")
    if not _ISSUER.fullmatch(issuer):
        problems.add(
            f"'{issuer}' is no issuer of OIDC tokens.",
            "Give its host, with a path where it has one: token.actions.githubusercontent.com/my-enterprise.",
        )
    return issuer


def _settle_seconds(text: str | None, problems: Problems) -> float:
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
