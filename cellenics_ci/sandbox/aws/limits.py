"""What IAM refuses and moto lets pass: names, paths, tags, characters and sizes of policies.

From the IAM user guide's pages "IAM and AWS STS quotas" and "Tags for IAM resources", and the patterns in the
API reference of CreateUser, TagUser and PutUserPolicy.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

from cellenics_ci.sandbox.aws.calls import Refusal

TAGS_LIMIT: Final = 50
TAG_KEY_LIMIT: Final = 128
TAG_VALUE_LIMIT: Final = 256
USER_NAME_LIMIT: Final = 64
ROLE_NAME_LIMIT: Final = 64
ROLE_POLICY_QUOTA: Final = 10_240
TRUST_QUOTA: Final = 2_048
POLICY_NAME_LIMIT: Final = 128
PATH_LIMIT: Final = 512

_NAME = re.compile(r"[A-Za-z0-9_+=,.@-]+")
_PATH = re.compile(r"/|/[\u0021-\u007F]+/")
_POLICY_TEXT = re.compile(r"[\u0009\u000A\u000D\u0020-\u00FF]+")
_TAG_MARKS: Final = frozenset("_.:/=+-@")


def check_name(field: str, value: str, limit: int) -> None:
    """Raise Refusal for a user's or a policy's name that IAM does not take."""
    if not 1 <= len(value) <= limit:
        raise _constraint(field, f"Member must have length between 1 and {limit}")
    if not _NAME.fullmatch(value):
        raise Refusal(
            "ValidationError",
            f"The specified value for {field} is invalid. It must contain only alphanumeric characters "
            "and/or the following: +=,.@_-",
            400,
        )


def check_path(path: str) -> None:
    """Raise Refusal for a path that does not begin and end with a slash."""
    if len(path) > PATH_LIMIT or not _PATH.fullmatch(path):
        raise Refusal(
            "ValidationError",
            "The specified value for path is invalid. It must begin and end with / and contain only "
            "alphanumeric characters and/or / characters.",
            400,
        )


def check_tags(new: Iterable[Mapping[str, str]], present: Mapping[str, str]) -> None:
    """Raise Refusal where IAM would not take these tags beside those that are there."""
    keys: list[str] = []
    for number, tag in enumerate(new, 1):
        key, value = tag.get("Key") or "", tag.get("Value") or ""
        _check_tag_text(f"tags.{number}.member.key", key, 1, TAG_KEY_LIMIT)
        _check_tag_text(f"tags.{number}.member.value", value, 0, TAG_VALUE_LIMIT)
        if key.lower().startswith("aws:"):
            raise Refusal("InvalidInput", "System tags cannot be added/updated by requester.", 400)
        keys.append(key.lower())
    if len(keys) != len(set(keys)):
        raise Refusal(
            "InvalidInput",
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
            400,
        )
    if len({key.lower() for key in present} | set(keys)) > TAGS_LIMIT:
        raise Refusal("LimitExceeded", f"Cannot exceed quota for TagsPerUser: {TAGS_LIMIT}", 409)


def check_policy_text(text: str) -> None:
    """Raise Refusal for characters that a policy document must not hold."""
    if not _POLICY_TEXT.fullmatch(text):
        raise _constraint("policyDocument", "Member must satisfy regular expression pattern: [\\t\\n\\r -\\u00FF]+")


def check_policy_sizes(name: str, documents: Iterable[str], quota: int, kind: str = "user") -> None:
    """Raise Refusal where a user's or role's policies together have more characters than the quota, spaces aside."""
    if sum(policy_size(text) for text in documents) > quota:
        raise Refusal("LimitExceeded", f"Maximum policy size of {quota} bytes exceeded for {kind} {name}", 409)


def policy_size(text: str) -> int:
    """Return the characters of a policy as IAM counts them: white space is free."""
    return sum(not mark.isspace() for mark in text)


def _check_tag_text(field: str, text: str, least: int, most: int) -> None:
    if not least <= len(text) <= most:
        raise _constraint(field, f"Member must have length less than or equal to {most}")
    if not all(mark in _TAG_MARKS or unicodedata.category(mark)[0] in "LZN" for mark in text):
        raise _constraint(field, r"Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]*")


def _constraint(field: str, constraint: str) -> Refusal:
    text = f"1 validation error detected: Value at '{field}' failed to satisfy constraint: {constraint}"
    return Refusal("ValidationError", text, 400)
