"""`known_hosts`: which host keys an SSH client takes for a server's (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT")."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cellenics_ci.model.deploy_keys import PublicKey, SshAddress

FIRST: Final = "ecdsa-sha2-nistp256"
"""Flux 2.6 read only the first line, and its SSH client asks for this kind first."""


def known_hosts_text(address: SshAddress, keys: Iterable[PublicKey]) -> str:
    """Return the entries for a server: one key a line, the kind that Flux asks for first."""
    ordered = sorted(keys, key=lambda key: key.kind != FIRST)
    return "".join(f"{address.known_host} {key.text}\n" for key in ordered)
