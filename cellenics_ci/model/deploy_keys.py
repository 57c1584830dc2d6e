"""SSH keys as values: public keys and their fingerprints, deploy keys, key pairs, where they are used."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final, NewType, Self
from urllib.parse import unquote, urlsplit

from cellenics_ci.model.secret import Secret

Fingerprint = NewType("Fingerprint", str)
"""`SHA256:` and 43 characters of Base64, as `ssh-keygen -l` and GitHub's settings page show it."""

SSH_PORT: Final = 22
_PATH = re.compile(r"/?(?P<org>[A-Za-z0-9_.-]+)/(?P<repo>[A-Za-z0-9_.-]+?)(\.git)?/?")


class Algorithm(StrEnum):
    """The kinds of key that can be asked for."""

    ED25519 = "ed25519"
    ECDSA_P384 = "ecdsa-p384"
    RSA_4096 = "rsa-4096"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key as OpenSSH writes it, without its comment (GitHub drops that)."""

    kind: str
    blob: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the key in a line of an `.pub` file. Raises ValueError for what is none."""
        fields = text.split()
        if len(fields) < 2:
            raise ValueError("no public key in OpenSSH's format")
        try:
            raw = b64decode(fields[1], validate=True)
        except (binascii.Error, ValueError):
            raise ValueError("no public key in OpenSSH's format") from None
        kind = fields[0].encode()
        # The bytes begin with the kind once more, its length in front (RFC 4253, section 6.6).
        if not raw.startswith(len(kind).to_bytes(4, "big") + kind):
            raise ValueError("no public key in OpenSSH's format")
        return cls(fields[0], b64encode(raw).decode())

    @property
    def text(self) -> str:
        """The line for an `.pub` file, without a comment and without its end."""
        return f"{self.kind} {self.blob}"

    @property
    def fingerprint(self) -> Fingerprint:
        """What people compare."""
        digest = sha256(b64decode(self.blob)).digest()
        return Fingerprint(f"SHA256:{b64encode(digest).decode().rstrip('=')}")


@dataclass(frozen=True, slots=True)
class SshPair:
    """A key pair. `private` is in OpenSSH's own format, with its final newline."""

    private: Secret
    public: PublicKey


@dataclass(frozen=True, slots=True)
class DeployKey:
    """A deploy key as GitHub lists it. Times are UTC epoch seconds, None where GitHub tells none."""

    id: int
    title: str
    public: PublicKey
    read_only: bool
    verified: bool = True
    enabled: bool = True
    created_at: float | None = None
    added_by: str | None = None
    last_used: float | None = None


@dataclass(frozen=True, slots=True)
class SshAddress:
    """Where a repository is reached by SSH. `path` is as the URL has it, without its first slash."""

    user: str
    host: str
    port: int
    path: str

    @classmethod
    def parse(cls, url: str) -> Self:
        """Return the address in an `ssh://` URL (Flux takes no other form). Raises ValueError for what is none."""
        parts = urlsplit(url)
        port = parts.port or SSH_PORT
        path = unquote(parts.path).removeprefix("/")
        if parts.scheme != "ssh" or not parts.hostname or not path or parts.password is not None:
            raise ValueError("no ssh:// address of a repository")
        return cls(parts.username or "git", parts.hostname, port, path)

    @property
    def repository(self) -> tuple[str, str] | None:
        """The organisation's and the repository's name, None for a path that is not of this form."""
        found = _PATH.fullmatch(self.path)
        return (found["org"], found["repo"]) if found else None

    @property
    def known_host(self) -> str:
        """The host as `known_hosts` has it: with its port in brackets where it is not 22 (sshd(8))."""
        return self.host if self.port == SSH_PORT else f"[{self.host}]:{self.port}"


@dataclass(frozen=True, slots=True)
class Proof:
    """What a key could do at a repository, seen over SSH.

    `accepted`: the server let the key in. `reads`: upload-pack advertised refs. `branch`: the wanted one was among
    them. `writes`: receive-pack opened. `remark` is the server's own words about a refusal, "" where there were none.
    """

    accepted: bool
    reads: bool = False
    branch: bool = False
    writes: bool = False
    remark: str = ""
