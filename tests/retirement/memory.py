"""The world of one repository in memory, as a rotation's, in which users, secrets and repositories can also go."""

from __future__ import annotations

from dataclasses import dataclass

from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.names import AccessKeyId, RepoName, UserName
from cellenics_ci.model.repositories import Repository, WorkflowFile
from cellenics_ci.model.scopes import Scope
from cellenics_ci.retirement.ports import Ports
from tests.rotation.memory import World as RotationWorld

REPO_ID = 7
READS = "jobs:\n  build:\n    steps:\n      - run: push\n        env: {ID: '${{ secrets.AWS_ACCESS_KEY_ID }}'}\n"
READS_NOT = "jobs:\n  build:\n    steps:\n      - run: make\n"


@dataclass(slots=True)
class World(RotationWorld):
    """One repository and its user. `there`: whether there is a repository at all. `attached`: not ours to take."""

    there: bool = True
    archived: bool = False
    workflow: str | None = READS_NOT
    repository_id: int = REPO_ID
    attached: bool = False

    def fingerprint(self) -> tuple[object, ...]:
        return (*RotationWorld.fingerprint(self), self.there, self.archived, self.workflow, self.repository_id)

    def retirement_ports(self) -> Ports:
        """Return this world as all that a retirement touches."""
        return Ports(users=self, keys=self, secrets=self, repositories=self, host=self)

    @property
    def reads(self) -> bool:
        """Whether a workflow that can run reads the key."""
        return self.there and not self.archived and self.workflow == READS

    def use(self, key: AccessKeyId, *, ago: float = 0.0) -> None:
        """Let a key have been used."""
        self.key_store[key].used_at = self.now_at - ago

    # What a retirement does beside what a rotation does

    def delete_user(self, name: UserName) -> None:
        if self.key_store or self.policies or self.attached:
            raise CallFailed(Failure.EXISTS, "something is attached")
        self.exists, self.tags = False, {}

    def activate_access_key(self, name: UserName, key: AccessKeyId) -> None:
        if key not in self.key_store:
            raise CallFailed(Failure.NOT_FOUND, "no such key")
        self.key_store[key].active = True

    def delete(self, repo: RepoName, scope: Scope, name: str) -> None:
        if self.archived or not self.there:
            raise CallFailed(Failure.DENIED, "read-only")
        self.held.get(scope, {}).pop(name, None)

    def repository(self, name: RepoName) -> Repository | None:
        if not self.there:
            return None
        files = (WorkflowFile("ci.yaml", self.workflow),)
        return Repository(name, self.repository_id, archived=self.archived, default_branch="main", workflows=files)
