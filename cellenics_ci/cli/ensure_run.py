"""ensure-ecr from the command line, seen whole: read, plan, carry out, show, exit code. Nothing is asked."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import typer
from rich.console import Console

from cellenics_ci.cli import rim
from cellenics_ci.cli.compose_registry import connect_ci_files, connect_registries
from cellenics_ci.cli.own_repository import own_repository, required_repository
from cellenics_ci.cli.release_files import find_declaration, read_text
from cellenics_ci.cli.step_output import append_to_output
from cellenics_ci.cli.views.console import consoles, words
from cellenics_ci.cli.views.json_text import document_text
from cellenics_ci.cli.views.reading import reading
from cellenics_ci.cli.views.registry_document import registry_document
from cellenics_ci.cli.views.registry_view import Facts, show_outcome, show_plan
from cellenics_ci.errors import CallFailed
from cellenics_ci.model.names import Region, RepoName
from cellenics_ci.model.registries import registry_name, registry_name_problem
from cellenics_ci.model.remotes import RepositoryId
from cellenics_ci.model.repositories import CiFile
from cellenics_ci.privileges.image import ImageDeclaration, read_image
from cellenics_ci.privileges.problems import Problem, a_line_each, shown
from cellenics_ci.registry.ensure import carry_out, remedy_for
from cellenics_ci.registry.outcome import EnsureOutcome, exit_code
from cellenics_ci.registry.plan import LeftOut, Order, Plan, Wanted, make_order
from cellenics_ci.registry.ports import ContainerRegistry
from cellenics_ci.run.interruption import Interruption, ending_like_ctrl_c, heard
from cellenics_ci.settings import Settings

_FOREIGN_REGIONS: Final = ("AWS_REGION", "AWS_DEFAULT_REGION")


@dataclass(frozen=True, slots=True)
class Shown:
    """How things are to be shown, and whether anything is done."""

    json: bool
    dry_run: bool


def run(
    settings: Settings,
    repos: Sequence[str],
    shown: Shown,
    *,
    reconcile: bool,
    environ: Mapping[str, str] = os.environ,
) -> int:
    """The way of the data: what is declared, what is there, the plan, what is done."""
    screens = consoles()
    interruption = Interruption()
    own = own_repository(environ) if repos else required_repository(environ)
    if settings.org_defaulted and own is not None:
        # A pipeline's own organisation, rather than anybody's default.
        settings = replace(settings, org=own.org, org_defaulted=False)
    with ending_like_ctrl_c():
        clients = connect_registries(settings, interruption)
        declared = _Declarations(settings, own, interruption)
        with reading(screens.err, "Reading what is declared, and ECR …"):
            who = clients.caller()
            names = tuple(dict.fromkeys(map(RepoName, repos))) or ((own.name,) if own else ())
            plan = _plan(names, settings, declared.of, clients.registries, reconcile=reconcile)
    facts = Facts(who, plan, _notes(plan, environ))
    if shown.dry_run:
        code = int(bool(plan.left_out))
        rim.mark_code(code)
        if shown.json:
            typer.echo(document_text(registry_document(facts, (), dry_run=True)))
        else:
            show_plan(screens.out, facts, dry_run=True)
        return code
    show_plan(screens.err, facts)
    outcomes = _carry_out(plan, clients.registries, screens.err, interruption)
    code = exit_code(outcomes, left_out=bool(plan.left_out))
    rim.mark_code(code)
    append_to_output(environ, _outputs(outcomes))
    if shown.json:
        typer.echo(document_text(registry_document(facts, outcomes, dry_run=False)))
    else:
        for outcome in outcomes:
            if outcome.usable and outcome.uri:
                typer.echo(outcome.uri)
    return code


class _Declarations:
    """What repositories declare: the one that we are in by the file here, others by the one on GitHub."""

    def __init__(self, settings: Settings, own: RepositoryId | None, interruption: Interruption) -> None:
        self._settings, self._own, self._interruption = settings, own, interruption
        self._read: Callable[[RepoName], tuple[CiFile, ...]] | None = None

    def of(self, repo: RepoName) -> ImageDeclaration | LeftOut:
        """Return what a repository declares, or why that is not known. Raises UsageProblem for the file here."""
        own = self._own
        if own and (own.org.lower(), own.name.lower()) == (self._settings.org.lower(), repo.lower()):
            path = find_declaration(Path())
            if path is None:
                return ImageDeclaration()
            return _declared(repo, read_image(read_text(path, "The declaration"), path.name))
        if self._read is None:
            self._read = connect_ci_files(self._settings, self._interruption)
        try:
            files = self._read(repo)
        except CallFailed as failed:
            return LeftOut(repo, failed.sentence, failed.remedy)
        if not files:
            return ImageDeclaration()
        if len(files) > 1 or files[0].text is None or files[0].is_truncated:
            names = " and ".join(file.name for file in files)
            return LeftOut(repo, f"{names} can't be read as one text", "keep one file, of text in UTF-8")
        return _declared(repo, read_image(files[0].text, files[0].name))


def _declared(repo: RepoName, read: ImageDeclaration | tuple[Problem, ...]) -> ImageDeclaration | LeftOut:
    if isinstance(read, ImageDeclaration):
        return read
    if len(read) > 1:
        return LeftOut(repo, a_line_each(read), "mend the file, then run the same command again")
    return LeftOut(repo, f"{read[0].file}:{read[0].line}: {read[0].sentence}", read[0].remedy)


def _plan(
    names: Sequence[RepoName],
    settings: Settings,
    declared: Callable[[RepoName], ImageDeclaration | LeftOut],
    registry: ContainerRegistry,
    *,
    reconcile: bool,
) -> Plan:
    made = tuple(_decided(repo, settings, declared, registry, reconcile=reconcile) for repo in names)
    return Plan(
        tuple(each for each in made if isinstance(each, Order)),
        tuple(each for each in made if isinstance(each, LeftOut)),
    )


def _decided(
    repo: RepoName,
    settings: Settings,
    declared: Callable[[RepoName], ImageDeclaration | LeftOut],
    registry: ContainerRegistry,
    *,
    reconcile: bool,
) -> Order | LeftOut:
    name = registry_name(repo)
    if registry_name_problem(name) or "/" in name:
        return LeftOut(repo, f"{shown(repo)} can't be a container repository's name", "give the name alone")
    said = declared(repo)
    if isinstance(said, LeftOut):
        return said
    wanted = Wanted(repo, name, said.region or settings.region, said.settings, reconcile)
    try:
        return make_order(wanted, registry.find(name, wanted.region))
    except CallFailed as failed:
        return LeftOut(repo, failed.sentence, remedy_for(failed, wanted.region))


def _carry_out(
    plan: Plan, registry: ContainerRegistry, console: Console, interruption: Interruption
) -> tuple[EnsureOutcome, ...]:
    rim.mark_changing()
    told = []
    with heard(interruption, lambda _: console.print(words("Stopping as soon as it is known what happened."))):
        for outcome in carry_out(plan, registry):
            show_outcome(console, outcome)
            told.append(outcome)
    return tuple(told)


def _notes(plan: Plan, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Say where the step before this one signed in to another region than the one that is declared."""
    used = {order.wanted.region for order in plan.orders}
    found = next((environ[name] for name in _FOREIGN_REGIONS if environ.get(name)), None)
    if found is None or not used or used == {Region(found)}:
        return ()
    return (f"the environment's region is {found}; ECR's is that of ci-region or --region, {', '.join(sorted(used))}",)


def _outputs(outcomes: Sequence[EnsureOutcome]) -> dict[str, str]:
    """Return what later steps of a workflow may want: one repository's parts, and all addresses by name."""
    uris = {each.repo: each.uri for each in outcomes if each.usable and each.uri}
    values = {"uris": json.dumps(uris, separators=(",", ":"))} if uris else {}
    if len(uris) == 1 and len(outcomes) == 1:
        (uri,) = uris.values()
        registry, _, repository = uri.partition("/")
        values |= {"uri": uri, "registry": registry, "repository": repository}
    return values
