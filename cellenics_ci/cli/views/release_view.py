"""A release as people read it: what goes where, what changes there, how the push ended."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cellenics_ci.cli.views.console import heading, point, words
from cellenics_ci.cli.views.step_summary import append_to_summary, escaped
from cellenics_ci.cli.views.wording import counted
from cellenics_ci.model.git import Tip
from cellenics_ci.model.moments import utc_text
from cellenics_ci.releases.manifest import read_manifest
from cellenics_ci.releases.outcome import Pushed, PushOutcome
from cellenics_ci.releases.resolve import Release

STYLES: Final = {
    Pushed.PUSHED: "bold green",
    Pushed.UNCHANGED: "green",
    Pushed.SUPERSEDED: "bold yellow",
    Pushed.FAILED: "bold red",
    Pushed.UNKNOWN: "bold white on red",
}
_WOULD: Final = {Pushed.PUSHED: "would be pushed", Pushed.FAILED: "could not be pushed"}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is released, and to which releases repository (`org/repo`). `seen`: the image was looked for in ECR."""

    repository: str
    release: Release
    seen: bool


def show_release(console: Console, facts: Facts, *, tip: Tip | None = None, dry_run: bool = False) -> None:
    """Show what goes where, and with `tip` what is there now."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for label, text in _rows(facts, tip):
        grid.add_row(words(label), text)
    console.print(words("Plan (a dry run: nothing will be changed)" if dry_run else "Plan", "bold"))
    console.print(grid)
    console.print()


def _rows(facts: Facts, tip: Tip | None) -> Iterator[tuple[str, Text]]:
    release = facts.release
    yield "Service", words(f"{release.source.repository}, {release.source.ref}", "bold")
    yield "", words(f"commit {release.source.commit}")
    yield "Environment", words(f"{release.environment}: namespace {release.namespace}", "bold")
    for image in release.images:
        yield "Image", words(f"{release.registry}/{release.repository}:{image.tag}")
    if not facts.seen:
        yield "", words("not looked for in ECR", "yellow")
    yield "Manifest", words(f"{facts.repository}: {release.path}", "bold")
    if tip is not None:
        yield "Deployed", words(_deployed(tip))


def _deployed(tip: Tip) -> str:
    if tip.text is None:
        return "nothing yet"
    told = ", ".join(tag for _, tag in read_manifest(tip.text).tags) or "a manifest without an image"
    if not tip.changes:
        return told
    last = tip.changes[0]
    return f"{told}, since {utc_text(last.at)} by {last.by}"


def show_push(console: Console, facts: Facts, outcome: PushOutcome, *, dry_run: bool = False) -> None:
    """Show how it ended, in a line, and what is to be known."""
    status = _WOULD.get(outcome.status, str(outcome.status)) if dry_run else str(outcome.status)
    line = Text(overflow="fold")
    line.append(status, style=STYLES[outcome.status])
    line.append_text(words(f" {outcome.path} in {facts.repository}"))
    console.print(line)
    if told := _how(outcome):
        point(console, "", told)
    if outcome.reason:
        point(console, "", outcome.reason, then=outcome.next_step)
    if outcome.notes:
        heading(console, "To be known")
    for note in outcome.notes:
        point(console, "", note)


def _how(outcome: PushOutcome) -> str:
    told = [f"commit {outcome.commit}"] if outcome.commit else []
    if outcome.conflicts:
        told.append(f"after {counted(outcome.conflicts, 'conflict')}")
    return ", ".join(told)


def diff_lines(path: str, deployed: str | None, wanted: str) -> tuple[str, ...]:
    """Return a unified diff from what is deployed to what is wanted, without line ends; none where they agree."""
    before = "/dev/null" if deployed is None else f"deployed/{path}"
    lines = difflib.unified_diff(
        (deployed or "").splitlines(), wanted.splitlines(), before, f"released/{path}", lineterm=""
    )
    return tuple(lines)


def show_diff(console: Console, lines: Sequence[str]) -> None:
    """Show a diff; lines are never broken."""
    for line in lines:
        style = "green" if line.startswith("+") else "red" if line.startswith("-") else ""
        console.print(words(line, style), soft_wrap=True)


def append_push_summary(console: Console, environ: Mapping[str, str], facts: Facts, outcome: PushOutcome) -> None:
    """Append the result to the file that Actions names, where it names one. Warns on `console` if that fails."""
    release = facts.release
    rows = [
        ("Outcome", str(outcome.status)),
        ("Manifest", f"{facts.repository}: {outcome.path}"),
        ("Image", ", ".join(image.tag for image in release.images)),
        ("Commit", outcome.commit or ""),
        ("Remarks", "; ".join((outcome.reason, *outcome.notes)).strip("; ")),
        ("Next step", outcome.next_step),
    ]
    title = f"push-release: {release.source.repository} to {release.environment}"
    lines = [f"### {escaped(title)}", "", "| | |", "| --- | --- |"]
    lines += [f"| {label} | {escaped(text)} |" for label, text in rows if text]
    append_to_summary(console, environ, "\n".join([*lines, "", ""]))
