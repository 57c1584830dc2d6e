"""A retirement from the command line, seen whole: survey, plan, yes, carry out, show, exit code."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

import typer
from rich.console import Console

from cellenics_ci.cli import rim
from cellenics_ci.cli.compose import Clients, connect
from cellenics_ci.cli.compose_retirement import read_extras, read_failed_runs, retirement_ports
from cellenics_ci.cli.conclusion import concluded
from cellenics_ci.cli.views.agreement import agree
from cellenics_ci.cli.views.asking import read_line, stdin_is_terminal
from cellenics_ci.cli.views.console import consoles
from cellenics_ci.cli.views.json_text import document_text
from cellenics_ci.cli.views.progress import Progress
from cellenics_ci.cli.views.reading import reading
from cellenics_ci.cli.views.retirement_document import outcomes_document, plan_document
from cellenics_ci.cli.views.retirement_outcome import markdown, show_outcomes
from cellenics_ci.cli.views.retirement_plan import question, show_plan, typed_with
from cellenics_ci.cli.views.step_summary import append_to_summary
from cellenics_ci.retirement.driver import carry_out
from cellenics_ci.retirement.plan import Choices, Place, Plan, candidates, make_plan, soaking_since
from cellenics_ci.run.crew import Gate, work_through
from cellenics_ci.run.events import silence
from cellenics_ci.run.host import Runner, host_name, process_name, run_nonce
from cellenics_ci.run.interruption import Interruption, heard
from cellenics_ci.run.outcome import Outcome, exit_code
from cellenics_ci.settings import Settings
from cellenics_ci.survey.world import take_survey


@dataclass(frozen=True, slots=True)
class Shown:
    """How things are to be shown, and whether to ask."""

    json: bool
    show_ids: bool
    dry_run: bool
    yes: bool
    jobs: int


def run(settings: Settings, choices: Choices, shown: Shown) -> int:
    """The way of the data: survey, plan, yes, carry out, show."""
    screens = consoles()
    interruption = Interruption()
    clients = connect(settings, interruption)
    plan = _plan(clients, choices, screens.err)
    now = clients.now()
    if not (shown.dry_run and shown.json):
        screen = screens.out if shown.dry_run else screens.err
        show_plan(
            screen,
            plan,
            org_defaulted=settings.org_defaulted,
            show_ids=shown.show_ids,
            now=now,
            dry_run=shown.dry_run,
        )
    if shown.dry_run:
        found = exit_code(plan.settled, left_out=plan.faults, interrupted=False)
        rim.mark_code(found)
        if shown.json:
            typer.echo(document_text(plan_document(plan, show_ids=shown.show_ids)))
        return found
    agreed = agree(
        screens.err,
        plan,
        question=question,
        typed_with=typed_with,
        yes=shown.yes,
        stdin_is_terminal=stdin_is_terminal(),
        read=read_line,
    )

    def work() -> tuple[Outcome, ...]:
        return (*_carry_out(clients, agreed, shown, screens.err), *agreed.settled)

    def code(outcomes: tuple[Outcome, ...]) -> int:
        return exit_code(outcomes, left_out=agreed.faults, interrupted=interruption.asked)

    def show(outcomes: tuple[Outcome, ...]) -> None:
        append_to_summary(screens.err, os.environ, markdown(agreed, outcomes, show_ids=shown.show_ids))
        if shown.json:
            typer.echo(document_text(outcomes_document(agreed, outcomes, show_ids=shown.show_ids)))
        else:
            show_outcomes(screens.out, agreed, outcomes, show_ids=shown.show_ids)

    return concluded(interruption, work, code=code, show=show)


def _plan(clients: Clients, choices: Choices, console: Console) -> Plan:
    """Read the world and decide."""
    with reading(console) as progress:
        login = clients.login()
        survey = take_survey(clients.readers(), choices.selection, by_user=True, progress=progress)
        users = [user.name for _, user in candidates(survey.users, choices.selection)]
        extras = read_extras(clients, survey, users)
        place = Place(
            org=clients.settings.org,
            login=login.name,
            now=clients.now(),
            owner_gone=clients.machine(silence).owner_gone,
        )
        plan = make_plan(survey, extras, choices, place)
        return replace(plan, failed_runs=read_failed_runs(clients, soaking_since(plan)))


def _carry_out(clients: Clients, plan: Plan, shown: Shown, console: Console) -> tuple[Outcome, ...]:
    if not plan.planned:
        return ()
    rim.mark_changing()
    with Progress(console, total=len(plan.planned)) as progress, heard(clients.interruption, progress.stopping):
        gate = Gate(progress)
        ports = retirement_ports(clients, clients.machine(gate))
        runner = Runner(run_nonce(), host_name(), process_name() or "0")
        return work_through(
            plan.planned,
            lambda planned: carry_out(planned.order, runner, ports, clients.interruption),
            jobs=shown.jobs,
            interruption=clients.interruption,
            gate=gate,
        )
