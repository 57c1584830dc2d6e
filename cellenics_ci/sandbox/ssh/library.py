"""The same server from a library, for machines without sshd: paramiko's, in front of git's own programs."""

from __future__ import annotations

import contextlib
import io
import logging
import socket
import subprocess
import threading
from typing import Final

import paramiko

from cellenics_ci.sandbox.github.state import GitHubState
from cellenics_ci.sandbox.ssh.access import Admission, admissions, note_use, program_of, refused
from cellenics_ci.sandbox.ssh.repositories import Repositories, git_environment

_CHUNK: Final = 65_536
_SILENT: Final = f"{__name__}.transport"
logging.getLogger(_SILENT).addHandler(logging.NullHandler())
logging.getLogger(_SILENT).propagate = False
_PATIENCE: Final = 5.0
"""Seconds for which a client may read on."""


class _Door(paramiko.ServerInterface):
    """One connection: which key came in, and what it asked for."""

    def __init__(self, state: GitHubState) -> None:
        self._state = state
        self.admission: Admission | None = None
        self.command = ""
        self.asked = threading.Event()

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        shown = f"{key.get_name()} {key.get_base64()}"
        self.admission = next((each for each in admissions(self._state) if each.public == shown), None)
        return paramiko.common.AUTH_SUCCESSFUL if self.admission else paramiko.common.AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_channel_request(self, kind: str, chanid: int) -> int:
        allowed = kind == "session"
        return paramiko.common.OPEN_SUCCEEDED if allowed else paramiko.common.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        self.command = command.decode(errors="replace")
        self.asked.set()
        return True


class LibraryServer:
    """Listens on a port of 127.0.0.1; any user name will do."""

    user = "git"

    def __init__(self, state: GitHubState, repositories: Repositories, host_keys: tuple[bytes, ...]) -> None:
        self.port = 0
        self._state, self._repositories = state, repositories
        self._host_keys = [_host_key(key) for key in host_keys]
        self._socket: socket.socket | None = None
        self._open: set[paramiko.Transport] = set()

    def start(self) -> None:
        """Begin to listen, in a thread of its own."""
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._socket,), daemon=True).start()

    def stop(self) -> None:
        """Stop listening and close every connection."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()
            self._socket = None
        for transport in list(self._open):
            transport.close()

    def refresh(self) -> None:
        """Nothing to do: who may come in is looked up each time."""

    def note_uses(self) -> None:
        """Nothing to do: uses are noted when they happen."""

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        transport = paramiko.Transport(connection)
        # A client that hangs up is an error to it; the sandbox's user has no use for that.
        transport.set_log_channel(_SILENT)
        self._open.add(transport)
        try:
            for key in self._host_keys:
                transport.add_server_key(key)
            door = _Door(self._state)
            transport.start_server(server=door)
            channel = transport.accept(30)
            if channel is not None and door.asked.wait(30) and door.admission is not None:
                self._answer(channel, door.command, door.admission)
                # The client hangs up when it has read everything; hanging up first would cut it off.
                transport.join(_PATIENCE)
        except (paramiko.SSHException, OSError, EOFError):
            # The client has gone, or never spoke SSH.
            pass
        finally:
            transport.close()
            self._open.discard(transport)

    def _answer(self, channel: paramiko.Channel, command: str, admission: Admission) -> None:
        if words := refused(command, admission):
            channel.sendall_stderr(f"{words}\n".encode())
            channel.send_exit_status(1)
            channel.close()
            return
        note_use(self._state, admission.key_id)
        program = subprocess.Popen(
            ["git", program_of(command).removeprefix("git-"), str(self._repositories.path(admission.repository))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=git_environment(),
        )
        threading.Thread(target=_feed, args=(channel, program), daemon=True).start()
        assert program.stdout is not None
        while piece := program.stdout.read1(_CHUNK):  # type: ignore[attr-defined]  # a BufferedReader, as asked for
            channel.sendall(piece)
        channel.send_exit_status(program.wait())
        channel.close()


def _feed(channel: paramiko.Channel, program: subprocess.Popen[bytes]) -> None:
    assert program.stdin is not None
    with contextlib.suppress(OSError, EOFError):
        while piece := channel.recv(_CHUNK):
            program.stdin.write(piece)
            program.stdin.flush()
    with contextlib.suppress(OSError):
        program.stdin.close()


def _host_key(text: bytes) -> paramiko.PKey:
    file = io.StringIO(text.decode())
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey):
        file.seek(0)
        with contextlib.suppress(paramiko.SSHException):
            return kind.from_private_key(file)
    raise ValueError("no host key that can be read")
