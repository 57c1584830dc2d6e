"""Which service prefixes and partitions AWS has: facts in a data file, dated there."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Final

from cellenics_ci.privileges.problems import did_you_mean

PARTITIONS: Final = {
    "aws": "amazonaws.com",
    "aws-cn": "amazonaws.com.cn",
    "aws-us-gov": "amazonaws.com",
    "aws-eusc": "amazonaws.eu",
    "aws-iso": "c2s.ic.gov",
    "aws-iso-b": "sc2s.sgov.gov",
    "aws-iso-e": "cloud.adc-e.uk",
    "aws-iso-f": "csp.hci.ic.gov",
}
"""Each partition with its URL suffix (botocore's partitions.json, 2026-11)."""


@cache
def service_prefixes() -> frozenset[str]:
    """Return the service prefixes of IAM actions (`ecr`, `s3`, …), lower case."""
    facts = json.loads((files(__package__) / "service-prefixes.json").read_text("utf-8"))
    return frozenset(facts["prefixes"].split())


def is_known_service(prefix: str) -> bool:
    """Say whether a prefix is in the list: one that is not may be newer than it."""
    return prefix.lower() in service_prefixes()


def nearest_service(prefix: str) -> str:
    """Return "did you mean `ecr`?" for a prefix that is not in the list, or "" where none is near."""
    return did_you_mean(prefix, sorted(service_prefixes()))
