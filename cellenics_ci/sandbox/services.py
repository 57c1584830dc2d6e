"""What Actions would give to workflows in a world: services' files, variables, events, images in ECR.

Whoever has a Flux template is a service. For each there are three files to source in a shell: `master.env`,
`pull-request.env` and `release.env`, with what Actions would set, and the tag of an image that is there. For each pull
request of a repository there is `pull-NUMBER.env`, as if it had just been opened.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cellenics_ci.model.names import Region
from cellenics_ci.sandbox.aws import Account
from cellenics_ci.sandbox.github import Repository
from cellenics_ci.sandbox.github.pulls import event_of
from cellenics_ci.sandbox.seed import Seeder
from cellenics_ci.sandbox.world import RepositoryFact, World

TEMPLATES: Final = (".flux.ci", ".flux.yaml", ".flux.yml")
VERSION: Final = "1.4.0"
PULL_REQUEST: Final = 12
VARIABLE: Final = "CELLENICS_SERVICES"
"""Set in the sandbox: the folder with a folder for each service."""


@dataclass(frozen=True, slots=True)
class _Occasion:
    name: str
    variables: Mapping[str, str]


def check_out(world: World, seeder: Seeder, account: Account, folder: Path) -> None:
    """Write the services' files below a folder, and put their images into ECR."""
    for fact in world.repositories:
        if any(name in fact.files for name in TEMPLATES):
            _check_out(world, fact, seeder, account, folder / fact.name)
        if fact.pulls:
            _write_events(seeder.repository(fact.name), folder / fact.name / "actions")


def _write_events(repository: Repository, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for pull in repository.pulls:
        event = folder / f"pull-{pull.number}.json"
        event.write_text(json.dumps(event_of(repository, pull, "opened", pull.author)))
        told = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_REPOSITORY": repository.full_name,
            "GITHUB_EVENT_NAME": "pull_request_target",
            "GITHUB_EVENT_PATH": str(event),
        }
        _write_variables(folder / f"pull-{pull.number}.env", told)


def _write_variables(file: Path, variables: Mapping[str, str]) -> None:
    file.write_text("".join(f"export {name}='{value}'\n" for name, value in variables.items()))


def _check_out(world: World, fact: RepositoryFact, seeder: Seeder, account: Account, folder: Path) -> None:
    for path, text in fact.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    commit = seeder.commit_of(fact.name)
    event = folder / "actions" / "event.json"
    event.parent.mkdir(exist_ok=True)
    event.write_text(json.dumps({"pull_request": {"number": PULL_REQUEST, "head": {"sha": commit}}}))
    region = Region(world.region)
    for occasion in _occasions(f"{world.organization}/{fact.name}", commit, int(seeder.now), event):
        _write_variables(event.parent / f"{occasion.name}.env", occasion.variables)
        if fact.name in world.registries:
            for suffix in fact.image_suffixes:
                account.add_image(fact.name, occasion.variables["IMAGE_TAG"] + suffix, region)


def _occasions(repository: str, commit: str, now: int, event: Path) -> Iterator[_Occasion]:
    always = {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": repository, "GITHUB_EVENT_PATH": str(event)}
    pull = f"refs/pull/{PULL_REQUEST}/merge"
    for name, kind, ref, sha, tag in (
        ("master", "push", "refs/heads/master", commit, f"refs-heads-master-{commit}-{now}"),
        # The base branch's ref and commit, as Actions sets them there: the event names the head.
        (
            "pull-request",
            "pull_request_target",
            "refs/heads/master",
            "0" * 40,
            f"{pull.replace('/', '-')}-{commit}-{now}",
        ),
        ("release", "release", f"refs/tags/{VERSION}", commit, VERSION),
    ):
        told = {"GITHUB_EVENT_NAME": kind, "GITHUB_REF": ref, "GITHUB_SHA": sha, "IMAGE_TAG": tag}
        yield _Occasion(name, always | told)
