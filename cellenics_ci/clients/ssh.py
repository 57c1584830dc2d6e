"""A key tried over SSH, from memory: whether a Git server lets it in, what it reads there, and whether it may write.

Nothing of the machine takes part: no agent, no files of ~/.ssh, no environment. What the server shows as its host
key has to be one of those that are given.
"""

from __future__ import annotations

import io
import logging
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_ssh_private_key,
)

from cellenics_ci.clients.advertisement import Advertisement, read_advertisement
from cellenics_ci.clients.quiet import keep_sdks_quiet
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.deploy_keys import Proof, PublicKey, SshAddress
from cellenics_ci.model.secret import Secret

STEP_SECONDS: Final = 15.0
"""For connecting, for the handshake, for signing in, and for each read."""
LIMIT_SECONDS: Final = 45.0
"""For one command with everything around it: a server that answers byte by byte does not hold us up."""
_AGAIN: Final = "Check the connection, and https://www.githubstatus.com, then run the command again."
_RSA: Final = ("rsa-sha2-512", "rsa-sha2-256")
_log = logging.getLogger(__name__)


class SshProver:
    """Tries keys. Shared by threads. `clock` tells seconds that only go forward."""

    def __init__(self, *, step: float = STEP_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        keep_sdks_quiet()
        self._step, self._clock = step, clock

    def prove(self, private: Secret, address: SshAddress, *, host_keys: tuple[PublicKey, ...], branch: str) -> Proof:
        """Return what the key can do there, by opening git-upload-pack and git-receive-pack; nothing is pushed.

        UNKNOWN where the server can't be reached or breaks off, DENIED where it shows a host key that is not among
        `host_keys`, INVALID where `private` can't be read. A key that the server refuses is an answer, no failure.
        """
        key = _key(private)
        read = self._opened("git-upload-pack", key, address, host_keys)
        if read is None:
            return Proof(accepted=False)
        if not read.opened:
            return Proof(accepted=True, remark=read.remark)
        written = self._opened("git-receive-pack", key, address, host_keys)
        if written is None:
            raise _broken(address, "refused the key that it had just let in")
        return Proof(
            accepted=True,
            reads=True,
            branch=f"refs/heads/{branch}" in read.refs,
            writes=written.opened,
            remark=written.remark,
        )

    def _opened(
        self, program: str, key: paramiko.PKey, address: SshAddress, host_keys: tuple[PublicKey, ...]
    ) -> Advertisement | None:
        """Run one of git's two programs and read what it offers; None where the server does not let the key in."""
        # A connection for each: GitHub ends it with its first command.
        deadline = self._clock() + LIMIT_SECONDS
        try:
            with self._connected(address, host_keys) as transport:
                try:
                    if transport.auth_publickey(address.user, key):
                        return None
                except paramiko.AuthenticationException:
                    return None
                channel = transport.open_session(timeout=self._step)
                channel.settimeout(self._step)
                channel.exec_command(f"{program} {_quoted(f'/{address.path}')}")
                return read_advertisement(channel, lambda: self._clock() > deadline)
        except (OSError, EOFError, ValueError, paramiko.SSHException) as error:
            _log.debug("%s at %s: %s", program, address.known_host, type(error).__name__)
            raise _broken(address, f"did not answer {program} ({type(error).__name__})") from None

    @contextmanager
    def _connected(self, address: SshAddress, host_keys: tuple[PublicKey, ...]) -> Iterator[paramiko.Transport]:
        with socket.create_connection((address.host, address.port), timeout=self._step) as connection:
            transport = paramiko.Transport(connection)
            try:
                transport.banner_timeout = transport.auth_timeout = self._step
                offered = transport.get_security_options()
                offered.key_types = _wanted(offered.key_types, host_keys, address)
                transport.start_client(timeout=self._step)
                shown = transport.get_remote_server_key()
                if PublicKey(shown.get_name(), shown.get_base64()) not in host_keys:
                    raise _impostor(address)
                yield transport
            finally:
                transport.close()


def _wanted(known: Sequence[str], host_keys: tuple[PublicKey, ...], address: SshAddress) -> tuple[str, ...]:
    """Ask for kinds of host key only that we can compare: a server has several and shows one."""
    kinds: list[str] = []
    for key in host_keys:
        kinds += _RSA if key.kind == "ssh-rsa" else (key.kind,)
    wanted = tuple(kind for kind in dict.fromkeys(kinds) if kind in known)
    if not wanted:
        raise _impostor(address)
    return wanted


def _impostor(address: SshAddress) -> CallFailed:
    return CallFailed(
        Failure.DENIED,
        f"{address.known_host} shows a host key that is none of GitHub's: somebody may be in between.",
        remedy="Do not go on. Compare the host keys with those that GitHub publishes, from another network.",
    )


def _broken(address: SshAddress, what: str) -> CallFailed:
    return CallFailed(Failure.UNKNOWN, f"{address.known_host} {what}.", remedy=_AGAIN)


def _quoted(path: str) -> str:
    """Quote a path as git does."""
    inner = path.replace("'", "'\\''").replace("!", "'\\!'")
    return f"'{inner}'"


def _key(private: Secret) -> paramiko.PKey:
    text = private.reveal().encode()
    load = load_ssh_private_key if b"BEGIN OPENSSH" in text else load_pem_private_key
    try:
        loaded = load(text, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        loaded = None
    kinds: tuple[tuple[type, type[paramiko.PKey]], ...] = (
        (ed25519.Ed25519PrivateKey, paramiko.Ed25519Key),
        (ec.EllipticCurvePrivateKey, paramiko.ECDSAKey),
        (rsa.RSAPrivateKey, paramiko.RSAKey),
    )
    for kind, made in kinds:
        if loaded is not None and isinstance(loaded, kind):
            # One format for all: paramiko reads no PKCS#8, which Flux writes.
            whole = loaded.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
            return made.from_private_key(io.StringIO(whole))
    raise CallFailed(Failure.INVALID, "The private key can't be read.")
