"""`cellenics rotate-ci`: options in, a survey, a plan, a yes, the rotation, and how it ended."""

from __future__ import annotations

import os
from typing import Annotated, TypeAlias

import typer

from cellenics_ci.cli import options
from cellenics_ci.errors import UsageProblem
from cellenics_ci.model.secret import Secret

DEFAULT_JOBS = 40
OLD = "What becomes of old keys"


Repos: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(metavar="REPO", help="Names or globs of repositories; all that declare privileges by default."),
]
MaxAge: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--max-age",
        parser=options.span,
        metavar="SPAN",
        rich_help_panel=options.WHAT,
        help="Leave keys alone that are younger than this (90d); retirements are finished all the same.",
    ),
]
Force: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--force",
        rich_help_panel=options.WHAT,
        help="Rotate repositories too whose workflows assume a role and read no key.",
    ),
]
Compromised: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--compromised",
        metavar="REPO",
        rich_help_panel=options.WHAT,
        help="This repository's key is in the wrong hands: cut it off at once, then replace it.",
    ),
]
Boundary: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--permissions-boundary",
        parser=options.policy_arn,
        metavar="ARN",
        rich_help_panel=options.WHAT,
        help="Permissions boundary for new users.",
    ),
]
CiTokenEnv: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--ci-token-env",
        metavar="NAME",
        rich_help_panel=options.WHAT,
        help="Write the token found in this environment variable as API_TOKEN_GITHUB, too.",
    ),
]
WaitFor: TypeAlias = Annotated[
    float,
    typer.Option(
        "--wait",
        parser=options.span,
        metavar="SPAN",
        show_default="15m",
        rich_help_panel=OLD,
        help="How long to wait for runs that may hold the old key, before it is left to the next run.",
    ),
]
Finish: TypeAlias = Annotated[
    bool, typer.Option("--finish", rich_help_panel=OLD, help="Only finish what earlier runs began.")
]
Retire: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--retire",
        metavar="KEY_ID",
        rich_help_panel=OLD,
        help="Of a user's two keys, give this one up (any unique ending of its id).",
    ),
]


def rotate_ci(
    repos: Repos = None,
    token: options.Token = None,
    org: options.Org = None,
    region: options.RegionName = None,
    profile: options.Profile = None,
    role_arn: options.RoleArn = None,
    exclude: options.Exclude = None,
    max_age: MaxAge = None,
    force: Force = False,
    compromised: Compromised = None,
    ignore_scope: options.IgnoreScope = None,
    permissions_boundary: Boundary = None,
    ci_token_env: CiTokenEnv = None,
    wait: WaitFor = "15m",  # type: ignore[assignment]  # Typer parses a default that is text
    finish: Finish = False,
    retire: Retire = None,
    take_over: options.TakeOver = False,
    jobs: options.Jobs = DEFAULT_JOBS,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    diff: options.Diff = False,
    format_: options.Format = options.OutputFormat.TEXT,
    show_ids: options.ShowIds = False,
    debug: options.Debug = False,
) -> int:
    """Rotate the IAM keys of CI users and write them as GitHub secrets, from .ci.yaml.

    Shows a plan first and asks; the plan shown is the plan carried out. Safe to repeat: whatever
    was interrupted, the same command finds out and finishes it.
    """
    # Here, not above: help and completion need none of it.
    from cellenics_ci.cli.rotation_run import Shown, run
    from cellenics_ci.rotation.choices import Choices
    from cellenics_ci.rotation.decide import Wishes
    from cellenics_ci.rotation.order import Mode
    from cellenics_ci.run.interruption import ending_like_ctrl_c
    from cellenics_ci.survey.selection import Selection

    settings = options.settings_of(token=token, org=org, region=region, profile=profile, role_arn=role_arn)
    if compromised is not None:
        _refuse_more_than_one(compromised, chosen=bool(repos or exclude or finish or max_age is not None))
    if finish and retire:
        raise UsageProblem(
            "--retire gives a key up for a new one, and --finish makes none: they don't go together.",
            remedy="Leave --finish out.",
        )
    mode = Mode.COMPROMISED if compromised else Mode.FINISH if finish else Mode.ROTATE
    wishes = Wishes(
        mode=mode,
        max_age=max_age,
        settle=settings.settle_seconds,
        wait=wait,
        take_over=take_over,
        boundary=permissions_boundary,
        ci_token=_ci_token(ci_token_env, settings.github),
    )
    choices = Choices(wishes, tuple(retire or ()), frozenset(ignore_scope or ()), force)
    selection = Selection((compromised,) if compromised else tuple(repos or ()), tuple(exclude or ()))
    shown = Shown(format_ is options.OutputFormat.JSON, show_ids, diff, dry_run, yes, jobs)
    with ending_like_ctrl_c():
        return run(settings, selection, choices, shown)


def _refuse_more_than_one(compromised: str, *, chosen: bool) -> None:
    """Raise UsageProblem unless `--compromised` names one repository. `chosen`: more was said of what to rotate."""
    if not compromised.strip():
        raise UsageProblem("--compromised names no repository.", remedy="Is it a variable that is not set?")
    if chosen:
        raise UsageProblem("--compromised takes one repository, and goes with no other choice of what to rotate.")
    if any(sign in compromised for sign in "*?["):
        raise UsageProblem("--compromised takes the name of one repository, no glob: each is cut off by itself.")


def _ci_token(name: str | None, operator: object) -> Secret | None:
    """Return the token for the pipelines. Raises UsageProblem for none, and for the operator's own."""
    from cellenics_ci.logins import TokenLogin

    if name is None:
        return None
    value = os.environ.get(name, "").strip()
    if not value:
        raise UsageProblem(
            f"There is no token in the variable {name}.",
            remedy="Set it to the pipelines' own token (a machine user's).",
        )
    token = Secret(value)
    if isinstance(operator, TokenLogin) and operator.token == token:
        raise UsageProblem(
            f"The token in {name} is your own, and is never written into a repository.",
            remedy="Give a token of a machine user that may do only what pipelines need.",
        )
    return token
