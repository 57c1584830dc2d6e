"""The `image:` section of a `.ci.yaml`: its text to the settings of a container repository, or to every problem."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from cellenics_ci.model.names import Region
from cellenics_ci.model.registries import UNTAGGED_DAYS, Encryption, EncryptionType, Expiry, ImageSettings, TagRule
from cellenics_ci.privileges.problems import Enough, Problem, Report, shown
from cellenics_ci.privileges.sections import Entry, entries, find_section, text_of
from cellenics_ci.privileges.settings import read_ci_region
from cellenics_ci.yamltree import ListNode, Scalar

SECTION: Final = "image"
KEYS: Final = ("tags", "mutable-tags", "scan-on-push", "encryption", "kms-key", "lifecycle")
LIFECYCLE_KEYS: Final = ("untagged-days", "tag-prefixes")
MOST_PATTERNS: Final = 5
"""Patterns of tags for which immutability does not hold (ECR API reference, PutImageTagMutability)."""
MOST_RULES: Final = 50
"""Rules of a lifecycle policy (ECR, "Service quotas")."""

_ENCRYPTIONS: Final[Mapping[str, EncryptionType]] = {"aes256": "AES256", "kms": "KMS", "kms-dsse": "KMS_DSSE"}
_PATTERN: Final = re.compile(r"[0-9a-zA-Z._*-]{1,128}")
_PREFIX: Final = re.compile(r"[0-9a-zA-Z_][0-9a-zA-Z._-]{0,127}")
_KEY: Final = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[\w-]+")
_DAYS: Final = re.compile(r"[1-9]\d{0,3}")


@dataclass(frozen=True, slots=True)
class ImageDeclaration:
    """What a file says about the repository's images. `region` is its `ci-region`, None where it names none."""

    settings: ImageSettings = field(default_factory=ImageSettings)
    region: Region | None = None


def read_image(text: str, file: str) -> ImageDeclaration | tuple[Problem, ...]:
    """Return what a file declares, the defaults where it has no such section; or all that is wrong with it."""
    report = Report(file)
    try:
        section = find_section(text, SECTION, report)
        # A file that is not YAML has been reported by now, and would be again.
        region = None if report.problems else find_section(text, "ci-region", report)
        declared = ImageDeclaration(
            _settings(section, report) if section else ImageSettings(),
            read_ci_region(region.node if region else None, report),
        )
    except Enough:
        return report.problems
    return report.problems or declared


def _settings(section: Entry, report: Report) -> ImageSettings:
    found = {entry.key: entry for entry in entries(section.node, SECTION, report, KEYS)}
    return ImageSettings(
        tags=_tags(found.get("tags"), found.get("mutable-tags"), report),
        scan_on_push=_scan(found.get("scan-on-push"), report),
        encryption=_encryption(found.get("encryption"), found.get("kms-key"), report),
        lifecycle=_lifecycle(found.get("lifecycle"), report),
    )


def _tags(entry: Entry | None, exceptions: Entry | None, report: Report) -> TagRule:
    word = text_of(entry, SECTION, report) if entry else "immutable"
    if entry and word not in ("immutable", "mutable", None):
        report.problem(entry.line, f"`image.tags` can't be {shown(word)}", "write immutable or mutable")
    patterns = tuple(_patterns(exceptions, report)) if exceptions else ()
    if exceptions and word == "mutable":
        report.problem(exceptions.line, "`image.mutable-tags` is there, and all tags are mutable", "keep one of them")
    return TagRule(word != "mutable", patterns)


def _patterns(entry: Entry, report: Report) -> Iterator[str]:
    node = entry.node
    items = node.items if isinstance(node, ListNode) else []
    if not 1 <= len(items) <= MOST_PATTERNS:
        report.problem(
            node.line, f"`image.mutable-tags` is no list of 1 to {MOST_PATTERNS} patterns", "write it as [latest]"
        )
    for item in items:
        text = item.value if isinstance(item, Scalar) else ""
        if _PATTERN.fullmatch(text):
            yield text
        else:
            report.problem(item.line, f"{shown(text)} is no pattern of tags", "use letters, digits, . _ - and *")


def _scan(entry: Entry | None, report: Report) -> bool:
    if entry is None:
        return True
    node = entry.node
    if not (isinstance(node, Scalar) and node.plain and node.value.lower() in ("true", "false")):
        report.problem(node.line, "`image.scan-on-push` is neither true nor false", "write true or false")
        return True
    return node.value.lower() == "true"


def _encryption(entry: Entry | None, key: Entry | None, report: Report) -> Encryption | None:
    word = text_of(entry, SECTION, report) if entry else None
    kind = _ENCRYPTIONS.get(word or "")
    if entry and word is not None and kind is None:
        report.problem(entry.line, f"`image.encryption` can't be {shown(word)}", f"write {', '.join(_ENCRYPTIONS)}")
    arn = text_of(key, SECTION, report) if key else None
    if key and arn is not None and not _KEY.fullmatch(arn):
        report.problem(key.line, f"{shown(arn)} is no KMS key's ARN", "write it as arn:aws:kms:REGION:ACCOUNT:key/ID")
    if key and kind not in ("KMS", "KMS_DSSE"):
        report.problem(key.line, "`image.kms-key` is there without encryption by KMS", "add `encryption: kms`")
    return Encryption(kind, arn) if kind else None


def _lifecycle(entry: Entry | None, report: Report) -> tuple[Expiry, ...]:
    usual = Expiry("", UNTAGGED_DAYS)
    if entry is None:
        return (usual,)
    if isinstance(entry.node, Scalar) and entry.node.value == "none":
        return ()
    where = f"{SECTION}.lifecycle"
    if isinstance(entry.node, Scalar):
        # Nothing at all would read as "no rule" to some, and as "the usual one" to others.
        report.problem(entry.line, f"`{where}` is no mapping", "write `none`, or {untagged-days: 14}")
        return (usual,)
    found = {each.key: each for each in entries(entry.node, where, report, LIFECYCLE_KEYS)}
    prefixes = found.get("tag-prefixes")
    made = tuple(_prefixes(prefixes, f"{where}.tag-prefixes", report)) if prefixes else ()
    if len(made) >= MOST_RULES:
        report.problem(entry.line, f"`{where}` has {len(made) + 1} rules, ECR allows {MOST_RULES}", "use fewer")
    untagged = found.get("untagged-days")
    return (*made, Expiry("", _days(untagged, where, report)) if untagged else usual)


def _prefixes(entry: Entry, where: str, report: Report) -> Iterator[Expiry]:
    for each in entries(entry.node, where, report):
        if _PREFIX.fullmatch(each.key):
            yield Expiry(each.key, _days(each, where, report))
        else:
            report.problem(each.line, f"{shown(each.key)} is no beginning of a tag", "write it like refs-pull-")


def _days(entry: Entry, where: str, report: Report) -> int:
    text = text_of(entry, where, report)
    if text is not None and not _DAYS.fullmatch(text):
        report.problem(entry.line, f"`{where}.{entry.key}` is no number of days", "write a number from 1 to 9999")
    return int(text) if text and _DAYS.fullmatch(text) else UNTAGGED_DAYS
