"""Which key is in use, which is a leftover and which must go: every branch of the decision, as tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cellenics_ci.model.keys import AccessKey, KeyUse
from cellenics_ci.model.names import AccessKeyId
from cellenics_ci.model.scopes import ACTIONS, DEPENDABOT, PairDates, Scope, environment_scope
from cellenics_ci.model.tags import KeyNote, Lock, Stage, note_dates, scope_code
from cellenics_ci.rotation.ground import Ground, decide
from cellenics_ci.rotation.observation import Observation, sorted_dates
from tests.rotation.memory import START

DAY = 86_400
NOW = int(START)
OLD, NEW = AccessKeyId("AKIA000000000000OLD1"), AccessKeyId("AKIA000000000000NEW2")
STAGING = environment_scope("staging")
WRITTEN = NOW - 50 * DAY
"""When the secrets were written, in most cases: after OLD was made, before NEW was."""
BEFORE = PairDates(WRITTEN, WRITTEN)
AFTER = PairDates(NOW - 3600, NOW - 3599)
HALF = PairDates(NOW - 3600, WRITTEN)
NOTHING = PairDates()

old = AccessKey(OLD, True, NOW - 200 * DAY)
new = AccessKey(NEW, True, NOW - 10 * DAY)
fresh = AccessKey(NEW, True, NOW - 4000)
"""A key that an interrupted run made, shortly before it wrote."""


def off(key: AccessKey) -> AccessKey:
    return replace(key, active=False)


def seen(*keys: AccessKey, dates: dict[Scope, PairDates] | None = None, **fields: Any) -> Observation:
    notes = fields.pop("notes", {})
    return Observation(
        exists=True,
        path="/ci-users/api/",
        keys=keys,
        notes=tuple(sorted(notes.items())),
        dates=sorted_dates({ACTIONS: BEFORE} if dates is None else dates),
        **fields,
    )


def used(**ago: float) -> dict[AccessKeyId, KeyUse | None]:
    names = {"old": OLD, "new": NEW}
    return {names[name]: KeyUse(NOW - seconds, "ecr", "us-east-1") for name, seconds in ago.items()}


def note(stage: Stage, dates: dict[Scope, PairDates] | None = None, *, outage: tuple[Scope, ...] = ()) -> KeyNote:
    return KeyNote(stage, NOW - 3600, "aa", note_dates(dates or {}), tuple(map(scope_code, outage)))


def lock(*found: AccessKeyId) -> Lock:
    return Lock("dead", "there", "1.1", NOW - 4100, NOW - 3200, found)


DELIVERING = note(Stage.DELIVERING, {ACTIONS: BEFORE})
LIVE = note(Stage.LIVE, {ACTIONS: BEFORE})
RETIRED = note(Stage.RETIRED)


# Users without any trouble


def test_a_user_without_keys_needs_nothing_cleared() -> None:
    assert decide(seen(), {}) == Ground()
    assert decide(Observation(), {}) == Ground()


@pytest.mark.parametrize("key", [old, off(old)])
def test_the_only_key_is_adopted_and_goes_last(key: AccessKey) -> None:
    assert decide(seen(key), {}) == Ground(notes=((OLD, KeyNote(Stage.ADOPTED, int(old.created_at))),), retire=OLD)


@pytest.mark.parametrize("stage", [Stage.ADOPTED, Stage.LIVE, Stage.RETIRED])
def test_the_only_key_with_a_note_is_not_noted_again(stage: Stage) -> None:
    assert decide(seen(old, notes={OLD: note(stage, {ACTIONS: BEFORE})}), {}) == Ground(retire=OLD)


def test_an_edited_note_of_the_only_key_does_not_matter() -> None:
    assert decide(seen(old, unreadable=(OLD,)), {}).retire == OLD


def test_an_edited_note_of_one_of_two_keys_leaves_it_to_a_person() -> None:
    ground = decide(seen(old, new, unreadable=(NEW,)), used(old=3600))
    assert "edited by hand" in ground.undecided


# Leftovers


def test_a_pending_key_is_discarded_whatever_else_is_there() -> None:
    ground = decide(seen(old, fresh, notes={OLD: LIVE, NEW: note(Stage.PENDING)}), {})
    assert (ground.discard[0][0], ground.retire, ground.undecided) == (NEW, OLD, "")
    assert decide(seen(fresh, notes={NEW: note(Stage.PENDING)}), {}).retire is None


def test_a_key_that_the_dead_runs_lock_has_not_seen_is_its_own_and_is_discarded() -> None:
    ground = decide(seen(old, fresh, lock=lock(OLD)), {})
    assert (ground.discard[0][0], ground.retire) == (NEW, OLD)


def test_a_key_that_the_lock_has_not_seen_is_kept_where_secrets_were_written_since() -> None:
    """Somebody may have put it there by hand."""
    ground = decide(seen(old, fresh, lock=lock(OLD), dates={ACTIONS: AFTER}), {})
    assert not ground.discard
    assert ground.undecided


def test_a_key_that_the_lock_has_not_seen_is_discarded_where_another_is_known_to_be_live() -> None:
    live = note(Stage.LIVE, {ACTIONS: AFTER})
    ground = decide(seen(old, fresh, lock=lock(OLD), notes={OLD: live}, dates={ACTIONS: AFTER}), {})
    assert (ground.discard[0][0], ground.retire) == (NEW, OLD)


def test_a_key_that_the_lock_has_seen_is_nobodys_leftover() -> None:
    ground = decide(seen(old, new, lock=lock(OLD, NEW)), used(old=3600))
    assert not ground.discard
    assert ground.make_room == NEW


def test_an_inactive_key_that_was_retired_is_cleared() -> None:
    ground = decide(seen(off(old), new, notes={OLD: RETIRED, NEW: LIVE}), {})
    assert (ground.discard[0][0], ground.retire) == (OLD, NEW)


def test_an_inactive_key_that_nobody_retired_is_named_and_left_to_a_person() -> None:
    ground = decide(seen(off(old), new), used(new=3600))
    assert "inactive one (AKIA…OLD1)" in ground.undecided
    assert not ground.discard


# A run died between its first secret write and its last note


ALL = {ACTIONS: BEFORE, STAGING: BEFORE, DEPENDABOT: BEFORE}


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ({ACTIONS: BEFORE}, {"discard": NEW, "retire": OLD}),
        ({ACTIONS: AFTER}, {"promote": NEW, "retire": OLD}),
        # One secret each: the key id's has moved, and nobody has the new secret.
        ({ACTIONS: HALF}, {"make_room": NEW, "retire": OLD, "outage": (ACTIONS,)}),
        ({ACTIONS: PairDates(WRITTEN, AFTER.secret_at)}, {"make_room": NEW, "retire": OLD, "outage": (ACTIONS,)}),
        (ALL, {"discard": NEW, "retire": OLD}),
        (dict.fromkeys(ALL, AFTER), {"promote": NEW, "retire": OLD}),
        (ALL | {ACTIONS: AFTER}, {"make_room": NEW, "retire": OLD, "outage": (ACTIONS,)}),
        (
            ALL | {ACTIONS: AFTER, STAGING: HALF},
            # As many scopes hold the one as the other: the repository's own secrets decide.
            {"make_room": OLD, "retire": NEW, "outage": (STAGING, DEPENDABOT)},
        ),
        (ALL | {DEPENDABOT: AFTER, STAGING: HALF}, {"make_room": NEW, "retire": OLD, "outage": (STAGING, DEPENDABOT)}),
        (ALL | {ACTIONS: AFTER, STAGING: AFTER}, {"make_room": OLD, "retire": NEW, "outage": (DEPENDABOT,)}),
        (ALL | {ACTIONS: AFTER, STAGING: AFTER, DEPENDABOT: HALF}, {"make_room": OLD, "outage": (DEPENDABOT,)}),
        (ALL | {ACTIONS: HALF}, {"make_room": NEW, "retire": OLD, "outage": (ACTIONS,)}),
    ],
)
def test_a_half_delivered_key_is_promoted_discarded_or_weighed(
    now: dict[Scope, PairDates], expected: dict[str, Any]
) -> None:
    delivering = note(Stage.DELIVERING, dict.fromkeys(now, BEFORE))
    ground = decide(seen(old, fresh, notes={NEW: delivering}, dates=now), {})
    found: dict[str, Any] = {"promote": ground.promote, "make_room": ground.make_room, "retire": ground.retire}
    found |= {"discard": ground.discard[0][0] if ground.discard else None, "outage": set(ground.outage)}
    wanted = {"promote": None, "make_room": None, "discard": None, **expected}
    wanted["outage"] = set(expected.get("outage", ()))
    assert {name: found[name] for name in wanted} == wanted
    assert not ground.undecided


def test_a_first_pair_that_was_written_whole_is_promoted() -> None:
    delivering = note(Stage.DELIVERING, {ACTIONS: NOTHING})
    ground = decide(seen(fresh, notes={NEW: delivering}, dates={ACTIONS: AFTER}), {})
    assert (ground.promote, ground.retire, ground.outage) == (NEW, None, ())


def test_a_first_pair_that_was_written_by_half_stays_until_there_is_another() -> None:
    delivering = note(Stage.DELIVERING, {ACTIONS: NOTHING, STAGING: NOTHING})
    dates = {ACTIONS: AFTER, STAGING: PairDates(NOW - 3600, None)}
    ground = decide(seen(fresh, notes={NEW: delivering}, dates=dates), {})
    assert (ground.make_room, ground.retire, ground.outage) == (None, NEW, (STAGING,))


def test_an_inactive_old_key_makes_room_for_a_half_delivered_ones_successor() -> None:
    ground = decide(seen(off(old), fresh, notes={NEW: DELIVERING}, dates={ACTIONS: HALF}), {})
    assert (ground.make_room, ground.retire, ground.outage) == (OLD, NEW, (ACTIONS,))


@pytest.mark.parametrize(
    ("pair", "since"), [(BEFORE, (STAGING,)), (NOTHING, ()), (PairDates(NOW - 300 * DAY, NOW - 300 * DAY), ())]
)
def test_a_scope_declared_since_does_not_make_a_whole_delivery_half(pair: PairDates, since: tuple[Scope, ...]) -> None:
    dates = {ACTIONS: AFTER, STAGING: pair}
    ground = decide(seen(old, fresh, notes={NEW: DELIVERING}, dates=dates), {})
    assert (ground.promote, ground.retire, ground.declared_since) == (NEW, OLD, since)


@pytest.mark.parametrize(
    ("pair", "lost"), [(BEFORE, (STAGING,)), (NOTHING, ()), (PairDates(NOW - 300 * DAY, NOW - 300 * DAY), ())]
)
def test_a_retirement_that_was_begun_takes_no_pair_from_a_scope_unannounced(
    pair: PairDates, lost: tuple[Scope, ...]
) -> None:
    dates = {ACTIONS: BEFORE, STAGING: pair}
    ground = decide(seen(old, new, notes={OLD: RETIRED, NEW: LIVE}, dates=dates), {})
    assert (ground.finish, ground.retire, ground.outage) == (OLD, NEW, lost)


def test_an_old_key_that_a_half_delivery_outweighs_goes_with_the_scopes_declared_since_announced() -> None:
    other = environment_scope("production")
    dates = {ACTIONS: AFTER, STAGING: AFTER, other: HALF}
    delivering = note(Stage.DELIVERING, dict.fromkeys(dates, BEFORE))
    ground = decide(seen(old, fresh, notes={NEW: delivering}, dates={**dates, DEPENDABOT: BEFORE}), {})
    assert (ground.make_room, ground.retire, set(ground.outage)) == (OLD, NEW, {other, DEPENDABOT})


def test_a_live_note_does_not_speak_for_a_scope_declared_since() -> None:
    dates = {ACTIONS: AFTER, STAGING: BEFORE}
    live = note(Stage.LIVE, {ACTIONS: AFTER})
    assert "do not tell" in decide(seen(old, new, notes={NEW: live}, dates=dates), used(new=60)).undecided


@pytest.mark.parametrize("declared", [{STAGING: BEFORE}, {STAGING: BEFORE, DEPENDABOT: BEFORE}])
def test_a_key_that_may_be_in_a_scope_no_longer_declared_is_never_discarded(declared: dict[Scope, PairDates]) -> None:
    delivering = note(Stage.DELIVERING, {ACTIONS: BEFORE, STAGING: BEFORE})
    ground = decide(seen(old, fresh, notes={NEW: delivering}, dates=declared), {})
    assert not ground.discard
    assert "no longer there" in ground.undecided


def test_a_half_delivered_key_that_somebody_deactivated_is_left_to_a_person() -> None:
    ground = decide(seen(old, off(fresh), notes={NEW: DELIVERING}, dates={ACTIONS: AFTER}), {})
    assert "deactivated by hand" in ground.undecided


@pytest.mark.parametrize("given_up", [OLD, NEW])
def test_a_person_can_decide_over_a_half_delivered_key(given_up: AccessKeyId) -> None:
    found = seen(old, off(fresh), notes={NEW: DELIVERING}, dates={ACTIONS: AFTER})
    ground = decide(found, {}, retire=given_up)
    assert (ground.make_room, ground.retire) == (given_up, NEW if given_up == OLD else OLD)
    assert not ground.undecided


@pytest.mark.parametrize(
    ("key", "dates"), [(off(fresh), {ACTIONS: AFTER}), (fresh, {STAGING: BEFORE}), (off(fresh), {ACTIONS: HALF})]
)
def test_the_only_key_is_never_undecided_since_there_is_room_beside_it(
    key: AccessKey, dates: dict[Scope, PairDates]
) -> None:
    ground = decide(seen(key, notes={NEW: DELIVERING}, dates=dates), {})
    assert (ground.retire, ground.undecided, ground.discard, ground.make_room) == (NEW, "", (), None)


# A retirement or a repair that was begun


def test_a_retirement_that_was_begun_is_finished() -> None:
    ground = decide(seen(old, new, notes={OLD: RETIRED, NEW: LIVE}), {})
    assert (ground.finish, ground.retire, ground.make_room) == (OLD, NEW, None)


def test_a_retirement_is_not_finished_where_the_secrets_were_written_since() -> None:
    ground = decide(seen(old, new, notes={OLD: RETIRED, NEW: LIVE}, dates={ACTIONS: AFTER}), used(old=60))
    assert ground.finish is None
    assert ground.undecided


def test_a_retirement_is_not_finished_where_the_live_key_was_deactivated() -> None:
    ground = decide(seen(old, off(new), notes={OLD: RETIRED, NEW: LIVE}), used(old=60))
    assert ground.finish is None
    assert "inactive one (AKIA…NEW2)" in ground.undecided


def test_a_key_that_a_repair_had_begun_to_give_up_is_given_up() -> None:
    dates = {ACTIONS: AFTER, STAGING: BEFORE}
    given_up = note(Stage.RETIRED, dates, outage=(STAGING,))
    ground = decide(seen(old, new, notes={OLD: given_up}, dates=dates), used(old=60))
    assert (ground.make_room, ground.retire, ground.outage) == (OLD, NEW, (STAGING,))


def test_an_outage_that_was_noted_is_remembered_when_the_key_is_gone() -> None:
    given_up = note(Stage.RETIRED, {ACTIONS: BEFORE}, outage=(STAGING, DEPENDABOT))
    dates = {ACTIONS: BEFORE, STAGING: HALF}
    ground = decide(seen(new, notes={OLD: given_up}, dates=dates), {})
    # Dependabot's secrets are no longer declared.
    assert (ground.outage, ground.retire) == ((STAGING,), NEW)


# Two keys that nobody noted: last use and dates decide only together


@pytest.mark.parametrize(
    ("dates", "uses", "given_up"),
    [
        # The secrets are older than the newer key.
        ({ACTIONS: BEFORE}, used(old=3600), NEW),
        ({ACTIONS: BEFORE}, used(old=3600, new=2 * DAY), NEW),
        ({ACTIONS: BEFORE, STAGING: BEFORE}, used(old=3600), NEW),
        # They are younger, the newer key alone is in use.
        ({ACTIONS: PairDates(NOW - 9 * DAY, NOW - 9 * DAY)}, used(new=3600), OLD),
        ({ACTIONS: PairDates(NOW - 9 * DAY, NOW - 9 * DAY)}, used(new=3600, old=11 * DAY), OLD),
        # A scope that holds nothing says nothing.
        ({ACTIONS: BEFORE, STAGING: NOTHING}, used(old=3600), NEW),
    ],
)
def test_two_keys_are_decided_where_last_use_and_dates_agree(
    dates: dict[Scope, PairDates], uses: dict[AccessKeyId, KeyUse | None], given_up: AccessKeyId
) -> None:
    ground = decide(seen(old, new, dates=dates), uses)
    assert (ground.make_room, ground.retire) == (given_up, NEW if given_up == OLD else OLD)
    assert ground.undecided == ""
    assert "agree" in ground.why
    assert dict(ground.notes)[OLD].stage is Stage.ADOPTED


@pytest.mark.parametrize(
    ("dates", "uses", "because"),
    [
        ({ACTIONS: BEFORE}, {}, "last use does not tell"),
        ({ACTIONS: BEFORE}, used(new=60), "last use points to AKIA…NEW2"),
        # IAM records one use in 15 minutes: two within them can't be told apart.
        ({ACTIONS: BEFORE}, used(old=60, new=900), "last use does not tell"),
        ({ACTIONS: NOTHING}, used(old=60), "the secrets' dates do not tell"),
        ({ACTIONS: PairDates(WRITTEN, None)}, used(old=60), "the secrets' dates do not tell"),
        ({ACTIONS: PairDates(NOW - 201 * DAY, NOW)}, used(old=60), "the secrets' dates do not tell"),
        ({ACTIONS: BEFORE, STAGING: AFTER}, used(old=60), "the secrets' dates do not tell"),
        ({ACTIONS: AFTER}, used(old=60), "the secrets' dates point to AKIA…NEW2, last use points to AKIA…OLD1"),
        # Somebody wrote after the newer key was made, but the older one is still in use.
        ({ACTIONS: PairDates(NOW - 9 * DAY, NOW - 9 * DAY)}, used(new=60, old=2 * DAY), "was used after"),
    ],
)
def test_two_keys_are_left_to_a_person_where_they_do_not_agree(
    dates: dict[Scope, PairDates], uses: dict[AccessKeyId, KeyUse | None], because: str
) -> None:
    ground = decide(seen(old, new, dates=dates), uses)
    assert because in ground.undecided
    assert ground.make_room is None


def test_a_confirmed_live_note_speaks_for_the_dates() -> None:
    """A key made by hand after our delivery does not make the delivered one uncertain."""
    live = note(Stage.LIVE, {ACTIONS: BEFORE})
    assert decide(seen(old, new, notes={OLD: live}), used(old=60)).make_room == NEW
    assert "last use points to AKIA…NEW2" in decide(seen(old, new, notes={OLD: live}), used(new=60)).undecided


@pytest.mark.parametrize(("live", "uses"), [(OLD, used(old=60)), (NEW, used(new=60))])
@pytest.mark.parametrize("pair", [NOTHING, PairDates(WRITTEN, None)])
def test_an_edited_live_note_without_dates_decides_nothing_and_ends_no_plan(
    live: AccessKeyId, uses: dict[AccessKeyId, KeyUse | None], pair: PairDates
) -> None:
    ground = decide(seen(old, new, notes={live: note(Stage.LIVE, {ACTIONS: pair})}, dates={ACTIONS: pair}), uses)
    assert "the secrets' dates do not tell" in ground.undecided


# What a person decides


@pytest.mark.parametrize("given_up", [OLD, NEW])
@pytest.mark.parametrize("keys", [(old, new), (off(old), new), (old, off(new)), (off(old), off(new))])
def test_a_person_decides_over_two_keys(given_up: AccessKeyId, keys: tuple[AccessKey, ...]) -> None:
    ground = decide(seen(*keys), {}, retire=given_up)
    assert (ground.make_room, ground.retire) == (given_up, NEW if given_up == OLD else OLD)
    assert ground.why == "given up with --retire"
    assert not ground.undecided


def test_nobody_gives_up_the_key_that_github_is_known_to_hold() -> None:
    ground = decide(seen(old, new, notes={NEW: LIVE}), used(old=60), retire=NEW)
    assert "is the key that GitHub holds" in ground.undecided
    assert ground.make_room is None


def test_a_live_note_that_the_dates_contradict_protects_nothing() -> None:
    ground = decide(seen(old, new, notes={NEW: LIVE}, dates={ACTIONS: AFTER}), used(old=60), retire=NEW)
    assert ground.make_room == NEW


def test_a_live_key_that_was_deactivated_can_be_given_up() -> None:
    ground = decide(seen(old, off(new), notes={NEW: LIVE}), used(old=60), retire=NEW)
    assert (ground.make_room, ground.undecided) == (NEW, "")


def test_an_unreadable_note_can_be_overruled() -> None:
    ground = decide(seen(old, new, unreadable=(NEW,)), {}, retire=NEW)
    assert (ground.make_room, ground.retire, ground.undecided) == (NEW, OLD, "")


def test_an_unreadable_note_does_not_let_the_live_key_be_given_up() -> None:
    ground = decide(seen(old, new, unreadable=(NEW,), notes={OLD: LIVE}), {}, retire=OLD)
    assert ground.undecided
    assert ground.make_room is None


def test_a_key_given_up_that_is_discarded_anyway_changes_nothing() -> None:
    found = seen(old, fresh, notes={OLD: LIVE, NEW: note(Stage.PENDING)})
    assert decide(found, {}, retire=NEW) == decide(found, {})


def test_only_what_touches_keys_that_are_there_counts_as_a_repair() -> None:
    assert Ground(discard=((OLD, "x"),)).repairs
    assert Ground(promote=OLD).repairs
    assert Ground(make_room=OLD).repairs
    assert not Ground(finish=OLD, retire=NEW).repairs
