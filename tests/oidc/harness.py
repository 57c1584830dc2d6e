"""Adoptions in memory with a fault at any call, over starting points; what holds is asserted after each call.

At every instant: nobody is let in with a right beyond what is declared, unless that was so before we came; and
nobody who is declared loses a declared right that they had.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import product
from typing import Any
from unittest.mock import patch

from cellenics_ci.errors import CallFailed, Failure, Interrupted
from cellenics_ci.model.oidc import Provider
from cellenics_ci.oidc import patching, target
from cellenics_ci.oidc.calls import Call
from cellenics_ci.oidc.plan import Plan
from cellenics_ci.oidc.protocol import adopt, provide
from cellenics_ci.run.calls import drive
from cellenics_ci.run.outcome import Outcome, Status
from cellenics_ci.workflows.reading import read_pipeline
from cellenics_ci.workflows.rewrite import rewrite
from tests.oidc.memory import Held, World, document, trusting
from tests.oidc.surveys import DEV, ISSUER, MASTER, PULLS, ROLE, declared, plan, survey

KINDS = ("before", "after", "throttled", "denied", "interrupt", "crash", "crash-after")
SUBJECTS = (MASTER, PULLS, DEV, "repo:acme/ui:ref:refs/heads/master", "arn:aws:iam::123456789012:root")
ACTIONS = ("ecr:putimage", "ecr:getauthorizationtoken", "s3:getobject")
DECLARATION = declared(
    trust="{branches: [master], pull-requests: true}",
    push=["ecr:PutImage"],
    login=["ecr:GetAuthorizationToken"],
)
WANTED = set(product((MASTER, PULLS), ACTIONS[:2]))
PUSH, LOGIN = document("ecr:PutImage"), document("ecr:GetAuthorizationToken")
OURS = {"cellenics-ci:repository": "acme/api@7", "team": "imaging"}


def held(trust: Any, tags: dict[str, str] | None = None, max_session: int = 3600, **policies: Any) -> World:
    texts = {name: json.dumps(policy) for name, policy in policies.items()}
    return World(Held(json.dumps(trust), texts, {"team": "imaging"} | (tags or {}), max_session=max_session))


WHOLE = "repo:acme/api:*"
STARTS: dict[str, World] = {
    "nothing": World(),
    "no provider": World(audiences=None),
    "a provider for somebody else": World(audiences=("api://other",)),
    "the role of a stack": held(trusting(WHOLE), push=PUSH, login=LOGIN),
    "too many rights": held(trusting(WHOLE), push=PUSH, login=LOGIN, debug=document("s3:GetObject")),
    "too few, for one branch": held(trusting(MASTER), push=PUSH),
    "for another branch, with other rights": held(trusting(DEV), OURS, push=document("s3:GetObject")),
    "half of both": held(trusting(DEV, MASTER), OURS, push=document("ecr:PutImage", "s3:GetObject"), old=LOGIN),
    "for people too": held(trusting(MASTER, principals={"AWS": SUBJECTS[4]}), OURS, 7200, push=document("s3:*")),
    "for the whole organisation": held(trusting("repo:acme/*"), OURS, login=LOGIN),
    "for any audience": held(trusting(MASTER, PULLS, audience=""), OURS, push=PUSH, debug=document("s3:GetObject")),
}


@contextmanager
def read_once() -> Iterator[None]:
    """Read workflow files once: they are the same in every case, and reading is nine tenths of making a plan."""
    with (
        patch.object(target, "read_pipeline", lru_cache(read_pipeline)),
        patch.object(patching, "rewrite", lru_cache(rewrite)),
    ):
        yield


class Crash(BaseException):
    """kill -9: nothing of the run happens any more."""


Fault = Callable[[int], str]


def exposed(world: World) -> set[tuple[str, str]]:
    """Return who may do what, by a reading of the documents that is not the one under test."""
    if world.role is None:
        return set()
    trust = json.loads(world.role.trust)
    allowed = {
        action
        for text in world.role.policies.values()
        for statement in json.loads(text)["Statement"]
        for action in ACTIONS
        if any(fnmatchcase(action, pattern.lower()) for pattern in listed(statement["Action"]))
    }
    return {(subject, action) for subject in SUBJECTS if let_in(trust, subject) for action in allowed}


def let_in(trust: Any, subject: str) -> bool:
    for statement in trust["Statement"]:
        if subject in listed(statement["Principal"].get("AWS", [])):
            return True
        if "Federated" in statement["Principal"]:
            condition, key = statement["Condition"], f"{ISSUER}:sub"
            like = listed(condition.get("StringLike", {}).get(key, []))
            if subject in listed(condition["StringEquals"].get(key, [])) if "StringEquals" in condition else False:
                return True
            if any(fnmatchcase(subject, pattern) for pattern in like):
                return True
    return False


def listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def planned(world: World) -> Plan:
    provider = None if world.audiences is None else Provider(ISSUER, world.audiences)
    made = survey(DECLARATION, role=world.get_role(ROLE), provider=provider)
    return plan(replace(made, variables={"api": dict(world.held_variables)}))  # type: ignore[dict-item]


def run(world: World, made: Plan, fault: Fault = lambda number: "") -> Outcome | None:
    """Carry a plan of one repository out; None after a crash, and where the provider was not made."""
    before = exposed(world)
    needed = WANTED & before
    number = 0

    def perform(call: Call[Any]) -> Any:
        nonlocal number
        number += not call.local
        kind = "" if call.local else fault(number)
        if world.stop_asked and not call.local:
            world.stop_asked = False
            raise Interrupted
        if kind == "crash":
            raise Crash
        for name, failure in (
            ("before", Failure.UNKNOWN),
            ("throttled", Failure.THROTTLED),
            ("denied", Failure.DENIED),
        ):
            if kind == name:
                raise CallFailed(failure, name)
        world.stop_asked = kind == "interrupt"
        answer = call.perform(world.ports())
        extra = exposed(world) - before - WANTED
        assert not extra, f"{extra} after {call}"
        assert exposed(world) >= needed, f"{needed - exposed(world)} is gone after {call}"
        if kind == "crash-after":
            raise Crash
        if kind == "after":
            raise CallFailed(Failure.UNKNOWN, "no answer")
        return answer

    try:
        if drive(provide(made.provider), perform):
            return None
        return drive(adopt(made.planned[0].order), perform) if made.planned else None
    except Crash:
        return None


def assert_adopted(world: World, tags: dict[str, str]) -> None:
    """All is as declared, and what is somebody else's as it was."""
    assert exposed(world) == WANTED
    assert world.role is not None and world.role.max_session == 7200
    assert world.role.tags == tags | {"cellenics-ci:repository": "acme/api@7"}
    assert world.audiences is not None and "sts.amazonaws.com" in world.audiences
    assert world.held_variables == {"AWS_ACCOUNT_ID": "123456789012"}
    assert not planned(world).planned, "there is still something to do"


def number_of_calls(start: str) -> int:
    counted = 0

    def count(number: int) -> str:
        nonlocal counted
        counted = number
        return ""

    world = STARTS[start].copy()
    run(world, planned(world), count)
    return counted


def assert_repaired(start: str, faults: Sequence[tuple[int, str]]) -> None:
    """Let one run after the other meet its fault (the number of the call, the kind); one more repairs it all."""
    world = STARTS[start].copy()
    tags = dict(world.role.tags) if world.role else {}
    for at, kind in faults:
        made = planned(world)
        if not made.planned:
            break
        outcome = run(world, made, lambda number, at=at, kind=kind: kind if number == at else "")  # type: ignore[misc]
        where = f"{kind} at call {at}: {outcome}"
        assert outcome is None or outcome.status is not Status.NEEDS_ATTENTION, where
        if outcome is not None and outcome.status is not Status.ADOPTED:
            assert outcome.cause and outcome.reason, where
        world.stop_asked = False
    final = planned(world)
    if final.planned:
        outcome = run(world, final)
        assert outcome is not None and outcome.status is Status.ADOPTED, (faults, outcome)
    assert_adopted(world, tags)
