"""What the subject (`sub`) of a workflow's OIDC token is made of, and of whom it speaks."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from cellenics_ci.clients.answers import understood
from cellenics_ci.clients.github.transport import Transport
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.names import OrgName, RepoName
from cellenics_ci.model.oidc import Owner, SubjectSetting

_PLACE = "actions/oidc/customization/sub"


class TokenSubjects:
    """The settings of an organisation and its repositories. Every method raises CallFailed only."""

    def __init__(self, transport: Transport, org: OrgName) -> None:
        self._transport, self._org = transport, quote(org, safe="")

    @understood
    def owner(self) -> Owner:
        """Return the organisation as tokens name it, whatever capitals it was asked for with."""
        found = self._transport.get(f"/orgs/{self._org}").json
        return Owner(str(found["login"]), int(found["id"]))

    @understood
    def organization(self) -> SubjectSetting | None:
        """Return the organisation's own setting, an empty one where it has none; None where it may not be asked."""
        try:
            return _setting(self._transport.get(f"/orgs/{self._org}/{_PLACE}").json)
        except CallFailed as failed:
            # 404 is "none" as well as "not for you"; a token that may not ask gets 403 (REST reference).
            if failed.kind is Failure.NOT_FOUND:
                return SubjectSetting()
            if failed.kind is Failure.DENIED:
                return None
            raise

    @understood
    def repository(self, repo: RepoName) -> SubjectSetting | None:
        """Return a repository's setting; None where it may not be asked, or the server knows no such thing."""
        try:
            return _setting(self._transport.get(f"/repos/{self._org}/{quote(repo, safe='')}/{_PLACE}").json)
        except CallFailed as failed:
            if failed.kind in (Failure.NOT_FOUND, Failure.DENIED):
                return None
            raise


def _setting(found: dict[str, Any]) -> SubjectSetting:
    claims = found.get("include_claim_keys")
    immutable = found.get("use_immutable_subject")
    prefix = found.get("sub_claim_prefix")
    return SubjectSetting(
        claims=tuple(str(claim) for claim in claims) if claims else None,
        immutable=None if immutable is None else bool(immutable),
        prefix=str(prefix) if prefix else None,
        use_default=bool(found.get("use_default", not claims)),
    )
