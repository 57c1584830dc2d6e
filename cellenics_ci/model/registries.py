"""Container repositories of ECR: how one is wanted, and how one is."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from cellenics_ci.model.names import RepoName

EncryptionType: TypeAlias = Literal["AES256", "KMS", "KMS_DSSE"]
UNTAGGED_DAYS: Final = 14
"""Days after which an image that lost its tags goes: long enough for whoever deploys by digest to notice."""

_NAME: Final = re.compile(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*")


def registry_name(repo: RepoName) -> str:
    """Return the name of a GitHub repository's container repository: its own, in small letters."""
    return repo.lower()


def registry_name_problem(name: str) -> str | None:
    """Say why ECR would refuse a repository's name, None where it would not (API reference, CreateRepository)."""
    if 2 <= len(name) <= 256 and _NAME.fullmatch(name):
        return None
    return f"{name} can't be the name of a container repository (2 to 256 of a-z, 0-9, and single . _ - between them)"


@dataclass(frozen=True, slots=True)
class TagRule:
    """Whether a tag, once pushed, may be moved to another image; for tags of the patterns `exceptions` it is not so."""

    immutable: bool = True
    exceptions: tuple[str, ...] = ()

    def __str__(self) -> str:
        word = "immutable" if self.immutable else "mutable"
        return f"{word}, but for {', '.join(sorted(self.exceptions))}" if self.exceptions else word

    def same_as(self, other: TagRule) -> bool:
        """Whether two rules say the same, in whatever order."""
        return self.immutable == other.immutable and set(self.exceptions) == set(other.exceptions)

    def no_stricter_than(self, other: TagRule) -> bool:
        """Whether every tag that may be moved under the other rule may be moved under this one too."""
        if not self.immutable:
            return not self.exceptions
        return other.immutable and set(self.exceptions) >= set(other.exceptions)


@dataclass(frozen=True, slots=True)
class Encryption:
    """How images are encrypted at rest. `key` is a KMS key's ARN, None for AWS's own key."""

    type: EncryptionType = "AES256"
    key: str | None = None

    def __str__(self) -> str:
        return f"{self.type} with {self.key}" if self.key else self.type

    def same_as(self, found: Encryption) -> bool:
        """Whether a repository that is encrypted so has what is wanted here; without a key any will do."""
        return self.type == found.type and self.key in (None, found.key)


@dataclass(frozen=True, slots=True)
class Expiry:
    """A rule of a lifecycle policy: images whose tags begin so, or that have none (""), go after so many days."""

    prefix: str
    days: int

    def __str__(self) -> str:
        which = f"images with tags {self.prefix}*" if self.prefix else "untagged images"
        return f"{which} expire after {self.days} days"


@dataclass(frozen=True, slots=True)
class ImageSettings:
    """How a container repository is wanted. `encryption` None: nobody said, so AES256 where one is made."""

    tags: TagRule = TagRule()
    scan_on_push: bool = True
    encryption: Encryption | None = None
    lifecycle: tuple[Expiry, ...] = (Expiry("", UNTAGGED_DAYS),)

    @property
    def lifecycle_policy(self) -> str | None:
        """The lifecycle policy as ECR takes it, None where images are kept for ever."""
        if not self.lifecycle:
            return None
        rules = [_rule(priority, expiry) for priority, expiry in enumerate(self.lifecycle, start=1)]
        return json.dumps({"rules": rules}, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class ContainerRepository:
    """A container repository as it is. `lifecycle_policy` is its text, None where it has none."""

    name: str
    uri: str
    tags: TagRule
    scan_on_push: bool
    encryption: Encryption
    lifecycle_policy: str | None = field(default=None, repr=False)


def same_policy(one: str | None, other: str | None) -> bool:
    """Whether two lifecycle policies do the same: their rules by priority, whatever they are called."""
    return bool(_meaning(one) == _meaning(other))


def policy_text(policy: str | None) -> str:
    """Return a lifecycle policy in a few words."""
    meaning = _meaning(policy)
    if meaning == []:
        return "none"
    if not isinstance(meaning, list):
        return "one that can't be read"
    return "; ".join(_words(rule) for rule in meaning)


def _rule(priority: int, expiry: Expiry) -> dict[str, Any]:
    selection: dict[str, Any] = {"tagStatus": "untagged"}
    if expiry.prefix:
        # ECR wants the prefixes of a rule all at once on an image; one a rule is what people mean.
        selection = {"tagStatus": "tagged", "tagPrefixList": [expiry.prefix]}
    selection |= {"countType": "sinceImagePushed", "countUnit": "days", "countNumber": expiry.days}
    return {
        "rulePriority": priority,
        "description": str(expiry),
        "selection": selection,
        "action": {"type": "expire"},
    }


def _meaning(policy: str | None) -> Any:
    """Return a policy's rules in their order, without what changes nothing; the text itself where it is none."""
    if policy is None:
        return []
    try:
        rules = sorted(json.loads(policy)["rules"], key=lambda rule: int(rule["rulePriority"]))
        return [{name: rule[name] for name in ("selection", "action")} for rule in rules]
    except (ValueError, KeyError, TypeError):
        return policy


def _words(rule: dict[str, Any]) -> str:
    found = rule["selection"]
    match found:
        case {"tagStatus": "untagged", "countType": "sinceImagePushed", "countNumber": int(days)}:
            return str(Expiry("", days))
        case {"tagPrefixList": [str(prefix)], "countType": "sinceImagePushed", "countNumber": int(days)}:
            return str(Expiry(prefix, days))
    return f"another rule, for {found.get('tagStatus', 'some')} images" if isinstance(found, dict) else "another rule"
