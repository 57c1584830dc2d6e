"""Answers that are not what the reference promises: a CallFailed, whatever the code stumbled over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Final, ParamSpec, TypeVar

from cellenics_ci.errors import CallFailed, Failure

P = ParamSpec("P")
T = TypeVar("T")

_STUMBLES: Final = (KeyError, TypeError, ValueError, AttributeError, IndexError)


def understood(call: Callable[P, T]) -> Callable[P, T]:
    """Make a client's method raise CallFailed where an answer lacks what it should have."""

    @wraps(call)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return call(*args, **kwargs)
        except _STUMBLES as error:
            raise _not_understood(call.__name__, error) from None

    return wrapped


def understood_pages(call: Callable[P, Iterator[T]]) -> Callable[P, Iterator[T]]:
    """Make a client's generator raise CallFailed where an answer lacks what it should have."""

    @wraps(call)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        try:
            yield from call(*args, **kwargs)
        except _STUMBLES as error:
            raise _not_understood(call.__name__, error) from None

    return wrapped


def _not_understood(name: str, error: Exception) -> CallFailed:
    # Neither the message nor the cause is kept: a UnicodeEncodeError holds the text that it could not encode.
    return CallFailed(
        Failure.UNKNOWN,
        f"An answer to {name.replace('_', ' ')} could not be understood ({type(error).__name__}).",
        remedy="Is the address the API's? Run the command again with --debug.",
    )
