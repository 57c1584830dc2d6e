"""Rules about deploy keys: their right, age and use, who added them, and which of them a cluster holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cellenics_ci.audit import commands
from cellenics_ci.audit.findings import Hit, Kind, Limits, Subject
from cellenics_ci.audit.snapshot import ClusterFacts, RepositoryFacts, Snapshot, Unreadable
from cellenics_ci.model.cluster import GitSource
from cellenics_ci.model.deploy_keys import DeployKey
from cellenics_ci.model.moments import span_text, utc_text
from cellenics_ci.model.names import RepoName

_PRODUCTION: Final = re.compile(r"(?<![a-z])prod(uction)?(?![a-z])", re.IGNORECASE)
_FLUX: Final = "flux-system"
"""How Flux's own titles begin, where its namespace has the usual name."""


def writes_in_production(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield deploy keys that may write where Flux only reads: production's, and where it updates no images."""
    for facts, key in _keys(snapshot):
        reader = _reader(snapshot, key)
        if not key.read_only and reader:
            remedy, hints = _rotated(snapshot, facts, key, limits, "--read-only")
            sentence = f"it may write, and {reader} only needs to read"
            yield Hit(_subject(facts, key), sentence, remedy, (*_about(key, limits), *hints))


def unused(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield deploy keys that were never used, or not for long; a fresh one is not stale."""
    for facts, key in _keys(snapshot):
        if _fresh(key, limits):
            continue
        if key.last_used is None or limits.age(key.last_used) > limits.unused:
            known = key.last_used is not None
            told = f"was not used for {span_text(limits.age(key.last_used or 0))}" if known else "was never used"
            remedy, hints = commands.delete_deploy_key(snapshot.org, facts.name, key), tuple[str, ...]()
            if _holder(snapshot, key):
                remedy, hints = _rotated(snapshot, facts, key, limits)
            yield Hit(_subject(facts, key), f"it {told}", remedy, (*_about(key, limits), *hints))


def disabled(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield deploy keys that the organisation's policy has switched off."""
    for facts, key in _keys(snapshot):
        if not key.enabled:
            sentence = "it is disabled: the organisation forbids deploy keys here"
            remedy = commands.delete_deploy_key(snapshot.org, facts.name, key)
            yield Hit(_subject(facts, key), sentence, remedy, _about(key, limits))


def old(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield deploy keys older than the limit."""
    for facts, key in _keys(snapshot):
        if key.created_at is not None and limits.age(key.created_at) > limits.max_age:
            sentence = f"it is {span_text(limits.age(key.created_at))} old"
            remedy, hints = _rotated(snapshot, facts, key, limits)
            evidence = (*_about(key, limits), f"the limit is {span_text(limits.max_age)}", *hints)
            yield Hit(_subject(facts, key), sentence, remedy, evidence)


def added_by_somebody_gone(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield deploy keys of people who are no members: with the token that made a key, the key goes."""
    members = snapshot.members
    if members is None or isinstance(members, Unreadable):
        return
    for facts, key in _keys(snapshot):
        who = key.added_by
        if who and not who.endswith("[bot]") and who.lower() not in members:
            sentence = f"it was added by {who}, who is no member of {snapshot.org}"
            remedy, hints = _rotated(snapshot, facts, key, limits)
            evidence = (*_about(key, limits), "when the token that made it is deleted, GitHub deletes the key", *hints)
            yield Hit(_subject(facts, key), sentence, remedy, evidence)


def same_title(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield deploy keys of a repository that can't be told apart by their title."""
    for facts in snapshot.repositories.values():
        keys = facts.deploy_keys if isinstance(facts.deploy_keys, tuple) else ()
        titles = [key.title for key in keys]
        for title in dict.fromkeys(title for title in titles if titles.count(title) > 1):
            alike = [key for key in keys if key.title == title]
            # The one that nobody has used for longest is the one that nobody misses, unless it is about to be used.
            stale = min(alike, key=lambda key: (_fresh(key, limits), key.last_used or 0.0, key.created_at or 0.0))
            remedy = commands.delete_deploy_key(snapshot.org, facts.name, stale)
            evidence = tuple(f"{key.id}: {line}" for key in alike for line in _about(key, limits))
            yield Hit(_subject(facts, stale), f"{len(alike)} deploy keys have this title", remedy, evidence)


def unknown_to_github(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield the cluster whose Secret holds a key that GitHub does not list, or none at all."""
    cluster = snapshot.cluster
    if not isinstance(cluster, ClusterFacts) or isinstance(cluster.fingerprint, Unreadable):
        return
    facts = _read_by(snapshot, cluster)
    known = facts.deploy_keys if facts else None
    if facts is None or not isinstance(known, tuple):
        return
    if cluster.fingerprint not in [key.public.fingerprint for key in known]:
        held = f"a key that {facts.name} does not know" if cluster.fingerprint else "no key"
        remedy = commands.rotate_deploy_key(limits, facts.name, *_at(cluster))
        evidence = tuple(f"{key.title}: {key.public.fingerprint}" for key in known)
        if cluster.fingerprint:
            evidence = (f"in the Secret: {cluster.fingerprint}", *evidence)
        yield Hit(_cluster(cluster, facts.name), f"its Secret {cluster.name.secret} holds {held}", remedy, evidence)


def not_ready(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield the cluster whose Flux does not fetch the releases repository."""
    cluster = snapshot.cluster
    if not isinstance(cluster, ClusterFacts) or isinstance(cluster.source, Unreadable):
        return
    name, source = cluster.name, cluster.source
    reason = _trouble(source)
    if reason:
        repository = cluster.repository
        row = RepoName(repository[1]) if repository and repository[0] == snapshot.org else None
        shown = row if row in snapshot.repositories else None
        words = ("--context", name.context, "--namespace", name.namespace, "describe", "gitrepository", name.source)
        evidence = tuple(text for text in ((source.fetch_failed or source.message) if source else "",) if text)
        yield Hit(_cluster(cluster, shown), reason, commands.kubectl(*words), evidence)


def _trouble(source: GitSource | None) -> str:
    if source is None:
        return "there is no GitRepository for Flux to read"
    if source.suspended:
        return "Flux's GitRepository is suspended"
    if source.fetch_failed or source.ready is False:
        return "Flux can't fetch the releases repository"
    return "" if source.ready else "Flux has not said yet whether it can fetch the releases repository"


def _keys(snapshot: Snapshot) -> Iterator[tuple[RepositoryFacts, DeployKey]]:
    for facts in snapshot.repositories.values():
        for key in facts.deploy_keys if isinstance(facts.deploy_keys, tuple) else ():
            yield facts, key


def _subject(facts: RepositoryFacts, key: DeployKey) -> Subject:
    return Subject(Kind.DEPLOY_KEY, key.title, facts.name, key.id)


def _cluster(cluster: ClusterFacts, repository: RepoName | None) -> Subject:
    return Subject(Kind.CLUSTER, cluster.name.context, repository)


def _read_by(snapshot: Snapshot, cluster: ClusterFacts) -> RepositoryFacts | None:
    """Return the repository that a cluster reads, None where it is not one of those that were read."""
    named = cluster.repository
    if named is None or named[0].lower() != snapshot.org.lower():
        return None
    return next((facts for name, facts in snapshot.repositories.items() if name.lower() == named[1].lower()), None)


def _at(cluster: ClusterFacts) -> tuple[str, ...]:
    name = cluster.name
    given = (("--namespace", name.namespace), ("--secret", name.secret), ("--source", name.source))
    return ("--context", name.context, *(word for pair in given if pair[1] != _FLUX for word in pair))


def _holder(snapshot: Snapshot, key: DeployKey) -> ClusterFacts | None:
    """Return the cluster that was looked at where it holds this key, None otherwise."""
    cluster = snapshot.cluster
    return cluster if isinstance(cluster, ClusterFacts) and cluster.fingerprint == key.public.fingerprint else None


def _reader(snapshot: Snapshot, key: DeployKey) -> str:
    """Return who is known only to read with a key, "" where nobody is."""
    holder = _holder(snapshot, key)
    name = holder.name.context if holder else ""
    if _PRODUCTION.search(key.title) or _PRODUCTION.search(name):
        return "production"
    # Flux writes for its ImageUpdateAutomations alone.
    return name if holder and holder.automations == () else ""


def _fresh(key: DeployKey, limits: Limits) -> bool:
    return key.created_at is not None and limits.age(key.created_at) <= limits.fresh


def flux_options(snapshot: Snapshot, key: DeployKey) -> tuple[str, ...] | None:
    """Return the options that lead `rotate-deploy-key` to the cluster that holds a key; None: it is not Flux's.

    No options where its title alone says that it is Flux's: then the current context's cluster is meant.
    """
    holder = _holder(snapshot, key)
    if holder is not None:
        return _at(holder)
    return () if key.title.startswith(_FLUX) else None


def _rotated(
    snapshot: Snapshot, facts: RepositoryFacts, key: DeployKey, limits: Limits, *options: str
) -> tuple[str, tuple[str, ...]]:
    """Return what gives a deploy key's holder a new one, and what to know about it.

    Flux's by our own command; anybody else's by hand, first a new key beside it, and then the old one goes.
    """
    where = flux_options(snapshot, key)
    if where is not None:
        hint = (
            "which cluster holds it is not known here: the command takes the current context's, unless --context says"
        )
        return commands.rotate_deploy_key(limits, facts.name, *where, *options), () if where else (hint,)
    read_only = key.read_only or "--read-only" in options
    heir = _heir(facts, key, read_only=read_only)
    if heir is None:
        replaced = commands.replace_deploy_key(snapshot.org, facts.name, key, read_only=read_only)
        return replaced, (
            "put the new private key where the old one is used; then this says how to delete the old one",
        )
    used = "is used" if heir.last_used is not None else "was never used: put it where the old one is used, first"
    deleted = commands.delete_deploy_key(snapshot.org, facts.name, key)
    return deleted, (f"the newer key {heir.id} of this title {used}",)


def _heir(facts: RepositoryFacts, key: DeployKey, *, read_only: bool) -> DeployKey | None:
    """Return the newest key that was made later to take a key's place."""
    later = [
        each
        for each in (facts.deploy_keys if isinstance(facts.deploy_keys, tuple) else ())
        if each.title == key.title and each.read_only == read_only and (each.created_at or 0) > (key.created_at or 0)
    ]
    return max(later, key=lambda each: each.created_at or 0, default=None)


def _about(key: DeployKey, limits: Limits) -> tuple[str, ...]:
    made = f"added {utc_text(key.created_at)}" if key.created_at is not None else "added nobody knows when"
    who = f" by {key.added_by}" if key.added_by else ""
    used = f"last used {span_text(limits.age(key.last_used))} ago" if key.last_used is not None else "never used"
    return (f"{key.public.fingerprint}, {'read-only' if key.read_only else 'read-write'}, {made}{who}, {used}",)
