"""Failures as people should read them: a sentence, and what to do about it."""

from __future__ import annotations

from enum import StrEnum


class Failure(StrEnum):
    """What kind of failure a remote call ended in. UNKNOWN: no answer or a 5xx, so the effect may have happened."""

    UNAUTHENTICATED = "unauthenticated"
    DENIED = "denied"
    NOT_FOUND = "not found"
    EXISTS = "already exists"
    CONFLICT = "changed meanwhile"
    LIMIT = "limit reached"
    INVALID = "refused as invalid"
    THROTTLED = "throttled"
    UNKNOWN = "no answer"


class CallFailed(Exception):
    """A remote call failed. Never carries a secret, a request body or an answer's body.

    `kind` says what can be concluded; `sentence` is for people; `remedy` what they can do.
    """

    def __init__(self, kind: Failure, sentence: str, *, remedy: str = "") -> None:
        super().__init__(sentence)
        self.kind = kind
        self.sentence = sentence
        self.remedy = remedy

    @property
    def maybe_done(self) -> bool:
        """Whether the call's effect may have happened all the same."""
        return self.kind is Failure.UNKNOWN


class UsageProblem(Exception):
    """Wrong usage or configuration, found before anything was touched: exit code 2."""

    def __init__(self, sentence: str, *, remedy: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.remedy = remedy


class Interrupted(Exception):
    """The person or the machine asked us to stop (Ctrl-C, SIGTERM, SIGHUP)."""
