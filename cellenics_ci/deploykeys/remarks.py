"""What a person should know before saying yes: warnings to weigh, and notes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cellenics_ci.deploykeys.order import Mode, Order
from cellenics_ci.deploykeys.survey import ClusterSide, KeySurvey
from cellenics_ci.model.claims import replaced_by
from cellenics_ci.model.cluster import IDENTITY
from cellenics_ci.model.deploy_keys import DeployKey

PRODUCTION: Final = "production"
APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"


def remarks(
    survey: KeySurvey, side: ClusterSide, order: Order, environment: str | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the warnings and the notes of a plan."""
    warnings = (
        *_of_present_key(survey, side, order),
        *_of_right(side, order, environment),
        *_of_copies(side),
        *_of_person(survey),
    )
    notes = (*_of_strangers(survey, side, order), *_of_leftovers(side, order), *_of_known_hosts(side, order))
    return warnings, notes


def _of_present_key(survey: KeySurvey, side: ClusterSide, order: Order) -> Iterator[str]:
    yield from side.held.problems
    if side.held.current is None:
        yield "the cluster has no key that could be read: this is its first one"
    elif side.proof is not None and not (side.proof.accepted and side.proof.reads):
        said = f" ({side.proof.remark})" if side.proof.remark else ""
        yield f"the key that the cluster holds now does not work any more{said}: there is no way back to it"
    elif side.proof_failed:
        yield f"the key that the cluster holds now could not be tried: {side.proof_failed}"
    if order.mode is Mode.ROTATE and side.held.current and order.old is None:
        yield "GitHub lists no deploy key for the key that the cluster holds: no old key will be removed"
    if side.source and side.source.ready is False:
        yield f"Flux is not Ready now: {side.source.message}"


def _of_right(side: ClusterSide, order: Order, environment: str | None) -> Iterator[str]:
    before = order.old.read_only if order.mode is Mode.ROTATE and order.old else None
    yield from _of_production(order, environment)
    if before is None and order.read_only and order.mode is Mode.ROTATE:
        for each in side.automations or ():
            yield f"the image automation {each.namespace}/{each.name} can't push with a key that may not: --read-write"
    if before is None or before is order.read_only:
        return
    if not order.read_only:
        yield "the new key may write, the old one could not"
        return
    yield "the new key can't write any more, the old one could"
    if side.automations is None:
        yield "whether image automations would stop is unknown: the cluster does not tell"
    for each in side.automations or ():
        yield f"the image automation {each.namespace}/{each.name} will not be able to push any more"


def _of_copies(side: ClusterSide) -> Iterator[str]:
    copy = side.secret.annotations.get(APPLIED, "") if side.secret else ""
    if IDENTITY in copy:
        yield (
            f"the Secret's annotation {APPLIED} keeps a copy of a private key, and the next `kubectl apply` of that"
            f" manifest would put it back: take it away with `kubectl -n {side.name.namespace} annotate secret"
            f" {side.name.secret} {APPLIED}-`"
        )


def handout_remarks(survey: KeySurvey, order: Order, environment: str | None) -> tuple[str, ...]:
    """Return the warnings of a plan to hand a new key out."""
    namesakes = [key for key in survey.github.keys if key.title == order.title]
    unknown = (
        f"{len(namesakes) or 'no'} deploy key{'' if len(namesakes) == 1 else 's'} of this title: the manifest can't"
        " say which one it replaces, so give --read-only or --read-write, and type that key's fingerprint to --finish"
    )
    return (
        *(() if order.old else (unknown,)),
        *_of_production(order, environment),
        *_of_person(survey),
    )


def _of_production(order: Order, environment: str | None) -> Iterator[str]:
    if not order.read_only and environment == PRODUCTION:
        yield "the new key may write, in production: whoever reads it from the cluster can change what is deployed"


def _of_person(survey: KeySurvey) -> Iterator[str]:
    if survey.github.personal:
        yield (
            f"GitHub deletes the new key with {survey.github.login}'s token, when that is deleted:"
            " the keys of a GitHub App stay (docs/rotate-deploy-key.md)"
        )


def _of_strangers(survey: KeySurvey, side: ClusterSide, order: Order) -> Iterator[str]:
    """Name keys with Flux's titles that are not this cluster's; two clusters often share the repository."""
    ours = {side.held.public, side.held.previous_public, *order.leftover}
    replaced = replaced_key(survey, side)
    if replaced is not None and replaced is not order.old:
        ours.add(replaced.public)
        yield f"the deploy key {replaced.public.fingerprint}, which a manifest has replaced, stays: --finish removes it"
    for key in survey.github.keys:
        if key.public in ours or key is order.old:
            continue
        if key.title == order.title:
            yield f"the deploy key {key.public.fingerprint} has the same title, and stays: {_told(key)}"
        elif key.title.startswith(f"{side.name.namespace}-"):
            yield f"the deploy key {key.public.fingerprint} ({key.title}) stays: {_told(key)}"


def _told(key: DeployKey) -> str:
    by = f"added by {key.added_by}" if key.added_by else "added by somebody unknown"
    return f"{by}, {'never used' if key.last_used is None else 'used'}, not known to belong to this cluster"


def replaced_key(survey: KeySurvey, side: ClusterSide) -> DeployKey | None:
    """Return the deploy key that the Secret's manifest has replaced, None where there is none, or it is in use."""
    replaced = replaced_by(side.secret.annotations) if side.secret else None
    found = next((key for key in survey.github.keys if key.public.fingerprint == replaced), None)
    return None if found is None or found.public == side.held.public else found


def _of_leftovers(side: ClusterSide, order: Order) -> Iterator[str]:
    if order.mode is Mode.RESUME:
        yield "an earlier rotation was interrupted after it had written the Secret: it is brought to its end"
    elif side.held.has_previous:
        yield "the Secret keeps a pair that is none of the last rotation's: it is written over, its key stays on GitHub"
    for key in order.leftover:
        yield f"an interrupted rotation has made {key.fingerprint}, which nothing uses: it is removed"


def _of_known_hosts(side: ClusterSide, order: Order) -> Iterator[str]:
    kept = side.secret.data.get("known_hosts") if side.secret else None
    if order.mode is Mode.ROTATE and kept is not None and kept.reveal() != order.known_hosts:
        yield "known_hosts is written anew, with the host keys that GitHub tells now"
