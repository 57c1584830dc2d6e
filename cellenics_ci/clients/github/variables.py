"""The variables of a repository's workflows: settings that anybody with read access may see."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from cellenics_ci.clients.answers import understood
from cellenics_ci.clients.github.transport import Transport
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.names import OrgName, RepoName


class RepositoryVariables:
    """Actions variables, repository by repository. Shared by threads. Every method raises CallFailed only."""

    def __init__(self, transport: Transport, org: OrgName) -> None:
        self._transport, self._org = transport, quote(org, safe="")

    @understood
    def values(self, repo: RepoName) -> Mapping[str, str]:
        """Return the variables that a repository's workflows see: its own, and the organisation's behind them."""
        return {**self._shared(repo), **self._list(f"{self._place(repo)}/variables")}

    def create(self, repo: RepoName, name: str, value: str) -> None:
        """Create a variable. EXISTS where there is one of this name. Sent once."""
        try:
            self._transport.post(f"{self._place(repo)}/variables", {"name": name, "value": value})
        except CallFailed as failed:
            # 409 is what GitHub answers for a name that is taken (REST reference, "Create a repository variable").
            taken = failed.kind is Failure.INVALID and name in self.values(repo)
            raise CallFailed(Failure.EXISTS, f"{repo} has a variable {name}.") if taken else failed from None

    def _shared(self, repo: RepoName) -> Mapping[str, str]:
        try:
            return self._list(f"{self._place(repo)}/organization-variables")
        except CallFailed as failed:
            if failed.kind in (Failure.NOT_FOUND, Failure.DENIED):
                return {}
            raise

    def _list(self, path: str) -> Mapping[str, str]:
        # Smaller pages than elsewhere, 30 at most (REST reference, "List repository variables").
        pages = self._transport.pages(path, per_page=30)
        return {str(found["name"]): str(found["value"]) for page in pages for found in page.json["variables"]}

    def _place(self, repo: RepoName) -> str:
        return f"/repos/{self._org}/{quote(repo, safe='')}/actions"
