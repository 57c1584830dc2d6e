"""A loopback server that answers as a test tells it to, drops connections, and counts what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    """A request as the server got it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What the server says. `drop`: it closes the connection instead."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: bool = False

    @property
    def content(self) -> bytes:
        """The body as it is sent: bytes and str as they are, all else as JSON."""
        if isinstance(self.body, bytes):
            return self.body
        if isinstance(self.body, str):
            return self.body.encode()
        return b"" if self.body is None else json.dumps(self.body).encode()


DROP = Answer(drop=True)


class Scripted:
    """The server's address, and everything it was asked, in order."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[Asked] = []

    @property
    def lines(self) -> list[str]:
        """The requests as `METHOD /path`."""
        return [f"{asked.method} {asked.path}" for asked in self.asked]


@contextmanager
def scripted(answer: Callable[[Asked], Answer]) -> Iterator[Scripted]:
    """Run a server that answers with `answer` for as long as the block lasts."""
    server: ThreadingHTTPServer
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, self.rfile.read(length))
            with lock:
                world.asked.append(asked)
                said = answer(asked)
            if said.drop:
                self.close_connection = True
                return
            self.send_response_only(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(said.content)))
            self.end_headers()
            self.wfile.write(said.content)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = handle_any  # noqa: N815 - http.server wants these names

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    world = Scripted(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield world
    finally:
        server.shutdown()
        server.server_close()


def in_turn(*answers: Answer) -> Callable[[Asked], Answer]:
    """Answer one after the other; the last one is said again and again."""
    left = list(answers)

    def answer(_: Asked) -> Answer:
        return left.pop(0) if len(left) > 1 else left[0]

    return answer
