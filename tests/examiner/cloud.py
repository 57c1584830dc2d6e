"""Plain moto in a process of its own, behind a thin observer: calls are logged, and may be refused or lost.

Run as a program: it prints its port, then serves until its standard input closes. `/_examiner/...` is for tests.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

from moto import settings
from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

REFUSAL = """<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type>\
<Code>{code}</Code><Message>{message}</Message></Error><RequestId>0</RequestId></ErrorResponse>"""


class Observer:
    """WSGI: what came by, how slowly new keys spread, and what is to go wrong."""

    def __init__(self) -> None:
        self.moto = DomainDispatcherApplication(create_backend_app)
        self.lock = threading.RLock()
        self.clear()

    def clear(self) -> None:
        self.log: list[dict[str, Any]] = []
        self.faults: list[dict[str, Any]] = []
        self.spread = 0.0
        self.refuse_inactive = False
        self.seen: dict[str, float] = {}

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length)
        path = environ["PATH_INFO"]
        if path.startswith("/_examiner/"):
            told = json.dumps(self.control(path.rpartition("/")[2], json.loads(body or b"{}"))).encode()
            start("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(told)))])
            return [told]
        environ["wsgi.input"] = io.BytesIO(body)
        form = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
        action = form.get("Action") or environ.get("HTTP_X_AMZ_TARGET", "?").rpartition(".")[2]
        key = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].partition("/")[0]
        user = form.get("UserName", "")
        with self.lock:
            self.log.append({"action": action, "user": user, "key": key, "at": time.time()})
            fault = self._fault(action, user)
        if fault and fault["how"] == "refuse":
            return self._refuse(start, fault["status"], fault["code"], fault.get("message", "as the test wants it"))
        if fault and fault["how"] == "page":
            start("403 Forbidden", [("Content-Type", "text/html")])
            return [b"<html><body>Your gateway says no.</body></html>"]
        if fault and fault["how"] == "drop":
            raise ConnectionAbortedError
        if self._unknown(key):
            return self._refuse(
                start, 403, "InvalidClientTokenId", "The security token included in the request is invalid."
            )
        return self._lost(environ) if fault and fault["how"] == "lose" else self.moto(environ, start)

    def _lost(self, environ: dict[str, Any]) -> Iterable[bytes]:
        list(self.moto(environ, lambda *_: None))
        raise ConnectionAbortedError

    def _fault(self, action: str, user: str) -> dict[str, Any] | None:
        for fault in self.faults:
            if fault["action"] in (action, "*") and fault.get("user", user) == user and fault["times"] != 0:
                if fault.get("skip", 0) > 0:
                    fault["skip"] -= 1
                    continue
                fault["times"] -= 1
                return fault
        return None

    def _unknown(self, key: str) -> bool:
        for user in iam().users.values():
            for known in user.access_keys:
                if known.access_key_id == key:
                    first = self.seen.setdefault(key, time.time())
                    if self.spread and user.path.startswith("/ci-users/") and time.time() - first < self.spread:
                        return True
                    return self.refuse_inactive and known.status != "Active"
        return False

    @staticmethod
    def _refuse(start: Callable[..., Any], status: int, code: str, message: str) -> list[bytes]:
        told = REFUSAL.format(code=code, message=message).encode()
        start(f"{status} X", [("Content-Type", "text/xml"), ("Content-Length", str(len(told)))])
        return [told]

    def control(self, what: str, asked: dict[str, Any]) -> Any:
        if what == "reset":
            from moto.moto_api._internal.models import moto_api_backend

            moto_api_backend.reset()
            self.clear()
            settings.INITIAL_NO_AUTH_ACTION_COUNT = float("inf")
            self.spread = asked.get("spread", 0.0)
            self.refuse_inactive = asked.get("refuse_inactive", False)
        if what == "authenticate":
            settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
        if what == "faults":
            self.faults.extend(asked["faults"])
        if what == "age":
            for user in iam().users.values():
                for key in user.access_keys:
                    if key.access_key_id == asked["key"]:
                        from datetime import datetime, timedelta

                        key.create_date = datetime.utcnow() - timedelta(days=asked["days"])  # noqa: DTZ003
        if what == "log":
            return self.log
        if what == "users":
            return {name: told(user) for name, user in iam().users.items()}
        return {}


def iam() -> Any:
    return get_backend("iam")[DEFAULT_ACCOUNT_ID]["aws"]


def told(user: Any) -> dict[str, Any]:
    keys = [{"id": k.access_key_id, "secret": k.secret_access_key, "status": k.status} for k in user.access_keys]
    tags = iam().tagger.get_tag_dict_for_resource(user.arn)
    return {"path": user.path, "keys": keys, "policies": dict(user.policies), "tags": tags}


class Handler(MotoRequestHandler):
    """Says nothing, and hangs up where the observer does."""

    def log_request(self, *_: Any) -> None:
        return

    def connection_dropped(self, *_: Any) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


def main() -> None:
    # Moto imports a service at its first request, which two threads at once can't do.
    for service in ("s3", "iam", "sts", "ecr", "cloudformation"):
        get_backend(service)
        importlib.import_module(f"moto.{service}.urls")
    server = make_server("127.0.0.1", 0, Observer(), threaded=True, request_handler=Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
