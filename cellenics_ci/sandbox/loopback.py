"""A small HTTP/1.1 server on 127.0.0.1: keep-alive, one thread a connection, every answer sent in one piece."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

IDLE_SECONDS: Final = 120


class ConnectionDropped(Exception):
    """Raised by a handler: the connection is closed without an answer."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `target` is the path and query as sent; header names are in small letters."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)


@dataclass(slots=True)
class Response:
    """One answer. Content-Length and Date are added where they are missing."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)


Handler = Callable[[Request], Response]


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Two small packets and Nagle's algorithm cost 40 ms a request.
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS
    server: _Server

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, self.rfile.read(length))
        try:
            response = self.server.handler(request)
        except ConnectionDropped:
            self.close_connection = True
            return
        try:
            self.wfile.write(_encoded(response, self.server.clock(), self.command == "HEAD"))
        except OSError:
            # The client has gone; what its request did stays done.
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve  # noqa: N815

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: a request's path can hold more than a log should."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Fifty clients may come in the same instant.
    request_queue_size = 128

    def __init__(self, handler: Handler, clock: Callable[[], float], port: int) -> None:
        self.handler = handler
        self.clock = clock
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(("127.0.0.1", port), _Connection)

    def server_bind(self) -> None:
        # HTTPServer's own looks the host's name up, which can take seconds without a resolver.
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """Close what clients still hold open, so that nobody waits for an answer that never comes."""
        with self._guard:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent: a client that resets its connection is no news."""


class LoopbackServer:
    """Serves a handler on a port of 127.0.0.1 from `start()` to `stop()`, and as a context manager."""

    def __init__(self, handler: Handler, clock: Callable[[], float], port: int = 0) -> None:
        self._server = _Server(handler, clock, port)
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The address, without a slash at its end."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        """Begin to answer, in a thread of its own."""
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and close every connection."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()
        self._server.close_connections()


def _encoded(response: Response, now: float, head: bool) -> bytes:
    given = {name.lower() for name in response.headers}
    headers = dict(response.headers)
    if "date" not in given:
        headers["Date"] = formatdate(now, usegmt=True)
    if "content-length" not in given and response.status not in (204, 304):
        headers["Content-Length"] = str(len(response.body))
    try:
        reason = HTTPStatus(response.status).phrase
    except ValueError:
        reason = ""
    lines = [f"HTTP/1.1 {response.status} {reason}", *(f"{name}: {value}" for name, value in headers.items())]
    head_bytes = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
    return head_bytes if head else head_bytes + response.body
