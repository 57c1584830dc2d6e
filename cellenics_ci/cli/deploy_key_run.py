"""A deploy key's rotation from the command line, seen whole: survey, plan, yes, carry out, show, exit code."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace

import typer
from rich.console import Console

from cellenics_ci.cli import rim
from cellenics_ci.cli.compose_deploy_key import DeployKeyClients, connect_deploy_key
from cellenics_ci.cli.conclusion import concluded
from cellenics_ci.cli.manifest_file import ManifestFile
from cellenics_ci.cli.views.asking import ask, is_yes, read_line, see_askable, stdin_is_terminal
from cellenics_ci.cli.views.console import Consoles, consoles, words
from cellenics_ci.cli.views.deploy_key_document import outcome_document, plan_document
from cellenics_ci.cli.views.deploy_key_outcome import append_key_summary, show_outcome
from cellenics_ci.cli.views.deploy_key_plan import Facts, question, show_plan
from cellenics_ci.cli.views.json_text import Json, document_text
from cellenics_ci.cli.views.progress import Progress
from cellenics_ci.cli.views.reading import reading
from cellenics_ci.deploykeys.calls import Steps
from cellenics_ci.deploykeys.driver import carry_out
from cellenics_ci.deploykeys.handout import find_by_fingerprint, hand_out, plan_handout, remove_old
from cellenics_ci.deploykeys.manifest import ManifestOnly
from cellenics_ci.deploykeys.order import Order
from cellenics_ci.deploykeys.outcome import KeyOutcome
from cellenics_ci.deploykeys.plan import Choices, KeyPlan, make_plan
from cellenics_ci.deploykeys.ports import Cluster
from cellenics_ci.deploykeys.protocol import rotate
from cellenics_ci.deploykeys.remarks import handout_remarks
from cellenics_ci.deploykeys.survey import ClusterReader, take_survey
from cellenics_ci.errors import UsageProblem
from cellenics_ci.model.names import RepoName
from cellenics_ci.run.events import Began, Event, Listener, Step, silence
from cellenics_ci.run.host import Runner, host_name, process_name, run_nonce
from cellenics_ci.run.interruption import Interruption, heard
from cellenics_ci.run.outcome import Status
from cellenics_ci.settings import Settings

Protocol = Callable[[Order, Runner], Steps[KeyOutcome]]


@dataclass(frozen=True, slots=True)
class Where:
    """Which repository, and which objects of which cluster; or where its manifest goes."""

    repo: RepoName
    context: str | None
    namespace: str
    secret: str
    source: str
    output: str | None
    force: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """How things are to be shown, and whether to ask."""

    json: bool
    dry_run: bool
    yes: bool


def run(settings: Settings, where: Where, choices: Choices, shown: Shown) -> int:
    """The way of the data: survey, plan, yes, carry out, show."""
    # The manifest, or the JSON, has stdout for itself.
    screens = consoles()
    if where.output == "-":
        screens = Consoles(screens.err, screens.err)
    interruption = Interruption()
    clients = connect_deploy_key(settings, where.repo, interruption)
    if where.output is not None:
        return _without_cluster(clients, where, choices, shown, screens)
    if choices.finish and where.context is None:
        return _typed(clients, where, choices, shown, screens)
    cluster = clients.cluster(where.context, namespace=where.namespace, secret=where.secret, source=where.source)
    with reading(screens.err, "Reading GitHub and the cluster …"):
        survey = take_survey(clients, cluster, clients.prover, clients.now)
    plan = make_plan(survey, choices, clients.machine(silence).owner_gone)
    facts = Facts(org_defaulted=settings.org_defaulted, context_named=where.context is not None, manifest=None)
    return _decided(clients, plan, facts, cluster, rotate, shown, screens)


def _without_cluster(clients: DeployKeyClients, where: Where, choices: Choices, shown: Shown, screens: Consoles) -> int:
    assert where.output is not None
    file = ManifestFile(where.output, force=where.force)
    file.check()
    with reading(screens.err, "Reading GitHub …"):
        survey = take_survey(clients, _nobody(), clients.prover, clients.now)
    made = plan_handout(survey, choices, namespace=where.namespace, secret=where.secret, address=clients.address())
    if isinstance(made, Order):
        plan = KeyPlan(survey, made, warnings=handout_remarks(survey, made, choices.environment))
    else:
        plan = KeyPlan(survey, refusals=made)
    facts = Facts(org_defaulted=clients.settings.org_defaulted, context_named=True, manifest=where.output)
    cluster = ManifestOnly(where.namespace, where.secret, file.write)

    def handed_out(order: Order, runner: Runner) -> Steps[KeyOutcome]:
        try:
            file.open()
        except UsageProblem as problem:
            return KeyOutcome(order.repo, Status.SKIPPED, problem.sentence, problem.remedy, cause="no file")
        outcome = yield from hand_out(order, runner)
        file.close(keep=outcome.status is Status.ROTATED)
        return outcome

    return _decided(clients, plan, facts, cluster, handed_out, shown, screens)


def _typed(clients: DeployKeyClients, where: Where, choices: Choices, shown: Shown, screens: Consoles) -> int:
    """Remove a key whose fingerprint a person types: nobody here knows what the cluster holds."""
    if not stdin_is_terminal():
        raise UsageProblem(
            "--finish without --context wants the old key's fingerprint typed, and there is no terminal to type it on.",
            remedy="Add --context, so that the cluster itself says which key it holds.",
        )
    with reading(screens.err, "Reading GitHub …"):
        survey = take_survey(clients, _nobody(), clients.prover, clients.now)
    typed = ask(screens.err, "Fingerprint of the old key, which no cluster uses any more (SHA256:…): ", read_line)
    old = find_by_fingerprint(survey, typed)
    if old is None:
        raise UsageProblem(
            f"{clients.settings.org}/{where.repo} has no deploy key of that fingerprint.",
            remedy="Copy it from the repository's settings (Deploy keys).",
        )
    made = plan_handout(
        survey,
        replace(choices, title=old.title),
        namespace=where.namespace,
        secret=where.secret,
        address=clients.address(),
    )
    if not isinstance(made, Order):
        raise UsageProblem(made[0].reason, remedy=made[0].remedy)
    plan = KeyPlan(survey, replace(made, old=old, read_only=old.read_only))
    facts = Facts(clients.settings.org_defaulted, context_named=True, manifest=None, removal=True)
    nobody = ManifestOnly(where.namespace, where.secret, lambda text: None)
    return _decided(clients, plan, facts, nobody, remove_old, shown, screens)


def _nobody() -> ClusterReader | None:
    return None


def _decided(
    clients: DeployKeyClients,
    plan: KeyPlan,
    facts: Facts,
    cluster: Cluster,
    protocol: Protocol,
    shown: Shown,
    screens: Consoles,
) -> int:
    """Show what was decided, ask, carry it out, and show how it ended."""
    if not (shown.dry_run and shown.json):
        show_plan(screens.out if shown.dry_run else screens.err, plan, facts, now=clients.now(), dry_run=shown.dry_run)
    if shown.dry_run:
        code = 0 if plan.order else 1
        rim.mark_code(code)
        if shown.json:
            _print(plan_document(plan))
        return code
    if plan.order is None:
        left = _left_alone(plan)
        rim.mark_code(left.exit_code)
        _show(plan, left, shown, screens, said=True)
        return left.exit_code
    askable = see_askable(screens.err, yes=shown.yes, terminal=stdin_is_terminal())
    if askable and not shown.yes and not is_yes(ask(screens.err, question(plan, facts), read_line)):
        screens.err.print(words("Nothing was changed."))
        raise typer.Exit(rim.FAILED)
    order = plan.order
    return concluded(
        clients.interruption,
        # A line that moves would be written over a manifest on the same terminal.
        lambda: _carry_out(clients, order, cluster, protocol, screens.err, moving=facts.manifest != "-"),
        code=lambda outcome: outcome.exit_code,
        show=lambda outcome: _show(plan, outcome, shown, screens),
    )


def _carry_out(
    clients: DeployKeyClients, order: Order, cluster: Cluster, protocol: Protocol, console: Console, *, moving: bool
) -> KeyOutcome:
    rim.mark_changing()
    with Progress(console, total=int(moving)) as progress, heard(clients.interruption, progress.stopping):
        progress(Began(order.repo))
        machine = clients.machine(_without_repeats(progress))
        runner = Runner(run_nonce(), host_name(), process_name() or "0")
        return carry_out(order, protocol(order, runner), clients.ports(cluster, machine), clients.interruption)


def _without_repeats(listener: Listener) -> Listener:
    """Pass steps on, but not the same one twice in a row: plain lines would fill a log while Flux is waited for."""
    last: list[Event] = []

    def listen(event: Event) -> None:
        if not (isinstance(event, Step) and last == [event]):
            listener(event)
        last[:] = [event]

    return listen


def _show(plan: KeyPlan, outcome: KeyOutcome, shown: Shown, screens: Consoles, *, said: bool = False) -> None:
    """Show how it ended, for people unless the plan has said it already."""
    append_key_summary(screens.err, os.environ, plan, outcome)
    if shown.json:
        _print(outcome_document(plan, outcome))
    elif not said:
        show_outcome(screens.out, outcome)


def _left_alone(plan: KeyPlan) -> KeyOutcome:
    """Return the outcome of a plan that does nothing."""
    side = plan.survey.cluster
    return KeyOutcome(
        repository=plan.survey.github.repo,
        status=Status.SKIPPED if plan.refusals else Status.UNCHANGED,
        reason="; ".join(refusal.reason for refusal in plan.refusals) or plan.idle,
        next_step="; ".join(refusal.remedy for refusal in plan.refusals),
        cluster=side.name.context if side else None,
        old=side.held.public.fingerprint if side and side.held.public else None,
    )


def _print(document: Json) -> None:
    typer.echo(document_text(document))
