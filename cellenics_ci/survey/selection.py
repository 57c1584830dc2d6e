"""Which repositories a command is about: names and globs, less those that `--exclude` names."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from cellenics_ci.errors import UsageProblem
from cellenics_ci.model.names import RepoName

_GLOB = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Selection:
    """Names or globs of repositories; none at all means every one. GitHub does not tell capitals from small letters."""

    names: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def wants(self, name: RepoName) -> bool:
        """Say whether a repository of that name is meant."""
        lowered = name.lower()
        if any(fnmatchcase(lowered, pattern.lower()) for pattern in self.exclude):
            return False
        return not self.names or any(fnmatchcase(lowered, pattern.lower()) for pattern in self.names)

    def names_exactly(self, name: RepoName) -> bool:
        """Say whether a repository was named by itself: not by a glob, and not by default."""
        return any(pattern.lower() == name.lower() for pattern in self.names if not _is_glob(pattern))

    def check(self, known: Iterable[RepoName]) -> None:
        """Raise UsageProblem, with the nearest matches, where a name or glob fits no repository.

        A glob that excludes nothing is fine; a plain name that does may be a slip, and its repository be touched.
        """
        names = {name.lower(): name for name in known}
        problems = [_unknown(pattern, names.values()) for pattern in self.names if not _fits(pattern, names)]
        problems += [
            _unknown(pattern, names.values())
            for pattern in self.exclude
            if not _is_glob(pattern) and not _fits(pattern, names)
        ]
        if problems:
            sentences, remedies = zip(*problems, strict=True)
            raise UsageProblem(" ".join(sentences), remedy=" ".join(remedy for remedy in remedies if remedy))


def _fits(pattern: str, lowered: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern.lower()) for name in lowered)


def _is_glob(pattern: str) -> bool:
    return bool(_GLOB & set(pattern))


def _unknown(pattern: str, names: Iterable[RepoName]) -> tuple[str, str]:
    if _is_glob(pattern):
        return f"No repository matches {pattern}.", "Quote globs, so that the shell leaves them alone."
    near = _nearest(pattern, list(names))
    return f"There is no repository {pattern}.", f"Did you mean {' or '.join(near)}?" if near else ""


def _nearest(pattern: str, names: Sequence[RepoName]) -> list[RepoName]:
    by_lower = {name.lower(): name for name in names}
    return [by_lower[name] for name in difflib.get_close_matches(pattern.lower(), list(by_lower), n=3)]
