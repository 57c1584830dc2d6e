"""The budget, by a clock of the test's own."""

from __future__ import annotations

import pytest

from cellenics_ci.clients.github.budget import GRAPHQL_POINTS, READ_POINTS, WRITE_POINTS, Budget
from cellenics_ci.errors import CallFailed, Failure, Interrupted


class Clock:
    def __init__(self) -> None:
        self.time = 1000.0
        self.waited: list[float] = []

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.time += seconds

    def now(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def budget(clock: Clock) -> Budget:
    return Budget(wait=clock.wait, now=clock.now, points_per_minute=50)


def read(budget: Budget, times: int = 1) -> None:
    for _ in range(times):
        with budget.request(READ_POINTS):
            pass


def test_requests_within_the_limit_do_not_wait(budget: Budget, clock: Clock) -> None:
    read(budget, 50)
    assert clock.waited == []


def test_the_request_beyond_the_limit_waits_for_the_oldest_to_be_a_minute_old(budget: Budget, clock: Clock) -> None:
    read(budget, 20)
    clock.time += 30
    read(budget, 31)
    assert sum(clock.waited) == pytest.approx(30, abs=0.2)


def test_graphql_has_points_of_its_own(budget: Budget, clock: Clock) -> None:
    read(budget, 50)
    for _ in range(GRAPHQL_POINTS):
        with budget.request(READ_POINTS, graphql=True):
            pass
    assert clock.waited == []
    with budget.request(READ_POINTS, graphql=True):
        pass
    assert sum(clock.waited) == pytest.approx(60, abs=0.2)


def test_the_hourly_allowance_of_rest_holds_no_graphql(budget: Budget, clock: Clock) -> None:
    budget.allowance(0, 100)
    with budget.request(READ_POINTS, graphql=True):
        pass
    assert clock.waited == []


def test_a_reservation_waits_until_all_its_writes_fit(budget: Budget, clock: Clock) -> None:
    read(budget, 45)
    budget.reserve(2)
    assert sum(clock.waited) == pytest.approx(60, abs=0.2)


def test_reserved_writes_never_wait_and_are_counted_once(budget: Budget, clock: Clock) -> None:
    budget.reserve(10)
    assert budget.writes_free() == 0
    for _ in range(10):
        with budget.reserved_write():
            pass
    clock.time += 60
    assert budget.writes_free() == 10
    assert clock.waited == []


def test_a_pause_holds_everybody_but_a_reserved_write(budget: Budget, clock: Clock) -> None:
    budget.reserve(2)
    budget.pause(20)
    with budget.reserved_write():
        assert clock.waited == []
    read(budget)
    assert sum(clock.waited) == pytest.approx(20, abs=0.2)


def test_a_spent_hourly_allowance_is_waited_for(budget: Budget, clock: Clock) -> None:
    budget.allowance(3, 100)
    budget.reserve(4)
    assert sum(clock.waited) == pytest.approx(100, abs=0.2)


def test_an_allowance_that_comes_back_in_an_hour_is_a_failure_and_no_hang(budget: Budget, clock: Clock) -> None:
    budget.allowance(0, 3000)
    with pytest.raises(CallFailed) as failed:
        read(budget)
    assert failed.value.kind is Failure.THROTTLED
    assert clock.waited == []


def test_more_writes_than_a_minute_allows_are_reserved_as_a_full_minute(budget: Budget, clock: Clock) -> None:
    budget.reserve(1000)
    assert clock.waited == []
    assert budget.writes_free() == 0


def test_a_wait_can_be_interrupted(clock: Clock) -> None:
    def wait(_: float) -> None:
        raise Interrupted

    budget = Budget(wait=wait, now=clock.now, points_per_minute=WRITE_POINTS)
    budget.reserve(1)
    with pytest.raises(Interrupted):
        budget.reserve(1)
