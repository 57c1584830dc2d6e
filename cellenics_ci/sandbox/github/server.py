"""The embedded GitHub on a loopback port: HTTP/1.1 with connections that stay open, a thread for each."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple, Self

from cellenics_ci.sandbox.github.app import App
from cellenics_ci.sandbox.github.http import ConnectionDropped, Request, Response
from cellenics_ci.sandbox.github.state import GitHubState


class LoggedRequest(NamedTuple):
    """One request that was answered: no query, no headers, no body. Status 0: the connection was dropped."""

    method: str
    path: str
    status: int


class GitHubServer:
    """An embedded GitHub. As a context manager it runs from entry to exit; `url` is what GITHUB_API_URL wants."""

    def __init__(
        self, state: GitHubState | None = None, clock: Callable[[], float] | None = None, port: int = 0
    ) -> None:
        self.state = state or GitHubState()
        if clock is not None:
            self.state.clock = clock
        self.requests: list[LoggedRequest] = []
        self._app = App(self.state)
        self._port = port
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port that the server listens on; raises RuntimeError unless it runs."""
        if self._server is None:
            raise RuntimeError("the embedded GitHub does not run")
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The address of the API. The form of GitHub Enterprise Server is the same with `/api/v3` behind."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def failures(self) -> list[BaseException]:
        """What went wrong in the server itself, each of which was answered with a 500."""
        return self._app.failures

    @property
    def connections(self) -> int:
        """How many connections were accepted so far."""
        return self._server.accepted if self._server else 0

    def start(self) -> Self:
        """Listen and answer until `stop`."""
        self._server = _Server(("127.0.0.1", self._port), self)
        serve = self._server.serve_forever
        self._thread = threading.Thread(target=serve, kwargs={"poll_interval": 0.05}, daemon=True, name="github")
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop listening and close every connection."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server.close_connections()
        self._server = self._thread = None

    def answer(self, request: Request) -> Response:
        """Answer one request and write it down; raises ConnectionDropped."""
        try:
            response = self._app.handle(request)
        except ConnectionDropped:
            self.requests.append(LoggedRequest(request.method, request.path, 0))
            raise
        self.requests.append(LoggedRequest(request.method, request.path, response.status))
        return response

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], github: GitHubServer) -> None:
        self.github = github
        self.accepted = 0
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        # HTTPServer would look its own name up in the DNS.
        socketserver.TCPServer.server_bind(self)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self.accepted += 1
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        with self._guard:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Clients that go away are part of the tests; there is nothing to print.
        return


class _Handler(BaseHTTPRequestHandler):
    # Not werkzeug's handler: it closes every connection and waits 10 ms for leftovers before it does.
    protocol_version = "HTTP/1.1"
    server: _Server
    # One packet an answer: without these two, delayed acknowledgements cost 40 ms each.
    disable_nagle_algorithm = True
    wbufsize = -1

    def _serve(self) -> None:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            self.send_error(411)
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            response = self.server.github.answer(Request(self.command, self.path, headers, body))
        except ConnectionDropped:
            self.close_connection = True
            return
        self._send(response)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815

    def _send(self, response: Response) -> None:
        data = response.encoded()
        self.send_response_only(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        return
