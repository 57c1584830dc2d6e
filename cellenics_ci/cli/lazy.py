"""Commands that are imported only when they run: the table's row, and the group that reads the table.

Help and completion of names need a name and a line of text; only running a command, its own help and
the completion of its options need its module.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup

from cellenics_ci.cli.wrong_values import in_our_words
from cellenics_ci.errors import Interrupted

if TYPE_CHECKING:
    # Typer's own copy of Click has no public name for what its methods take.
    from typer._click import Command, Context

Unknown = Callable[[str, list[str], Iterable[str]], None]
"""Takes an unknown command's name, its arguments and the known names; returns when it can't help."""


@dataclass(frozen=True, slots=True)
class CommandEntry:
    """A row of the command table: the module that has the command as a function, and a line of help.

    The module may have CONTEXT_SETTINGS, a dict for the command's parser.
    """

    name: str
    module: str
    function: str
    help: str

    def load(self) -> Command:
        """Import the module and return its command, built by Typer."""
        module = importlib.import_module(self.module)
        single = typer.Typer(add_completion=False, rich_markup_mode="rich")
        settings = getattr(module, "CONTEXT_SETTINGS", None)
        made = single.command(self.name, cls=_Loaded, short_help=self.help, context_settings=settings)
        made(getattr(module, self.function))
        command = typer.main.get_command(single)
        # Typer lets the first paragraph alone flow; the others would keep the source's ends of lines.
        command.help = "\n\n".join(" ".join(each.split()) for each in (command.help or "").split("\n\n"))
        return command


class OutputClosed(Exception):
    """Who read our output went away. Not an OSError: Typer would turn that into exit code 1."""


@contextmanager
def _reader_may_go() -> Iterator[None]:
    """Tell of a help whose reader went away: Rich would exit with 1 (Console.on_broken_pipe)."""
    try:
        yield
    except (SystemExit, BrokenPipeError) as problem:
        raise OutputClosed from problem


class _Loaded(TyperCommand):
    """A command that runs, with what Typer leaves to others."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Read the command line; what is wrong with a value is said in our words."""
        with in_our_words():
            return super().parse_args(ctx, args)

    def format_help(self, ctx: Context, formatter: Any) -> None:
        """Show the help."""
        with _reader_may_go():
            super().format_help(ctx, formatter)


class Listed(TyperCommand):
    """A command as it is listed: its name and its line of help, without its module."""

    def __init__(self, entry: CommandEntry) -> None:
        super().__init__(entry.name, help=entry.help, short_help=entry.help)
        self.entry = entry


class LazyGroup(TyperGroup):
    """A group whose commands are rows of a table; names that it does not know go to `unknown`."""

    unknown: Unknown | None = None
    closing: Callable[[], str] | None = None
    """Makes the last paragraph of the help when it is shown."""

    def fill(self, entries: Iterable[CommandEntry]) -> None:
        """List these commands, in this order."""
        for entry in entries:
            self.add_command(Listed(entry))

    def make_context(self, info_name: str | None, args: list[str], parent: Context | None = None, **extra: Any) -> Any:
        """Read the group's own options; --version and --help write and end here."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except BrokenPipeError as problem:
            raise OutputClosed from problem

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        """Return the command that is to run, imported now. Completion passes here, too."""
        name = args[0]
        if self.unknown and name not in self.commands and not name.startswith("-"):
            if ctx.resilient_parsing:
                return None, None, args[1:]
            self.unknown(name, args[1:], self.commands)
        found, command, rest = super().resolve_command(ctx, args)
        return found, command.entry.load() if isinstance(command, Listed) else command, rest

    def format_help(self, ctx: Context, formatter: Any) -> None:
        """Show the help, with a last paragraph that is made now."""
        with _reader_may_go():
            super().format_help(ctx, formatter)
            if not self.closing:
                return
            # Not as Typer's epilog: it would wrap a path in the middle, and take [words] for markup.
            if formatter.getvalue():
                formatter.write(f"\n{self.closing()}\n")
            else:
                typer.echo(f" {self.closing()}")

    def invoke(self, ctx: Context) -> Any:
        """Run the command; what Typer would give an exit code of its own is left to the rim."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as problem:
            raise OutputClosed from problem
        except KeyboardInterrupt as problem:
            raise Interrupted from problem
