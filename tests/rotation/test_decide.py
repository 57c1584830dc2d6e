"""From what was seen of a repository and what the admin wants, to an order or to a reason to leave it out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cellenics_ci.model.keys import AccessKey, KeyUse
from cellenics_ci.model.names import AccessKeyId, Region
from cellenics_ci.model.scopes import ACTIONS, DEPENDABOT, PairDates
from cellenics_ci.model.secret import Secret
from cellenics_ci.model.tags import KeyNote, Lock, Stage, note_dates
from cellenics_ci.privileges.changes import PolicyChanges
from cellenics_ci.rotation.decide import Target, Wishes, key_text, order_for
from cellenics_ci.rotation.observation import Observation, sorted_dates
from cellenics_ci.rotation.order import Mode, Order
from cellenics_ci.run.crew import Shows
from cellenics_ci.run.outcome import LeftOut
from tests.rotation.memory import OWNER, PATH, REPO, START, USER

DAY = 86_400
NOW = START
OLD, NEW = AccessKeyId("AKIA000000000000OLD1"), AccessKeyId("AKIA000000000000NEW2")
old = AccessKey(OLD, True, NOW - 120 * DAY)
new = AccessKey(NEW, True, NOW - 10 * DAY)
WRITTEN = PairDates(int(NOW) - 100 * DAY, int(NOW) - 100 * DAY)
LIVE = KeyNote(Stage.LIVE, 1, "aa", note_dates({ACTIONS: WRITTEN}))
RETIRED = KeyNote(Stage.RETIRED, 1, "aa")
LOCK = Lock("beef", "ada-laptop.12", "7.99", int(NOW) - 60, int(NOW) + 840, (OLD,))
BOTH_WRITTEN = sorted_dates({ACTIONS: WRITTEN, DEPENDABOT: WRITTEN})
NARROWED = PolicyChanges(put_after=(("push", "{}"),))


def target(*keys: AccessKey, seen: dict[str, Any] | None = None, **fields: Any) -> Target:
    found: dict[str, Any] = {
        "exists": True,
        "path": PATH,
        "keys": keys,
        "owner": OWNER,
        "dates": sorted_dates({ACTIONS: WRITTEN}),
        **(seen or {}),
    }
    details: dict[str, Any] = {"scopes": (ACTIONS,), **fields}
    return Target(REPO, USER, OWNER, Region("us-east-1"), Observation(**found), **details)


def order(found: Target, **wishes: Any) -> Order:
    decided = order_for(found, Wishes(**wishes), NOW)
    assert isinstance(decided, Order), decided
    return decided


def left_out(found: Target, **wishes: Any) -> LeftOut:
    decided = order_for(found, Wishes(**wishes), NOW)
    assert isinstance(decided, LeftOut), decided
    return decided


def test_an_order_carries_all_that_was_seen_and_wished() -> None:
    found = target(old, policies=NARROWED, registry=True)
    token = Secret("t")
    made = order(found, boundary="arn:aws:iam::1:policy/b", ci_token=token, settle=3.0, wait=60.0)
    assert (made.repo, made.user, made.path, made.owner) == (REPO, USER, PATH, OWNER)
    assert (made.seen, made.scopes, made.policies, made.registry) == (found.seen, (ACTIONS,), NARROWED, True)
    assert (made.boundary, made.ci_token, made.settle, made.wait) == ("arn:aws:iam::1:policy/b", token, 3.0, 60.0)
    assert (made.mode, made.ground.retire) == (Mode.ROTATE, OLD)


def test_a_user_to_be_made_gets_the_path_of_its_repository() -> None:
    nobody = target(seen={"exists": False, "path": "", "owner": None})
    assert order(nobody).path == "/ci-users/api/"


# Somebody else's users and locks


@pytest.mark.parametrize("path", ["/", "/people/", "/ci-users"])
def test_a_user_under_another_path_is_refused(path: str) -> None:
    refused = left_out(target(old, seen={"path": path}))
    assert path in refused.reason
    assert "move it under /ci-users/api/" in refused.remedy
    assert refused.fault


@pytest.mark.parametrize("owner", ["other/api@7", "acme/api@8", "acme/ui@7", ""])
def test_a_user_of_another_organisation_or_repository_is_refused(owner: str) -> None:
    assert "belongs to" in left_out(target(old, seen={"owner": owner})).reason


@pytest.mark.parametrize("owner", ["Acme/API@7", "acme/api@0"])
def test_a_users_repository_is_the_same_in_any_case_and_before_its_id_was_known(owner: str) -> None:
    assert order(target(old, seen={"owner": owner})).owner == OWNER


def test_a_young_key_that_aws_has_quarantined_is_a_fault_with_a_remedy() -> None:
    policy = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"
    refused = left_out(target(new, quarantined=policy), max_age=90 * DAY)
    assert refused.fault
    assert "found in public" in refused.reason
    assert f"rotate-ci --compromised {REPO}" in refused.remedy
    assert f"detach-user-policy --user-name {USER} --policy-arn {policy}" in refused.remedy


def test_a_user_that_nobody_claimed_is_adopted() -> None:
    assert order(target(old, seen={"owner": None})).owner == OWNER


@pytest.mark.parametrize("mode", list(Mode))
def test_another_runs_lock_keeps_everybody_out(mode: Mode) -> None:
    refused = left_out(target(old, seen={"lock": LOCK}), mode=mode)
    assert "another rotation is running on ada-laptop.12" in refused.reason
    assert "--take-over" in refused.remedy
    assert refused.fault


def test_a_lock_counts_until_its_last_second() -> None:
    left_out(target(old, seen={"lock": replace(LOCK, until=int(NOW) + 1)}))
    order(target(old, seen={"lock": replace(LOCK, until=int(NOW))}))


def test_a_lock_whose_owner_is_gone_is_taken_over() -> None:
    assert order(target(old, seen={"lock": LOCK}, lock_owner_gone=True)).seen.lock == LOCK


def test_a_living_lock_is_taken_over_on_demand() -> None:
    assert order(target(old, seen={"lock": LOCK}), take_over=True).seen.lock == LOCK


# Two keys


def test_an_undecided_repository_is_left_out_with_both_ways_to_decide() -> None:
    refused = left_out(target(old, new))
    assert "two active keys" in refused.reason
    assert "cellenics rotate-ci api --retire OLD1 or --retire NEW2" in refused.remedy
    assert "find out which key is in use" in refused.remedy
    assert refused.fault


def test_nobody_is_invited_to_give_up_the_active_one_of_two_keys() -> None:
    refused = left_out(target(replace(old, active=False), new))
    assert "--retire OLD1" in refused.remedy
    assert "NEW2" not in refused.remedy


def test_last_uses_reach_the_decision() -> None:
    uses = {OLD: KeyUse(NOW - 60, "ecr", "us-east-1"), NEW: None}
    assert order(target(old, new, uses=uses)).ground.make_room == NEW


def test_a_key_that_the_admin_gave_up_is_given_up() -> None:
    assert order(target(old, new), retire=(AccessKeyId("AKIA0000000000OTHER0"), NEW)).ground.make_room == NEW


# Young keys, unfinished work


def test_without_a_limit_the_youngest_key_is_rotated() -> None:
    assert order(target(replace(new, created_at=NOW))).mode is Mode.ROTATE


@pytest.mark.parametrize(("age", "rotated"), [(89 * DAY, False), (90 * DAY - 1, False), (90 * DAY, True)])
def test_only_keys_of_that_age_are_rotated(age: float, rotated: bool) -> None:
    found = target(replace(old, created_at=NOW - age))
    if rotated:
        assert order(found, max_age=90 * DAY).mode is Mode.ROTATE
    else:
        refused = left_out(found, max_age=90 * DAY)
        assert refused.reason == "its key is 89 d old, younger than 90 d"
        assert not refused.fault


@pytest.mark.parametrize(
    "broken",
    [
        target(replace(new, active=False)),
        target(new, seen={"dates": sorted_dates({ACTIONS: PairDates()})}),
        target(new, seen={"dates": sorted_dates({ACTIONS: PairDates(5, None)})}),
        target(new, scopes=(ACTIONS, DEPENDABOT)),
        target(new, scopes=(ACTIONS, DEPENDABOT), seen={"notes": ((NEW, LIVE),), "dates": BOTH_WRITTEN}),
        target(new, seen={"notes": ((NEW, LIVE),), "dates": sorted_dates({ACTIONS: PairDates(5, 5)})}),
        target(),
    ],
)
def test_age_does_not_matter_where_the_pair_is_not_whole_or_another(broken: Target) -> None:
    assert order(broken, max_age=90 * DAY).mode is Mode.ROTATE


def test_a_young_key_beside_one_to_be_given_up_is_rotated() -> None:
    uses = {OLD: KeyUse(NOW - 60, "ecr", "us-east-1"), NEW: None}
    assert order(target(old, new, uses=uses), max_age=365 * DAY).mode is Mode.ROTATE


def test_a_young_key_still_gets_its_policies() -> None:
    assert order(target(new, policies=NARROWED), max_age=90 * DAY).mode is Mode.FINISH


def test_a_young_key_still_has_its_predecessors_retirement_finished() -> None:
    found = target(old, new, seen={"notes": ((NEW, LIVE), (OLD, RETIRED))})
    made = order(found, max_age=90 * DAY)
    assert (made.mode, made.ground.finish) == (Mode.FINISH, OLD)


def test_a_young_key_still_has_a_dead_runs_lock_removed() -> None:
    found = target(new, seen={"lock": replace(LOCK, until=1, seen=(NEW,))})
    assert order(found, max_age=90 * DAY).mode is Mode.FINISH


def test_a_key_left_pending_does_not_count_as_the_young_one() -> None:
    pending = KeyNote(Stage.PENDING, 1, "aa")
    found = target(old, new, seen={"notes": ((NEW, pending),)})
    assert order(found, max_age=90 * DAY).mode is Mode.ROTATE
    assert order(found, max_age=365 * DAY).mode is Mode.FINISH


@pytest.mark.parametrize("mode", [Mode.ROTATE, Mode.FINISH])
def test_scopes_that_an_interrupted_run_left_without_a_pair_are_always_written(mode: Mode) -> None:
    given_up = KeyNote(Stage.RETIRED, 1, "aa", note_dates({ACTIONS: WRITTEN}), ("a",))
    found = target(new, seen={"notes": ((OLD, given_up),)})
    assert order(found, mode=mode, max_age=365 * DAY).mode is Mode.ROTATE


def test_finish_leaves_a_settled_repository_alone() -> None:
    refused = left_out(target(old, policies=NARROWED), mode=Mode.FINISH)
    assert refused.reason == "nothing was left unfinished"
    assert not refused.fault


@pytest.mark.parametrize(
    "seen",
    [
        {"notes": ((NEW, LIVE), (OLD, RETIRED))},
        {"notes": ((NEW, KeyNote(Stage.PENDING, 1, "aa")),)},
        {"notes": ((NEW, KeyNote(Stage.DELIVERING, 1, "aa", note_dates({ACTIONS: PairDates(1, 1)}))),)},
    ],
)
def test_finish_goes_on_with_what_was_begun(seen: dict[str, Any]) -> None:
    assert order(target(old, new, seen=seen), mode=Mode.FINISH).mode is Mode.FINISH


# A key in the wrong hands


@pytest.mark.parametrize("keys", [(), (old,), (replace(old, active=False),), (old, new)])
def test_a_compromised_user_is_rotated_whatever_its_keys(keys: tuple[AccessKey, ...]) -> None:
    made = order(target(*keys), mode=Mode.COMPROMISED, max_age=365 * DAY)
    assert made.mode is Mode.COMPROMISED
    assert made.ground.retire == (keys[-1].id if keys else None)
    assert (made.ground.make_room, made.ground.discard, made.ground.promote) == (None, (), None)


BEGUN = {"notes": ((OLD, RETIRED), (NEW, LIVE))}
"""A retirement that an earlier run has begun."""


@pytest.mark.parametrize(
    ("found", "mode", "shown"),
    [
        (target(), Mode.ROTATE, Shows.SOON),
        (target(old), Mode.ROTATE, Shows.SOON),
        (target(old), Mode.COMPROMISED, Shows.SOON),
        (target(old, new, seen=BEGUN), Mode.ROTATE, Shows.LATE),
        (target(old, new, seen=BEGUN), Mode.FINISH, Shows.NOTHING),
    ],
)
def test_an_order_with_old_work_shows_late_or_never_whether_keys_can_be_made(
    found: Target, mode: Mode, shown: Shows
) -> None:
    assert order(found, mode=mode).shows is shown


def test_a_key_is_shown_by_its_ends_age_and_state() -> None:
    assert key_text(old, NOW) == "AKIA…OLD1 (120 d old)"
    assert key_text(replace(old, active=False), NOW) == "AKIA…OLD1 (120 d old, inactive)"
