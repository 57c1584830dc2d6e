"""GitHub's pages: `per_page` and `page` in the query, and the `Link` header that leads on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from cellenics_ci.sandbox.github.http import Request, Response

DEFAULT_SIZE: Final = 30
LARGEST_SIZE: Final = 100

T = TypeVar("T")


def page(
    request: Request,
    items: Sequence[T],
    view: Callable[[T], dict[str, Any]],
    *,
    name: str = "",
    largest: int = LARGEST_SIZE,
) -> Response:
    """Return the asked-for page of `items`: a list, or an object with `total_count` and the list under `name`."""
    size = min(_number(request, "per_page", min(DEFAULT_SIZE, largest)), largest)
    number = _number(request, "page", 1)
    rows = [view(item) for item in items[(number - 1) * size : number * size]]
    body: Any = {"total_count": len(items), name: rows} if name else rows
    return Response(200, body, _links(request, number, max(1, -(-len(items) // size))))


def _number(request: Request, name: str, default: int) -> int:
    text = request.query.get(name, "")
    return max(1, int(text)) if text.isdecimal() else default


def _links(request: Request, number: int, last: int) -> dict[str, str]:
    targets = {"prev": number - 1} if number > 1 else {}
    if number < last:
        targets |= {"next": number + 1, "last": last}
    if number > 1:
        targets["first"] = 1
    if not targets:
        return {}
    # The path is passed on as it came, percent-encoding included.
    base = f"{request.base_url}{request.path}"
    links = (f'<{base}?{urlencode(request.query | {"page": str(to)})}>; rel="{rel}"' for rel, to in targets.items())
    return {"Link": ", ".join(links)}
