"""One planned repository in words: what changes, where the secrets go, which key goes and why."""

from __future__ import annotations

from typing import Final

from cellenics_ci.cli.views.wording import key_shown
from cellenics_ci.model.keys import AccessKey
from cellenics_ci.model.moments import span_text
from cellenics_ci.model.names import CI_TOKEN_SECRET, AccessKeyId
from cellenics_ci.rotation.order import Mode, Order
from cellenics_ci.rotation.plan import Consent, Planned

PROVING: Final = 5.0
"""Seconds that creating, proving and writing take beside the settle time, as the protocol announces it."""

EXPLAINED: Final = {
    Consent.GRANTS_EVERYTHING: "its file gives a new user every right there is (* on *)",
    Consent.REGION_CHANGE: "its policies will name another AWS region than before",
    Consent.COMPROMISED: "its keys stop working at once; it has none until the new one is in GitHub",
}


def is_adopted(order: Order) -> bool:
    """Whether the user was there before this tool knew it."""
    return order.seen.exists and order.seen.owner is None


def changes(planned: Planned, *, show_ids: bool) -> list[str]:
    """Return what changes, a line each, the most important first."""
    order, lines = planned.order, []
    if order.mode is Mode.COMPROMISED:
        lines.append("CUT OFF its keys now")
    if not order.seen.exists:
        lines.append("create user, first key")
    elif is_adopted(order):
        lines.append("adopt user")
    if order.mode is not Mode.FINISH and order.seen.exists and not order.ground.promote:
        lines.append("new key")
    if order.ground.discard or order.ground.promote or order.seen.lock is not None:
        lines.append("repair what a run left")
    if order.ground.make_room:
        lines.append("give up one of two keys")
    if order.ground.finish:
        lines.append("finish retirement of " + key_shown(order.ground.finish, show_ids=show_ids))
    lines += policy_lines(planned)
    if order.seen.region not in (None, order.region):
        lines.append(f"region {order.seen.region} → {order.region}")
    return lines or ["finish what was begun"]


def policy_lines(planned: Planned) -> list[str]:
    """Return the policies' changes as `policies +2 ~1 -1` (added, changed, removed), nothing where none differ."""
    comparison = planned.comparison
    counts = (("+", comparison.added), ("~", comparison.changed), ("-", comparison.removed))
    shown = [f"{sign}{len(names)}" for sign, names in counts if names]
    return [f"policies {' '.join(shown)}"] if shown else []


def places(planned: Planned) -> list[str]:
    """Return where secrets are written, nothing where none are."""
    if not planned.writes:
        return []
    token = [CI_TOKEN_SECRET] if planned.order.ci_token is not None else []
    return [*map(str, planned.order.scopes), *token]


def leaving(planned: Planned) -> list[tuple[AccessKeyId, str]]:
    """Return the keys that go, in the order in which they do, each with the reason why that one."""
    order, ground = planned.order, planned.order.ground
    found = list(ground.discard)
    if order.mode is Mode.COMPROMISED:
        return [(key.id, "compromised") for key in order.seen.keys]
    if ground.make_room:
        found.append((ground.make_room, f"first, {ground.why}" if ground.why else "first, to make room"))
    if ground.finish:
        found.append((ground.finish, "its retirement was begun"))
    if ground.retire and (planned.writes or ground.promote) and not ground.declared_since:
        only = len(order.seen.keys) == 1
        why = "a dead run replaced it" if ground.promote else "its only key" if only else "the key in use"
        if ground.finish:
            why += ", replaced once the other can go"
        found.append((ground.retire, why))
    return found


def key_line(planned: Planned, key: AccessKeyId, why: str, now: float, *, show_ids: bool) -> str:
    """Return a key that goes with its age, and on a second line the reason. `now`: UTC epoch seconds."""
    known: AccessKey | None = next((each for each in planned.order.seen.keys if each.id == key), None)
    age = f" ({span_text(now - known.created_at)})" if known else ""
    return f"{key_shown(key, show_ids=show_ids)}{age}\n{why}"


def outage(planned: Planned) -> str:
    """Return the outage that this repository must expect, "" where there is none."""
    order = planned.order
    scopes = order.scopes if order.mode is Mode.COMPROMISED else order.ground.outage
    if not scopes:
        return ""
    seconds = order.settle + PROVING
    return f"no working key in {', '.join(map(str, scopes))} for about {seconds:.0f} s"
