"""One repository's deploy keys, and what of GitHub their rotation depends on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from cellenics_ci.clients.answers import understood
from cellenics_ci.clients.github.transport import Transport
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.deploy_keys import DeployKey, PublicKey
from cellenics_ci.model.names import OrgName, RepoName


@dataclass(frozen=True, slots=True)
class RepositoryFacts:
    """What a repository says of itself. `admin` None: GitHub does not tell."""

    branch: str
    archived: bool
    admin: bool | None


class RepositoryKeys:
    """Deploy keys of one repository. Shared by threads. Every method raises CallFailed only."""

    def __init__(self, transport: Transport, org: OrgName, repo: RepoName) -> None:
        self._transport, self._org = transport, org
        self._repository = f"/repos/{quote(org, safe='')}/{quote(repo, safe='')}"

    @understood
    def list_keys(self) -> tuple[DeployKey, ...]:
        """Return all deploy keys; those of a form that nobody can compare are left out."""
        try:
            entries = [entry for page in self._transport.pages(f"{self._repository}/keys") for entry in page.json]
        except CallFailed as failed:
            raise _explained(failed) from None
        return tuple(key for key in map(_deploy_key, entries) if key is not None)

    @understood
    def add_key(self, public: PublicKey, *, title: str, read_only: bool) -> DeployKey:
        """Register a key. INVALID where GitHub refuses it, also if it is registered already. Sent once.

        The right is always said: GitHub's default is read-write (REST reference, "Create a deploy key").
        """
        body = {"title": title, "key": public.text, "read_only": read_only}
        try:
            answer = self._transport.post(f"{self._repository}/keys", body)
        except CallFailed as failed:
            if failed.kind is Failure.INVALID:
                raise CallFailed(
                    failed.kind,
                    "GitHub refused the new deploy key.",
                    remedy="See whether the organisation allows deploy keys, and the repository is not archived.",
                ) from None
            raise _explained(failed) from None
        key = _deploy_key(answer.json)
        if key is None or key.public != public:
            raise CallFailed(Failure.UNKNOWN, "GitHub answered with another deploy key than the one it was given.")
        return key

    @understood
    def delete_key(self, key_id: int) -> None:
        """Delete a key; an absent one is no error."""
        try:
            self._transport.delete(f"{self._repository}/keys/{key_id}")
        except CallFailed as failed:
            if failed.kind is not Failure.NOT_FOUND:
                raise

    @understood
    def repository(self) -> RepositoryFacts:
        """Return what the repository says of itself. NOT_FOUND where it is not there, or may not be seen."""
        found = self._transport.get(self._repository).json
        rights = found.get("permissions")
        admin = bool(rights["admin"]) if isinstance(rights, dict) and "admin" in rights else None
        return RepositoryFacts(str(found["default_branch"]), bool(found.get("archived")), admin)

    @understood
    def host_keys(self) -> tuple[PublicKey, ...]:
        """Return the host keys of GitHub's SSH servers (REST reference, "Get GitHub meta information")."""
        listed = self._transport.get("/meta").json.get("ssh_keys") or []
        return tuple(PublicKey.parse(line) for line in listed)

    @understood
    def keys_allowed(self) -> bool | None:
        """Say whether the organisation allows deploy keys; None where it does not tell (members only)."""
        try:
            found = self._transport.get(f"/orgs/{quote(self._org, safe='')}").json
        except CallFailed as failed:
            if failed.kind is Failure.UNKNOWN:
                raise
            return None
        allowed = found.get("deploy_keys_enabled_for_repositories")
        return bool(allowed) if allowed is not None else None


def ssh_hosts(api_url: str) -> frozenset[str]:
    """Return the hosts at which the GitHub of an API's address answers SSH.

    github.com does so at ssh.github.com's port 443 too (GitHub, "Using SSH over the HTTPS port").
    """
    host = (urlsplit(api_url).hostname or "").lower()
    if host == "api.github.com":
        return frozenset({"github.com", "ssh.github.com"})
    return frozenset({host.removeprefix("api.") if host.endswith(".ghe.com") else host})


def _explained(failed: CallFailed) -> CallFailed:
    if failed.kind in (Failure.DENIED, Failure.NOT_FOUND):
        return CallFailed(
            failed.kind,
            f"{failed.sentence.rstrip('.')}: the token may not manage deploy keys there.",
            remedy="It takes an admin of the repository (fine-grained: Administration, write).",
        )
    return failed


def _deploy_key(entry: dict[str, Any]) -> DeployKey | None:
    try:
        public = PublicKey.parse(str(entry["key"]))
    except ValueError:
        return None
    return DeployKey(
        id=int(entry["id"]),
        title=str(entry.get("title") or ""),
        public=public,
        read_only=bool(entry["read_only"]),
        # Older Enterprise servers tell neither of these.
        verified=bool(entry.get("verified", True)),
        enabled=bool(entry.get("enabled", True)),
        created_at=_epoch(entry.get("created_at")),
        added_by=entry.get("added_by") or None,
        last_used=_epoch(entry.get("last_used")),
    )


def _epoch(text: str | None) -> float | None:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() if text else None
