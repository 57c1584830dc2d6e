"""The proven pair goes into GitHub whole, or not at all, or a person is called and the next run repairs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.github import SealedValue
from cellenics_ci.model.names import CI_TOKEN_SECRET, KEY_ID_SECRET, KEY_SECRET_SECRET, AccessKeyId, RepoName
from cellenics_ci.model.scopes import ACTIONS, DEPENDABOT, PairDates, Scope
from cellenics_ci.model.secret import Secret
from cellenics_ci.model.tags import Stage
from cellenics_ci.rotation.calls import Call, CreateKey, DeactivateKey, ReadDates, ReserveWrites, Seal, WriteSecret
from cellenics_ci.rotation.protocol import rotate
from cellenics_ci.run.host import Runner
from cellenics_ci.run.outcome import Outcome, Status
from tests.rotation import scenes
from tests.rotation.harness import STAGING, assert_converged
from tests.rotation.memory import World
from tests.rotation.scenes import HERE, again, locked, notes, ordered, rotated, steal_lock, unwatched, world

OLD, NEW = AccessKeyId(f"AKIA{1:016d}"), AccessKeyId(f"AKIA{2:016d}")
ALL = (ACTIONS, STAGING, DEPENDABOT)
DEFINITE = [Failure.DENIED, Failure.NOT_FOUND, Failure.INVALID, Failure.LIMIT, Failure.UNAUTHENTICATED]


def assert_as_before(found: World, before: World) -> None:
    """The old key, its secrets and nothing else; no lock; nothing said of keys that are gone."""
    assert found.held == before.held
    assert found.key_store == before.key_store
    assert not locked(found)
    assert set(notes(found)) <= set(before.key_store)


# How it is written


def test_nothing_comes_between_the_first_and_the_last_secret() -> None:
    """Not even a wait, or a word to whoever watches: I3."""
    found = world(scopes=ALL)
    found.delay = 0
    steps = rotate(ordered(found, ALL), Runner("run", "here", "p1"))
    calls: list[Call[Any]] = [next(steps)]
    try:
        while True:
            calls.append(steps.send(calls[-1].perform(found.ports())))
    except StopIteration:
        numbers = [number for number, call in enumerate(calls) if isinstance(call, WriteSecret)]
    assert numbers == list(range(numbers[0], numbers[0] + 6))


def test_the_two_halves_of_a_scope_are_neighbours_and_the_repositorys_own_come_last() -> None:
    found, stage = world(scopes=ALL), scenes.Stage()
    rotated(found, stage, scopes=ALL)
    written = [call.value for call in stage.calls if isinstance(call, WriteSecret)]
    assert [value.scope for value in written] == [STAGING, STAGING, DEPENDABOT, DEPENDABOT, ACTIONS, ACTIONS]
    assert [value.name for value in written] == [KEY_ID_SECRET, KEY_SECRET_SECRET] * 3


def test_all_writes_are_reserved_beforehand() -> None:
    found, stage = world(scopes=ALL), scenes.Stage()
    rotated(found, stage, scopes=ALL, ci_token=Secret("token"))
    assert [call.count for call in stage.calls if isinstance(call, ReserveWrites)] == [7]
    assert stage.count(WriteSecret) == 7


def test_a_public_key_that_github_replaced_meanwhile_is_fetched_again() -> None:
    found = world()

    def replaced(found: World) -> None:
        found.public_key = "another"

    stage = scenes.Stage().on(ReserveWrites, replaced)
    assert rotated(found, stage).status is Status.ROTATED
    assert [value.key_id for value in (call.value for call in stage.calls if isinstance(call, WriteSecret))] == [
        "k",
        "another",
        "k",
        "another",
    ]
    assert_converged(found, HERE)


def test_the_ci_token_goes_into_the_repository_alone_and_before_the_pair() -> None:
    found, stage = world(scopes=(STAGING,)), scenes.Stage()
    rotated(found, stage, scopes=(STAGING,), ci_token=Secret("token"))
    assert next(call.value.name for call in stage.calls if isinstance(call, WriteSecret)) == CI_TOKEN_SECRET
    assert found.held[ACTIONS][CI_TOKEN_SECRET][0] == "token"
    assert CI_TOKEN_SECRET not in found.held[STAGING]


# Refused before anything was written


@pytest.mark.parametrize("failure", DEFINITE)
def test_a_definite_refusal_of_the_first_write_takes_the_new_key_back(failure: Failure) -> None:
    found = world()
    before = found.copy()
    outcome = rotated(found, scenes.Stage().refuse(WriteSecret, failure))
    assert (outcome.status, outcome.cause) == (Status.ROLLED_BACK, f"write {failure}")
    assert "GitHub took no secret" in outcome.reason
    assert_as_before(found, before)


def test_a_refusal_that_passes_is_no_refusal() -> None:
    found = world()
    stage = scenes.Stage().refuse(WriteSecret, Failure.DENIED, at=1).refuse(WriteSecret, Failure.THROTTLED, at=2)
    assert rotated(found, stage).status is Status.ROTATED
    assert stage.count(WriteSecret) == 4
    assert_converged(found, HERE)


def test_a_refused_ci_token_leaves_the_pair_untouched() -> None:
    found = world()
    before = found.copy()
    outcome = rotated(found, scenes.Stage().refuse(WriteSecret, Failure.DENIED), ci_token=Secret("token"))
    assert outcome.status is Status.ROLLED_BACK
    assert_as_before(found, before)


@pytest.mark.parametrize("call", [Seal, ReserveWrites, ReadDates])
@pytest.mark.parametrize("failure", [Failure.LIMIT, Failure.NOT_FOUND, Failure.UNKNOWN])
def test_what_fails_while_the_writes_are_prepared_takes_the_new_key_back(call: type, failure: Failure) -> None:
    found = world()
    before = found.copy()
    outcome = rotated(found, scenes.Stage().refuse(call, failure))
    assert (outcome.status, outcome.cause) == (Status.ROLLED_BACK, failure)
    assert_as_before(found, before)


def test_a_first_write_that_got_lost_on_its_way_is_taken_back_when_no_other_is_taken() -> None:
    found = world()
    before = found.copy()
    stage = scenes.Stage().on(WriteSecret, at=1, fault="before").on(WriteSecret, fault="denied")
    assert rotated(found, stage).status is Status.ROLLED_BACK
    assert_as_before(found, before)


@dataclass(slots=True)
class CrowdedWorld(World):
    """Its GitHub takes so many more secrets in a scope, and says so when values are sealed, as the client does."""

    room: int = 0

    def seal(self, repo: RepoName, scope: Scope, values: Mapping[str, Secret]) -> tuple[SealedValue, ...]:
        self._see_room(scope, set(values))
        return super(CrowdedWorld, self).seal(repo, scope, values)

    def write(self, repo: RepoName, value: SealedValue) -> None:
        self._see_room(value.scope, {value.name})
        super(CrowdedWorld, self).write(repo, value)

    def _see_room(self, scope: Scope, names: set[str]) -> None:
        if len(names | set(self.held.get(scope, {}))) > self.room:
            raise CallFailed(Failure.LIMIT, "no room")


@pytest.mark.parametrize("room", [0, 1, 2])
def test_room_for_some_of_the_secrets_only_is_seen_before_the_first_of_them(room: int) -> None:
    found = CrowdedWorld(exists=True, room=room)
    outcome = rotated(found, ci_token=Secret("token"))
    assert (outcome.status, outcome.cause) == (Status.ROLLED_BACK, Failure.LIMIT)
    assert not found.held
    assert not found.key_store


def test_room_for_just_the_pair_and_the_ci_token_is_enough() -> None:
    found = CrowdedWorld(exists=True, room=3)
    assert rotated(found, ci_token=Secret("token")).status is Status.ROTATED
    assert set(found.held[ACTIONS]) == {KEY_ID_SECRET, KEY_SECRET_SECRET, CI_TOKEN_SECRET}


def test_secrets_that_somebody_wrote_since_the_plan_are_left_alone() -> None:
    found = world()
    found.held[ACTIONS][KEY_ID_SECRET] = (OLD, int(found.now_at) - 100)
    order = ordered(found)

    def edited(found: World) -> None:
        found.store(ACTIONS, OLD, age=50)

    outcome = scenes.carried_out(found, order, scenes.Stage().on(CreateKey, edited))
    assert (outcome.status, outcome.cause) == (Status.SKIPPED, "changed")
    assert "written in the meantime (repository)" in outcome.reason
    assert list(found.key_store) == [OLD]
    assert found.works(ACTIONS)


def test_an_interruption_before_the_first_write_takes_the_new_key_back() -> None:
    found = world()
    before = found.copy()
    outcome = rotated(found, scenes.Stage().on(ReadDates, fault="interrupt"))
    assert (outcome.status, outcome.interrupted) == (Status.ROLLED_BACK, True)
    assert_as_before(found, before)


def test_an_interruption_between_the_writes_finishes_the_pair() -> None:
    found = world(scopes=ALL)
    stage = scenes.Stage().on(WriteSecret, at=1, fault="interrupt").on(WriteSecret, at=3, fault="throttled")
    outcome = rotated(found, stage, scopes=ALL)
    assert outcome.status is Status.ROTATED
    assert {found.holder(scope) for scope in ALL} == {NEW}


# Half written


def half_written(found: World, scopes: tuple[Scope, ...] = HERE, *, at: int = 2) -> Outcome:
    """The write of that number and all after it are refused for good."""
    stage = scenes.Stage()
    for number in range(at, 20):
        stage.refuse(WriteSecret, Failure.DENIED, at=number)
    return rotated(found, stage, scopes=scopes)


def test_a_half_written_pair_calls_a_person_and_keeps_both_keys() -> None:
    found = world()
    outcome = half_written(found)
    assert (outcome.status, outcome.cause) == (Status.NEEDS_ATTENTION, "write denied")
    assert "half written" in outcome.reason
    assert "run the same command again" in outcome.next_step
    assert {key: value.active for key, value in found.key_store.items()} == {OLD: True, NEW: True}
    assert notes(found)[NEW].stage is Stage.DELIVERING
    assert not locked(found)


@pytest.mark.parametrize("at", range(2, 7))
def test_the_next_run_repairs_what_was_half_written(at: int) -> None:
    found = world(scopes=ALL)
    half_written(found, ALL, at=at)
    outcome = again(found, scopes=ALL)
    assert outcome.status is Status.ROTATED
    assert_converged(found, ALL)


@pytest.mark.parametrize("at", range(2, 7))
def test_a_repair_gives_up_only_the_key_that_fewer_scopes_hold(at: int) -> None:
    found = world(scopes=ALL)
    half_written(found, ALL, at=at)
    ground = ordered(found, ALL).ground
    works_meanwhile = [scope for scope in ALL if scope not in ground.outage]
    assert works_meanwhile == [scope for scope in ALL if found.holder(scope) == ground.retire]
    assert len(works_meanwhile) >= 1


def test_a_write_whose_answer_got_lost_counts_as_written_when_it_shows() -> None:
    found = world()
    stage = scenes.Stage().on(WriteSecret, at=1, fault="after").on(WriteSecret, fault="denied")
    outcome = rotated(found, stage)
    assert outcome.status is Status.NEEDS_ATTENTION
    assert again(found).status is Status.ROTATED
    assert_converged(found, HERE)


def test_dates_that_nobody_can_read_after_a_lost_answer_count_as_written() -> None:
    found = world()
    stage = scenes.Stage().on(WriteSecret, at=1, fault="before").on(WriteSecret, fault="denied")

    def from_now_on(found: World) -> None:
        stage.on(ReadDates, fault="before")

    outcome = rotated(found, stage.on(WriteSecret, from_now_on, at=1))
    assert outcome.status is Status.NEEDS_ATTENTION
    assert set(found.key_store) == {OLD, NEW}


def test_throttling_between_the_halves_is_waited_out() -> None:
    found, stage = world(), scenes.Stage()
    for number in range(2, 8):
        stage.on(WriteSecret, at=number, fault="throttled")
    assert rotated(found, stage).status is Status.ROTATED
    assert_converged(found, HERE)


def test_a_run_that_lost_its_lock_while_writing_calls_a_person() -> None:
    found = world()
    outcome = unwatched(found, scenes.Stage().on(WriteSecret, steal_lock, at=2))
    assert outcome.status is Status.NEEDS_ATTENTION
    assert "another run took over" in outcome.reason
    assert set(found.key_store) == {OLD, NEW}
    assert found.key_store[OLD].active


# Read back


@dataclass(slots=True)
class LateWorld(World):
    """Shows the dates of written secrets only after so many looks."""

    late: int = 0
    shown: tuple[tuple[Scope, PairDates], ...] = ()

    def pair_dates(self, repo: RepoName, scopes: Sequence[Scope]) -> Mapping[Scope, PairDates]:
        now = super(LateWorld, self).pair_dates(repo, scopes)
        if not self.shown:
            self.shown = tuple(now.items())
        if dict(self.shown) != now and self.late > 0:
            self.late -= 1
            return dict(self.shown)
        return now


def late_world(looks: int) -> LateWorld:
    found = LateWorld(exists=True, late=looks)
    found.store(ACTIONS, found.add_key(age=86400 * 90), age=86400 * 80)
    return found


def test_dates_that_show_late_are_looked_at_again() -> None:
    found = late_world(2)
    assert rotated(found).status is Status.ROTATED
    assert_converged(found, HERE)


def test_secrets_that_never_show_as_written_call_a_person_and_keep_the_old_key() -> None:
    found = late_world(1000)
    stage = scenes.Stage()
    outcome = rotated(found, stage)
    assert (outcome.status, outcome.cause) == (Status.NEEDS_ATTENTION, "unread")
    assert stage.count(DeactivateKey) == 0
    assert found.key_store[OLD].active
    assert notes(found)[NEW].stage is Stage.DELIVERING
    found.late = 0
    assert again(found).status is Status.ROTATED
    assert_converged(found, HERE)


@pytest.mark.parametrize("age", [-2, -1, 0, 1, 2, 3])
def test_a_write_is_never_in_the_same_second_as_the_one_before_it(age: int) -> None:
    """Dates have whole seconds, and GitHub's clock may be a little ahead."""
    found = world(scopes=(ACTIONS, DEPENDABOT))
    found.delay = 0
    for values in found.held.values():
        for name, (value, _) in values.items():
            values[name] = (value, int(found.now_at) - age)
    order = ordered(found, (ACTIONS, DEPENDABOT), settle=0.0)
    before = int(found.now_at) - age
    assert scenes.carried_out(found, order).status is Status.ROTATED
    assert min(at for _, at in found.held[ACTIONS].values()) > before
    assert_converged(found, (ACTIONS, DEPENDABOT))


def test_the_live_note_has_the_dates_after_the_writes() -> None:
    found = world(scopes=ALL)
    rotated(found, scopes=ALL)
    note = notes(found)[NEW]
    assert note.stage is Stage.LIVE
    for scope in ALL:
        written = found.held[scope]
        assert note.dates_of(scope) == PairDates(written[KEY_ID_SECRET][1], written[KEY_SECRET_SECRET][1])
