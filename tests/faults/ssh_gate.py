"""A gate on a loopback port, in front of an SSH server: it lets connections through, cuts them, or leads them astray.

Only what this program opens is asked about: Flux's git comes with OpenSSH's client, and says so in its first line.
What is encrypted can't be looked into, so a connection "after" its effect is one whose server has said a good deal.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from cellenics_ci.sandbox.loopback import ConnectionDropped
from tests.faults.scripts import Fault, Seen

NAME: Final = "ssh"
"""What a connection is called where calls are counted."""
_OURS: Final = b"paramiko"
_SAID: Final = 2_000
"""Bytes from the server: keys are exchanged, and the client has signed in or is about to."""
_CHUNK: Final = 65_536
_HOST: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Detour:
    """The connection ends at another port of this machine."""

    port: int


Asked = Callable[[Seen], Fault | Detour | None]


class SshGate:
    """Runs as a context manager. `upstream` is the port of an SSH server; `asked` decides what a connection meets."""

    def __init__(self, upstream: int, asked: Asked) -> None:
        self._upstream, self._asked = upstream, asked
        self._listening = socket.create_server((_HOST, 0), backlog=64)
        self.port: int = self._listening.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError, ConnectionDropped):
            hello = client.recv(_CHUNK)
            met = self._asked(Seen(0, NAME, "", False)) if _OURS in hello else None
            fault = met if isinstance(met, Fault) else Fault()
            if fault.when == "before":
                _meet(fault)
            port = met.port if isinstance(met, Detour) else self._upstream
            with socket.create_connection((_HOST, port)) as server:
                server.sendall(hello)
                back = threading.Thread(target=_pass_on, args=(client, server), daemon=True)
                back.start()
                _pass_on(server, client, fault if fault.when == "after" else None)
                back.join()


def _meet(fault: Fault) -> None:
    if fault.doing is not None:
        fault.doing(Seen(0, NAME, "", False))
    if fault.hold is not None:
        fault.hold.pause()
    if fault.drop:
        raise ConnectionDropped


def _pass_on(source: socket.socket, sink: socket.socket, fault: Fault | None = None) -> None:
    """Pass bytes on until one side has ended; with a fault until so many were passed."""
    said = 0
    # Either side may hang up in the middle.
    with contextlib.suppress(OSError):
        while piece := source.recv(_CHUNK):
            said += len(piece)
            if fault is not None and said > _SAID:
                try:
                    _meet(fault)
                except ConnectionDropped:
                    break
                fault = None
            sink.sendall(piece)
    for each in (source, sink):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
