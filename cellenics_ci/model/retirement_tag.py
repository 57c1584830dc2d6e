"""The tag that says how far a user's retirement has come, and how it is read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cellenics_ci.model.names import AccessKeyId
from cellenics_ci.model.tag_words import base36, moment_of, words_of
from cellenics_ci.model.tags import PREFIX

RETIREMENT_TAG: Final = f"{PREFIX}retirement"


class Phase(StrEnum):
    """How far a user's retirement has come, as its tag says."""

    WATCHING = "watching"
    DEACTIVATING = "deactivating"
    SOAKING = "soaking"
    DELETING = "deleting"
    KEPT = "kept"
    """It was undone: nothing is being retired, and nobody but a person begins it again."""


@dataclass(frozen=True, slots=True)
class Retirement:
    """What the tag of a user's retirement says. `at`: when the phase began.

    `since`: uses before it say nothing, because the key was inactive then, or used by hand; 0 where all count.
    `until`: when a soaking user may be deleted. `off`: the keys that the retirement made inactive.
    `gone`: a person named it while its repository was not to be seen.
    """

    phase: Phase
    at: int
    run: str = ""
    since: int = 0
    until: int = 0
    off: tuple[AccessKeyId, ...] = ()
    gone: bool = False


def retirement_tags(noted: Retirement) -> dict[str, str]:
    """Return the tag that says how far a user's retirement has come."""
    words = [noted.phase.value, f"at={base36(noted.at)}", f"run={noted.run}", f"since={base36(noted.since)}"]
    words += [f"until={base36(noted.until)}", f"off={'+'.join(noted.off)}"]
    words += ["gone=1"] if noted.gone else []
    return {RETIREMENT_TAG: " ".join(words)}


def read_retirement(tags: Mapping[str, str]) -> Retirement | None:
    """Return what a user's tags say of its retirement, None where they say nothing.

    One that can't be read (somebody edited it) counts as just begun: nothing is taken for done.
    """
    if RETIREMENT_TAG not in tags:
        return None
    phase, _, text = tags[RETIREMENT_TAG].partition(" ")
    words = words_of(text)
    try:
        return Retirement(
            phase=Phase(phase),
            at=moment_of(words["at"]),
            run=words["run"],
            since=moment_of(words["since"]),
            until=moment_of(words["until"]),
            off=tuple(AccessKeyId(key) for key in words["off"].split("+") if key),
            gone=words.get("gone") == "1",
        )
    except (KeyError, ValueError):
        return Retirement(Phase.WATCHING, at=0)


def being_retired(tags: Mapping[str, str]) -> bool:
    """Whether a user is on its way out, and so no business of a rotation's."""
    noted = read_retirement(tags)
    return noted is not None and noted.phase is not Phase.KEPT
