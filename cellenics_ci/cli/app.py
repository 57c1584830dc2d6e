"""The command table, and the way in: `cellenics COMMAND`, `main(argv)` for hosts.

Importing this module imports Typer and nothing else that is slow: commands bring their own.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Annotated, Final, cast

import typer

from cellenics_ci.cli import rim
from cellenics_ci.cli.lazy import CommandEntry, LazyGroup

COMMANDS: Final = (
    CommandEntry(
        "rotate-ci",
        "cellenics_ci.cli.rotate_ci",
        "rotate_ci",
        "Rotate the IAM keys of CI users and write them as GitHub secrets, from .ci.yaml.",
    ),
    CommandEntry(
        "rotate-deploy-key",
        "cellenics_ci.cli.rotate_deploy_key",
        "rotate_deploy_key",
        "Replace the SSH key with which Flux reads the releases repository.",
    ),
    CommandEntry(
        "audit",
        "cellenics_ci.cli.audit",
        "audit",
        "Show every CI credential: age, last use, drift, what is wrong with it, and what to type about it.",
    ),
    CommandEntry(
        "adopt-oidc",
        "cellenics_ci.cli.adopt_oidc",
        "adopt_oidc",
        "Give a repository's workflows an IAM role to assume instead of a key, from .ci.yaml.",
    ),
    CommandEntry(
        "retire-ci",
        "cellenics_ci.cli.retire_ci",
        "retire_ci",
        "Take a CI user away that nothing needs any more: keys, secrets, user.",
    ),
    CommandEntry(
        "ensure-ecr",
        "cellenics_ci.cli.ensure_ecr",
        "ensure_ecr",
        "Check and create the container repository of the same name, as .ci.yaml declares it.",
    ),
    CommandEntry(
        "push-release",
        "cellenics_ci.cli.push_release",
        "push_release",
        "Fill the repository's Flux template and push it to the releases repository.",
    ),
    CommandEntry(
        "deployments",
        "cellenics_ci.cli.deployments",
        "deployments",
        "Show what is deployed where: the manifests in the releases repository.",
    ),
    CommandEntry(
        "guard-releases",
        "cellenics_ci.cli.guard_releases",
        "guard_releases",
        "May this pull request change these files? For a workflow on the releases repository.",
    ),
    CommandEntry(
        "sandbox",
        "cellenics_ci.cli.sandbox",
        "sandbox",
        "Run a command, or a shell, against an embedded AWS, GitHub and cluster: nothing real is touched.",
    ),
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"cellenics-ci {version('cellenics-ci')}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True)
    ] = False,
    debug: Annotated[
        bool,
        typer.Option("--debug", help="Show where an error came from.", callback=rim.debug_option),
    ] = False,
) -> None:
    """Hand out, rotate, watch and retire the CI credentials of a Cellenics organisation."""


def _pass_on(name: str, args: list[str], known: Iterable[str]) -> None:
    from cellenics_ci.cli import plugin

    plugin.pass_on(name, args, known=known)


def _closing() -> str:
    from cellenics_ci.cli import plugin

    return plugin.help_paragraph()


def root_command() -> LazyGroup:
    """Return the `cellenics` group with all its commands, none of them imported."""
    app = typer.Typer(
        cls=LazyGroup,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        pretty_exceptions_show_locals=False,
        context_settings={"help_option_names": ["--help", "-h"]},
    )
    app.callback()(_root)
    group = cast(LazyGroup, typer.main.get_command(app))
    group.fill(COMMANDS)
    group.unknown = _pass_on
    group.closing = _closing
    return group


def _program_name() -> str:
    name = PurePath(sys.argv[0]).name
    # The name under which completion was installed: a host's or a test runner's name is not ours.
    return name if name.startswith("cellenics") else "cellenics"


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line (default: the process's own) and return its exit code. Raises nothing.

    Codes: 0 done, 1 some targets left out or failed, 2 wrong usage, 3 somebody must act now, 130 interrupted.
    """
    args = list(sys.argv[1:] if argv is None else argv) or ["--help"]

    def run() -> object:
        return root_command().main(args, prog_name=_program_name(), standalone_mode=False)

    return rim.exit_code(run)
