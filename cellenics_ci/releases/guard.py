"""May this pull request change these files? Decided from what was read. Pure, and in doubt: no."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cellenics_ci.model.pulls import ChangedFile, Comparison, Modes, PullRequest, Push
from cellenics_ci.releases.patterns import matches, path_problem

DOCUMENTATION: Final = ("**.md", "docs/**", "LICENSE")
MOST_FILES: Final = 3000
"""Files of a pull request that GitHub tells (REST reference, "List pull requests files")."""
MOST_COMPARED: Final = 300
"""Files of a comparison that GitHub tells ("Compare two commits"): a comparison of so many may have more."""
NEVER: Final = frozenset({"codeowners", "docs/codeowners", ".github/codeowners"})
"""Files that decide who may approve what ("About code owners"), in small letters: no documentation in any folder."""
EVERYBODY: Final = "github-actions[bot]"
"""Whoever can push a workflow to any branch can act as this one."""

_REGULAR: Final = frozenset({"100644", "100755"})
_KINDS: Final = {"120000": "a symbolic link", "160000": "a submodule"}


class Ruling(StrEnum):
    """What comes of it. MOVED: it was pushed to meanwhile, so that another run decides about what is there now."""

    ALLOWED = "allowed"
    REFUSED = "refused"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Rules:
    """What may change by pull request, and whose pull requests may change everything (logins)."""

    patterns: tuple[str, ...] = DOCUMENTATION
    actors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A path that may not change this way, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision in words. `files` is how many were looked at."""

    ruling: Ruling
    reason: str
    files: int = 0
    refused: tuple[RefusedFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Identities:
    """Who is behind a pull request: `sender` did what started this run, None where nobody knows."""

    repository: str
    sender: str | None
    pushes: tuple[Push, ...]


def judge_pull(
    rules: Rules, pull: PullRequest, files: tuple[ChangedFile, ...], modes: Modes | None, who: Identities | None
) -> Verdict:
    """Return the verdict on a pull request. `who` is read only where its author is one of the rules' actors."""
    doubt = None if who is None else doubt_about(rules, pull, who)
    if who is not None and doubt is None:
        return Verdict(
            Ruling.ALLOWED, f"{pull.author} may change everything, and nobody else had a hand in it", len(files)
        )
    told = f" ({pull.author} may change everything, but {doubt})" if doubt else ""
    if pull.changed_files > MOST_FILES:
        reason = f"it changes {pull.changed_files:,} files, and GitHub tells no more than {MOST_FILES:,} of them{told}"
        return Verdict(Ruling.REFUSED, reason, len(files))
    if pull.changed_files != len(files):
        reason = f"it changes {pull.changed_files:,} files, and GitHub told {len(files):,} of them{told}"
        return Verdict(Ruling.REFUSED, reason, len(files))
    return _judged(rules, files, modes, told)


def judge_group(rules: Rules, compared: Comparison, modes: Modes | None) -> Verdict:
    """Return the verdict on a merge group: a batch of a merge queue, about to become the branch."""
    if not compared.forward:
        return Verdict(Ruling.REFUSED, "it was not made on the commit that it is to follow", len(compared.files))
    if len(compared.files) >= MOST_COMPARED:
        reason = f"it changes {MOST_COMPARED} files or more, and GitHub tells no more of them"
        return Verdict(Ruling.REFUSED, reason, len(compared.files))
    return _judged(rules, compared.files, modes, "")


def is_actor(rules: Rules, login: str) -> bool:
    """Whether a login is one that may change everything; GitHub does not tell capitals from small letters in them."""
    return login != "" and login.casefold() in {actor.casefold() for actor in rules.actors}


def doubt_about(rules: Rules, pull: PullRequest, who: Identities) -> str | None:
    """Say why a pull request may not pass by its author's name, None where it may.

    An author alone proves nothing: whoever may write here can push to the branch of somebody else's pull request, and
    a commit's author is whatever its text says. What GitHub itself knows is who pushed.
    """
    if not is_actor(rules, pull.author):
        return f"{pull.author or 'its author'} is not among the actors"
    if pull.source is None or pull.source.casefold() != who.repository.casefold():
        return "its branch is in a fork"
    if who.sender is None:
        return "nobody knows who started this run"
    if not is_actor(rules, who.sender):
        return f"{who.sender} is not, who started this run"
    strangers = sorted({push.actor or "somebody who is gone" for push in who.pushes if not is_actor(rules, push.actor)})
    if strangers:
        return f"{', '.join(strangers)} pushed to its branch"
    if not who.pushes or not who.pushes[-1].created or who.pushes[0].after != pull.head:
        return "GitHub does not tell who pushed all of it"
    return None


def _judged(rules: Rules, files: tuple[ChangedFile, ...], modes: Modes | None, told: str) -> Verdict:
    refused = {each.path: each for file in files for each in _refused(rules, file, modes)}
    if refused:
        first = f"{next(iter(refused))} and {len(refused) - 1} more" if len(refused) > 1 else next(iter(refused))
        reason = f"{first} may not change by pull request{told}"
        return Verdict(Ruling.REFUSED, reason, len(files), tuple(refused[path] for path in sorted(refused)))
    if modes is None and files:
        return Verdict(
            Ruling.REFUSED, f"the repository is too large to see what kind of files these are{told}", len(files)
        )
    return Verdict(Ruling.ALLOWED, "only documentation changes" if files else "no file changes", len(files))


def _refused(rules: Rules, file: ChangedFile, modes: Modes | None) -> Iterator[RefusedFile]:
    """Yield the paths of a file that may not change: the old name of a renamed one counts as much as the new one."""
    names = (file.path,) if file.before is None else (file.before, file.path)
    for path in dict.fromkeys(names):
        if problem := _problem(rules, path):
            yield RefusedFile(path, problem)
    if modes is None or file.removed:
        return
    mode = modes.get(file.path)
    if mode not in _REGULAR and not _problem(rules, file.path):
        # One that its own commit does not have is not what it seems.
        yield RefusedFile(file.path, f"it is {_KINDS.get(mode or '', 'not among the files of its commit')}")


def _problem(rules: Rules, path: str) -> str | None:
    if problem := path_problem(path):
        return problem
    if path.casefold() in NEVER:
        return "it decides who may approve what"
    return None if any(matches(pattern, path) for pattern in rules.patterns) else "it is no documentation"
