"""How two commits of a repository stand to each other, and how many lie between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast, get_args
from urllib.parse import quote

from cellenics_ci.clients.answers import understood
from cellenics_ci.clients.github.transport import Transport
from cellenics_ci.errors import CallFailed
from cellenics_ci.model.git import Relation

_RELATIONS: Final = frozenset(get_args(Relation))


@dataclass(frozen=True, slots=True)
class Compared:
    """How a head stands to a base: how many commits it has that the base has not, and the other way round."""

    relation: Relation
    ahead_by: int
    behind_by: int


class Comparing:
    """Commits of any repository that the token may read. Shared by threads."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @understood
    def compare(self, repository: str, base: str, head: str) -> Compared:
        """Compare two commits (REST reference, "Compare two commits"). Raises CallFailed."""
        span = f"{quote(base, safe='')}...{quote(head, safe='')}"
        # A page of one commit: only the counts are wanted.
        found = self._transport.get(f"/repos/{quote(repository)}/compare/{span}", per_page=1).json
        relation = str(found["status"])
        if relation not in _RELATIONS:
            raise ValueError(relation)
        return Compared(cast(Relation, relation), int(found["ahead_by"]), int(found["behind_by"]))

    def relation(self, repository: str, base: str, head: str) -> Relation | None:
        """Return how `head` stands to `base`; None where that can't be known."""
        try:
            return self.compare(repository, base, head).relation
        except CallFailed:
            return None
