"""Rules about the secrets on GitHub, as far as names and dates tell."""

from __future__ import annotations

from collections.abc import Iterator

from cellenics_ci.audit import commands
from cellenics_ci.audit.findings import DAY, Hit, Kind, Limits, Subject
from cellenics_ci.audit.rules.joins import can_rotate, pair_line, pairs, subject_of_repository
from cellenics_ci.audit.snapshot import RepositoryFacts, Snapshot, Unreadable, UserFacts
from cellenics_ci.model.moments import span_text, utc_text
from cellenics_ci.model.names import CI_TOKEN_SECRET, KEY_ID_SECRET, KEY_SECRET_SECRET
from cellenics_ci.model.scopes import ACTIONS, PairDates, Scope
from cellenics_ci.model.tags import Stage, read_notes

SLACK = 60.0
"""Seconds by which GitHub's and AWS's dates may differ without meaning anything."""


def older_than_keys(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield pairs that were written before any active key was made: what they hold can't work."""
    for facts, user in _with_users(snapshot):
        if not user.active_keys:
            continue
        first = min(key.created_at for key in user.active_keys)
        for scope, pair in _own_pairs(facts):
            if pair.complete and max(_halves(pair)) < first - SLACK:
                sentence = f"the pair in its {scope} is older than every active key: it can't work"
                evidence = (pair_line(scope, pair), f"the oldest active key was made {utc_text(first)}")
                yield Hit(
                    subject_of_repository(facts), sentence, _rotate_or_delete(snapshot, facts, scope, limits), evidence
                )


def rewritten(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield pairs that were written long after the newest key, and not by a rotation: nobody knows what they hold."""
    for facts, user in _with_users(snapshot):
        if not user.active_keys:
            continue
        newest = max(key.created_at for key in user.active_keys)
        notes = [note for key, note in read_notes(user.user.tags)[0].items() if note.stage is Stage.LIVE]
        for scope, pair in _own_pairs(facts):
            noted = [note.dates_of(scope) for note in notes]
            if not pair.complete or pair in noted or max(_halves(pair)) < newest - SLACK:
                continue
            delivered = next((dates for dates in noted if dates is not None), None)
            if delivered is None and min(_halves(pair)) <= newest + DAY:
                continue
            since = "after rotate-ci had delivered its key" if delivered else "long after its newest key was made"
            sentence = f"the pair in its {scope} was written {since}: what it holds can't be told"
            evidence = (pair_line(scope, pair), f"the newest active key was made {utc_text(newest)}")
            yield Hit(
                subject_of_repository(facts), sentence, _rotate_or_delete(snapshot, facts, scope, limits), evidence
            )


def without_user(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield pairs of repositories that have no CI user."""
    if snapshot.account is not True:
        return
    for facts in snapshot.repositories.values():
        if snapshot.user_of(facts.name) is not None:
            continue
        for scope, pair in _own_pairs(facts):
            if not pair.empty:
                sentence = f"its {scope} holds a pair, and there is no CI user"
                remedy = _rotate_or_delete(snapshot, facts, scope, limits)
                yield Hit(subject_of_repository(facts), sentence, remedy, (pair_line(scope, pair),))


def without_key(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield pairs of repositories whose user has no active key."""
    for facts, user in _with_users(snapshot):
        if user.active_keys or not isinstance(user.keys, tuple):
            continue
        for scope, pair in _own_pairs(facts):
            if not pair.empty:
                sentence = f"its {scope} holds a pair, and its user has no active key"
                remedy = _rotate_or_delete(snapshot, facts, scope, limits)
                yield Hit(subject_of_repository(facts), sentence, remedy, (pair_line(scope, pair),))


def missing(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield declared scopes that lack a half of the pair, or all of it."""
    for facts, user in _with_users(snapshot):
        if not user.active_keys or not can_rotate(facts):
            continue
        for scope, pair in _declared_pairs(facts):
            if not pair.complete and scope.environment not in _absent(facts):
                sentence = f"its {scope} lacks " + ("the pair" if pair.empty else "half of the pair")
                evidence = (pair_line(scope, pair),)
                yield Hit(subject_of_repository(facts), sentence, commands.rotate(limits, facts.name), evidence)


def shadowed(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield environments whose own pair takes the place of the repository's, unless that is declared."""
    for facts in snapshot.repositories.values():
        found = dict(pairs(facts))
        own = found.get(ACTIONS, PairDates())
        if own.empty:
            continue
        for scope, pair in found.items():
            if scope.kind == "environment" and scope not in facts.declared_scopes and not pair.empty:
                half = "" if pair.complete else ", and only half of it: the two halves do not belong together"
                sentence = f"the pair of its {scope} hides the repository's in that environment's jobs{half}"
                evidence = (pair_line(scope, pair), pair_line(ACTIONS, own))
                names = tuple(name for name, at in _named(pair) if at is not None)
                remedy = commands.delete_pair(snapshot.org, facts.name, scope, names)
                yield Hit(subject_of_repository(facts), sentence, remedy, evidence)


def undeclared(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield scopes that hold the pair, or half of it, and are not declared."""
    for facts in snapshot.repositories.values():
        if not facts.declares:
            continue
        for scope, pair in pairs(facts):
            if scope not in facts.declared_scopes and not pair.empty:
                sentence = f"its {scope} holds the pair's names and is not declared"
                label = scope.environment or str(scope)
                remedy = commands.rotate(limits, facts.name, "--ignore-scope", label)
                evidence = (
                    pair_line(scope, pair),
                    "rotate-ci leaves it out: declare it under ci-secrets, or ignore it",
                )
                yield Hit(subject_of_repository(facts), sentence, remedy, evidence)


def environment_missing(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield environments that are declared and not there."""
    for facts in snapshot.repositories.values():
        for name in _absent(facts):
            sentence = f"it declares the environment {name}, which does not exist"
            remedy = commands.create_environment(snapshot.org, facts.name, name)
            told = ", ".join(facts.surveyed.environments or ()) or "it has none"
            yield Hit(subject_of_repository(facts), sentence, remedy, (f"environments: {told}",))


def token_old(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield tokens for the pipelines that are older than the limit."""
    for facts in snapshot.repositories.values():
        for scope, written in (facts.secrets or {}).items():
            at = None if isinstance(written, Unreadable) else written.get(CI_TOKEN_SECRET)
            if at is not None and limits.age(at) > limits.max_age:
                reads = facts.surveyed.workflows.reads_ci_token
                evidence = (_age_line(at, limits), *(("no workflow reads it",) if reads is False else ()))
                sentence = f"{CI_TOKEN_SECRET} in its {scope} is {span_text(limits.age(at))} old"
                remedy = commands.set_secret(snapshot.org, facts.name, scope, CI_TOKEN_SECRET)
                yield Hit(subject_of_repository(facts), sentence, remedy, evidence)
    shared = snapshot.organization_secrets
    at = None if shared is None or isinstance(shared, Unreadable) else shared.get(CI_TOKEN_SECRET)
    if at is not None and limits.age(at) > limits.max_age:
        sentence = f"the organisation's {CI_TOKEN_SECRET} is {span_text(limits.age(at))} old"
        remedy = commands.set_organization_secret(snapshot.org, CI_TOKEN_SECRET)
        yield Hit(Subject(Kind.ORGANIZATION, snapshot.org), sentence, remedy, (_age_line(at, limits),))


def _with_users(snapshot: Snapshot) -> Iterator[tuple[RepositoryFacts, UserFacts]]:
    for facts in snapshot.repositories.values():
        user = snapshot.user_of(facts.name)
        if user is not None:
            yield facts, user


def _absent(facts: RepositoryFacts) -> tuple[str, ...]:
    """Return the environments that are declared and known not to exist. Capitals make no difference to GitHub."""
    known, declaration = facts.surveyed.environments, facts.surveyed.declaration
    if known is None or declaration is None:
        return ()
    there = {name.casefold() for name in known}
    return tuple(name for name in declaration.ci_secrets.environments if name.casefold() not in there)


def _declared_pairs(facts: RepositoryFacts) -> Iterator[tuple[Scope, PairDates]]:
    return ((scope, pair) for scope, pair in pairs(facts) if scope in facts.declared_scopes)


def _own_pairs(facts: RepositoryFacts) -> Iterator[tuple[Scope, PairDates]]:
    """Yield the pairs that are meant for our user: undeclared environments commonly hold another account's."""
    for scope, pair in pairs(facts):
        if scope in facts.declared_scopes or (not facts.declares and scope.kind != "environment"):
            yield scope, pair


def _rotate_or_delete(snapshot: Snapshot, facts: RepositoryFacts, scope: Scope, limits: Limits) -> str:
    if can_rotate(facts):
        return commands.rotate(limits, facts.name)
    names = tuple(name for name, at in _named(dict(pairs(facts))[scope]) if at is not None)
    return commands.delete_pair(snapshot.org, facts.name, scope, names)


def _halves(pair: PairDates) -> tuple[int, ...]:
    return tuple(half for half in (pair.key_id_at, pair.secret_at) if half is not None)


def _named(pair: PairDates) -> tuple[tuple[str, int | None], ...]:
    return (KEY_ID_SECRET, pair.key_id_at), (KEY_SECRET_SECRET, pair.secret_at)


def _age_line(at: int, limits: Limits) -> str:
    return f"written {utc_text(at)}; the limit is {span_text(limits.max_age)}"
