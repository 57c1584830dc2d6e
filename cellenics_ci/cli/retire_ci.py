"""`cellenics retire-ci`: options in, a survey by users, a plan, a yes, the retirement, and how far it has come."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from cellenics_ci.cli import options
from cellenics_ci.errors import UsageProblem

DEFAULT_JOBS = 20
WAITS = "How long to wait"


Repos: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="REPO",
        help="Names or globs of repositories, those that are no more too; all whose key nothing reads by default.",
    ),
]
UnusedFor: TypeAlias = Annotated[
    float,
    typer.Option(
        "--unused-for",
        parser=options.span,
        metavar="SPAN",
        show_default="7d",
        rich_help_panel=WAITS,
        help="How long an active key must have been unused before it is made inactive.",
    ),
]
Soak: TypeAlias = Annotated[
    float,
    typer.Option(
        "--soak",
        parser=options.span,
        metavar="SPAN",
        show_default="7d",
        rich_help_panel=WAITS,
        help="How long it stays inactive before everything is deleted, by a later run.",
    ),
]
Now: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--now", rich_help_panel=WAITS, help="Wait for nothing: each repository's name has to be typed, on a terminal."
    ),
]
Undo: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--undo",
        rich_help_panel=options.WHAT,
        help="Make the keys active again, as long as they are there; stop retiring.",
    ),
]


def retire_ci(
    repos: Repos = None,
    token: options.Token = None,
    org: options.Org = None,
    region: options.RegionName = None,
    profile: options.Profile = None,
    role_arn: options.RoleArn = None,
    exclude: options.Exclude = None,
    undo: Undo = False,
    ignore_scope: options.IgnoreScope = None,
    take_over: options.TakeOver = False,
    unused_for: UnusedFor = "7d",  # type: ignore[assignment]  # Typer parses a default that is text
    soak: Soak = "7d",  # type: ignore[assignment]
    now: Now = False,
    jobs: options.Jobs = DEFAULT_JOBS,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    format_: options.Format = options.OutputFormat.TEXT,
    show_ids: options.ShowIds = False,
    debug: options.Debug = False,
) -> int:
    """Take a CI user away that nothing needs any more: keys, secrets, user.

    Watched while its key is active, then inactive for a while, then deleted: each run goes one step,
    and --undo goes back as long as the key is there. A repository whose workflows read a key is refused.
    """
    # Here, not above: help and completion need none of it.
    from cellenics_ci.cli.retirement_run import Shown, run
    from cellenics_ci.retirement.decide import Wishes
    from cellenics_ci.retirement.plan import Choices
    from cellenics_ci.run.interruption import ending_like_ctrl_c
    from cellenics_ci.survey.selection import Selection

    settings = options.settings_of(token=token, org=org, region=region, profile=profile, role_arn=role_arn)
    if now and undo:
        raise UsageProblem("--now deletes, --undo gives back: they don't go together.")
    if undo and not repos:
        raise UsageProblem("--undo wants the repositories named.", remedy="retire-ci --undo REPO; '*' for all of them.")
    if now and not repos:
        raise UsageProblem("--now wants the repositories named.", remedy="retire-ci --now REPO")
    wishes = Wishes(unused_for, soak, now, undo, take_over, settings.settle_seconds)
    selection = Selection(tuple(repos or ()), tuple(exclude or ()))
    choices = Choices(selection, wishes, frozenset(ignore_scope or ()))
    shown = Shown(format_ is options.OutputFormat.JSON, show_ids, dry_run, yes, jobs)
    with ending_like_ctrl_c():
        return run(settings, choices, shown)
