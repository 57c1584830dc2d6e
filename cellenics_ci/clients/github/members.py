"""Who belongs to the organisation."""

from __future__ import annotations

from typing import Any, Final

from cellenics_ci.clients.answers import understood
from cellenics_ci.clients.github.queries import reason_of
from cellenics_ci.clients.github.transport import Transport
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.names import OrgName

# REST would leave out hidden members without a word where the token may not see them; GraphQL refuses.
_MEMBERS: Final = """
query Members($org: String!, $cursor: String) {
  organization(login: $org) {
    membersWithRole(first: 100, after: $cursor) {
      pageInfo { hasNextPage endCursor }
      nodes { login }
    }
  }
}"""


class Members:
    """An organisation's people. Raises CallFailed only."""

    def __init__(self, transport: Transport, org: OrgName) -> None:
        self._transport, self._org = transport, org

    @understood
    def logins(self) -> frozenset[str]:
        """Return the logins of all members, in lower case: 100 a request. DENIED without the right to read them."""
        found: set[str] = set()
        cursor = None
        while True:
            answer = self._transport.graphql(_MEMBERS, {"org": self._org, "cursor": cursor})
            organization: Any = answer.data.get("organization") or {}
            connection: Any = organization.get("membersWithRole")
            if connection is None:
                reason = reason_of(answer.errors[0]) if answer.errors else "no reason given"
                raise CallFailed(
                    Failure.DENIED,
                    f"GitHub does not list the members of {self._org}: {reason}",
                    remedy="Give the token the scope read:org, or the App the permission to read members.",
                )
            found |= {node["login"].lower() for node in connection["nodes"] if node}
            if not connection["pageInfo"]["hasNextPage"]:
                return frozenset(found)
            cursor = connection["pageInfo"]["endCursor"]
