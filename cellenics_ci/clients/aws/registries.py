"""ECR: which repositories there are."""

from __future__ import annotations

from cellenics_ci.clients.answers import understood
from cellenics_ci.clients.aws.session import AwsSession
from cellenics_ci.model.names import Region


class Registries:
    """Container repositories, by region. Raises CallFailed only."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    @understood
    def names(self, region: Region) -> frozenset[str]:
        """Return the names of a region's repositories (DescribeRepositories): one call for 1,000."""
        paginator = self._session.ecr_in(region).get_paginator("describe_repositories")
        pages = self._session.call(
            "ecr:DescribeRepositories",
            region,
            lambda: list(paginator.paginate(PaginationConfig={"PageSize": 1000})),
        )
        return frozenset(found["repositoryName"] for page in pages for found in page["repositories"])
