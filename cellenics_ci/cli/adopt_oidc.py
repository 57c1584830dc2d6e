"""`cellenics adopt-oidc`: options in, a survey, a plan, a yes, the roles, the patches, and how it ended."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from cellenics_ci.cli import options

DEFAULT_JOBS = 10
TRUST = "Whom roles trust"

Repos: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(metavar="REPO", help="Names or globs of repositories; all that declare privileges by default."),
]
BothForms: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--both-subjects",
        rich_help_panel=TRUST,
        help="Trust subjects with ids beside those without: before a repository changes from one to the other.",
    ),
]
Issuer: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--issuer",
        metavar="HOST",
        show_default=False,
        rich_help_panel=TRUST,
        help="Who issues the workflows' tokens (CELLENICS_OIDC_ISSUER); follows from GITHUB_API_URL, but for an"
        " enterprise with an issuer of its own.",
    ),
]
Boundary: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--permissions-boundary",
        parser=options.policy_arn,
        metavar="ARN",
        rich_help_panel=options.WHAT,
        help="Permissions boundary for new roles.",
    ),
]
PatchFolder: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--patch",
        metavar="DIR",
        file_okay=False,
        rich_help_panel=options.HOW,
        help="Write the change to each repository's workflows into DIR/REPO.patch, for `git apply`; shown by default.",
    ),
]


def adopt_oidc(
    repos: Repos = None,
    token: options.Token = None,
    org: options.Org = None,
    region: options.RegionName = None,
    profile: options.Profile = None,
    role_arn: options.RoleArn = None,
    exclude: options.Exclude = None,
    permissions_boundary: Boundary = None,
    both_subjects: BothForms = False,
    issuer: Issuer = None,
    patch: PatchFolder = None,
    jobs: options.Jobs = DEFAULT_JOBS,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    diff: options.Diff = False,
    format_: options.Format = options.OutputFormat.TEXT,
    debug: options.Debug = False,
) -> int:
    """Give a repository's workflows an IAM role to assume instead of a key, from .ci.yaml.

    Shows a plan first and asks; the plan shown is the plan carried out. The keys are not touched:
    key and role work side by side until retire-ci takes the key away. Safe to repeat.
    """
    # Here, not above: help and completion need none of it.
    from cellenics_ci.cli.adoption_run import Shown, run
    from cellenics_ci.oidc.plan import Choices
    from cellenics_ci.run.interruption import ending_like_ctrl_c
    from cellenics_ci.survey.selection import Selection

    settings = options.settings_of(
        token=token, org=org, region=region, profile=profile, role_arn=role_arn, issuer=issuer
    )
    choices = Choices(both_subjects, permissions_boundary)
    selection = Selection(tuple(repos or ()), tuple(exclude or ()))
    shown = Shown(format_ is options.OutputFormat.JSON, diff, dry_run, yes, jobs, patch)
    with ending_like_ctrl_c():
        return run(settings, selection, choices, shown)
