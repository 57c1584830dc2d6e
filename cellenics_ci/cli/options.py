"""Options that commands share, with the environment variables they stand for.

A command takes them as parameters and hands them to `settings_of`:

    def rotate_ci(token: Token = None, org: Org = None, ...) -> int:
        settings = settings_of(token=token, org=org, ...)

Variables are read by `cellenics_ci.settings` and only named in the help here: Typer would lose the
difference between a default and a choice, and where a token came from.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, TypeAlias

import typer

from cellenics_ci import settings
from cellenics_ci.cli import rim
from cellenics_ci.model.moments import parse_span
from cellenics_ci.model.secret import Secret

WHERE = "Where to work"
HOW = "How to show it"
WHAT = "What to work on"


class OutputFormat(StrEnum):
    """How the result is written to stdout."""

    TEXT = "text"
    JSON = "json"


def _secret(text: str | Secret) -> Secret:
    return text if isinstance(text, Secret) else Secret(text)


def span(text: str) -> float:
    """Return a span like `90d` or `15m` in seconds. Raises BadParameter for what is none."""
    try:
        return parse_span(text)
    except ValueError as problem:
        raise typer.BadParameter(str(problem)) from None


def policy_arn(text: str) -> str:
    """Return the ARN of a policy that was typed. Raises typer.BadParameter for what is none."""
    if not re.fullmatch(r"arn:aws[\w-]*:iam::(\d{12}|aws):policy/[\w+=,.@/-]+", text):
        raise typer.BadParameter(f"{text!r} is no policy's ARN: write it like arn:aws:iam::123456789012:policy/NAME")
    return text


Token: TypeAlias = Annotated[
    Secret | None,
    typer.Option(
        "--token",
        "-t",
        parser=_secret,
        metavar="TOKEN",
        show_default=False,
        rich_help_panel=WHERE,
        help="GitHub token; better kept in GITHUB_API_TOKEN, GH_TOKEN, GITHUB_TOKEN or gh. Or a GitHub App:"
        " GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY_PATH.",
    ),
]
Org: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--org",
        metavar="ORG",
        show_default=settings.DEFAULT_ORG,
        rich_help_panel=WHERE,
        help="GitHub organisation (GITHUB_CELLENICS_ORG).",
    ),
]
RegionName: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--region",
        metavar="REGION",
        show_default=settings.DEFAULT_REGION,
        rich_help_panel=WHERE,
        help="AWS region that policies name (CELLENICS_REGION), where .ci.yaml names none.",
    ),
]
Profile: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="NAME",
        show_default=False,
        rich_help_panel=WHERE,
        help="AWS profile (AWS_PROFILE).",
    ),
]
RoleArn: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--role-arn",
        metavar="ARN",
        show_default=False,
        rich_help_panel=WHERE,
        help="IAM role to assume first, in this or another account.",
    ),
]
Exclude: TypeAlias = Annotated[
    list[str] | None, typer.Option("--exclude", metavar="GLOB", rich_help_panel=WHAT, help="Leave these out.")
]
IgnoreScope: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--ignore-scope",
        metavar="NAME",
        rich_help_panel=WHAT,
        help="Leave alone the pair of its own that this environment (or `dependabot`, `repository`) holds;"
        " `environments`: where they can't be listed.",
    ),
]
TakeOver: TypeAlias = Annotated[
    bool, typer.Option("--take-over", rich_help_panel=WHAT, help="Take over from another run that is known to be dead.")
]
Jobs: TypeAlias = Annotated[int, typer.Option("--jobs", min=1, max=100, help="How many at once.")]
Diff: TypeAlias = Annotated[bool, typer.Option("--diff", rich_help_panel=HOW, help="Show policies in full.")]
Yes: TypeAlias = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; needed where there is no terminal.")]
DryRun: TypeAlias = Annotated[
    bool, typer.Option("--dry-run", help="Show exactly the plan that would be carried out; change nothing.")
]
Format: TypeAlias = Annotated[
    OutputFormat,
    typer.Option("--format", rich_help_panel=HOW, help="How the result is written to stdout."),
]
ShowIds: TypeAlias = Annotated[
    bool, typer.Option("--show-ids", rich_help_panel=HOW, help="Show access key ids in full.")
]
Debug: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--debug",
        callback=rim.debug_option,
        is_eager=True,
        rich_help_panel=HOW,
        help="Show where an error came from; never a value.",
    ),
]


def settings_of(
    *,
    token: Secret | None = None,
    org: str | None = None,
    region: str | None = None,
    profile: str | None = None,
    role_arn: str | None = None,
    issuer: str | None = None,
    with_github: bool = True,
) -> settings.Settings:
    """Return the settings for what was typed, completed from the environment. Raises UsageProblem."""
    typed = settings.Options(token=token, org=org, region=region, profile=profile, role_arn=role_arn, issuer=issuer)
    return settings.resolve(typed, with_github=with_github)
