"""The SSH server of the embedded GitHub: sshd where it is installed, else the same from a library."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Literal, Self, TypeAlias

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from cellenics_ci.model.deploy_keys import SshAddress
from cellenics_ci.sandbox.github.state import GitHubState
from cellenics_ci.sandbox.ssh.repositories import Repositories
from cellenics_ci.sandbox.ssh.sshd import Sshd, find_sshd

if TYPE_CHECKING:
    from cellenics_ci.sandbox.ssh.library import LibraryServer

Kind: TypeAlias = Literal["sshd", "library"]
HOST: Final = "127.0.0.1"


class SshServer:
    """Serves the embedded GitHub's repositories over SSH, from `start()` to `stop()`, and as a context manager.

    `folder` is an empty one of its own. `kind` None: sshd where there is one. The host keys are told by `/meta`.
    """

    def __init__(self, state: GitHubState, folder: Path, kind: Kind | None = None) -> None:
        self.kind: Kind = kind or ("sshd" if find_sshd() else "library")
        self.repositories = Repositories(folder / "repositories")
        self._state = state
        keys = (ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256R1()))
        texts = tuple(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()) for key in keys)
        publics = [key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode() for key in keys]
        state.ssh_host_keys[:] = publics
        self._own = folder / "sshd"
        self._server = self._made(texts)

    def _made(self, host_keys: tuple[bytes, ...]) -> Sshd | LibraryServer:
        if self.kind == "sshd":
            return Sshd(self._state, self.repositories, self._own, host_keys)
        # Slow to import, and rarely needed.
        from cellenics_ci.sandbox.ssh.library import LibraryServer

        return LibraryServer(self._state, self.repositories, host_keys)

    def address(self, org: str, repo: str) -> SshAddress:
        """Return where a repository is reached."""
        return SshAddress(self._server.user, HOST, self._server.port, f"{org}/{repo}")

    def url(self, org: str, repo: str) -> str:
        """Return a repository's address as a GitRepository has it."""
        address = self.address(org, repo)
        return f"ssh://{address.user}@{address.host}:{address.port}/{address.path}"

    def start(self) -> None:
        """Start the server. Raises OSError where it can't."""
        self._own.mkdir(parents=True, exist_ok=True)
        self._server.start()
        self._state.on_deploy_keys.append(self._server.refresh)
        self._state.before_deploy_keys.append(self._server.note_uses)

    def stop(self) -> None:
        """Stop the server."""
        self._server.stop()
        if self._server.refresh in self._state.on_deploy_keys:
            self._state.on_deploy_keys.remove(self._server.refresh)
            self._state.before_deploy_keys.remove(self._server.note_uses)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
