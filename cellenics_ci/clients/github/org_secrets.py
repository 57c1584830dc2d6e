"""The organisation's secrets, as far as a repository's own would shadow them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import quote

from cellenics_ci.clients.answers import understood
from cellenics_ci.clients.github.transport import Transport
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.names import OrgName, RepoName

_REFUSED: Final = (Failure.DENIED, Failure.NOT_FOUND)


class OrganizationSecrets:
    """Which of the organisation's Actions secrets a repository sees. Every method raises CallFailed only."""

    def __init__(self, transport: Transport, org: OrgName) -> None:
        self._transport, self._org = transport, org

    @understood
    def visible(self, names: Iterable[str], repos: Sequence[RepoName]) -> Mapping[RepoName, frozenset[str]]:
        """Return for each repository which of these names it sees from the organisation.

        One request where the organisation has none of them and lets us ask; else one for each repository.
        A repository that can't be asked either is missing in the result.
        """
        wanted = frozenset(names)
        try:
            if not wanted & self._of_organization():
                return dict.fromkeys(repos, frozenset())
        except CallFailed as failed:
            if failed.kind not in _REFUSED:
                raise
        found: dict[RepoName, frozenset[str]] = {}
        for repo in repos:
            try:
                found[repo] = wanted & self._of_repository(repo)
            except CallFailed as failed:
                if failed.kind not in _REFUSED:
                    raise
        return found

    def _of_organization(self) -> frozenset[str]:
        return self._names(f"/orgs/{quote(self._org, safe='')}/actions/secrets")

    def _of_repository(self, repo: RepoName) -> frozenset[str]:
        return self._names(f"/repos/{quote(self._org, safe='')}/{quote(repo, safe='')}/actions/organization-secrets")

    def _names(self, path: str) -> frozenset[str]:
        return frozenset(secret["name"] for page in self._transport.pages(path) for secret in page.json["secrets"])
