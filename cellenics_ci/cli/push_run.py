"""A push from the command line, seen whole: read, fill, check, look, push, show, exit code. Nothing is asked."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import typer
from rich.console import Console

from cellenics_ci.cli import rim
from cellenics_ci.cli.compose_releases import connect_push, connect_registry
from cellenics_ci.cli.release_files import find_declaration, find_template, read_event, read_text
from cellenics_ci.cli.views.console import Consoles, consoles, words
from cellenics_ci.cli.views.json_text import document_text
from cellenics_ci.cli.views.reading import reading
from cellenics_ci.cli.views.release_document import push_document
from cellenics_ci.cli.views.release_view import (
    Facts,
    append_push_summary,
    diff_lines,
    show_diff,
    show_push,
    show_release,
)
from cellenics_ci.errors import UsageProblem
from cellenics_ci.model.git import Author
from cellenics_ci.model.names import RepoName
from cellenics_ci.privileges.problems import Problem, shown
from cellenics_ci.releases.decide import Manifested
from cellenics_ci.releases.declaration import Environment, ReleaseDeclaration
from cellenics_ci.releases.outcome import Pushed, PushOutcome
from cellenics_ci.releases.prepare import prepare
from cellenics_ci.releases.push import Pushing
from cellenics_ci.releases.resolve import Given, Release, resolve
from cellenics_ci.releases.section import author_problem, read_release
from cellenics_ci.releases.source import Source, read_source
from cellenics_ci.run.interruption import Interruption, ending_like_ctrl_c, heard
from cellenics_ci.settings import Settings

REGISTRY_VARIABLE: Final = "CELLENICS_REGISTRY"
_REPO: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}")


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed about what is released, and where to."""

    environment: str
    org: str | None
    repo: str
    template: Path | None
    image_tag: str | None
    registry: str | None
    sandbox_id: str | None
    repository: str | None
    ref: str | None
    sha: str | None
    author: str | None
    check_image: bool
    allow_older: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """How things are to be shown, and what is done instead of pushing."""

    json: bool
    dry_run: bool
    diff: bool
    output: str | None


def run(settings: Settings, typed: Typed, shown: Shown, environ: Mapping[str, str] = os.environ) -> int:
    """The way of the data: what is declared, the release, its manifest, what is deployed, the push."""
    screens = consoles()
    if not _REPO.fullmatch(typed.repo) or typed.repo in (".", ".."):
        raise UsageProblem(f"{typed.repo!r} is no name of a repository.", remedy="Give the name alone: --repo releases")
    source = read_source(environ, read_event(environ), repository=typed.repository, ref=typed.ref, sha=typed.sha)
    if settings.org_defaulted:
        # A pipeline's own organisation, rather than anybody's default.
        settings = replace(settings, org=source.org, org_defaulted=False)
    file = find_template(Path(), typed.template)
    declaration = _declaration(file.parent)
    environment = _environment(declaration, typed.environment, environ)
    author = _author(typed.author or declaration.author)
    interruption = Interruption()
    with ending_like_ctrl_c():
        release = _release(settings, typed, declaration, environment, source, interruption, environ)
        made = prepare(str(file), read_text(file, "The template"), release)
        if not isinstance(made, Manifested):
            raise _wrong(made)
        if typed.check_image:
            _check_images(settings, release, interruption)
        if shown.output is not None:
            return _write(made.text, shown.output)
        facts = Facts(f"{settings.org}/{typed.repo}", release, typed.check_image)
        ports = connect_push(settings, RepoName(typed.repo), interruption)
        console = screens.err
        pushing = Pushing(
            ports,
            made,
            author=author,
            allow_older=typed.allow_older,
            tell=lambda text: console.print(words(text, "dim")),
        )
        if shown.dry_run or shown.diff:
            return _look(pushing, made, facts, shown, screens)
    show_release(console, facts)
    return _ended(_push(pushing, console, interruption), facts, shown, screens)


def _push(pushing: Pushing, console: Console, interruption: Interruption) -> PushOutcome:
    rim.mark_changing()
    with heard(interruption, lambda _: console.print(words("Stopping as soon as it is known what happened."))):
        return pushing.run()


