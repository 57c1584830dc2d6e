"""The deploy keys of all of an organisation's repositories: GraphQL tells who has any, REST what they are.

GraphQL's DeployKey lacks who added a key and when it was last used (GraphQL reference, "Deploy keys"), so only the
repositories that have some are asked one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from cellenics_ci.clients.answers import understood, understood_pages
from cellenics_ci.clients.github.answer import GraphAnswer
from cellenics_ci.clients.github.deploy_keys import RepositoryKeys
from cellenics_ci.clients.github.queries import reason_of
from cellenics_ci.clients.github.transport import Transport
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.deploy_keys import DeployKey
from cellenics_ci.model.names import OrgName, RepoName

_COUNTS: Final = """
query DeployKeys($org: String!, $cursor: String) {
  organization(login: $org) {
    repositories(first: 100, after: $cursor, orderBy: {field: NAME, direction: ASC}) {
      pageInfo { hasNextPage endCursor }
      nodes { name deployKeys(first: 1) { totalCount } }
    }
  }
}"""


class DeployKeyDiscovery:
    """Reads the deploy keys of one organisation. Shared by threads. Every method raises CallFailed only."""

    def __init__(self, transport: Transport, org: OrgName) -> None:
        self._transport, self._org = transport, org

    @understood_pages
    def counts(self) -> Iterator[tuple[RepoName, int | None]]:
        """Yield every repository with the number of its deploy keys, None where GitHub did not tell: 100 a request."""
        cursor = None
        while True:
            answer = self._transport.graphql(_COUNTS, {"org": self._org, "cursor": cursor})
            connection = _connection(answer)
            for node in connection["nodes"]:
                if node is not None:
                    yield RepoName(node["name"]), (node.get("deployKeys") or {}).get("totalCount")
            info = connection["pageInfo"]
            if not info["hasNextPage"]:
                return
            cursor = info["endCursor"]

    @understood
    def keys_of(self, repo: RepoName) -> tuple[DeployKey, ...]:
        """Return a repository's deploy keys, 100 a request."""
        return RepositoryKeys(self._transport, self._org, repo).list_keys()


def _connection(answer: GraphAnswer) -> Mapping[str, Any]:
    organization: Any = answer.data.get("organization") or {}
    connection: Mapping[str, Any] | None = organization.get("repositories")
    if connection is None:
        reason = reason_of(answer.errors[0]) if answer.errors else "no reason given"
        raise CallFailed(Failure.UNKNOWN, f"GitHub does not list the deploy keys: {reason}.")
    return connection
