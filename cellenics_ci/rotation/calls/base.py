"""What a call is, and what a protocol made of calls is."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Generic, TypeAlias, TypeVar

from cellenics_ci.rotation.ports import Ports

T = TypeVar("T")


class Call(Generic[T]):
    """One call to AWS, to GitHub or to the driver itself (`local`). `changes` says whether it has an effect."""

    __slots__ = ()
    local = False
    changes = False

    def __iter__(self) -> Generator[Call[Any], Any, T]:
        answer: T = yield self
        return answer

    def perform(self, ports: Ports) -> T:
        """Carry the call out. Raises CallFailed."""
        raise NotImplementedError


Steps: TypeAlias = Generator[Call[Any], Any, T]
