"""A rotation from the command line, seen whole: survey, plan, yes, carry out, show, exit code."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import typer
from rich.console import Console

from cellenics_ci.cli import rim
from cellenics_ci.cli.compose import Clients, connect
from cellenics_ci.cli.conclusion import concluded
from cellenics_ci.cli.views.asking import stdin_is_terminal
from cellenics_ci.cli.views.confirm import confirm
from cellenics_ci.cli.views.console import consoles
from cellenics_ci.cli.views.document import outcomes_document, plan_document
from cellenics_ci.cli.views.full_ids import FullIds, outcomes_in_full
from cellenics_ci.cli.views.json_text import document_text
from cellenics_ci.cli.views.outcome_view import show_outcomes
from cellenics_ci.cli.views.plan_view import show_plan
from cellenics_ci.cli.views.progress import Progress
from cellenics_ci.cli.views.reading import reading
from cellenics_ci.cli.views.summary import append_summary
from cellenics_ci.errors import UsageProblem
from cellenics_ci.model.names import AccessKeyId, RepoName
from cellenics_ci.rotation.choices import Choices, Place
from cellenics_ci.rotation.driver import carry_out
from cellenics_ci.rotation.order import Mode
from cellenics_ci.rotation.plan import Plan, make_plan
from cellenics_ci.run.crew import Gate, work_through
from cellenics_ci.run.events import silence
from cellenics_ci.run.host import Runner, host_name, process_name, run_nonce
from cellenics_ci.run.interruption import Interruption, heard
from cellenics_ci.run.outcome import Outcome, exit_code
from cellenics_ci.settings import Settings
from cellenics_ci.survey.reading import Progress as Telling
from cellenics_ci.survey.selection import Selection
from cellenics_ci.survey.world import Survey, take_survey


@dataclass(frozen=True, slots=True)
class Shown:
    """How things are to be shown, and whether to ask."""

    json: bool
    show_ids: bool
    diff: bool
    dry_run: bool
    yes: bool
    jobs: int


def run(settings: Settings, selection: Selection, choices: Choices, shown: Shown) -> int:
    """The way of the data: survey, plan, yes, carry out, show."""
    screens = consoles()
    interruption = Interruption()
    clients = connect(settings, interruption)
    plan, declaring, keys = _plan(clients, selection, choices, screens.err)
    if shown.show_ids:
        plan = FullIds(keys).plan(plan)
    if not (shown.dry_run and shown.json):
        show_plan(
            screens.out if shown.dry_run else screens.err,
            plan,
            org_defaulted=settings.org_defaulted,
            show_ids=shown.show_ids,
            diff=shown.diff,
            now=clients.now(),
            dry_run=shown.dry_run,
        )
    if shown.dry_run:
        rim.mark_code(int(plan.faults))
        if shown.json:
            _print(plan_document(plan, declaring=declaring, show_ids=shown.show_ids))
        return int(plan.faults)
    agreed = confirm(screens.err, plan, yes=shown.yes, stdin_is_terminal=stdin_is_terminal())

    def work() -> tuple[Outcome, ...]:
        outcomes = _carry_out(clients, agreed, shown, screens.err)
        return outcomes_in_full(outcomes, keys) if shown.show_ids else outcomes

    def code(outcomes: tuple[Outcome, ...]) -> int:
        return exit_code(outcomes, left_out=agreed.faults, interrupted=interruption.asked)

    def show(outcomes: tuple[Outcome, ...]) -> None:
        append_summary(screens.err, os.environ, agreed, outcomes, declaring=declaring, show_ids=shown.show_ids)
        if shown.json:
            _print(outcomes_document(agreed, outcomes, declaring=declaring, show_ids=shown.show_ids))
        else:
            show_outcomes(screens.out, agreed, outcomes, declaring=declaring, show_ids=shown.show_ids)

    return concluded(interruption, work, code=code, show=show)


def _plan(
    clients: Clients, selection: Selection, choices: Choices, console: Console
) -> tuple[Plan, frozenset[RepoName], tuple[AccessKeyId, ...]]:
    """Read the world and decide. Returns the plan, the repositories that declare privileges, and all keys there are."""
    with reading(console) as progress:
        login = clients.login()
        survey = _surveyed(clients, selection, progress, cuts_off=choices.wishes.mode is Mode.COMPROMISED)
        uses = clients.last_uses(survey)
    place = Place(
        org=clients.settings.org,
        login=login.name,
        region=clients.settings.region,
        now=clients.now(),
        owner_gone=clients.machine(silence).owner_gone,
        rights_told=login.scopes is not None,
    )
    declaring = frozenset(each.name for each in survey.declaring())
    return make_plan(survey, uses, choices, place), declaring, survey.key_ids()


def _surveyed(clients: Clients, selection: Selection, progress: Telling, *, cuts_off: bool) -> Survey:
    try:
        return take_survey(clients.readers(), selection, progress=progress)
    except UsageProblem as problem:
        if not cuts_off:
            raise
        gone = f"If it was deleted, its key may be there still: cellenics retire-ci --now {selection.names[0]}"
        raise UsageProblem(problem.sentence, remedy=f"{problem.remedy} {gone}".strip()) from None


def _carry_out(clients: Clients, plan: Plan, shown: Shown, console: Console) -> tuple[Outcome, ...]:
    if not plan.planned:
        return ()
    rim.mark_changing()
    with Progress(console, total=len(plan.planned)) as progress, heard(clients.interruption, progress.stopping):
        gate = Gate(progress)
        machine = clients.machine(gate)
        ports = clients.ports(machine)
        runner = Runner(run_nonce(), host_name(), process_name() or "0")
        return work_through(
            plan.planned,
            lambda planned: carry_out(planned.order, runner, ports, clients.interruption),
            jobs=shown.jobs,
            interruption=clients.interruption,
            gate=gate,
            shows=lambda planned: planned.order.shows,
        )


def _print(document: dict[str, Any]) -> None:
    typer.echo(document_text(document))
