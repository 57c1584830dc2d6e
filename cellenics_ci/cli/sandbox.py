"""`cellenics sandbox`: a command, or a shell, against an embedded AWS and GitHub."""

from __future__ import annotations

import os
import sys
import sysconfig
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cellenics_ci.errors import UsageProblem

if TYPE_CHECKING:
    from cellenics_ci.sandbox.running import Sandbox

CONTEXT_SETTINGS: Final[dict[str, Any]] = {"allow_interspersed_args": False}
"""Options behind COMMAND are COMMAND's own."""

DEFAULT_SETTLE: Final = 2.0
NEEDED: Final = ("moto", "graphql", "nacl")


def sandbox(
    command: Annotated[
        list[str] | None,
        typer.Argument(metavar="COMMAND", help="What to run; a shell where nothing is given."),
    ] = None,
    world: Annotated[
        Path | None,
        typer.Option(
            "--world",
            metavar="FILE",
            help="Load the organisation from this YAML file; `moving` is one that ships.",
        ),
    ] = None,
    settle: Annotated[
        float,
        typer.Option(
            "--settle",
            metavar="SECONDS",
            min=0.0,
            max=120.0,
            help="How long new keys take to be accepted everywhere, and the settle time that COMMAND works with.",
        ),
    ] = DEFAULT_SETTLE,
) -> int:
    """Run a command, or a shell, against an embedded AWS, GitHub and cluster: nothing real is touched.

    COMMAND sees an invented organisation on loopback ports, gone when it ends.

    Your own AWS, GitHub and cluster variables and configuration are hidden from it.

    Its exit code is this program's; options behind COMMAND are its own.
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise UsageProblem(
            f"The sandbox is not installed ({', '.join(missing)} can't be found).",
            remedy="Install it with: pip install 'cellenics-ci[sandbox]'",
        )
    from cellenics_ci.sandbox.environment import without_configuration

    with without_configuration() as outside:
        return _run(command or [], world, settle, outside)


def _run(command: list[str], world: Path | None, settle: float, outside: Mapping[str, str]) -> int:
    # Slow to import, and not before the operator's configuration is out of sight.
    from cellenics_ci.sandbox.aws import LIFELIKE
    from cellenics_ci.sandbox.child import run_child
    from cellenics_ci.sandbox.environment import child_environment, make_folder
    from cellenics_ci.sandbox.running import Sandbox
    from cellenics_ci.sandbox.world import load_world

    propagation = LIFELIKE.scaled(settle / DEFAULT_SETTLE)
    with (
        tempfile.TemporaryDirectory(prefix="cellenics-sandbox-") as folder,
        Sandbox(load_world(world), propagation=propagation, folder=Path(folder)) as running,
    ):
        make_folder(Path(folder))
        servers = running.environment() | {"CELLENICS_SETTLE_SECONDS": f"{settle:g}"}
        git_folder = running.flux.git_folder if running.flux else None
        environment = child_environment(outside, servers, Path(folder), _programs(), git_folder)
        _introduce(running, shell=not command)
        code = run_child(command or [outside.get("SHELL") or "/bin/sh"], environment)
        if not command:
            _say("Left the sandbox; everything in it is gone.")
        return code


def _programs() -> Path | None:
    """Return the folder of this installation's own `cellenics`, None where there is none."""
    folder = Path(sysconfig.get_path("scripts"))
    return folder if (folder / "cellenics").exists() else None


def _introduce(running: Sandbox, *, shell: bool) -> None:
    from cellenics_ci.cli.views.wording import repositories

    world = running.world
    alias = f", {world.alias}" if world.alias else ""
    _say(
        f"Sandbox: an embedded AWS (account {running.aws.account.number}{alias}) and an embedded GitHub "
        f"({world.organization}, {repositories(len(world.repositories))}, signed in as {world.operator.login})."
    )
    _say(_clusters(running))
    _say("Nothing real is touched: all of it is on this machine, and your own credentials are hidden.")
    if shell:
        _say("This is a shell in the sandbox. Try `cellenics rotate-ci`; leave with `exit` or Ctrl-D.")


def _clusters(running: Sandbox) -> str:
    if running.flux is None:
        return "No cluster: git is not installed, so there is nothing for Flux to read."
    if not running.flux.clusters:
        return "No cluster: no deploy key of this world has Flux's title."
    names = ", ".join(running.flux.clusters)
    served = "" if running.flux.ssh.kind == "sshd" else " (sshd is not installed: a library's SSH server stands in)"
    return f"Embedded clusters, as kubeconfig contexts: {names}. Flux reads its repository over SSH{served}."


def _say(text: str) -> None:
    typer.secho(text, err=True, fg=typer.colors.CYAN if sys.stderr.isatty() and "NO_COLOR" not in os.environ else None)
