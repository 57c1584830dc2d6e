"""From what was read to what will be done: pure, frozen, and exactly what is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cellenics_ci.deploykeys.order import Mode, Order
from cellenics_ci.deploykeys.refusals import Refusal, refusals
from cellenics_ci.deploykeys.remarks import remarks, replaced_key
from cellenics_ci.deploykeys.survey import ClusterSide, KeySurvey
from cellenics_ci.model.claims import Claim
from cellenics_ci.model.deploy_keys import Algorithm, DeployKey, PublicKey, SshAddress
from cellenics_ci.model.known_hosts import known_hosts_text
from cellenics_ci.run.host import Owner

STAGING: Final = "staging"


@dataclass(frozen=True, slots=True)
class Choices:
    """What was asked for. `read_only` None: as it was. `timeout` in seconds, for Flux each time it is waited for."""

    finish: bool = False
    read_only: bool | None = None
    environment: str | None = None
    algorithm: Algorithm = Algorithm.ED25519
    title: str | None = None
    take_over: bool = False
    timeout: float = 300.0


@dataclass(frozen=True, slots=True)
class KeyPlan:
    """`order` None where nothing will be done: for `refusals`, or since there is nothing to do (`idle` says why).

    `warnings` are what a person should weigh before saying yes, `notes` what is good to know.
    """

    survey: KeySurvey
    order: Order | None = None
    refusals: tuple[Refusal, ...] = ()
    idle: str = ""
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def make_plan(survey: KeySurvey, choices: Choices, owner_gone: Callable[[Owner], bool]) -> KeyPlan:
    """Decide what to do with a cluster's key. `owner_gone` says whether a claim's process is known to have ended."""
    side = survey.cluster
    assert side is not None, "a plan for a cluster needs one"
    found = list(refusals(survey, replacing=not choices.finish))
    found += _claimed(side.held.claim, survey.now, choices, owner_gone)
    if found:
        return KeyPlan(survey, refusals=tuple(found))
    order = _order(survey, side, choices)
    if isinstance(order, str):
        return KeyPlan(survey, idle=order)
    warnings, notes = remarks(survey, side, order, choices.environment)
    return KeyPlan(survey, order, warnings=warnings, notes=notes)


def _claimed(
    claim: Claim | None, now: float, choices: Choices, owner_gone: Callable[[Owner], bool]
) -> tuple[Refusal, ...]:
    if claim is None or claim.until <= now or choices.take_over or owner_gone(claim):
        return ()
    since, left = int(now - claim.at), int(claim.until - now)
    return (
        Refusal(
            f"another rotation is running on {claim.host}, for {since} s",
            f"wait for it; if it is dead, it may be taken over with --take-over now, and without in {left} s",
        ),
    )


def _order(survey: KeySurvey, side: ClusterSide, choices: Choices) -> Order | str:
    mode, old, leftover = _situation(survey, side, choices)
    replaced = replaced_key(survey, side)
    if mode is None:
        return (
            "there is nothing to finish: no rotation was interrupted, and the Secret names no key that it replaced;"
            " --finish without --context removes a key whose fingerprint you type"
        )
    assert side.source is not None, "refused otherwise"
    github, held = survey.github, side.held
    address = SshAddress.parse(side.source.url)
    present = old if mode is Mode.ROTATE else _listed(survey, held.public)
    return Order(
        repo=github.repo,
        cluster=side.name,
        address=address,
        branch=side.source.branch or github.branch,
        host_keys=github.host_keys,
        known_hosts=known_hosts_text(address, github.host_keys),
        title=choices.title or (old.title if old else flux_title(side, github.branch)),
        read_only=_right(present, choices, mode),
        algorithm=choices.algorithm,
        mode=mode,
        seen=held,
        source=side.source,
        old=old,
        old_works=side.proof is not None and side.proof.accepted and side.proof.reads,
        leftover=leftover,
        keep_replaces=replaced is not None and replaced is not old,
        timeout=choices.timeout,
    )


def _situation(
    survey: KeySurvey, side: ClusterSide, choices: Choices
) -> tuple[Mode | None, DeployKey | None, tuple[PublicKey, ...]]:
    """Return what there is to do, the deploy key that will go, and the keys of dead runs that nothing uses."""
    held = side.held
    made = held.claim.keys if held.claim else ()
    in_use = (held.public, held.previous_public)
    leftover = tuple(key for key in made if key not in in_use)
    if held.has_previous and held.public in made:
        return Mode.RESUME, _listed(survey, held.previous_public), leftover
    if not choices.finish:
        return Mode.ROTATE, _listed(survey, held.public), leftover
    old = replaced_key(survey, side)
    if held.current is not None and (old or held.claim):
        return Mode.REMOVE, old, leftover
    return None, None, ()


def _listed(survey: KeySurvey, public: PublicKey | None) -> DeployKey | None:
    return next((key for key in survey.github.keys if key.public == public), None)


def _right(present: DeployKey | None, choices: Choices, mode: Mode) -> bool:
    """The new key's right (read-only or not): a key that is there already keeps what it has."""
    if mode is not Mode.ROTATE and present is not None:
        return present.read_only
    if choices.read_only is not None:
        return choices.read_only
    return present.read_only if present else choices.environment != STAGING


def flux_title(side: ClusterSide, branch: str) -> str:
    """Return the title that Flux's own bootstrap gives: NAMESPACE-BRANCH-SECRET-PATH.

    Keeping it lets a later bootstrap clean up after itself.
    """
    followed = (side.source.branch if side.source else None) or branch
    parts = [side.name.namespace, followed, side.name.secret, *([side.path] if side.path else [])]
    return "-".join(parts)
