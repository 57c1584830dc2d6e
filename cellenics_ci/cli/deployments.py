"""`cellenics deployments`: options in, the releases repository read, a table or JSON out."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from cellenics_ci.cli import options

WHAT = "What to look at"

Environments: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--environment",
        "-e",
        metavar="NAME",
        show_default=False,
        rich_help_panel=WHAT,
        help="This environment alone: production, develop, staging with all its sandboxes, or a folder's name.",
    ),
]
Services: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--service", metavar="NAME", show_default=False, rich_help_panel=WHAT, help="This service alone."),
]
Context: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--context",
        metavar="KUBECONTEXT",
        show_default=False,
        rich_help_panel=WHAT,
        help="Ask Flux in this cluster, too: ready, applied revision, suspended (KUBECONFIG).",
    ),
]
ReleasesRepo: TypeAlias = Annotated[
    str, typer.Option("--repo", metavar="REPO", rich_help_panel=options.WHERE, help="The repository that Flux reads.")
]


def deployments(
    token: options.Token = None,
    org: options.Org = None,
    repo: ReleasesRepo = "releases",
    environment: Environments = None,
    service: Services = None,
    context: Context = None,
    format_: options.Format = options.OutputFormat.TEXT,
    debug: options.Debug = False,
) -> int:
    """What is deployed where: what the manifests in the releases repository say.

    For each environment and service the image, the source commit and its pull request, who changed it and when,
    and how many commits production is behind staging. Broken and foreign manifests are named. Reads only.
    """
    # Here, not above: help and completion need none of it.
    from cellenics_ci.cli.deployments_run import run
    from cellenics_ci.releases.deployments import Wanted
    from cellenics_ci.run.interruption import ending_like_ctrl_c

    settings = options.settings_of(token=token, org=org)
    wanted = Wanted(frozenset(environment or ()), frozenset(service or ()))
    with ending_like_ctrl_c():
        return run(settings, repo, wanted, context, as_json=format_ is options.OutputFormat.JSON)
