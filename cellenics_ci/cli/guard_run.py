"""A guard's run, seen whole: the event, what changes, the verdict, what is said about it, the exit code."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import typer
from rich.console import Console

from cellenics_ci.cli import rim
from cellenics_ci.cli.compose_releases import connect_pulls
from cellenics_ci.cli.own_repository import VARIABLE
from cellenics_ci.cli.release_files import read_text
from cellenics_ci.cli.views.console import consoles, words
from cellenics_ci.cli.views.guard_view import (
    Facts,
    append_guard_summary,
    comment_text,
    guard_document,
    show_verdict,
)
from cellenics_ci.cli.views.json_text import document_text
from cellenics_ci.cli.views.reading import reading
from cellenics_ci.errors import UsageProblem
from cellenics_ci.model.remotes import RepositoryId, repository_id
from cellenics_ci.privileges.problems import shown
from cellenics_ci.releases.guard import EVERYBODY, Rules, Ruling
from cellenics_ci.releases.guard_event import GroupEvent, GuardEvent, PullEvent, read_guard_event
from cellenics_ci.releases.guarding import Judged, PullSpeaker, judge, respond
from cellenics_ci.run.interruption import Interruption, ending_like_ctrl_c
from cellenics_ci.settings import Settings


@dataclass(frozen=True, slots=True)
class Doing:
    """What is done about a refusal, and how it is shown."""

    comment: bool
    close: bool
    dry_run: bool
    json: bool


def run(
    settings: Settings,
    rules: Rules,
    doing: Doing,
    *,
    repository: str | None,
    number: int | None,
    environ: Mapping[str, str] = os.environ,
) -> int:
    """The way of the data: what it is about, what changes, the verdict, the comment."""
    screens = consoles()
    _check(rules)
    where = _repository(repository or environ.get(VARIABLE) or "")
    event = PullEvent(number) if number is not None else _event(environ)
    settings = replace(settings, org=where.org, org_defaulted=False)
    with ending_like_ctrl_c():
        pulls = connect_pulls(settings, where.name, Interruption())
        with reading(screens.err, "Reading what changes …"):
            judged = judge(pulls, event, rules, str(where))
        facts = Facts(str(where), judged, isinstance(event, GroupEvent), rules)
        code = int(judged.verdict.ruling is not Ruling.ALLOWED)
        rim.mark_code(code)
        done = _respond(pulls, judged, facts, doing, screens.err)
    append_guard_summary(screens.err, environ, facts)
    if doing.json:
        typer.echo(document_text(guard_document(facts, done, dry_run=doing.dry_run)))
    else:
        show_verdict(screens.out, facts)
    return code


def _respond(pulls: PullSpeaker, judged: Judged, facts: Facts, doing: Doing, console: Console) -> tuple[str, ...]:
    pull = judged.pull
    if pull is None or doing.dry_run:
        # A merge group has nobody to talk to: its check fails, and the queue lets it go.
        return ()
    rim.mark_changing()
    done = []
    text = comment_text(facts, closes=doing.close) if doing.comment else None
    for told in respond(pulls, pull, judged.verdict.ruling, text, close=doing.close):
        console.print(words(told))
        done.append(told)
    return tuple(done)


def _check(rules: Rules) -> None:
    if any(actor.casefold() == EVERYBODY for actor in rules.actors):
        raise UsageProblem(
            f"{EVERYBODY} can't be let pass: whoever may push a workflow to any branch here acts by that name.",
            remedy="Give the pipelines a GitHub App of their own, and name that.",
        )
    if empty := [text for text in (*rules.patterns, *rules.actors) if not text.strip()]:
        raise UsageProblem(f"{len(empty)} of --allow and --allow-actor are empty.", remedy="Leave them out.")


def _repository(text: str) -> RepositoryId:
    found = repository_id(text)
    if found is None:
        raise UsageProblem(
            f"{shown(text)} is no repository." if text else "Which repository is guarded is not known.",
            remedy=f"Give --repository ORG/REPO; in GitHub Actions {VARIABLE} is set.",
        )
    return found


def _event(environ: Mapping[str, str]) -> GuardEvent:
    path = environ.get("GITHUB_EVENT_PATH")
    if not path:
        raise UsageProblem(
            "Which pull request is meant is not known: GITHUB_EVENT_PATH is not set.",
            remedy="Run it in a workflow, or name one with --pull-request.",
        )
    return read_guard_event(environ.get("GITHUB_EVENT_NAME", ""), read_text(Path(path), "The event"))
