"""Image tags: the form that a service gives them, the pattern by which Flux finds them, and which of two is older."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

VARIABLES: Final = ("VERSION", "REF_ID", "SHA", "TIMESTAMP")
"""What a form of tags may hold, as `${SHA}`."""
LONGEST: Final = 128
"""Characters of a tag (OCI distribution specification, "Pulling manifests")."""

_VARIABLE: Final = re.compile(r"\$\{(\w+)\}")
_TAG: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_PATTERNS: Final = {
    "VERSION": r"(?P<version>[0-9]+\.[0-9]+\.[0-9]+)",
    "SHA": "[a-f0-9]+",
    "TIMESTAMP": "(?P<timestamp>[0-9]+)",
}
_SPECIAL: Final = re.compile(r"([.+*?()\[\]{}|^$\\])")
_TIMED: Final = re.compile(r"-(\d{9,})(-[A-Za-z]\w*)?$")
_SOURCE: Final = re.compile(r"-([0-9a-f]{40})(-|$)")
_VERSIONED: Final = re.compile(r"(?:.*[-v])?(\d+)\.(\d+)\.(\d+)(-[A-Za-z]\w*)?")


def is_tag(text: str) -> bool:
    """Whether a registry takes this as a tag."""
    return _TAG.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class TagForm:
    """How tags of an environment look, such as `${REF_ID}-${SHA}-${TIMESTAMP}`."""

    text: str

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables in it."""
        return tuple(_VARIABLE.findall(self.text))

    @property
    def extract(self) -> str | None:
        """What Flux sorts by (`filterTags.extract`), None where nothing in the tag tells its age."""
        for name in ("TIMESTAMP", "VERSION"):
            if name in self.variables:
                return f"${name.lower()}"
        return None

    def fill(self, values: dict[str, str]) -> str | None:
        """Return the tag, None where a variable has no value: a timestamp is known to who pushed the image alone."""
        if any(not values.get(name) for name in self.variables):
            return None
        return _VARIABLE.sub(lambda found: values[found[1]], self.text)

    def pattern(self, ref_id: str, suffix: str = "") -> str:
        """Return the regular expression of such tags of one ref (`filterTags.pattern`)."""
        values = _PATTERNS | {"REF_ID": _literal(ref_id)}
        pieces = _VARIABLE.split(self.text)
        told = "".join(values.get(piece, "") if at % 2 else _literal(piece) for at, piece in enumerate(pieces))
        return f"^{told}{_literal(suffix)}$"


def _literal(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


def matches(pattern: str, tag: str) -> bool | None:
    """Whether a tag fits a pattern; None for a pattern that is no regular expression."""
    try:
        return re.search(pattern, tag) is not None
    except re.error:
        return None


@dataclass(frozen=True, slots=True)
class TagFacts:
    """What a tag tells of itself: a timestamp (epoch seconds) or a version, and the commit that it was built from."""

    timestamp: int | None = None
    version: tuple[int, int, int] | None = None
    commit: str | None = None

    @classmethod
    def of(cls, tag: str) -> TagFacts:
        """Read a tag, whoever made it."""
        source, timed = _SOURCE.search(tag), _TIMED.search(tag)
        commit = source[1] if source else None
        if timed:
            return cls(timestamp=int(timed[1]), commit=commit)
        found = _VERSIONED.fullmatch(tag) if commit is None else None
        return cls(version=(int(found[1]), int(found[2]), int(found[3])) if found else None, commit=commit)


def is_older(tag: str, than: str) -> bool | None:
    """Whether a tag is older than another one, by their timestamps or versions; None where they don't tell."""
    mine, theirs = TagFacts.of(tag), TagFacts.of(than)
    if mine.timestamp is not None and theirs.timestamp is not None:
        return mine.timestamp < theirs.timestamp
    if mine.version is not None and theirs.version is not None:
        return mine.version < theirs.version
    return None
