"""`cellenics audit`: options in, a snapshot, and what is wrong with it: a screen, a table, JSON, CSV, an exit code."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, TypeAlias

import typer

from cellenics_ci.cli import options

WHAT = "What to look at"
RULES = "What counts"


class AuditFormat(StrEnum):
    """How the result is written to stdout."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"


class FailOn(StrEnum):
    """From which severity on the exit code is 1."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    NEVER = "never"


class Column(StrEnum):
    """What rows are sorted by."""

    SEVERITY = "severity"
    REPOSITORY = "repository"
    RIGHTS = "rights"
    AGE = "age"
    USED = "used"
    DRIFT = "drift"
    SCOPES = "scopes"
    DEPLOY_KEYS = "deploy-keys"


Repos: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(metavar="REPO", help="Names or globs of repositories; the whole organisation by default."),
]
MaxAge: TypeAlias = Annotated[
    float,
    typer.Option(
        "--max-age",
        parser=options.span,
        metavar="SPAN",
        show_default="90d",
        rich_help_panel=RULES,
        help="How old keys and tokens may become.",
    ),
]
Unused: TypeAlias = Annotated[
    float,
    typer.Option(
        "--unused",
        parser=options.span,
        metavar="SPAN",
        show_default="90d",
        rich_help_panel=RULES,
        help="How long keys may be unused.",
    ),
]
Fail: TypeAlias = Annotated[
    FailOn,
    typer.Option(
        "--fail-on", rich_help_panel=RULES, help="Exit with 1 for a finding of this severity, or a worse one."
    ),
]
Only: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="RULE", rich_help_panel=RULES, help="Look for this alone: a rule's id, or a glob."),
]
Ignore: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--ignore", metavar="RULE", rich_help_panel=RULES, help="Don't look for this."),
]
DeployKeys: TypeAlias = Annotated[
    bool,
    typer.Option("--deploy-keys/--no-deploy-keys", rich_help_panel=WHAT, help="Look at deploy keys, too."),
]
Context: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--context",
        metavar="KUBECONTEXT",
        rich_help_panel=WHAT,
        help="Look at this cluster's Secret and at Flux, too (KUBECONFIG).",
    ),
]
Sort: TypeAlias = Annotated[Column, typer.Option("--sort", rich_help_panel=options.HOW, help="What comes first.")]
Format: TypeAlias = Annotated[
    AuditFormat | None,
    typer.Option(
        "--format",
        show_default="text; on a terminal a screen to walk through",
        rich_help_panel=options.HOW,
        help="How the result is written to stdout.",
    ),
]
Plain: TypeAlias = Annotated[
    bool, typer.Option("--plain", rich_help_panel=options.HOW, help="A table, even on a terminal.")
]


def audit(
    repos: Repos = None,
    token: options.Token = None,
    org: options.Org = None,
    region: options.RegionName = None,
    profile: options.Profile = None,
    role_arn: options.RoleArn = None,
    deploy_keys: DeployKeys = True,
    context: Context = None,
    max_age: MaxAge = "90d",  # type: ignore[assignment]  # Typer parses a default that is text
    unused: Unused = "90d",  # type: ignore[assignment]
    fail_on: Fail = FailOn.ERROR,
    only: Only = None,
    ignore: Ignore = None,
    format_: Format = None,
    plain: Plain = False,
    sort: Sort = Column.SEVERITY,
    show_ids: options.ShowIds = False,
    debug: options.Debug = False,
) -> int:
    """Every CI credential: its age, its last use, what is wrong with it, and what to type about it.

    Reads only, and needs no right to write. What can't be read is shown as unknown, never as fine.
    """
    # Here, not above: help and completion need none of it.
    from cellenics_ci.audit.findings import Severity
    from cellenics_ci.audit.rules.table import chosen
    from cellenics_ci.cli.audit_run import Choices, run
    from cellenics_ci.run.interruption import ending_like_ctrl_c
    from cellenics_ci.survey.selection import Selection

    settings = options.settings_of(token=token, org=org, region=region, profile=profile, role_arn=role_arn)
    typed = (("--org", org), ("--region", region), ("--profile", profile), ("--role-arn", role_arn))
    choices = Choices(
        selection=Selection(tuple(repos or ())),
        rules=chosen(only or (), ignore or ()),
        max_age=max_age,
        unused=unused,
        deploy_keys=deploy_keys,
        context=context,
        sort=sort.value,
        fail_on=None if fail_on is FailOn.NEVER else Severity[fail_on.name],
        show_ids=show_ids,
        typed=tuple(word for name, value in typed if value is not None for word in (name, value)),
        secrets=("--token", token.reveal()) if token is not None else (),
    )
    with ending_like_ctrl_c():
        return run(settings, choices, format_=format_.value if format_ else None, plain=plain)
