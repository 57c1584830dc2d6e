"""The organisation's secrets, as far as a repository's own would shadow them."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from cellenics_ci.clients.answers import understood
from cellenics_ci.clients.github.answer import epoch
from cellenics_ci.clients.github.transport import Transport
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.names import OrgName, RepoName

_REFUSED: Final = (Failure.DENIED, Failure.NOT_FOUND)


class OrganizationSecrets:
    """Which of the organisation's Actions secrets a repository sees. Every method raises CallFailed only."""

    def __init__(self, transport: Transport, org: OrgName) -> None:
        self._transport, self._org = transport, org

    @understood
    def names(self) -> frozenset[str] | None:
        """Return the names of the organisation's secrets, whoever may see them; None where they may not be listed."""
        return self._allowed(f"/orgs/{quote(self._org, safe='')}/actions/secrets")

    @understood
    def written_at(self) -> dict[str, int] | None:
        """Return them with the time of their last write (UTC epoch seconds); None where they may not be listed."""
        try:
            pages = list(self._transport.pages(f"/orgs/{quote(self._org, safe='')}/actions/secrets"))
        except CallFailed as failed:
            if failed.kind not in _REFUSED:
                raise
            return None
        return {secret["name"]: int(epoch(secret["updated_at"])) for page in pages for secret in page.json["secrets"]}

    @understood
    def seen_by(self, repo: RepoName) -> frozenset[str] | None:
        """Return the names of those that a repository sees; None where that may not be asked."""
        return self._allowed(f"/repos/{quote(self._org, safe='')}/{quote(repo, safe='')}/actions/organization-secrets")

    def _allowed(self, path: str) -> frozenset[str] | None:
        try:
            return self._names(path)
        except CallFailed as failed:
            if failed.kind not in _REFUSED:
                raise
            return None

    def _names(self, path: str) -> frozenset[str]:
        return frozenset(secret["name"] for page in self._transport.pages(path) for secret in page.json["secrets"])
