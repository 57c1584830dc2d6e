"""An audit from the command line, seen whole: a snapshot, its listing, shown once or for as long as somebody looks."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import typer

from cellenics_ci.audit.findings import Limits, Rule, Severity
from cellenics_ci.audit.listing import Listing
from cellenics_ci.audit.ports import AuditReaders
from cellenics_ci.audit.rows import make_listing
from cellenics_ci.audit.snapshot import Snapshot
from cellenics_ci.audit.taking import Wanted, take_snapshot
from cellenics_ci.cli import rim
from cellenics_ci.cli.compose_audit import connect_audit
from cellenics_ci.cli.views.audit_csv import csv_text
from cellenics_ci.cli.views.audit_document import Facts, listing_document
from cellenics_ci.cli.views.audit_order import in_order
from cellenics_ci.cli.views.audit_summary import markdown
from cellenics_ci.cli.views.audit_table import show_listing
from cellenics_ci.cli.views.console import Consoles, consoles
from cellenics_ci.cli.views.json_text import document_text
from cellenics_ci.cli.views.reading import reading
from cellenics_ci.cli.views.step_summary import append_to_summary
from cellenics_ci.run.interruption import Interruption
from cellenics_ci.settings import Settings
from cellenics_ci.survey.selection import Selection


@dataclass(frozen=True, slots=True)
class Choices:
    """What was typed about what to look at, and how. `fail_on` None: never. `typed`: options for other commands."""

    selection: Selection
    rules: tuple[Rule, ...]
    max_age: float
    unused: float
    deploy_keys: bool
    context: str | None
    sort: str
    fail_on: Severity | None
    show_ids: bool
    typed: tuple[str, ...] = ()
    secrets: tuple[str, ...] = field(default=(), repr=False)


class AuditSession:
    """Reads as often as it is asked to. Fulfils `audit_session.Session`."""

    def __init__(self, settings: Settings, choices: Choices) -> None:
        self.org, self.sort, self.fail_on = str(settings.org), choices.sort, choices.fail_on
        self._settings, self._choices = settings, choices
        self._interruption = Interruption()
        self._readers: AuditReaders | None = None

    def limits(self) -> Limits:
        """Return what rules measure by, with the servers' time as it is now."""
        choices = self._choices
        aws = tuple(choices.typed[at : at + 2] for at, word in enumerate(choices.typed) if word == "--profile")
        return Limits(
            now=self._connected().now(),
            max_age=choices.max_age,
            unused=choices.unused,
            show_ids=choices.show_ids,
            said=choices.typed,
            aws_said=aws[0] if aws else (),
        )

    def take(self, listener: Callable[[Snapshot], None]) -> Snapshot:
        """Read everything, and return it; `listener` gets what is there so far."""
        readers = self._connected()
        wanted = Wanted(self._settings.org, self._settings.region, self._choices.selection, self._choices.deploy_keys)
        return take_snapshot(readers, wanted, listener, lambda: self._interruption.asked)

    def listing(self, snapshot: Snapshot) -> Listing:
        """Return the rows and findings of a snapshot."""
        return make_listing(snapshot, self.limits(), self._choices.rules)

    def stop(self) -> None:
        """Let a `take` that is under way end soon."""
        self._interruption.ask()

    def run(self, words: Sequence[str]) -> int:
        """Run another of our commands in this terminal, signed in as the audit is."""
        from cellenics_ci.cli.app import main

        command, *rest = words
        # In this process: a token that was typed must not be in a child's arguments or environment.
        return main([command, *self._choices.secrets, *options_of(command, self._choices.typed), *rest])

    def _connected(self) -> AuditReaders:
        if self._readers is None:
            self._readers = connect_audit(self._settings, self._choices.context, self._interruption)
        return self._readers


def run(settings: Settings, choices: Choices, *, format_: str | None, plain: bool) -> int:
    """The way of the data: a snapshot, its listing, the exit code; on a terminal the listing lives."""
    session = AuditSession(settings, choices)
    if format_ is None and not plain and _is_interactive(os.environ):
        # Only whoever walks through it waits for Textual.
        from cellenics_ci.cli.tui.app import run as walk_through

        return walk_through(session)
    screens = consoles()
    with reading(screens.err) as tell:
        snapshot = session.take(lambda found: _tell(found, tell))
    limits = session.limits()
    listing = in_order(session.listing(snapshot), choices.sort)
    code = int(choices.fail_on is not None and listing.reaches(choices.fail_on))
    # Whoever reads only the first lines gets this code all the same.
    rim.mark_code(code)
    append_to_summary(screens.err, os.environ, markdown(listing))
    _show(screens, snapshot, listing, limits, format_)
    return code


def options_of(command: str, typed: Sequence[str]) -> tuple[str, ...]:
    """Return those of an audit's options that another command takes too."""
    pairs = zip(typed[::2], typed[1::2], strict=True)
    return tuple(word for pair in pairs if command != "rotate-deploy-key" or pair[0] == "--org" for word in pair)


def _show(screens: Consoles, snapshot: Snapshot, listing: Listing, limits: Limits, format_: str | None) -> None:
    if format_ == "json":
        typer.echo(document_text(listing_document(listing, Facts.of(snapshot, limits))))
    elif format_ == "csv":
        typer.echo(csv_text(listing), nl=False)
    else:
        show_listing(screens.out, listing, snapshot)


def _tell(snapshot: Snapshot, tell: Callable[[str, int], None]) -> None:
    for source, (done, _) in snapshot.read.items():
        tell(source, done)


def _is_interactive(environ: Mapping[str, str]) -> bool:
    """Whether somebody sits at a terminal that can show more than lines."""
    try:
        # Textual draws on stderr: what goes into a file would be drawn there.
        terminal = sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()
    except (AttributeError, ValueError):
        return False
    return terminal and environ.get("TERM") not in (None, "", "dumb", "unknown")
