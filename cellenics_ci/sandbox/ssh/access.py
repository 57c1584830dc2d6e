"""Who may open what over SSH: the embedded GitHub's deploy keys, as they are at this instant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cellenics_ci.sandbox.github.state import GitHubState

NOT_FOUND: Final = "ERROR: Repository not found."
READ_ONLY: Final = "ERROR: The key you are authenticating with has been marked as read only."
NO_SHELL: Final = "Hi! You've successfully authenticated, but there is no shell access here."
_COMMAND = re.compile(r"(?P<program>git-(upload|receive)-pack) '(?P<path>[^']+)'")


@dataclass(frozen=True, slots=True)
class Admission:
    """A key that the server lets in: its id, the one repository (`org/repo`) that it opens, and its right."""

    key_id: int
    public: str
    repository: str
    read_only: bool


def admissions(state: GitHubState) -> Iterator[Admission]:
    """Yield what each enabled deploy key opens."""
    with state.lock:
        for repository in state.repositories.values():
            for key in repository.deploy_keys:
                if key.enabled and repository.owner.deploy_keys_allowed:
                    yield Admission(key.id, key.key, repository.full_name, key.read_only)


def refused(command: str, admission: Admission) -> str:
    """Return in GitHub's words why a command is refused, "" where it is not."""
    found = _COMMAND.fullmatch(command)
    if found is None:
        return NO_SHELL
    path = found["path"].strip("/").removesuffix(".git")
    if path.lower() != admission.repository.lower():
        return NOT_FOUND
    if found["program"] == "git-receive-pack" and admission.read_only:
        return READ_ONLY
    return ""


def program_of(command: str) -> str:
    """Return the git program of a command that was not refused (`git-upload-pack`)."""
    return command.partition(" ")[0]


def note_use(state: GitHubState, key_id: int) -> None:
    """Set a key's last use, as GitHub does for whoever uses it, this tool's own proofs included."""
    with state.lock:
        for repository in state.repositories.values():
            for key in repository.deploy_keys:
                if key.id == key_id:
                    key.last_used = state.now()
