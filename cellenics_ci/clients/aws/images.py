"""ECR: which images there are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from botocore.exceptions import ClientError

from cellenics_ci.clients.answers import understood
from cellenics_ci.clients.aws.errors import error_code
from cellenics_ci.clients.aws.session import AwsSession
from cellenics_ci.errors import UsageProblem
from cellenics_ci.model.names import Region

_REGISTRY: Final = re.compile(r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?")
_ABSENT: Final = frozenset({"ImageNotFoundException", "RepositoryNotFoundException"})


class Images:
    """Image tags, in the registries of any account and region. Raises CallFailed, and UsageProblem."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    @understood
    def missing(self, registry: str, repository: str, tags: Sequence[str]) -> tuple[str, ...]:
        """Return the tags that are not there; all of them where the repository is not. UsageProblem: not ECR's."""
        found = _REGISTRY.fullmatch(registry)
        if found is None:
            raise UsageProblem(
                f"{registry} is no registry of ECR, so it can't be asked for the image.",
                remedy="Give --registry ACCOUNT.dkr.ecr.REGION.amazonaws.com, or --no-check-image.",
            )
        return tuple(tag for tag in tags if not self._there(found["account"], Region(found["region"]), repository, tag))

    def _there(self, account: str, region: Region, repository: str, tag: str) -> bool:
        ecr = self._session.ecr_in(region)

        def ask() -> Any:
            try:
                return ecr.describe_images(registryId=account, repositoryName=repository, imageIds=[{"imageTag": tag}])
            except ClientError as error:
                if error_code(error) in _ABSENT:
                    return None
                raise

        return self._session.call("ecr:DescribeImages", f"{repository}:{tag}", ask) is not None
