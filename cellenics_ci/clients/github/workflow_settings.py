"""What a repository lets its workflows do."""

from __future__ import annotations

from typing import Literal
from urllib.parse import quote

from cellenics_ci.clients.answers import understood
from cellenics_ci.clients.github.transport import Transport
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.names import OrgName, RepoName


class WorkflowSettings:
    """The settings of repositories' workflows. Every method raises CallFailed only."""

    def __init__(self, transport: Transport, org: OrgName) -> None:
        self._transport, self._org = transport, quote(org, safe="")

    @understood
    def token_default(self, repo: RepoName) -> Literal["read", "write"] | None:
        """Return what GITHUB_TOKEN may do in jobs that say nothing about it; None where that may not be asked."""
        path = f"/repos/{self._org}/{quote(repo, safe='')}/actions/permissions/workflow"
        try:
            told = self._transport.get(path).json["default_workflow_permissions"]
        except CallFailed as failed:
            if failed.kind in (Failure.NOT_FOUND, Failure.DENIED):
                return None
            raise
        return "write" if told == "write" else "read" if told == "read" else None
