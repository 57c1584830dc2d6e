"""What a protocol without I/O is made of: calls that it asks for, and whoever performs them."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Generic, TypeAlias, TypeVar

from cellenics_ci.errors import CallFailed, Interrupted

P = TypeVar("P", contravariant=True)
T = TypeVar("T")


class Call(Generic[P, T]):
    """One call to a remote side or to the driver itself (`local`). `changes` says whether it has an effect.

    P is what it is performed with, T what it answers.
    """

    __slots__ = ()
    local = False
    changes = False

    def __iter__(self) -> Generator[Call[P, Any], Any, T]:
        answer: T = yield self
        return answer

    def perform(self, ports: P) -> T:
        """Carry the call out. Raises CallFailed."""
        raise NotImplementedError


Steps: TypeAlias = Generator[Call[P, Any], Any, T]
"""A protocol, or a part of one: it yields calls, is sent their answers, and returns a T."""


def drive(steps: Steps[P, T], perform: Callable[[Call[P, Any]], Any]) -> T:
    """Run a protocol to its end. What `perform` raises of CallFailed and Interrupted is thrown in; the rest passes."""
    answer: Any = None
    failure: CallFailed | Interrupted | None = None
    while True:
        try:
            call = steps.send(answer) if failure is None else steps.throw(failure)
        except StopIteration as ended:
            result: T = ended.value
            return result
        answer, failure = None, None
        try:
            answer = perform(call)
        except (CallFailed, Interrupted) as failed:
            failure = failed
