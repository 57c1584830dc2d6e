"""Guarding: read what a pull request or a merge group changes, have it judged, and say so where it was refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from cellenics_ci.errors import CallFailed
from cellenics_ci.model.pulls import ChangedFile, Comment, Comparison, Modes, PullRequest, Push
from cellenics_ci.releases.guard import Identities, Rules, Ruling, Verdict, is_actor, judge_group, judge_pull
from cellenics_ci.releases.guard_event import GroupEvent, PullEvent

MARKER: Final = "<!-- cellenics-ci: guard-releases -->"
"""By this, and by whose it is, our own comment is found again."""


class PullReader(Protocol):
    """What is read of the releases repository's pull requests. Every method raises CallFailed only."""

    def pull(self, number: int) -> PullRequest:
        """Return a pull request as it is now."""

    def files(self, number: int) -> tuple[ChangedFile, ...]:
        """Return the files that it changes, as far as GitHub tells them."""

    def compare(self, base: str, head: str) -> Comparison:
        """Return what a commit changes since another one."""

    def modes(self, commit: str) -> Modes | None:
        """Return the mode of every file of a commit, None where there are too many."""

    def pushes(self, branch: str) -> tuple[Push, ...]:
        """Return who moved a branch, the last one first."""


class PullSpeaker(Protocol):
    """What is said to a pull request. Every method raises CallFailed only."""

    def own_login(self) -> str:
        """Return who we are."""

    def comments(self, number: int) -> tuple[Comment, ...]:
        """Return what was said to a pull request."""

    def say(self, number: int, body: str) -> None:
        """Say something to a pull request."""

    def rewrite(self, comment: int, body: str) -> None:
        """Write a comment anew."""

    def close(self, number: int) -> None:
        """Close a pull request."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict, and the pull request that it is about; None for a merge group."""

    verdict: Verdict
    pull: PullRequest | None


def judge(pulls: PullReader, event: PullEvent | GroupEvent, rules: Rules, repository: str) -> Judged:
    """Read and judge. `repository` is `org/repo`. Raises CallFailed: who can't read lets nothing pass."""
    if isinstance(event, GroupEvent):
        return Judged(judge_group(rules, pulls.compare(event.base, event.head), pulls.modes(event.head)), None)
    pull = pulls.pull(event.number)
    if event.head is not None and pull.head != event.head:
        return Judged(_moved(pull), pull)
    who = None
    if is_actor(rules, pull.author):
        who = Identities(repository, event.sender, pulls.pushes(pull.branch))
    files = pulls.files(event.number)
    verdict = judge_pull(rules, pull, files, pulls.modes(pull.head), who)
    # The list of files is that of whatever is pushed last: a verdict on it must not stand for an earlier commit.
    now = pulls.pull(event.number)
    if (now.head, now.base, now.changed_files) != (pull.head, pull.base, pull.changed_files):
        return Judged(_moved(now), now)
    return Judged(verdict, now)


def respond(pulls: PullSpeaker, pull: PullRequest, ruling: Ruling, body: str | None, *, close: bool) -> Iterator[str]:
    """Say a refusal, once, and close; where all is well now, say so where a refusal stands. Yields what was done.

    `body` None: nothing is said. A step that fails is told as well, and the next one is still taken: the verdict
    holds whatever comes of them.
    """
    if ruling is Ruling.MOVED:
        return
    if body is not None:
        yield from _attempt("The comment could not be written", lambda: _comment(pulls, pull, ruling, body))
    if ruling is Ruling.REFUSED and close and pull.open:
        yield from _attempt("The pull request could not be closed", lambda: _close(pulls, pull))


def _comment(pulls: PullSpeaker, pull: PullRequest, ruling: Ruling, body: str) -> str | None:
    mine = _own_comment(pulls, pull)
    if mine is None:
        if ruling is Ruling.ALLOWED:
            return None
        pulls.say(pull.number, body)
        return "Said so in a comment."
    if _plain(mine.body) == _plain(body):
        return None
    pulls.rewrite(mine.id, body)
    return "Brought the comment up to date."


def _own_comment(pulls: PullSpeaker, pull: PullRequest) -> Comment | None:
    marked = [comment for comment in pulls.comments(pull.number) if MARKER in comment.body]
    if not marked:
        return None
    # Anybody can write the marker: only our own comment is ours to change.
    own = pulls.own_login().casefold()
    return next((comment for comment in marked if comment.author.casefold() == own), None)


def _close(pulls: PullSpeaker, pull: PullRequest) -> str:
    pulls.close(pull.number)
    return "Closed the pull request."


def _attempt(what: str, step: Callable[[], str | None]) -> Iterator[str]:
    try:
        done = step()
    except CallFailed as failed:
        done = f"{what}: {failed.sentence} {failed.remedy}".strip()
    if done:
        yield done


def _moved(pull: PullRequest) -> Verdict:
    return Verdict(Ruling.MOVED, f"it has changed since this run began: the run for {pull.head[:7]} decides")


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()
