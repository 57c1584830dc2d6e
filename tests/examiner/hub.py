"""A GitHub on plain http.server, written from GitHub's documentation and independent of the sandbox's."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

import nacl.exceptions
import nacl.public

from tests.examiner import graph
from tests.examiner.organisation import Box, Manners, Organisation, Repo

Answer = tuple[int, Any]
ROUTES: list[tuple[str, re.Pattern[str], str]] = []


class Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        self.status, self.message = status, message


Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


def route(method: str, pattern: str) -> Callable[[Endpoint], Endpoint]:
    def keep(function: Endpoint) -> Endpoint:
        ROUTES.append((method, re.compile(pattern + r"/?\Z"), function.__name__))
        return function

    return keep


class Hub:
    """One organisation served on a loopback port."""

    def __init__(self, org: Organisation, manners: Manners | None = None) -> None:
        self.org, self.manners = org, manners or Manners()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}{self.manners.prefix}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def written(self) -> list[tuple[str, str, int]]:
        """Return the requests that may have changed something."""
        return [r for r in self.org.log if r[0] not in ("GET", "HEAD") and not r[1].endswith("/graphql")]

    # What GitHub answers, endpoint by endpoint.

    @route("GET", "/user")
    def user(self, call: Call) -> Answer:
        if not self.manners.user:
            raise Refused(404, "Not Found")
        return 200, {"login": call.login, "id": 1, "node_id": "U_1", "type": "User", "site_admin": False}

    @route("GET", "/rate_limit")
    def rate_limit(self, call: Call) -> Answer:
        if not self.manners.limits:
            return 404, {"message": "Rate limiting is not enabled."}
        core = {"limit": 5000, "used": 1, "remaining": 4999, "reset": 2_000_000_000}
        return 200, {"resources": {"core": core, "graphql": core, "search": core}, "rate": core}

    @route("GET", "/meta")
    def meta(self, call: Call) -> Answer:
        return 200, {"verifiable_password_authentication": False}

    @route("GET", "/orgs/([^/]+)")
    def organization(self, call: Call, login: str) -> Answer:
        if login.lower() != self.org.login.lower() or not self.manners.org_endpoint:
            raise Refused(404, "Not Found")
        return 200, {"login": self.org.login, "id": self.org.number, "node_id": "O_1", "name": "Acme Labs",
                     "type": "Organization"}  # fmt: skip

    @route("GET", "/users/([^/]+)")
    def account(self, call: Call, login: str) -> Answer:
        if login.lower() == self.org.login.lower():
            return 200, {"login": self.org.login, "id": self.org.number, "type": "Organization"}
        if login in self.org.people:
            return 200, {"login": login, "id": 77, "type": "User"}
        raise Refused(404, "Not Found")

    @route("GET", "/orgs/([^/]+)/repos")
    def repositories(self, call: Call, login: str) -> Answer:
        self.organization(call, login)
        return 200, call.page([self._repository(repo) for repo in self.org.repos.values()])

    def _repository(self, repo: Repo) -> dict[str, Any]:
        rights = {"admin": repo.admin, "maintain": repo.admin, "push": repo.admin, "triage": repo.admin, "pull": True}
        return {
            "id": repo.number, "node_id": f"R_{repo.number}", "name": repo.name, "private": True,
            "full_name": f"{self.org.login}/{repo.name}", "fork": repo.fork, "archived": repo.archived,
            "disabled": False, "default_branch": "main", "size": 0 if repo.empty else 12, "permissions": rights,
            "owner": {"login": self.org.login, "id": self.org.number, "type": "Organization"},
            "html_url": f"https://github.invalid/{self.org.login}/{repo.name}",
        }  # fmt: skip

    @route("GET", "/repos/([^/]+)/([^/]+)")
    def repository(self, call: Call, owner: str, name: str) -> Answer:
        return 200, self._repository(self._repo(owner, name))

    def _repo(self, owner: str, name: str) -> Repo:
        repo = self.org.repos.get(unquote(name))
        if owner.lower() != self.org.login.lower() or repo is None:
            raise Refused(404, "Not Found")
        return repo

    @route("GET", "/repos/([^/]+)/([^/]+)/contents/?(.*?)")
    def contents(self, call: Call, owner: str, name: str, path: str) -> Answer:
        repo, path = self._repo(owner, name), unquote(path)
        found = graph.git_object(repo, f"HEAD:{path}")
        if found is None:
            raise Refused(404, "This repository is empty." if repo.empty else "Not Found")
        if found["__typename"] == "Tree":
            kinds = {"blob": "file", "tree": "dir"}
            return 200, [
                {"type": kinds[e["type"]], "name": e["name"], "path": e["path"], "sha": e["oid"], "size": 3}
                for e in found["entries"]
            ]
        content = repo.files[path] or b""
        raw = content.encode() if isinstance(content, str) else content
        if "raw" in call.headers.get("Accept", ""):
            return 200, raw
        whole = len(raw) <= 1_000_000
        encoded = base64.encodebytes(raw).decode() if whole else ""
        return 200, {
            "type": "file", "encoding": "base64" if whole else "none", "size": len(raw), "content": encoded,
            "name": path.rpartition("/")[2], "path": path, "sha": found["oid"],
        }  # fmt: skip

    @route("GET", "/repos/([^/]+)/([^/]+)/git/blobs/([0-9a-f]+)")
    def git_blob(self, call: Call, owner: str, name: str, sha: str) -> Answer:
        for content in self._repo(owner, name).files.values():
            if content is not None and graph.blob(content)["oid"] == sha:
                raw = content.encode() if isinstance(content, str) else content
                return 200, {"sha": sha, "size": len(raw), "encoding": "base64",
                             "content": base64.encodebytes(raw).decode()}  # fmt: skip
        raise Refused(404, "Not Found")

    def _boxed(self, owner: str, name: str, where: str) -> Box:
        repo = self._repo(owner, name)
        if where == "actions":
            return repo.actions
        if where == "dependabot" and self.manners.dependabot:
            return repo.dependabot
        environment = unquote(where.removeprefix("environments/"))
        if not self.manners.environments or environment not in repo.environments:
            raise Refused(404, "Not Found")
        return repo.environments[environment]

    @route("GET", "/repos/([^/]+)/([^/]+)/(actions|dependabot|environments/[^/]+)/secrets/public-key")
    def public_key(self, call: Call, owner: str, name: str, where: str) -> Answer:
        box = self._boxed(owner, name, where)
        key = base64.b64encode(bytes(box.private.public_key)).decode()
        return 200, {"key_id": box.key_id, "key": key}

    @route("GET", "/repos/([^/]+)/([^/]+)/(actions|dependabot|environments/[^/]+)/secrets")
    def secrets(self, call: Call, owner: str, name: str, where: str) -> Answer:
        box = self._boxed(owner, name, where)
        everything = [self._secret(box, secret) for secret in box.values]
        counted = {"total_count": len(everything)} if self.manners.total_count else {}
        return 200, counted | {"secrets": call.page(everything)}

    @route("GET", "/repos/([^/]+)/([^/]+)/(actions|dependabot|environments/[^/]+)/secrets/([^/]+)")
    def secret(self, call: Call, owner: str, name: str, where: str, secret: str) -> Answer:
        box = self._boxed(owner, name, where)
        if secret not in box.values:
            raise Refused(404, "Not Found")
        return 200, self._secret(box, secret)

    def _secret(self, box: Box, name: str) -> dict[str, Any]:
        form = "%Y-%m-%dT%H:%M:%S.000Z" if self.manners.fractions else "%Y-%m-%dT%H:%M:%SZ"
        dates = {"created_at": box.created[name].strftime(form), "updated_at": box.updated[name].strftime(form)}
        return {"name": name} | dates

    @route("PUT", "/repos/([^/]+)/([^/]+)/(actions|dependabot|environments/[^/]+)/secrets/([^/]+)")
    def put_secret(self, call: Call, owner: str, name: str, where: str, secret: str) -> Answer:
        repo = self._repo(owner, name)
        if repo.archived:
            raise Refused(403, "Repository was archived so is read-only.")
        if not repo.admin:
            raise Refused(403, "Resource not accessible by personal access token")
        box, body = self._boxed(owner, name, where), call.json()
        try:
            if body["key_id"] != box.key_id:
                raise ValueError("a key of somebody else")
            value = nacl.public.SealedBox(box.private).decrypt(base64.b64decode(body["encrypted_value"], validate=True))
        except (KeyError, ValueError, nacl.exceptions.CryptoError):
            raise Refused(422, "Invalid request: encrypted_value could not be opened") from None
        new = box.put(secret, value.decode())
        return (self.manners.put_status[0], {}) if new else (self.manners.put_status[1], None)

    @route("DELETE", "/repos/([^/]+)/([^/]+)/(actions|dependabot|environments/[^/]+)/secrets/([^/]+)")
    def delete_secret(self, call: Call, owner: str, name: str, where: str, secret: str) -> Answer:
        if self._boxed(owner, name, where).values.pop(secret, None) is None:
            raise Refused(404, "Not Found")
        return 204, None

    @route("GET", "/repos/([^/]+)/([^/]+)/environments")
    def environments(self, call: Call, owner: str, name: str) -> Answer:
        repo = self._repo(owner, name)
        if not self.manners.environments:
            raise Refused(404, "Not Found")
        some = [{"id": number, "name": known} for number, known in enumerate(repo.environments)]
        return 200, {"total_count": len(some), "environments": call.page(some)}

    @route("GET", "/repos/([^/]+)/([^/]+)/environments/([^/]+)")
    def environment(self, call: Call, owner: str, name: str, environment: str) -> Answer:
        self._boxed(owner, name, f"environments/{environment}")
        return 200, {"id": 1, "name": unquote(environment)}

    @route("GET", "/repos/([^/]+)/([^/]+)/actions/organization-secrets")
    def organization_secrets(self, call: Call, owner: str, name: str) -> Answer:
        self._repo(owner, name)
        if not self.manners.organization_secrets:
            raise Refused(404, "Not Found")
        day = "2024-01-01T00:00:00Z"
        some = [{"name": known, "created_at": day, "updated_at": day} for known in sorted(self.org.secrets)]
        return 200, {"total_count": len(some), "secrets": call.page(some)}

    @route("GET", "/orgs/([^/]+)/actions/secrets")
    def all_organization_secrets(self, call: Call, login: str) -> Answer:
        raise Refused(403, "Resource not accessible by personal access token")

    @route("GET", "/repos/([^/]+)/([^/]+)/actions/runs")
    def runs(self, call: Call, owner: str, name: str) -> Answer:
        repo = self._repo(owner, name)
        if not self.manners.runs:
            raise Refused(404, "Not Found")
        some = [run for run in repo.runs if _asked_for(run, call.query)]
        return 200, {"total_count": len(some), "workflow_runs": call.page(some)}


def _asked_for(run: dict[str, Any], query: dict[str, str]) -> bool:
    if "status" in query and query["status"] not in (run["status"], run.get("conclusion")):
        return False
    created = query.get("created", "")
    if created.startswith(">="):
        return bool(run["created_at"] >= created[2:])
    if created.startswith("<="):
        return bool(run["created_at"] <= created[2:])
    if ".." in created:
        start, _, end = created.partition("..")
        return (start == "*" or run["created_at"] >= start) and (end == "*" or run["created_at"] <= end)
    return True


class Call:
    """One request: its query and body, and the headers that the answer is to have."""

    def __init__(self, hub: Hub, path: str, headers: Any, body: bytes, login: str) -> None:
        self.hub, self.headers, self.body, self.login = hub, headers, body, login
        parts = urlsplit(path)
        self.path = parts.path.removeprefix(hub.manners.prefix)
        self.query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        self.out: dict[str, str] = {}

    def json(self) -> Any:
        try:
            return json.loads(self.body or b"{}")
        except ValueError:
            raise Refused(400, "Problems parsing JSON") from None

    def page(self, items: list[Any]) -> list[Any]:
        size = min(int(self.query.get("per_page", "30")), 100)
        number = int(self.query.get("page", "1"))
        last = max(1, -(-len(items) // size))
        base = f"{self.hub.url}{self.path}?per_page={size}&page="
        if number < last:
            self.out["Link"] = f'<{base}{number + 1}>; rel="next", <{base}{last}>; rel="last"'
        return items[(number - 1) * size : number * size]

    def graphql(self) -> Answer:
        if self.hub.manners.graphql == "none":
            raise Refused(404, "Not Found")
        asked = self.json()
        query, variables = asked["query"], asked.get("variables") or {}
        self.hub.org.queries.append((query, variables))
        answer = graph.loose if self.hub.manners.graphql == "loose" else graph.strict
        return 200, answer(self.hub.org, query, variables, self.login)

    def answer(self, method: str) -> Answer:
        if method == "POST" and self.path in ("/graphql", "/api/graphql"):
            return self.graphql()
        allowed = []
        for verb, pattern, name in ROUTES:
            match = pattern.match(self.path)
            if match and verb == method:
                with self.hub.org.lock:
                    return getattr(self.hub, name)(self, *match.groups())  # type: ignore[no-any-return]
            if match:
                allowed.append(verb)
        raise Refused(405 if allowed else 404, "Not Found")


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    manners, org = hub.manners, hub.org

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0" if manners.http10 else "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_: Any) -> None:
            return

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = self.path
            fault = org.fault(self.command, urlsplit(path).path.removeprefix(manners.prefix)) if org.fault else None
            if fault == "drop":
                org.log.append((self.command, path, 0))
                return self._hang_up()
            out: dict[str, str] = {}
            if isinstance(fault, tuple):
                status, answer, out = fault[1], fault[3], dict(fault[2])
            else:
                status, answer, out = self._served(path, body)
            org.log.append((self.command, path, status))
            if fault == "lose":
                return self._hang_up()
            self._send(status, answer, out)
            return None

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = handle_any  # noqa: N815

        def _served(self, path: str, body: bytes) -> tuple[int, Any, dict[str, str]]:
            token = re.sub(r"(?i)^(bearer|token)\s+", "", self.headers.get("Authorization", ""))
            login = org.tokens.get(token)
            call = Call(hub, path, self.headers, body, login or "")
            beside = path.startswith("/api/graphql") and manners.prefix == "/api/v3"
            try:
                if not path.startswith(manners.prefix) and not beside:
                    raise Refused(404, "Not Found")
                if login is None:
                    raise Refused(401, "Bad credentials" if token else "Requires authentication")
                status, answer = call.answer(self.command)
            except Refused as refused:
                status, answer = refused.status, {"message": refused.message, "status": str(refused.status)}
            if login and manners.scopes is not None:
                call.out["X-OAuth-Scopes"] = manners.scopes
            return status, answer, call.out

        def _send(self, status: int, answer: Any, out: dict[str, str]) -> None:
            if manners.limits:
                out = {"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "4990", "X-RateLimit-Used": "10",
                       "X-RateLimit-Reset": "2000000000"} | out  # fmt: skip
            self.send_response_only(status)
            if manners.dated:
                out["Date"] = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
            raw = b"" if answer is None else answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            if answer is not None:
                out["Content-Type"] = "application/json; charset=utf-8"
            chunked = manners.chunked and not manners.http10 and bool(raw)
            if chunked:
                out["Transfer-Encoding"] = "chunked"
            elif status != 204 and not manners.http10:
                out["Content-Length"] = str(len(raw))
            for name, value in out.items():
                self.send_header(name.lower() if manners.lowercase else name, value)
            if manners.http10:
                self.close_connection = True
            self.end_headers()
            # Who asked may have been killed meanwhile.
            with contextlib.suppress(ConnectionError):
                for piece in _pieces(raw) if chunked else [raw]:
                    self.wfile.write(piece)
            return

        def _hang_up(self) -> None:
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)

    return Handler


def _pieces(raw: bytes) -> Iterator[bytes]:
    for start in range(0, len(raw), 700):
        piece = raw[start : start + 700]
        yield b"%x\r\n%s\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"
