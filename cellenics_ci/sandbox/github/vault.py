"""Stores of secrets as GitHub keeps them: one per scope, each with its own key pair for sealed boxes."""

from __future__ import annotations

import base64
import binascii
import re
import threading
from dataclasses import dataclass, field
from typing import Final

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox

from cellenics_ci.model.scopes import Scope
from cellenics_ci.model.secret import Secret

SECRETS_LIMIT: Final = 100
"""Secrets that a repository or an environment holds at most ("Limits for secrets", GitHub's documentation)."""
SIZE_LIMIT: Final = 48 * 1024
"""Bytes that a secret holds at most (same page)."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Refused(Exception):
    """GitHub would answer 422 to this write; the text is the answer's message and holds no secret."""


@dataclass(slots=True)
class StoredSecret:
    """A secret with the value that it was really given. `visibility` and `selected` are an organisation's only."""

    name: str
    value: Secret
    created_at: int
    updated_at: int
    visibility: str = "all"
    selected: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class SecretWrite:
    """One write in the history: `value` is None where the secret was deleted. `at` in UTC epoch seconds."""

    repository: str
    scope: Scope
    name: str
    value: Secret | None
    at: int


class SecretStore:
    """The secrets of one scope, by name. The key pair is made when it is first asked for."""

    _making_key = threading.Lock()

    def __init__(self) -> None:
        self.entries: dict[str, StoredSecret] = {}
        self._private: PrivateKey | None = None

    @property
    def public_key(self) -> tuple[str, str]:
        """The key's id and the public key in Base64."""
        public = bytes(self._key().public_key)
        # GitHub's ids are long decimal numbers sent as text.
        return str(int.from_bytes(public[:8], "big")), base64.b64encode(public).decode()

    def unseal(self, encrypted: str, key_id: str) -> Secret:
        """Return what a client sealed for this store; raises Refused for another key's id or a broken box."""
        if key_id != self.public_key[0]:
            raise Refused("Bad request - key_id does not match the public key of this scope")
        try:
            sealed = base64.b64decode(encrypted, validate=True)
            text = SealedBox(self._key()).decrypt(sealed).decode()
        except (binascii.Error, CryptoError, ValueError):
            raise Refused("Bad request - validation failed due to an improperly encrypted secret") from None
        return Secret(text)

    def put(self, name: str, value: Secret, at: int) -> bool:
        """Store a secret under its name in capitals; returns whether it is new, raises Refused."""
        check_name(name)
        if len(value.reveal().encode()) > SIZE_LIMIT:
            raise Refused("Secret value is too large")
        key = name.upper()
        if present := self.entries.get(key):
            present.value, present.updated_at = value, at
            return False
        if len(self.entries) >= SECRETS_LIMIT:
            raise Refused(f"Maximum number of secrets reached ({SECRETS_LIMIT})")
        self.entries[key] = StoredSecret(key, value, at, at)
        return True

    def _key(self) -> PrivateKey:
        with self._making_key:
            if self._private is None:
                self._private = PrivateKey.generate()
            return self._private


def check_name(name: str) -> None:
    """Raise Refused for a name that GitHub does not take for a secret or a variable."""
    if not _NAME.fullmatch(name):
        raise Refused("Names can only contain alphanumeric characters or underscores and must not start with a number")
    if name.upper().startswith("GITHUB_"):
        raise Refused("Names must not start with GITHUB_")
