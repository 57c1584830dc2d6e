"""Questions that come while a request is under way go together into the next one."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from cellenics_ci.clients.gathered import Gathered
from cellenics_ci.errors import CallFailed, Failure, Interrupted


class Doubler:
    """Doubles numbers; the first request is held until `free` is set, the second one may end in `spoiling`."""

    def __init__(self, spoiling: type[BaseException] | None = None) -> None:
        self.requests: list[list[int]] = []
        self.held, self.free = threading.Event(), threading.Event()
        self._spoiling = spoiling

    def __call__(self, numbers: Sequence[int]) -> Mapping[int, int]:
        self.requests.append(list(numbers))
        if len(self.requests) == 1:
            self.held.set()
            assert self.free.wait(10)
        if self._spoiling and len(self.requests) == 2:
            raise CallFailed(Failure.UNKNOWN, "spoiled") if self._spoiling is CallFailed else self._spoiling
        if 13 in numbers:
            raise CallFailed(Failure.NOT_FOUND, "13 is gone")
        return {number: 2 * number for number in numbers}


def gather(double: Doubler, later: Sequence[int], pool: ThreadPoolExecutor) -> tuple[Future[int], list[Future[int]]]:
    """Ask for 0; once that is under way, for all others; then let the first go on."""
    gathered: Gathered[int, int] = Gathered(double)
    first = pool.submit(gathered, 0)
    assert double.held.wait(10)
    others = [pool.submit(gathered, number) for number in later]
    while len(gathered._next.keys) < len(later):
        threading.Event().wait(0.001)
    double.free.set()
    return first, others


def test_what_comes_during_a_request_is_asked_with_the_next_one() -> None:
    double = Doubler()
    with ThreadPoolExecutor(8) as pool:
        first, others = gather(double, [1, 2, 3, 3], pool)
    assert first.result() == 0
    assert [other.result() for other in others] == [2, 4, 6, 6]
    assert [sorted(request) for request in double.requests] == [[0], [1, 2, 3]]


def test_one_that_fails_costs_the_others_nothing_but_a_request() -> None:
    double = Doubler()
    with ThreadPoolExecutor(8) as pool:
        _, (good, bad) = gather(double, [4, 13], pool)
    assert good.result() == 8
    with pytest.raises(CallFailed) as failed:
        bad.result()
    assert failed.value.kind is Failure.NOT_FOUND


@pytest.mark.parametrize("problem", [CallFailed, Interrupted])
def test_nobody_waits_for_ever_when_a_common_request_ends_badly(problem: type[BaseException]) -> None:
    double = Doubler(spoiling=problem)
    with ThreadPoolExecutor(8) as pool:
        _, others = gather(double, [1, 2, 3], pool)
    ended = [other.exception() or other.result() for other in others]
    interrupted = [each for each in ended if isinstance(each, Interrupted)]
    assert len(interrupted) == (problem is Interrupted)
    assert {each for each in ended if isinstance(each, int)} <= {2, 4, 6}
    assert len(ended) - len(interrupted) == sum(isinstance(each, int) for each in ended)


def test_alone_a_failure_is_told_at_once() -> None:
    double = Doubler()
    double.free.set()
    with pytest.raises(CallFailed):
        Gathered(double)(13)
    assert double.requests == [[13]]
