"""Counts, keys, names and likenesses as people read them. Plain texts, nothing of a terminal."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from cellenics_ci.model.names import AccessKeyId, RepoName, shorten

_NUMBER = re.compile(r"\d+")
_UNIT = re.compile(r"^(s|min|h|d)$")
NAMED: Final = 12
"""So many names of a group are told; an organisation has up to a thousand repositories."""

PROBLEMS_TOLD: Final = 10
"""So many problems of one file are told at once; JSON has them all."""


def counted(count: int, one: str, many: str = "") -> str:
    """Return `1 repository`, `2 repositories`: `many` where an s is not enough."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def repositories(count: int) -> str:
    """Return a number of repositories."""
    return counted(count, "repository", "repositories")


def key_shown(key: AccessKeyId, *, show_ids: bool) -> str:
    """Return an access key id in full or shortened."""
    return key if show_ids else shorten(key)


def named(names: Sequence[str], *, limit: int | None = NAMED) -> str:
    """Return names in a row, past the limit only how many there are."""
    if limit is None or len(names) <= limit + 1:
        return ", ".join(names)
    return f"{', '.join(names[:limit])} and {len(names) - limit:,} more"


def reason_lines(reason: str) -> tuple[str, ...]:
    """Return the lines of a reason, which has one for each problem; past the limit only how many there are."""
    lines = tuple(reason.split("\n"))
    if len(lines) <= PROBLEMS_TOLD + 1:
        return lines
    return (*lines[:PROBLEMS_TOLD], f"and {len(lines) - PROBLEMS_TOLD:,} more")


def in_one_line(reason: str) -> str:
    """Return a reason of several lines as one."""
    return "; ".join(reason.split("\n"))


@dataclass(frozen=True, slots=True)
class Alike:
    """Repositories that share a reason and what to do, but for their figures and names."""

    reason: str
    hint: str
    names: tuple[RepoName, ...]


def alike(items: Iterable[tuple[RepoName, str, str]]) -> tuple[Alike, ...]:
    """Group (repository, reason, hint) by reason, the largest group first; what differs in a group becomes `…`."""
    return _grouped(items, lambda reason, hint: (_without_figures(reason), len(hint.split())))


def the_same(items: Iterable[tuple[RepoName, str, str]]) -> tuple[Alike, ...]:
    """Group (repository, reason, hint) where reason and hint are the same to the letter, the largest group first."""
    return _grouped(items, lambda reason, hint: (reason, hint))


def _grouped(items: Iterable[tuple[RepoName, str, str]], likeness: Callable[[str, str], Hashable]) -> tuple[Alike, ...]:
    groups: dict[Hashable, list[tuple[RepoName, str, str]]] = {}
    for item in items:
        groups.setdefault(likeness(*item[1:]), []).append(item)
    found = [
        Alike(
            _common(reason for _, reason, _ in group),
            _common((hint for *_, hint in group), [name for name, *_ in group]),
            tuple(name for name, *_ in group),
        )
        for group in groups.values()
    ]
    return tuple(sorted(found, key=lambda group: -len(group.names)))


def _without_figures(reason: str) -> str:
    return " ".join("#" if _UNIT.match(word) else _NUMBER.sub("#", word) for word in reason.split())


def _common(texts: Iterable[str], names: Sequence[str] = ()) -> str:
    """Return what texts have in common. Where each has its own of `names`, there are all of them: a line to type."""
    # At spaces alone: the ends of a reason's lines stay.
    every = [text.split(" ") for text in texts]
    if len({len(each) for each in every}) != 1:
        return " ".join(every[0])
    found = [_shared(same, names) for same in zip(*every, strict=True)]
    return " ".join(word for word, before in zip(found, ["", *found], strict=False) if not word == before == "…")


def _shared(words: Sequence[str], names: Sequence[str]) -> str:
    if len(set(words)) == 1:
        return words[0]
    for end in ("", ";"):
        if len(names) <= NAMED and list(words) == [f"{name}{end}" for name in names]:
            return " ".join(names) + end
    return "…"
