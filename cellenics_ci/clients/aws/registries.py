"""ECR: which repositories there are, how they are set, and what makes and changes them."""

from __future__ import annotations

from typing import Any, Final, cast

from cellenics_ci.clients.answers import understood
from cellenics_ci.clients.aws.session import AwsSession
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.names import Region
from cellenics_ci.model.registries import ContainerRepository, Encryption, EncryptionType, ImageSettings, TagRule

_PAUSES: Final = (1.0, 2.0, 4.0)
"""Seconds between attempts to create a repository while ECR limits the rate: nothing has happened then."""


class Registries:
    """Container repositories, by region. Raises CallFailed, and Interrupted while it waits."""

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

    @understood
    def find(self, name: str, region: Region) -> ContainerRepository | None:
        """Return a repository with its lifecycle policy, None where there is none: two calls."""
        ecr = self._session.ecr_in(region)
        answer = self._or_none(
            "ecr:DescribeRepositories", name, region, lambda: ecr.describe_repositories(repositoryNames=[name])
        )
        if answer is None:
            return None
        policy = self._or_none(
            "ecr:GetLifecyclePolicy", name, region, lambda: ecr.get_lifecycle_policy(repositoryName=name)
        )
        return _repository(answer["repositories"][0], None if policy is None else str(policy["lifecyclePolicyText"]))

    @understood
    def create(self, name: str, region: Region, settings: ImageSettings) -> ContainerRepository:
        """Create a repository. EXISTS where it is there. Sent once: a repeated call would find our own."""
        ecr: Any = self._session.ecr_once_in(region)
        encryption = settings.encryption or Encryption()
        encrypted = {"encryptionType": encryption.type} | ({"kmsKey": encryption.key} if encryption.key else {})

        def request() -> Any:
            return ecr.create_repository(
                repositoryName=name,
                imageScanningConfiguration={"scanOnPush": settings.scan_on_push},
                encryptionConfiguration=encrypted,
                **_mutability(settings.tags),
            )

        for pause in _PAUSES:
            try:
                return _repository(self._call("ecr:CreateRepository", name, region, request)["repository"], None)
            except CallFailed as failed:
                if failed.kind is not Failure.THROTTLED:
                    raise
            self._session.wait(pause)
        return _repository(self._call("ecr:CreateRepository", name, region, request)["repository"], None)

    def set_tags(self, name: str, region: Region, tags: TagRule) -> None:
        """Set whether tags may be moved (PutImageTagMutability)."""
        ecr: Any = self._session.ecr_in(region)
        self._call(
            "ecr:PutImageTagMutability",
            name,
            region,
            lambda: ecr.put_image_tag_mutability(repositoryName=name, **_mutability(tags)),
        )

    def set_scan_on_push(self, name: str, region: Region, wanted: bool) -> None:
        """Set whether images are scanned when they are pushed. A registry's own rules for scanning go before it."""
        ecr = self._session.ecr_in(region)
        self._call(
            "ecr:PutImageScanningConfiguration",
            name,
            region,
            lambda: ecr.put_image_scanning_configuration(
                repositoryName=name, imageScanningConfiguration={"scanOnPush": wanted}
            ),
        )

    def set_lifecycle(self, name: str, region: Region, policy: str | None) -> None:
        """Set the lifecycle policy, or take it away (None); an absent one is no error then."""
        ecr = self._session.ecr_in(region)
        if policy is None:
            self._or_none(
                "ecr:DeleteLifecyclePolicy", name, region, lambda: ecr.delete_lifecycle_policy(repositoryName=name)
            )
            return
        self._call(
            "ecr:PutLifecyclePolicy",
            name,
            region,
            lambda: ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=policy),
        )

    def wait(self, seconds: float) -> None:
        """Let time pass. Raises Interrupted."""
        self._session.wait(seconds)

    def _call(self, action: str, name: str, region: Region, request: Any) -> Any:
        return self._session.call(action, f"{name} in {region}", request)

    def _or_none(self, action: str, name: str, region: Region, request: Any) -> Any:
        """Send a request; None where what it is about is not there."""
        try:
            return self._call(action, name, region, request)
        except CallFailed as failed:
            if failed.kind is not Failure.NOT_FOUND:
                raise
            return None


def _mutability(tags: TagRule) -> dict[str, Any]:
    word = "IMMUTABLE" if tags.immutable else "MUTABLE"
    if not tags.exceptions:
        return {"imageTagMutability": word}
    filters = [{"filterType": "WILDCARD", "filter": pattern} for pattern in tags.exceptions]
    return {"imageTagMutability": f"{word}_WITH_EXCLUSION", "imageTagMutabilityExclusionFilters": filters}


def _repository(answer: Any, policy: str | None) -> ContainerRepository:
    # What older servers do not tell has ECR's own default.
    mutability = str(answer.get("imageTagMutability", "MUTABLE"))
    filters = answer.get("imageTagMutabilityExclusionFilters") or []
    encryption = answer.get("encryptionConfiguration") or {}
    return ContainerRepository(
        name=str(answer["repositoryName"]),
        uri=str(answer["repositoryUri"]),
        tags=TagRule(mutability.startswith("IMMUTABLE"), tuple(str(each["filter"]) for each in filters)),
        scan_on_push=bool((answer.get("imageScanningConfiguration") or {}).get("scanOnPush")),
        encryption=Encryption(
            cast(EncryptionType, str(encryption.get("encryptionType", "AES256"))), encryption.get("kmsKey")
        ),
        lifecycle_policy=policy,
    )