def _look(pushing: Pushing, made: Manifested, facts: Facts, shown: Shown, screens: Consoles) -> int:
    """Show what a push would do, and change nothing."""
    with reading(screens.err, "Reading the releases repository …"):
        tip, verdict = pushing.look()
    lines = diff_lines(made.path, tip.text, made.text)
    status = verdict.status or Pushed.PUSHED
    reason = verdict.reason
    if tip.archived:
        status, reason = Pushed.FAILED, f"{facts.repository} is archived: nothing can be pushed to it"
    outcome = PushOutcome(status, made.path, reason, notes=verdict.notes)
    rim.mark_code(outcome.exit_code)
    if shown.json:
        typer.echo(document_text(push_document(facts, outcome, dry_run=True, diff=lines)))
        return outcome.exit_code
    if shown.diff:
        show_diff(screens.out, lines)
    show_release(screens.err if shown.diff else screens.out, facts, tip=tip, dry_run=True)
    show_push(screens.err if shown.diff else screens.out, facts, outcome, dry_run=True)
    return outcome.exit_code


def _ended(outcome: PushOutcome, facts: Facts, shown: Shown, screens: Consoles) -> int:
    rim.mark_code(outcome.exit_code)
    append_push_summary(screens.err, os.environ, facts, outcome)
    if shown.json:
        typer.echo(document_text(push_document(facts, outcome, dry_run=False)))
    else:
        show_push(screens.out, facts, outcome)
    return outcome.exit_code


def _declaration(folder: Path) -> ReleaseDeclaration:
    path = find_declaration(folder)
    if path is None:
        return ReleaseDeclaration()
    read = read_release(read_text(path, "The declaration"), path.name)
    if not isinstance(read, ReleaseDeclaration):
        raise _wrong(read)
    return read


def _environment(declaration: ReleaseDeclaration, name: str, environ: Mapping[str, str]) -> Environment:
    environment = declaration.environments.get(name)
    if environment is None:
        known = ", ".join(sorted(declaration.environments))
        raise UsageProblem(f"There is no environment {shown(name)}.", remedy=f"There are {known}.")
    from_a_pull_request = environ.get("GITHUB_EVENT_NAME", "").startswith("pull_request")
    if from_a_pull_request and not declaration.only_stages(environment):
        # Who opens a pull request may choose what runs in it.
        raise UsageProblem(
            f"A pull request can't be released to {name}: it may only be staged.",
            remedy="Push --environment staging from pull requests; others from branches and releases.",
        )
    return environment


def _author(text: str | None) -> Author | None:
    if text is None:
        return None
    if problem := author_problem(text):
        raise UsageProblem(f"{problem}.", remedy="Write it as: NAME <EMAIL>")
    name, _, email = text.removesuffix(">").partition(" <")
    return Author(name.strip(), email)


def _release(
    settings: Settings,
    typed: Typed,
    declaration: ReleaseDeclaration,
    environment: Environment,
    source: Source,
    interruption: Interruption,
    environ: Mapping[str, str],
) -> Release:
    registry = typed.registry or environ.get(REGISTRY_VARIABLE) or declaration.registry
    if not registry:
        registry = connect_registry(settings, interruption).own()
    given = Given(typed.image_tag, registry, typed.sandbox_id)
    release = resolve(declaration, environment, source, given)
    if not isinstance(release, Release):
        raise UsageProblem(_listed(f"Nothing can be released to {environment.name}", release))
    return release


def _check_images(settings: Settings, release: Release, interruption: Interruption) -> None:
    tags = [image.tag for image in release.images]
    images = connect_registry(settings, interruption).images()
    missing = images.missing(release.registry, release.repository, tags)
    if missing:
        raise UsageProblem(
            f"The image is not in {release.registry}/{release.repository}: there is no tag {', '.join(missing)}.",
            remedy="Push the image first; --no-check-image releases it all the same.",
        )


def _write(text: str, target: str) -> int:
    if target == "-":
        typer.echo(text, nl=False)
        return 0
    try:
        Path(target).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageProblem(f"{target} can't be written: {error.strerror}.") from None
    return 0


def _wrong(problems: Sequence[Problem]) -> UsageProblem:
    if len(problems) == 1:
        (problem,) = problems
        return UsageProblem(f"{problem.file}, line {problem.line}: {problem.sentence}.", remedy=problem.remedy)
    return UsageProblem(_listed("Nothing was pushed", [str(problem) for problem in problems]))


def _listed(title: str, sentences: Sequence[str]) -> str:
    if len(sentences) == 1:
        return f"{title}: {sentences[0]}."
    return f"{title}, for {len(sentences)} reasons:" + "".join(f"\n  - {sentence}" for sentence in sentences)
