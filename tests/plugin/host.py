"""A host of the tests' own: a Click program that takes its commands from entry points, as cellenics-utils could.

With HOST_ECHO it puts an echo in the place of our `main`, to show what arrives there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from importlib.metadata import entry_points, version

import click


@click.group(invoke_without_command=True)
@click.option("--click-version", is_flag=True)
@click.option("--verbose", is_flag=True)
def host(click_version: bool, verbose: bool) -> None:
    """A program with commands of its own, and ours."""
    if click_version:
        # 8.0.1 was installed into a folder: what is asked is the code that runs, not the environment.
        click.echo(getattr(click, "__version__", None) or version("click"))


@host.command()
def stage() -> None:
    """A command of the host's own."""
    click.echo("staged")


def echo(argv: Sequence[str] | None = None) -> int:
    """Print the arguments, and return the last of them where it is a number."""
    click.echo(json.dumps(argv))
    return int(argv[-1]) if argv and argv[-1].isdigit() else 0


def main() -> None:
    """Load the plugins and run."""
    for each in entry_points(group="cellenics.commands"):
        host.add_command(each.load(), each.name)
    if os.environ.get("HOST_ECHO"):
        from cellenics_ci.cli import app

        app.main = echo
    host(prog_name="host")


if __name__ == "__main__":
    main()
