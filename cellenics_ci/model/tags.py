"""What is written on an IAM user as tags, and how it is read back; a retirement's is in `retirement_tag.py`.

IAM allows letters, digits, space and `_ . : / = + - @` in a tag's value, 256 characters of them,
and 50 tags a user (IAM User Guide, "Tags for IAM resources"). Times are UTC epoch seconds, in base 36.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final

from cellenics_ci.model.names import AccessKeyId, OrgName, RepoName
from cellenics_ci.model.scopes import PairDates, Scope, ScopeDates
from cellenics_ci.model.tag_words import base36, moment_of, words_of

PREFIX: Final = "cellenics-ci:"
LOCK_TAG: Final = f"{PREFIX}lock"
REPOSITORY_TAG: Final = f"{PREFIX}repository"
REGION_TAG: Final = f"{PREFIX}region"
KEY_TAG: Final = f"{PREFIX}key:"
VALUE_LIMIT: Final = 256

_ABSENT: Final = "-"
_OUTAGE: Final = "out="
_NO_CODES: Final = ("more", "out")
_FORBIDDEN = re.compile(r"[^A-Za-z0-9 _.:/=+\-@]")


class Stage(StrEnum):
    """How far a key has come, as its tag says."""

    ADOPTED = "adopted"
    PENDING = "pending"
    DELIVERING = "delivering"
    LIVE = "live"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class KeyNote:
    """What a key's tag says: its stage, since when, and the dates of the secrets that go with it.

    `dates` has a scope's code (`scope_code`) as key: before the writes for DELIVERING, after them for LIVE,
    at the time for a RETIRED key that is given up. `outage` has the codes of the scopes that then hold no pair.
    """

    stage: Stage
    at: int = 0
    run: str = ""
    dates: tuple[tuple[str, PairDates], ...] = ()
    outage: tuple[str, ...] = ()

    def dates_of(self, scope: Scope) -> PairDates | None:
        """Return the noted dates of a scope, None where the note does not have it."""
        return dict(self.dates).get(scope_code(scope))

    def confirmed_by(self, dates: ScopeDates) -> bool:
        """Whether the secrets still have the dates that this was written with, in every scope it names."""
        now = {scope_code(scope): pair for scope, pair in dates.items()}
        # A live key's note is written when both halves are there; one that says else was edited, and confirms nothing.
        whole = self.stage is not Stage.LIVE or all(pair.complete for _, pair in self.dates)
        return whole and bool(self.dates) and all(now.get(code) == pair for code, pair in self.dates)


@dataclass(frozen=True, slots=True)
class Lock:
    """Who is at work on a user: the run, where it runs, until when it counts, and the keys it found."""

    run: str
    host: str
    process: str
    at: int
    until: int
    seen: tuple[AccessKeyId, ...] = ()


def owner_text(org: OrgName, repo: RepoName, repo_id: int) -> str:
    """Return the value of the repository tag: `org/repo@id` (IAM refuses `#`)."""
    return f"{org}/{repo}@{repo_id}"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a user is, as its repository tag says. `id` 0: not noted."""

    org: str
    repo: RepoName
    id: int


def read_owner(text: str) -> Owner | None:
    """Return what a repository tag says, None for one that says nothing of this kind."""
    org, slash, rest = text.partition("/")
    repo, _, number = rest.rpartition("@")
    if not (org and slash and repo and number.isdecimal()):
        return None
    return Owner(org, RepoName(repo), int(number))


def clean(text: str, limit: int) -> str:
    """Return `text` with what a tag's value can't hold made `-`, cut to `limit` characters."""
    return _FORBIDDEN.sub("-", text).replace(" ", "-")[:limit]


def scope_code(scope: Scope) -> str:
    """Return the short name of a scope in tags; environment names may hold anything, so theirs is a digest."""
    if scope.kind == "environment":
        return "e" + sha256(scope.environment.encode()).hexdigest()[:10]
    return "a" if scope.kind == "actions" else "d"


def note_dates(dates: ScopeDates) -> tuple[tuple[str, PairDates], ...]:
    """Return dates in the form that a KeyNote holds."""
    return tuple(sorted(((scope_code(scope), pair) for scope, pair in dates.items()), key=lambda item: item[0]))


def same_owner(noted: str, owner: str) -> bool:
    """Say whether two repository tags name the same repository.

    GitHub does not tell names apart by case. An id of 0 was not known when it was noted: then the names decide.
    """
    one, other = read_owner(noted), read_owner(owner)
    if one is None or other is None:
        return noted == owner
    names = (one.org.casefold(), one.repo.casefold()) == (other.org.casefold(), other.repo.casefold())
    return names and (one.id == other.id or 0 in (one.id, other.id))


