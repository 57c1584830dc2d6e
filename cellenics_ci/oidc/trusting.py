"""Who is trusted: declared in the CI file, or derived from what sets the workflows off; as a policy, and in words."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cellenics_ci.model.oidc import AUDIENCE
from cellenics_ci.oidc.subjects import exact
from cellenics_ci.privileges.compare import same_meaning
from cellenics_ci.privileges.declaration import CiTrust
from cellenics_ci.privileges.patterns import all_covered
from cellenics_ci.privileges.trust import ANY
from cellenics_ci.workflows.facts import PipelineFacts, Reach
from cellenics_ci.workflows.patterns import iam_pattern


@dataclass(frozen=True, slots=True)
class Derived:
    """Who is to be trusted, and where that was read: `origins` are lines for people."""

    trust: CiTrust
    origins: tuple[str, ...]


def derived(reach: Reach) -> Derived:
    """Return the smallest trust with which all jobs go on that take credentials today."""
    trust = CiTrust(
        branches=_patterns(reach.branches),
        tags=_patterns(reach.tags),
        environments=tuple(reach.environments),
        pull_requests=reach.pull_requests,
    )
    by_place: dict[str, list[str]] = {}
    for cause in reach.causes:
        told = by_place.setdefault(str(cause.place), [])
        if cause.event not in told:
            told.append(cause.event)
    return Derived(trust, tuple(f"{place} ({', '.join(events)})" for place, events in sorted(by_place.items())))


def beyond_declared(declared: CiTrust, reach: Reach) -> tuple[str, ...]:
    """Return the runs that take credentials today and that a declared trust does not let in."""
    wanted = derived(reach).trust
    return tuple(words for one in _each(wanted) if not _covered(one, declared) for words in in_words(one))


def targets(pipeline: PipelineFacts) -> tuple[str, ...]:
    """Return the places where `pull_request_target` reaches credentials: it runs on events that strangers choose."""
    return tuple(dict.fromkeys(str(cause.place) for cause in pipeline.reach.on_pull_request_target))


def trust_document(provider: str, issuer: str, subjects: Iterable[str], *, like: bool = False) -> dict[str, Any]:
    """Return the trust policy for these subjects. `provider` is the ARN of the identity provider.

    `like`: with StringLike also where every subject stands for itself alone.
    """
    listed = sorted(subjects)
    value: Any = listed[0] if len(listed) == 1 else listed
    audience = {f"{issuer}:aud": AUDIENCE}
    # Two operators on one key would both have to hold, so one pattern makes all of them patterns.
    condition: dict[str, Any] = {"StringEquals": audience}
    if not like and all(map(exact, listed)):
        condition["StringEquals"] = {**audience, f"{issuer}:sub": value}
    else:
        condition["StringLike"] = {f"{issuer}:sub": value}
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def says_the_same(live: Any, provider: str, issuer: str, subjects: Iterable[str]) -> bool:
    """Say whether a trust policy in force lets exactly these subjects in, with whichever of the two operators."""
    listed = list(subjects)
    return any(same_meaning(live, trust_document(provider, issuer, listed, like=like)) for like in (False, True))


def document_text(document: dict[str, Any]) -> str:
    """Return a policy as it is sent and counted."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def in_words(trust: CiTrust) -> tuple[str, ...]:
    """Return who is trusted, a line for each kind of runs."""
    lines = []
    for names, one, every in (
        (trust.branches, "branch", "every branch"),
        (trust.tags, "tag", "every tag"),
        (trust.environments, "environment", "every environment"),
    ):
        if ANY in names:
            lines.append(every)
        elif names:
            many = f"{one}es" if one == "branch" else f"{one}s"
            lines.append(f"{one if len(names) == 1 else many} {', '.join(names)}")
    if trust.pull_requests:
        lines.append("pull requests")
    return tuple(lines)


def _patterns(filters: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(iam_pattern(each) for each in filters))


def _each(trust: CiTrust) -> Iterable[CiTrust]:
    yield from (CiTrust(branches=(name,)) for name in trust.branches)
    yield from (CiTrust(tags=(name,)) for name in trust.tags)
    yield from (CiTrust(environments=(name,)) for name in trust.environments)
    if trust.pull_requests:
        yield CiTrust(pull_requests=True)


def _covered(one: CiTrust, by: CiTrust) -> bool:
    return (
        all_covered(one.branches, frozenset(by.branches))
        and all_covered(one.tags, frozenset(by.tags))
        and (ANY in by.environments or set(one.environments) <= set(by.environments))
        and (by.pull_requests or not one.pull_requests)
    )
