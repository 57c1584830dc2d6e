"""`cellenics rotate-deploy-key`: options in, a survey, a plan, a yes, the rotation, and how it ended."""

from __future__ import annotations

import re
from importlib.util import find_spec
from typing import Annotated, TypeAlias

import typer

from cellenics_ci.cli import options
from cellenics_ci.errors import UsageProblem
from cellenics_ci.model.deploy_keys import Algorithm
from cellenics_ci.model.names import RepoName

CLUSTER = "Which cluster"
KEY = "Which key"
NO_CLUSTER = "Without the cluster"
NEEDED = ("lightkube", "paramiko")

_REPO = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")


def _repo(text: str) -> str:
    if not _REPO.fullmatch(text) or text in (".", ".."):
        raise typer.BadParameter(f"{text!r} is no name of a repository: give the name alone, like releases")
    return text


def _name(text: str) -> str:
    # Names of namespaces and objects (Kubernetes, "Object Names and IDs"); they become part of a path.
    if not _NAME.fullmatch(text):
        raise typer.BadParameter(f"{text!r} is no name of an object in a cluster")
    return text


def _option(text: str, panel: str, *names: str, metavar: str = "NAME") -> typer.models.OptionInfo:
    made: typer.models.OptionInfo = typer.Option(*names, metavar=metavar, rich_help_panel=panel, help=text)
    return made


Repo: TypeAlias = Annotated[
    str,
    typer.Option("--repo", parser=_repo, metavar="REPO", rich_help_panel=options.WHERE, help="What Flux reads."),
]
Environment: TypeAlias = Annotated[
    str | None,
    _option(
        "Which environment the cluster is: a first key for staging may write, and write access in production is"
        " warned of.",
        KEY,
        "--environment",
        metavar="staging|production|NAME",
    ),
]
ReadOnly: TypeAlias = Annotated[
    bool | None,
    typer.Option(
        "--read-only/--read-write",
        show_default="the old key's",
        rich_help_panel=KEY,
        help="The new key's right.",
    ),
]
Kind: TypeAlias = Annotated[Algorithm, typer.Option("--algorithm", rich_help_panel=KEY, help="The new key's kind.")]
Title: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--title",
        metavar="TITLE",
        show_default="the old key's",
        rich_help_panel=KEY,
        help="The new key's title on GitHub.",
    ),
]
Finish: TypeAlias = Annotated[
    bool, typer.Option("--finish", rich_help_panel=KEY, help="Only finish what was begun, or handed out by --output.")
]
TakeOver: TypeAlias = Annotated[
    bool, typer.Option("--take-over", rich_help_panel=KEY, help="Take over from another run that is known to be dead.")
]
Context: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--context",
        metavar="KUBECONTEXT",
        show_default="the current one",
        rich_help_panel=CLUSTER,
        help="The kubeconfig's context (KUBECONFIG); needed with --yes.",
    ),
]
Namespace: TypeAlias = Annotated[
    str, typer.Option("--namespace", parser=_name, metavar="NAME", rich_help_panel=CLUSTER, help="Flux's namespace.")
]
SecretName: TypeAlias = Annotated[
    str,
    typer.Option("--secret", parser=_name, metavar="NAME", rich_help_panel=CLUSTER, help="The Secret with the key."),
]
Source: TypeAlias = Annotated[
    str,
    typer.Option(
        "--source", parser=_name, metavar="NAME", rich_help_panel=CLUSTER, help="The GitRepository that uses it."
    ),
]
Timeout: TypeAlias = Annotated[
    float,
    typer.Option(
        "--timeout",
        parser=options.span,
        metavar="SPAN",
        show_default="5m",
        rich_help_panel=CLUSTER,
        help="How long to wait for Flux, before everything is taken back.",
    ),
]
Output: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--output",
        metavar="FILE|-",
        show_default=False,
        rich_help_panel=NO_CLUSTER,
        help="Write the Secret's manifest, for kubectl apply or SOPS; the old key stays until --finish.",
    ),
]
Force: TypeAlias = Annotated[
    bool, typer.Option("--force", rich_help_panel=NO_CLUSTER, help="Write the manifest even to a terminal.")
]


def rotate_deploy_key(
    token: options.Token = None,
    org: options.Org = None,
    repo: Repo = "releases",
    context: Context = None,
    namespace: Namespace = "flux-system",
    secret: SecretName = "flux-system",  # noqa: S107 - a name
    source: Source = "flux-system",
    timeout: Timeout = "5m",  # type: ignore[assignment]  # Typer parses a default that is text
    environment: Environment = None,
    read_only: ReadOnly = None,
    algorithm: Kind = Algorithm.ED25519,
    title: Title = None,
    finish: Finish = False,
    take_over: TakeOver = False,
    output: Output = None,
    force: Force = False,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    format_: options.Format = options.OutputFormat.TEXT,
    debug: options.Debug = False,
) -> int:
    """Replace the SSH key with which Flux reads the releases repository.

    The new key is proven over SSH before the cluster gets it, and by Flux itself before the old one
    is removed; where either proof fails, everything is put back. Safe to repeat: whatever was
    interrupted, the same command finds out and finishes it.
    """
    _see_extra()
    # Here, not above: help and completion need none of it.
    from cellenics_ci.cli.deploy_key_run import Shown, Where, run
    from cellenics_ci.deploykeys.plan import Choices
    from cellenics_ci.run.interruption import ending_like_ctrl_c

    settings = options.settings_of(token=token, org=org)
    as_json = format_ is options.OutputFormat.JSON
    where = Where(RepoName(repo), context, namespace, secret, source, output, force)
    _check(where.output, context, finish=finish, yes=yes, dry_run=dry_run, as_json=as_json)
    choices = Choices(finish, read_only, environment, algorithm, title, take_over, timeout)
    with ending_like_ctrl_c():
        return run(settings, where, choices, Shown(as_json, dry_run, yes))


def _see_extra() -> None:
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise UsageProblem(
            f"What talks to clusters is not installed ({', '.join(missing)} can't be found).",
            remedy="Install it with: pip install 'cellenics-ci[flux]'",
        )


def _check(output: str | None, context: str | None, *, finish: bool, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Refuse what does not go together, before anything is read. Raises UsageProblem."""
    if output is not None and finish:
        raise UsageProblem("--output makes a new key, --finish removes an old one: they don't go together.")
    if output is not None and context is not None:
        raise UsageProblem(
            "--output is for clusters that can't be reached from here: it takes no --context.",
            remedy="Leave --output out to rotate the cluster's key, or --context to get a manifest.",
        )
    if output == "-" and as_json:
        raise UsageProblem("Both the manifest and the JSON would go to stdout.", remedy="Name a file with --output.")
    if yes and not dry_run and context is None and output is None:
        raise UsageProblem(
            "--yes needs a cluster that is named: the current context may be any.",
            remedy="Add --context KUBECONTEXT, or --output to get a manifest.",
        )