def lock_tags(lock: Lock) -> dict[str, str]:
    """Return the tag that says a run is at work."""
    words = [
        f"run={lock.run}",
        f"host={clean(lock.host, 60)}",
        f"process={clean(lock.process, 40)}",
        f"at={base36(lock.at)}",
        f"until={base36(lock.until)}",
        f"seen={'+'.join(lock.seen)}",
    ]
    return {LOCK_TAG: " ".join(words)}


def read_lock(tags: Mapping[str, str]) -> Lock | None:
    """Return the lock in a user's tags; None where there is none, or none that can be read."""
    if LOCK_TAG not in tags:
        return None
    words = words_of(tags[LOCK_TAG])
    try:
        return Lock(
            run=words["run"],
            host=words["host"],
            process=words["process"],
            at=moment_of(words["at"]),
            until=moment_of(words["until"]),
            seen=tuple(AccessKeyId(key) for key in words["seen"].split("+") if key),
        )
    except (KeyError, ValueError):
        return None


def key_tags(key: AccessKeyId, note: KeyNote) -> dict[str, str]:
    """Return the tags that hold a key's note: one, or more where many environments need more than 256 characters."""
    words = [note.stage.value, f"at={base36(note.at)}"]
    if note.run:
        words.append(f"run={note.run}")
    # A word for each: together in one, those of many environments would not fit into a tag.
    words += [f"{_OUTAGE}{code}" for code in note.outage]
    words += [f"{code}={_pair_text(pair)}" for code, pair in note.dates]
    chunks = [""]
    for word in words:
        # Room is left for the count of further tags, which only the first one carries.
        if len(chunks[-1]) + len(word) + 1 > VALUE_LIMIT - len(" more=99"):
            chunks.append("")
        chunks[-1] = f"{chunks[-1]} {word}".strip()
    if len(chunks) > 1:
        chunks[0] += f" more={len(chunks) - 1}"
    names = [f"{KEY_TAG}{key}", *(f"{KEY_TAG}{key}:{number}" for number in range(1, len(chunks)))]
    return dict(zip(names, chunks, strict=True))


def read_notes(tags: Mapping[str, str]) -> tuple[dict[AccessKeyId, KeyNote], tuple[AccessKeyId, ...]]:
    """Return the notes in a user's tags, and the keys whose note can't be read (somebody edited it)."""
    notes: dict[AccessKeyId, KeyNote] = {}
    unreadable: list[AccessKeyId] = []
    for name in tags:
        key = AccessKeyId(name.removeprefix(KEY_TAG))
        if not name.startswith(KEY_TAG) or ":" in key:
            continue
        note = _read_note(tags, name)
        if note is None:
            unreadable.append(key)
        else:
            notes[key] = note
    return notes, tuple(unreadable)


def tag_names_of(keys: Iterable[AccessKeyId], tags: Mapping[str, str]) -> list[str]:
    """Return the names of all tags that belong to those keys, further ones included."""
    wanted = set(keys)
    return [
        name for name in tags if name.startswith(KEY_TAG) and name.removeprefix(KEY_TAG).partition(":")[0] in wanted
    ]


def _read_note(tags: Mapping[str, str], name: str) -> KeyNote | None:
    stage, _, text = tags[name].partition(" ")
    try:
        for number in range(1, int(words_of(text).get("more", "0")) + 1):
            text += f" {tags[f'{name}:{number}']}"
        outage = tuple(word.removeprefix(_OUTAGE) for word in text.split() if word.startswith(_OUTAGE))
        words = words_of(text)
        at, run = moment_of(words.pop("at", "0")), words.pop("run", "")
        pairs = ((code, pair) for code, pair in words.items() if code not in _NO_CODES)
        return KeyNote(Stage(stage), at, run, tuple(sorted((code, _read_pair(pair)) for code, pair in pairs)), outage)
    except (KeyError, ValueError):
        return None


def _pair_text(pair: PairDates) -> str:
    halves = (pair.key_id_at, pair.secret_at)
    return ".".join(_ABSENT if half is None else base36(half) for half in halves)


def _read_pair(text: str) -> PairDates:
    first, _, second = text.partition(".")
    return PairDates(*(None if half == _ABSENT else moment_of(half) for half in (first, second)))
