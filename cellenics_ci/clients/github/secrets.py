"""A repository's secrets in all their scopes: listed, sealed, written. Values go in sealed and never come out."""

from __future__ import annotations

import threading
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from nacl.public import PublicKey, SealedBox

from cellenics_ci.clients.answers import understood
from cellenics_ci.clients.github.transport import Transport
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.github import SealedValue
from cellenics_ci.model.names import KEY_ID_SECRET, KEY_SECRET_SECRET, OrgName, RepoName
from cellenics_ci.model.scopes import PairDates, Scope
from cellenics_ci.model.secret import Secret

SECRETS_LIMIT: Final = 100
"""Secrets of a repository, and of an environment (GitHub Actions limits, "Secrets")."""


@dataclass(frozen=True, slots=True)
class _Listing:
    """The names in a scope with the time of their last write; `total` counts those on pages not read, too."""

    written_at: Mapping[str, int]
    total: int

    @property
    def whole(self) -> bool:
        return len(self.written_at) >= self.total


class RepositorySecrets:
    """GitHub's secrets, repository by repository. Shared by threads. Every method raises CallFailed only."""

    def __init__(self, transport: Transport, org: OrgName) -> None:
        self._transport, self._org = transport, org
        self._lock = threading.Lock()
        self._listings: dict[tuple[RepoName, Scope], _Listing] = {}
        self._keys: dict[tuple[RepoName, Scope], tuple[str, SealedBox[PublicKey]]] = {}

    @understood
    def pair_dates(self, repo: RepoName, scopes: Sequence[Scope]) -> Mapping[Scope, PairDates]:
        """Return when each half of the pair was last written, for every scope asked. NOT_FOUND: no such scope."""
        return {scope: _pair(self._list(repo, scope, until_pair=True)) for scope in scopes}

    @understood
    def written_at(self, repo: RepoName, scope: Scope) -> Mapping[str, int]:
        """Return every secret's name in a scope with the time of its last write, in UTC epoch seconds."""
        return self._list(repo, scope, until_pair=False).written_at

    @understood
    def seal(self, repo: RepoName, scope: Scope, values: Mapping[str, Secret]) -> tuple[SealedValue, ...]:
        """Seal values with the scope's public key, in the order given; also checks that they fit (LIMIT)."""
        self._check_room(repo, scope, values)
        key_id, box = self._public_key(repo, scope)
        return tuple(
            SealedValue(scope, name, b64encode(box.encrypt(value.reveal().encode())).decode(), key_id)
            for name, value in values.items()
        )

    def reserve_writes(self, count: int) -> None:
        """Wait until that many writes can be sent at once without meeting a rate limit, and set them aside."""
        self._transport.budget.reserve(count)

    def writes_free(self) -> int:
        """Return how many writes could be sent now without meeting a rate limit."""
        return self._transport.budget.writes_free()

    def write(self, repo: RepoName, value: SealedValue) -> None:
        """PUT one sealed value. Idempotent: safe to repeat after UNKNOWN."""
        path = f"{self._path(repo, value.scope)}/{quote(value.name, safe='')}"
        body = {"encrypted_value": value.encrypted_value, "key_id": value.key_id}
        try:
            answer = self._transport.put(path, body, reserved=True)
        except CallFailed as failed:
            if failed.kind is Failure.INVALID:
                # 422 also means that the public key is no longer the scope's: the next seal fetches it anew.
                with self._lock:
                    self._keys.pop((repo, value.scope), None)
            raise
        # The reference says 201 and 204; a plain 200 is believed too, because the dates are read back afterwards.
        if answer.status not in (200, 201, 204):
            raise CallFailed(
                Failure.UNKNOWN,
                f"GitHub answered {answer.status} to the secret {value.name} of {repo}: not what a write answers.",
            )

    def delete(self, repo: RepoName, scope: Scope, name: str) -> None:
        """Delete a secret; an absent one is no error."""
        try:
            self._transport.delete(f"{self._path(repo, scope)}/{quote(name, safe='')}")
        except CallFailed as failed:
            if failed.kind is not Failure.NOT_FOUND:
                raise

    def _list(self, repo: RepoName, scope: Scope, *, until_pair: bool) -> _Listing:
        found: dict[str, int] = {}
        total = 0
        for page in self._transport.pages(self._path(repo, scope)):
            found |= {secret["name"]: _epoch(secret["updated_at"]) for secret in page.json["secrets"]}
            # Not every server that speaks this API counts; then what was listed is all that is known.
            total = max(len(found), int(page.json.get("total_count") or 0))
            if until_pair and KEY_ID_SECRET in found and KEY_SECRET_SECRET in found:
                break
        listing = _Listing(found, total)
        with self._lock:
            self._listings[repo, scope] = listing
        return listing

    def _check_room(self, repo: RepoName, scope: Scope, values: Mapping[str, Secret]) -> None:
        with self._lock:
            listing = self._listings.get((repo, scope))
        if listing is None or (not listing.whole and listing.total + len(values) > SECRETS_LIMIT):
            listing = self._list(repo, scope, until_pair=False)
        new = sum(name not in listing.written_at for name in values)
        if new and listing.total + new > SECRETS_LIMIT:
            raise CallFailed(
                Failure.LIMIT,
                f"{repo} ({scope}) has {listing.total} secrets, GitHub allows {SECRETS_LIMIT}: {new} more do not fit.",
                remedy="Delete secrets there that nothing reads.",
            )

    def _public_key(self, repo: RepoName, scope: Scope) -> tuple[str, SealedBox[PublicKey]]:
        with self._lock:
            known = self._keys.get((repo, scope))
        if known is None:
            found = self._transport.get(f"{self._path(repo, scope)}/public-key").json
            known = str(found["key_id"]), SealedBox(PublicKey(b64decode(found["key"])))
            with self._lock:
                self._keys[repo, scope] = known
        return known

    def _path(self, repo: RepoName, scope: Scope) -> str:
        base = f"/repos/{quote(self._org, safe='')}/{quote(repo, safe='')}"
        if scope.kind == "environment":
            return f"{base}/environments/{quote(scope.environment, safe='')}/secrets"
        return f"{base}/{scope.kind}/secrets"


def _pair(listing: _Listing) -> PairDates:
    return PairDates(listing.written_at.get(KEY_ID_SECRET), listing.written_at.get(KEY_SECRET_SECRET))


def _epoch(text: Any) -> int:
    return int(datetime.fromisoformat(str(text).replace("Z", "+00:00")).timestamp())
