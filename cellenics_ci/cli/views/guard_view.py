"""A verdict as people read it: on the terminal, in a comment, on the page of the run, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Console

from cellenics_ci.cli.views.console import point, safe, words
from cellenics_ci.cli.views.json_text import Json
from cellenics_ci.cli.views.step_summary import append_to_summary, escaped
from cellenics_ci.cli.views.wording import counted
from cellenics_ci.releases.guard import RefusedFile, Rules, Ruling, Verdict
from cellenics_ci.releases.guarding import MARKER, Judged

SCHEMA: Final = 1
COMMAND: Final = "guard-releases"
SHOWN: Final = 50
"""So many files are named; a pull request has up to 3,000."""
_LONGEST: Final = 200
STYLES: Final = {Ruling.ALLOWED: "bold green", Ruling.REFUSED: "bold red", Ruling.MOVED: "bold yellow"}


@dataclass(frozen=True, slots=True)
class Facts:
    """A verdict, and what it is about. `repository` is `org/repo`; `group`: it is a merge queue's batch."""

    repository: str
    judged: Judged
    group: bool
    rules: Rules

    @property
    def verdict(self) -> Verdict:
        """The verdict."""
        return self.judged.verdict

    @property
    def subject(self) -> str:
        """What it is about."""
        pull = self.judged.pull
        return f"{self.repository}#{pull.number}" if pull else f"a merge group of {self.repository}"


def show_verdict(console: Console, facts: Facts) -> None:
    """Show a verdict, with every file that was refused."""
    verdict = facts.verdict
    line = words(str(verdict.ruling), STYLES[verdict.ruling])
    line.append_text(words(f" {facts.subject}: {verdict.reason} ({counted(verdict.files, 'file')} looked at)"))
    console.print(line)
    for refused in verdict.refused[:SHOWN]:
        point(console, refused.path, refused.reason)
    if len(verdict.refused) > SHOWN:
        console.print(words(f"  and {len(verdict.refused) - SHOWN:,} more"))


def comment_text(facts: Facts, *, closes: bool) -> str:
    """Return what is said to a pull request, in Markdown. Files' names, which strangers choose, are no markup."""
    return "\n".join(_comment(facts, closes=closes))


def _comment(facts: Facts, *, closes: bool) -> Iterator[str]:
    verdict = facts.verdict
    yield MARKER
    if verdict.ruling is Ruling.ALLOWED:
        yield "This pull request may be merged now: only documentation changes."
        return
    yield "**This pull request changes what only pipelines may change.**"
    yield ""
    yield (
        "What is in this repository is what the clusters run; services' pipelines put it there. By pull request only "
        f"these may change: {', '.join(_code(pattern) for pattern in facts.rules.patterns)}."
    )
    yield ""
    if not verdict.refused:
        yield f"It was refused because {escaped(verdict.reason)}."
    yield from _listed(verdict.refused)
    yield ""
    end = "It was closed: open it again once nothing else changes." if closes else "It can't be merged this way."
    yield f"{end} To deploy something, use the service's own pipeline."


def _listed(refused: Sequence[RefusedFile]) -> Iterator[str]:
    for each in refused[:SHOWN]:
        yield f"- {_code(each.path)}: {escaped(each.reason)}"
    if len(refused) > SHOWN:
        yield f"- and {len(refused) - SHOWN:,} more"


def _code(text: str) -> str:
    # GitHub looks for mentions and references in text, and not in code.
    cut = safe(text)[:_LONGEST]
    return f"<code>{escaped(cut)}</code>"


def append_guard_summary(console: Console, environ: Mapping[str, str], facts: Facts) -> None:
    """Append the verdict to the file that Actions names, where it names one. Warns on `console` if that fails."""
    verdict = facts.verdict
    lines = [f"### {escaped(f'guard-releases: {facts.subject}')}", ""]
    lines += [f"**{verdict.ruling}**: {escaped(verdict.reason)}", "", *_listed(verdict.refused)]
    append_to_summary(console, environ, "\n".join([*lines, "", ""]))


def guard_document(facts: Facts, done: Sequence[str], *, dry_run: bool) -> Json:
    """Return a verdict as a JSON document. Its form is `guard-releases.schema.json`."""
    verdict, pull = facts.verdict, facts.judged.pull
    return {
        "schema": SCHEMA,
        "command": COMMAND,
        "dry_run": dry_run,
        "repository": facts.repository,
        "pull_request": pull.number if pull else None,
        "head": pull.head if pull else None,
        "ruling": verdict.ruling.value,
        "reason": verdict.reason,
        "files": verdict.files,
        "refused": [{"path": each.path, "reason": each.reason} for each in verdict.refused],
        "done": [*done],
    }
