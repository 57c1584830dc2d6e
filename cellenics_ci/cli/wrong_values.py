"""What is wrong with an option's value, in our words: Typer passes its library's texts on as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import typer

_WORDS: Final[dict[str, Callable[[dict[str, Any]], str]]] = {
    "int_parsing": lambda error: f"{error['input']!r} is no whole number",
    "int_from_float": lambda error: f"{error['input']!r} is no whole number",
    "float_parsing": lambda error: f"{error['input']!r} is no number",
    "greater_than_equal": lambda error: f"write {error['ctx']['ge']:g} or more",
    "less_than_equal": lambda error: f"write {error['ctx']['le']:g} or less",
    "value_error": lambda error: str(error["ctx"]["error"]).removesuffix("."),
}
"""By the library's code for a fault (Pydantic's documentation, "Validation Errors")."""


@contextmanager
def in_our_words() -> Iterator[None]:
    """Say in our words what is wrong with a value; faults that have no words here stay as they are."""
    try:
        yield
    except typer.BadParameter as problem:
        problem.message = _told(problem) or problem.message
        raise


def _told(problem: typer.BadParameter) -> str:
    errors: Any = getattr(problem.__cause__, "errors", None)
    if not callable(errors):
        return ""
    first: dict[str, Any] = next(iter(errors()), {})
    words = _WORDS.get(first.get("type", ""))
    return words(first) if words else ""
