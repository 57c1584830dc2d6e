"""Rules about what a repository needs beside its credential: a valid `.ci.yaml`, and a container repository."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cellenics_ci.audit import commands
from cellenics_ci.audit.findings import Hit, Limits
from cellenics_ci.audit.rules.joins import subject_of_repository
from cellenics_ci.audit.snapshot import PolicyFacts, RepositoryFacts, Snapshot, Status, Unreadable
from cellenics_ci.model.keys import Caller
from cellenics_ci.privileges.coverage import gives_more
from cellenics_ci.privileges.declaration import FILE_NAMES
from cellenics_ci.privileges.problems import Problem


def invalid(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield CI files that can't be used, in themselves or in this account."""
    for facts in snapshot.repositories.values():
        problems = _problems(facts)
        if problems:
            sentence = str(problems[0]) + (f" (and {len(problems) - 1} more)" if len(problems) > 1 else "")
            remedy = commands.browse(snapshot.org, facts.name, problems[0].file or FILE_NAMES[0])
            yield Hit(subject_of_repository(facts), sentence, remedy, tuple(map(str, problems)))


def no_registry(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield repositories that may push an image of their name, and have nowhere to push it to."""
    caller = snapshot.caller
    for facts in snapshot.repositories.values():
        policies = facts.policies
        if not isinstance(policies, PolicyFacts) or not isinstance(caller, Caller):
            continue
        known = snapshot.registries.get(policies.region)
        if known is None or isinstance(known, Unreadable) or facts.name.lower() in known:
            continue
        probe = _push(caller, policies, facts)
        if any(not gives_more(probe, policy.document) for policy in policies.declared):
            sentence = f"there is no ECR repository {facts.name.lower()} in {policies.region}"
            remedy = commands.ours(limits, "ensure-ecr", facts.name)
            yield Hit(subject_of_repository(facts), sentence, remedy, ("its policies let it push an image there",))


def _problems(facts: RepositoryFacts) -> tuple[Problem, ...]:
    if facts.surveyed.status is Status.INVALID:
        return facts.surveyed.problems
    return facts.policies.problems if isinstance(facts.policies, PolicyFacts) else ()


def _push(caller: Caller, policies: PolicyFacts, facts: RepositoryFacts) -> Mapping[str, Any]:
    arn = f"arn:{caller.partition}:ecr:{policies.region}:{caller.account}:repository/{facts.name.lower()}"
    statement = {"Effect": "Allow", "Action": "ecr:PutImage", "Resource": arn}
    return {"Version": "2012-10-17", "Statement": [statement]}
