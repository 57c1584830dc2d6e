"""GitHub's answers as values: REST's, GraphQL's, and where the next page is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from requests.utils import parse_header_links


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer (2xx): `json` is its body, None where it has none. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    json: Any


@dataclass(frozen=True, slots=True)
class GraphError:
    """One entry of a GraphQL answer's `errors`: its type, and the way to the field that it made null."""

    type: str
    path: tuple[str | int, ...]
    message: str


@dataclass(frozen=True, slots=True)
class GraphAnswer:
    """What a GraphQL query got: its data as far as it goes, and what went wrong with the rest."""

    data: Mapping[str, Any]
    errors: tuple[GraphError, ...]
    headers: Mapping[str, str]


def next_query(link: str) -> tuple[tuple[str, str], ...] | None:
    """Return the query of a `Link` header's next page, None on the last one."""
    for entry in parse_header_links(link) if link else []:
        if entry.get("rel") == "next":
            return tuple(parse_qsl(urlsplit(entry["url"]).query))
    return None


def epoch(text: Any) -> float:
    """Return a date of GitHub's in UTC epoch seconds. Raises ValueError for what is none."""
    return datetime.fromisoformat(str(text).replace("Z", "+00:00")).timestamp()


def graph_error(entry: Any) -> GraphError:
    """Return an entry of a GraphQL answer's `errors`."""
    if not isinstance(entry, dict):
        return GraphError("", (), "an error without a description")
    path = entry.get("path")
    extensions = entry.get("extensions")
    code = extensions.get("code", "") if isinstance(extensions, dict) else ""
    return GraphError(
        type=str(entry.get("type") or code),
        path=tuple(part for part in path if isinstance(part, (str, int))) if isinstance(path, list) else (),
        message=str(entry.get("message", ""))[:200],
    )
