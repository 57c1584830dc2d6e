"""An adoption from the command line, seen whole: survey, plan, yes, carry out, patches, show, exit code."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import Console

from cellenics_ci.cli import rim
from cellenics_ci.cli.compose import Clients, connect
from cellenics_ci.cli.compose_adoption import adoption_ports, adoption_readers
from cellenics_ci.cli.conclusion import concluded
from cellenics_ci.cli.patch_files import check_folder, write_patches
from cellenics_ci.cli.views.adoption_document import outcomes_document, plan_document
from cellenics_ci.cli.views.adoption_outcome import markdown, show_outcomes
from cellenics_ci.cli.views.adoption_patches import show_patches
from cellenics_ci.cli.views.adoption_plan import question, show_plan, typed_with
from cellenics_ci.cli.views.agreement import agree
from cellenics_ci.cli.views.asking import read_line, stdin_is_terminal
from cellenics_ci.cli.views.console import Consoles, consoles
from cellenics_ci.cli.views.json_text import document_text
from cellenics_ci.cli.views.progress import Progress
from cellenics_ci.cli.views.reading import reading
from cellenics_ci.cli.views.step_summary import append_to_summary
from cellenics_ci.model.names import RepoName
from cellenics_ci.oidc.driver import carry_out, establish
from cellenics_ci.oidc.plan import Choices, Plan, make_plan
from cellenics_ci.oidc.survey import take_adoption_survey
from cellenics_ci.run.crew import Gate, work_through
from cellenics_ci.run.interruption import Interruption, heard
from cellenics_ci.run.outcome import SETTLED, Outcome, Status, exit_code
from cellenics_ci.settings import Settings
from cellenics_ci.survey.selection import Selection


@dataclass(frozen=True, slots=True)
class Shown:
    """How things are to be shown, whether to ask, and where patches go (None: they are shown)."""

    json: bool
    diff: bool
    dry_run: bool
    yes: bool
    jobs: int
    patches: Path | None


def run(settings: Settings, selection: Selection, choices: Choices, shown: Shown) -> int:
    """The way of the data: survey, plan, yes, carry out, patches, show."""
    screens = consoles()
    interruption = Interruption()
    if shown.patches is not None:
        check_folder(shown.patches)
    clients = connect(settings, interruption)
    plan, declaring = _plan(clients, selection, choices, screens.err)
    if not (shown.dry_run and shown.json):
        show_plan(
            screens.out if shown.dry_run else screens.err,
            plan,
            org_defaulted=settings.org_defaulted,
            diff=shown.diff,
            dry_run=shown.dry_run,
        )
    if shown.dry_run:
        rim.mark_code(int(plan.faults))
        written = _patches(plan, (), shown, screens)
        if shown.json:
            typer.echo(document_text(plan_document(plan, written, declaring=declaring)))
        return int(plan.faults)
    agreed = agree(
        screens.err,
        plan,
        question=question,
        typed_with=typed_with,
        yes=shown.yes,
        stdin_is_terminal=stdin_is_terminal(),
        read=read_line,
    )

    def code(outcomes: tuple[Outcome, ...]) -> int:
        return exit_code(outcomes, left_out=agreed.faults, interrupted=interruption.asked)

    def show(outcomes: tuple[Outcome, ...]) -> None:
        append_to_summary(screens.err, os.environ, markdown(agreed, outcomes, declaring=declaring))
        # A role that is not there yet is nothing to change a workflow for.
        without = [each.repository for each in outcomes if each.status not in SETTLED]
        written = _patches(agreed, without, shown, screens)
        if shown.json:
            typer.echo(document_text(outcomes_document(agreed, outcomes, written, declaring=declaring)))
        else:
            show_outcomes(screens.out, agreed, outcomes, written, declaring=declaring)

    return concluded(interruption, lambda: _carry_out(clients, agreed, shown, screens.err), code=code, show=show)


def _plan(
    clients: Clients, selection: Selection, choices: Choices, console: Console
) -> tuple[Plan, frozenset[RepoName]]:
    """Read the world and decide. Returns the plan, and the repositories that declare privileges."""
    settings = clients.settings
    with reading(console) as progress:
        login = clients.login()
        survey = take_adoption_survey(adoption_readers(clients), selection, settings.oidc_issuer, progress=progress)
    declaring = frozenset(each.name for each in survey.world.declaring())
    return make_plan(survey, choices, org=settings.org, login=login.name, region=settings.region), declaring


def _carry_out(clients: Clients, plan: Plan, shown: Shown, console: Console) -> tuple[Outcome, ...]:
    if not plan.planned:
        return ()
    rim.mark_changing()
    with Progress(console, total=len(plan.planned)) as progress, heard(clients.interruption, progress.stopping):
        gate = Gate(progress)
        ports = adoption_ports(clients, clients.machine(gate))
        problem = establish(plan.provider, ports, clients.interruption)
        if problem:
            reason = f"the account does not take GitHub's tokens: {problem}"
            stopped = clients.interruption.asked
            return tuple(
                Outcome(each.repo, Status.SKIPPED, reason, cause="provider", interrupted=stopped)
                for each in plan.planned
            )
        return work_through(
            plan.planned,
            lambda prepared: carry_out(prepared.order, ports, clients.interruption),
            jobs=shown.jobs,
            interruption=clients.interruption,
            gate=gate,
        )


def _patches(plan: Plan, without: Collection[RepoName], shown: Shown, screens: Consoles) -> dict[RepoName, Path]:
    """Write the patches where a folder is given, else show them; return the files that were written."""
    wanted = [(repo, patch) for repo, patch in plan.patches if repo not in without and patch.text]
    if shown.patches is not None:
        return write_patches(shown.patches, wanted)
    if not shown.json:
        show_patches(screens.out, wanted)
    return {}
