"""What the releases repository says is running: from its tree to a row for each service, environment and sandbox."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from cellenics_ci.model.flux import FluxView
from cellenics_ci.model.git import Change
from cellenics_ci.model.releases import Behind, ReleasesTree, TreeFile
from cellenics_ci.releases.deployed import DEFAULT, Candidate, Deployment, Deployments, Strange
from cellenics_ci.releases.kinds import STAGED_LATER
from cellenics_ci.releases.manifest import NO_RELEASE, Manifest, Origin, read_manifests
from cellenics_ci.releases.names import is_label
from cellenics_ci.survey.pool import reading_pool

PRODUCTION: Final = "production"
STAGING: Final = "staging"
DEVELOP: Final = "develop"
"""What `push-release` calls staging's default sandbox."""
CANDIDATES: Final = "-candidates"
_HARMLESS: Final = re.compile(r"(\.gitkeep|\.gitignore|README.*|.*\.md|kustomization\.ya?ml)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of them: names, all where there is none."""

    environments: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()

    def has(self, environment: str, sandbox: str, service: str) -> bool:
        """Whether a deployment is wanted."""
        own = {environment} | ({DEVELOP} if (environment, sandbox) == (STAGING, DEFAULT) else set())
        return (not self.environments or bool(own & self.environments)) and (
            not self.services or service in self.services
        )


class TreeReader(Protocol):
    """Reads the releases repository. Raises CallFailed only."""

    def tree(self) -> ReleasesTree:
        """Return the tree with the texts of the manifests: one request."""

    def changes(self, paths: Sequence[str]) -> Mapping[str, tuple[Change, ...]]:
        """Return the last commits of each of these files, the newest first."""


class CommitCounter(Protocol):
    """Counts commits between two of a service's."""

    def behind(self, repository: str, base: str, head: str) -> Behind:
        """Return how many commits `base` is behind `head`. Never raises; threads may share it."""


def survey(repository: str, tree: ReleasesTree) -> Deployments:
    """Return what a tree says. Pure."""
    folders = _folders(tree.files)
    deployments: list[Deployment] = []
    strange: list[Strange] = []
    for file in tree.files:
        folder, _, name = file.path.partition("/")
        if folder not in folders or "/" in name or _HARMLESS.fullmatch(name):
            continue
        if file.text is None:
            strange.append(Strange(file.path, ("it is no text that can be read whole",)))
            continue
        found = read_manifests(file.text)
        stem = name.rpartition(".")[0] or name
        for manifest in found:
            service = manifest.name or stem
            made = Deployment(folder, service, file.path, manifest, source=manifest.commit)
            if manifest.name:
                deployments.append(made)
        if problems := _strange(found, name, stem):
            strange.append(Strange(file.path, problems))
    return Deployments(
        repository, tree.branch, tree.commit, _in_order(deployments), _candidates(tree.files), tuple(strange)
    )


def narrowed(found: Deployments, wanted: Wanted) -> Deployments:
    """Return what is wanted of it; a strange file by what it is called, since nobody knows what it holds. Pure."""
    deployments = tuple(each for each in found.deployments if wanted.has(each.environment, each.sandbox, each.service))
    shown = {each.path for each in deployments}
    strange = tuple(each for each in found.strange if each.path in shown or wanted.has(*_called(each.path)))
    candidates = tuple(each for each in found.candidates if wanted.has(STAGING, "", each.service))
    return replace(found, deployments=deployments, candidates=candidates, strange=strange)


def _called(path: str) -> tuple[str, str, str]:
    folder, _, name = path.partition("/")
    return folder, DEFAULT, name.rpartition(".")[0]


def with_changes(found: Deployments, changes: Mapping[str, tuple[Change, ...]]) -> Deployments:
    """Return it with who changed what, and with the source commits that only the commits' messages tell. Pure."""
    told = []
    for each in found.deployments:
        own = changes.get(each.path, ())
        source = each.source
        for change in own:
            origin = Origin.of(change.message)
            if source is None and origin and origin.repository.rpartition("/")[2] == each.service:
                source = origin.commit
        told.append(replace(each, changed=own[0] if own else None, source=source))
    return replace(found, deployments=tuple(told))


def with_behind(found: Deployments, org: str, counter: CommitCounter) -> Deployments:
    """Return it with how far production is behind staging's default sandbox."""
    staged = {
        each.service: each for each in found.deployments if (each.environment, each.sandbox) == (STAGING, DEFAULT)
    }

    def measured(each: Deployment) -> Deployment:
        other = staged.get(each.service) if each.environment == PRODUCTION else None
        return each if other is None else replace(each, behind=_behind(each, other, org, counter))

    with reading_pool() as pool:
        return replace(found, deployments=tuple(pool.map(measured, found.deployments)))


def _behind(production: Deployment, staged: Deployment, org: str, counter: CommitCounter) -> Behind:
    if production.source is None or staged.source is None:
        return Behind(None, "a source commit is not known")
    if production.source == staged.source:
        return Behind(0)
    if not is_label(production.service):
        # Whoever wrote the manifest chose this name, and it is about to become part of an address.
        return Behind(None, "its name is no repository's")
    return counter.behind(f"{org}/{production.service}", production.source, staged.source)


def with_flux(found: Deployments, view: FluxView) -> Deployments:
    """Return it with what one cluster says of those environments whose folders it applies. Pure."""
    environments = {each.environment for each in found.deployments}
    applied = {name for name in environments if any(_applies(path, name) for path in view.kustomizations)}
    notes = found.notes
    if not applied and environments:
        notes += (f"the cluster {view.context} has no Kustomization for any of these folders",)
    told = [
        replace(each, flux=view.releases.get((each.manifest.namespace, each.manifest.name)))
        if each.environment in applied
        else each
        for each in found.deployments
    ]
    missing = [each for each in told if each.environment in applied and each.flux is None]
    if missing:
        names = ", ".join(f"{each.manifest.namespace}/{each.manifest.name}" for each in missing)
        notes += (f"the cluster {view.context} has no HelmRelease {names}",)
    return replace(found, deployments=tuple(told), flux=view, notes=notes)


def _applies(path: str, folder: str) -> bool:
    # Flux's bootstrap applies ./deployments/HMS-staging, which in turn applies ./staging.
    last = path.rstrip("/").rpartition("/")[2].lower()
    return last == folder or last.endswith(f"-{folder}")


def _folders(files: Iterable[TreeFile]) -> set[str]:
    """Return the folders that hold manifests: the two that always do, and those in which one is found."""
    found = {PRODUCTION, STAGING}
    for file in files:
        folder, slash, name = file.path.partition("/")
        if slash and "/" not in name and not folder.startswith(".") and file.text and "kind: HelmRelease" in file.text:
            found.add(folder)
    return found


def _strange(found: Sequence[Manifest], name: str, stem: str) -> tuple[str, ...]:
    problems = found[0].problems
    if problems == (NO_RELEASE,):
        return (f"{NO_RELEASE}: it is nobody's manifest",)
    if not name.endswith((".yaml", ".yml")):
        problems = (*problems, "Flux reads .yaml and .yml only")
    if any(each.sandbox_id == STAGED_LATER for each in found):
        problems = (*problems, f"{STAGED_LATER} was never replaced")
    own = {each.name for each in found if each.sandbox_id in ("", DEFAULT)}
    if len(found) == 1 and own and own != {stem}:
        problems = (*problems, f"it holds the release {found[0].name}")
    return problems


def _candidates(files: Iterable[TreeFile]) -> tuple[Candidate, ...]:
    found = []
    for file in files:
        parts = file.path.split("/")
        if len(parts) == 3 and parts[0].endswith(CANDIDATES) and parts[2].endswith(".yaml"):
            found.append(Candidate(parts[1], parts[2].removesuffix(".yaml"), file.path))
    return tuple(sorted(found, key=lambda each: (each.service, each.ref_id)))


def _in_order(found: Iterable[Deployment]) -> tuple[Deployment, ...]:
    def key(each: Deployment) -> tuple[str, bool, str, bool, str]:
        return each.service, each.environment != PRODUCTION, each.environment, each.sandbox != DEFAULT, each.sandbox

    return tuple(sorted(found, key=key))
