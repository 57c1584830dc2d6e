"""What is known of a repository's pipeline: who reads the keys, who takes AWS credentials, and what sets it off.

Everything has its place, so that a person can look. What can't be told is kept apart from what is not there:
`complete` is False where a file is missing, `Reach.unknown` names what only a run would show.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal, TypeAlias

PAIR: Final = "the pair"
"""The `secret` of a reading that may be any secret: `secrets: inherit`, `toJSON(secrets)`, a computed name."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line of a file in a repository. `file` is its path from the root, `line` counts from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Via(StrEnum):
    """How a secret is read."""

    CREDENTIALS = "input of the credentials action"
    LOCAL_ACTION = "input of a local action"
    OTHER_ACTION = "input of another action"
    WORKFLOW_ENV = "the workflow's env"
    JOB_ENV = "the job's env"
    STEP_ENV = "a step's env"
    CALL = "secrets of a called workflow"
    INHERIT = "secrets: inherit"
    ANYTHING = "all secrets, or a name put together at run time"
    SCRIPT = "a script"
    TEXT = "an expression"


@dataclass(frozen=True, slots=True)
class KeyRead:
    """A place that reads a secret of the pair, or may do so (`secret` is PAIR then). `job` is None outside of jobs."""

    place: Place
    secret: str
    job: str | None
    via: Via


@dataclass(frozen=True, slots=True)
class CredentialStep:
    """A step with aws-actions/configure-aws-credentials, whatever its pin. `job` is None in a composite action.

    `with_keys`: it is given an access key. `role` is its `role-to-assume` as it was written, None without one; a
    step that has both uses the key to assume the role.
    """

    place: Place
    job: str | None
    uses: str
    with_keys: bool
    role: str | None


TrustKind: TypeAlias = Literal["branch", "tag", "environment", "pull_request"]


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that makes a job run which takes AWS credentials, and what its token then says in `sub`.

    `pattern` is GitHub's filter pattern of branches or tags (`release/**`), an environment's name, "" for pull
    requests. `event` is GitHub's name of the trigger, `place` where the job is.
    """

    kind: TrustKind
    pattern: str
    event: str
    place: Place


@dataclass(frozen=True, slots=True)
class Reach:
    """Every subject that a role must trust so that all these jobs get it. `unknown` says where it can't be told."""

    causes: tuple[Cause, ...] = ()
    unknown: tuple[Problem, ...] = ()

    def patterns(self, kind: TrustKind) -> tuple[str, ...]:
        """Return the patterns of one kind; `**` alone where any will do."""
        found = {cause.pattern for cause in self.causes if cause.kind == kind}
        return ("**",) if "**" in found and kind in ("branch", "tag") else tuple(sorted(found))

    @property
    def branches(self) -> tuple[str, ...]:
        """Filter patterns of branches."""
        return self.patterns("branch")

    @property
    def tags(self) -> tuple[str, ...]:
        """Filter patterns of tags."""
        return self.patterns("tag")

    @property
    def environments(self) -> tuple[str, ...]:
        """Names of environments. A job that names one has it in its subject in place of the branch."""
        return self.patterns("environment")

    @property
    def pull_requests(self) -> bool:
        """Whether runs for pull requests take credentials."""
        return bool(self.patterns("pull_request"))

    @property
    def on_pull_request_target(self) -> tuple[Cause, ...]:
        """What runs with the base branch's identity on events that other people choose."""
        return tuple(cause for cause in self.causes if cause.event == "pull_request_target")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that a person has to look at: the place, and a sentence without its full stop."""

    place: Place
    sentence: str

    def __str__(self) -> str:
        return f"{self.place}: {self.sentence}"


@dataclass(frozen=True, slots=True)
class Call:
    """A job that calls a reusable workflow of another repository. `target` is `owner/repo/path@ref` as written."""

    place: Place
    job: str
    target: str


@dataclass(frozen=True, slots=True)
class PipelineFacts:
    """What a repository's workflows and local actions do, on the branch that was read.

    `key_jobs` and `role_jobs` are the places of jobs that take AWS credentials by a key, and by a role alone.
    `problems` are files that are no YAML: their text was searched all the same.
    """

    key_reads: tuple[KeyRead, ...] = ()
    token_reads: tuple[KeyRead, ...] = ()
    credential_steps: tuple[CredentialStep, ...] = ()
    key_jobs: tuple[Place, ...] = ()
    role_jobs: tuple[Place, ...] = ()
    reach: Reach = field(default_factory=Reach)
    calls: tuple[Call, ...] = ()
    problems: tuple[Problem, ...] = ()
    names_role: bool = False
    complete: bool = True

    @property
    def reads_pair(self) -> bool | None:
        """Whether anything reads the pair, or may; None where a file that was not read might."""
        return self._known(bool(self.key_reads))

    @property
    def reads_ci_token(self) -> bool | None:
        """Whether anything reads the CI token, or may."""
        return self._known(bool(self.token_reads))

    @property
    def assumes_role(self) -> bool | None:
        """Whether anything names a role to assume."""
        return self._known(self.names_role)

    def _known(self, seen: bool) -> bool | None:
        return True if seen else None if not self.complete else False


UNKNOWN_PIPELINE: Final = PipelineFacts(complete=False)
