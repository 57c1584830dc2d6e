"""`cellenics guard-releases`: options in, a verdict on a pull request of the releases repository, an exit code."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from cellenics_ci.cli import options

WHAT = "What may change"

Allow: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--allow",
        metavar="PATTERN",
        show_default="**.md, docs/**, LICENSE",
        rich_help_panel=WHAT,
        help="Paths that may change by pull request, instead of the default: * within a name, ** across folders.",
    ),
]
AllowActor: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-actor",
        metavar="LOGIN",
        rich_help_panel=WHAT,
        help="A pipeline's own identity, such as my-app\\[bot]: it may change everything, where nobody else pushed.",
    ),
]
PullRequest: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--pull-request",
        metavar="NUMBER",
        min=1,
        show_default="that of the workflow's event, GITHUB_EVENT_PATH",
        rich_help_panel=options.WHERE,
        help="Judge this one.",
    ),
]
Repository: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--repository",
        metavar="ORG/REPO",
        show_default=False,
        rich_help_panel=options.WHERE,
        help="The releases repository (GITHUB_REPOSITORY).",
    ),
]
Comment: TypeAlias = Annotated[bool, typer.Option("--comment/--no-comment", help="Say a refusal in a comment, once.")]
Close: TypeAlias = Annotated[bool, typer.Option("--close/--no-close", help="Close a pull request that was refused.")]


def guard_releases(
    token: options.Token = None,
    repository: Repository = None,
    pull_request: PullRequest = None,
    allow: Allow = None,
    allow_actor: AllowActor = None,
    comment: Comment = True,
    close: Close = True,
    dry_run: options.DryRun = False,
    format_: options.Format = options.OutputFormat.TEXT,
    debug: options.Debug = False,
) -> int:
    """May this pull request change these files? For a workflow on the releases repository.

    Only documentation may change by pull request; manifests come from pipelines. What is refused gets a comment, is
    closed, and fails the check. In doubt it is refused.

    Nothing of the pull request is checked out or run, so that it is safe on pull_request_target, for forks too.
    """
    # Here, not above: help and completion need none of it.
    from cellenics_ci.cli.guard_run import Doing, run
    from cellenics_ci.releases.guard import DOCUMENTATION, Rules

    settings = options.settings_of(token=token)
    rules = Rules(tuple(allow or DOCUMENTATION), tuple(allow_actor or ()))
    doing = Doing(comment=comment, close=close, dry_run=dry_run, json=format_ is options.OutputFormat.JSON)
    return run(settings, rules, doing, repository=repository, number=pull_request)
