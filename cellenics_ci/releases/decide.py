"""Whether a manifest is to be pushed over what is deployed. Pure, and asked again after every conflict."""

from __future__ import annotations

from dataclasses import dataclass

from cellenics_ci.model.git import Change, Relation, Tip
from cellenics_ci.releases.manifest import Manifest, Origin, older_tag, read_manifest
from cellenics_ci.releases.outcome import Pushed


@dataclass(frozen=True, slots=True)
class Manifested:
    """A filled manifest, ready to go: the path, the text, the source that it was built from, and the commit's words."""

    path: str
    text: str
    repository: str
    commit: str
    message: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be done. `status` None: push it. `notes` are worth knowing either way."""

    status: Pushed | None
    reason: str = ""
    notes: tuple[str, ...] = ()


def deployed_commit(tip: Tip, repository: str) -> str | None:
    """Return the commit of a service's repository that is deployed: as the tag tells it, else the last push's message.

    The tag goes first: Flux itself changes the tag of what a pipeline pushed.
    """
    if tip.text is None:
        return None
    told = read_manifest(tip.text).commit
    return told or _pushed_commit(tip.changes, repository)


def decide(tip: Tip, wanted: Manifested, relation: Relation | None, *, allow_older: bool) -> Verdict:
    """Return what is to be done. `relation` says how our source commit stands to `deployed_commit`."""
    if tip.text is None:
        return Verdict(None)
    if tip.text == wanted.text:
        return Verdict(Pushed.UNCHANGED, "it is deployed already, letter by letter")
    deployed, ours = read_manifest(tip.text), read_manifest(wanted.text)
    older = _older(ours, deployed, relation)
    if older and not allow_older:
        return Verdict(Pushed.SUPERSEDED, older)
    notes = [f"what is deployed there is broken: {deployed.problems[0]}"] if deployed.problems else []
    if older:
        notes.append(f"an older release goes over a newer one: {older}")
    elif relation == "diverged":
        notes.append("what is deployed was built from a commit that this one does not come from")
    return Verdict(None, notes=tuple(notes))


def _older(ours: Manifest, deployed: Manifest, relation: Relation | None) -> str:
    """Say why ours is the older one, "" where it is not, or where nothing tells."""
    if tags := older_tag(ours.tags, deployed.tags):
        return f"the image {tags[1]} is deployed, and {tags[0]} is older"
    if relation == "behind":
        return "what is deployed was built from a later commit of the same history"
    return ""


def _pushed_commit(changes: tuple[Change, ...], repository: str) -> str | None:
    for change in changes:
        origin = Origin.of(change.message)
        if origin and origin.repository.lower() == repository.lower():
            return origin.commit
    return None
