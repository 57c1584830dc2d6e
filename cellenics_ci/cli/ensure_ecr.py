"""`cellenics ensure-ecr`: options in, container repositories as they are declared, their addresses out."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from cellenics_ci.cli import options

Repos: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="REPO",
        help="Names of repositories; by default the workflow's (GITHUB_REPOSITORY), or that of git's remote.",
    ),
]
Reconcile: TypeAlias = Annotated[
    bool,
    typer.Option("--reconcile", help="Change existing repositories too where that makes them stricter."),
]


def ensure_ecr(
    repos: Repos = None,
    token: options.Token = None,
    org: options.Org = None,
    region: options.RegionName = None,
    profile: options.Profile = None,
    role_arn: options.RoleArn = None,
    reconcile: Reconcile = False,
    dry_run: options.DryRun = False,
    format_: options.Format = options.OutputFormat.TEXT,
    debug: options.Debug = False,
) -> int:
    """Check and create the container repository of the same name, as .ci.yaml declares it.

    For pipelines: asks nothing. Prints where images are pushed to, and in GitHub Actions sets the outputs `uri`,
    `registry` and `repository`.

    The declaration of the repository that this runs in is the file in the current folder; that of others is read
    from GitHub.
    """
    # Here, not above: help and completion need none of it.
    from cellenics_ci.cli.ensure_run import Shown, run

    settings = options.settings_of(
        token=token, org=org, region=region, profile=profile, role_arn=role_arn, with_github=bool(repos)
    )
    shown = Shown(json=format_ is options.OutputFormat.JSON, dry_run=dry_run)
    return run(settings, tuple(repos or ()), shown, reconcile=reconcile)
