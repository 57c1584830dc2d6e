"""Text of a `.ci.yaml` to what it declares, or to every problem of the file at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from cellenics_ci.privileges.check import check_policies
from cellenics_ci.privileges.convert import Converter, TooMuch
from cellenics_ci.privileges.declaration import (
    FILE_NAMES,
    Declaration,
    DeclaredPolicy,
    Invalid,
    NotOurs,
    Reading,
    SourceFile,
)
from cellenics_ci.privileges.grammar import check_document
from cellenics_ci.privileges.problems import Enough, Problem, Report, did_you_mean, shown
from cellenics_ci.privileges.settings import read_ci_region, read_ci_secrets
from cellenics_ci.privileges.template import Broken, Entries, Text
from cellenics_ci.privileges.trust import read_ci_trust
from cellenics_ci.yamlfaults import YamlRefused
from cellenics_ci.yamltree import ListNode, MapNode, Node, Scalar, documents

MAX_BYTES: Final = 256 * 1024
"""A file's size: some twenty times the largest quota of IAM, with room for comments."""

POLICIES: Final = "ci-policies"
OUR_KEYS: Final = (POLICIES, "ci-secrets", "ci-region", "ci-trust")
ENTRY_KEYS: Final = ("PolicyName", "PolicyDocument")

_ENTRY_REMEDY: Final = "write entries of a PolicyName and a PolicyDocument, as in CloudFormation"


def read_sources(sources: Sequence[SourceFile]) -> Reading:
    """Read what a repository has under FILE_NAMES: none, one, or (a problem, where either is ours) both."""
    if not sources:
        return NotOurs("absent", f"no {' or '.join(FILE_NAMES)}")
    readings = [read_declaration(source) for source in sources]
    if len(readings) == 1:
        return readings[0]
    foreign = next((r for r in readings if isinstance(r, NotOurs)), None)
    if foreign and all(isinstance(r, NotOurs) for r in readings):
        return foreign
    names = " and ".join(source.name for source in sources)
    both = Problem(sources[-1].name, 1, f"{names} are both there", "keep one of the two")
    problems = [p for r in readings if isinstance(r, Invalid) for p in r.problems]
    return Invalid((both, *problems))


def read_declaration(source: SourceFile) -> Reading:
    """Read one file. Never raises: whatever is wrong with it comes back as Invalid, every problem found."""
    report = Report(source.name)
    try:
        return _read(source, report)
    except Enough:
        return Invalid(report.problems, report.warnings)


def _read(source: SourceFile, report: Report) -> Reading:
    text = _text(source, report)
    if text is None:
        return Invalid(report.problems)
    if isinstance(text, NotOurs):
        return text
    try:
        roots = documents(text)
    except YamlRefused as refused:
        if refused.too_much and POLICIES not in text:
            return NotOurs("foreign", f"no {POLICIES}")
        report.problem(refused.line, refused.sentence, refused.remedy)
        return Invalid(report.problems)
    if all(isinstance(root, Scalar) and root.is_null for root in roots):
        return NotOurs("empty", "the file is empty")
    if len(roots) > 1:
        if not any(_has_policies(root) for root in roots):
            return NotOurs("foreign", f"no {POLICIES}")
        report.problem(roots[1].line, "the file has several YAML documents", "take the `---` lines away")
        return Invalid(report.problems)
    return _read_root(roots[0], report)


def _text(source: SourceFile, report: Report) -> str | NotOurs | None:
    """Return the text worth parsing; None, and reported, where the source can't be read at all."""
    if source.kind != "file":
        report.problem(1, f"{source.name} is a {source.kind}", "make it a file, or take it away")
    elif source.is_binary:
        report.problem(1, f"{source.name} is a binary file", "write it as YAML text in UTF-8")
    elif source.byte_size > MAX_BYTES or (source.text is not None and len(source.text) > MAX_BYTES):
        if source.text is not None and not source.is_truncated and POLICIES not in source.text:
            return NotOurs("foreign", f"no {POLICIES}")
        size = max(source.byte_size, len(source.text or ""))
        report.problem(
            1,
            f"the file is too large: {size:,} bytes, {MAX_BYTES:,} are read",
            "no user's quota holds so much",
        )
    elif source.text is None or source.is_truncated:
        report.problem(1, "GitHub did not give the whole file", "make it smaller, or try again")
    else:
        return source.text.removeprefix("\ufeff")
    return None


def _has_policies(root: Node) -> bool:
    return isinstance(root, MapNode) and any(isinstance(k, Scalar) and k.value == POLICIES for k, _ in root.pairs)


def _read_root(root: Node, report: Report) -> Reading:
    if not isinstance(root, MapNode):
        what = "a list" if isinstance(root, ListNode) else "a single text"
        hint = f"put the policies under the key `{POLICIES}`"
        if isinstance(root, Scalar) and "\n" not in root.value and re.fullmatch(r"[\w./-]+\.ya?ml", root.value):
            hint = "if the file is a symbolic link, put the file itself there"
        report.problem(root.line, f"the file is {what}, not a mapping", hint)
        return Invalid(report.problems)
    found = _our_keys(root, report)
    if POLICIES not in found:
        return _without_policies(root, found, report)
    try:
        return _read_ours(found, report)
    except TooMuch as much:
        report.problem(much.line, much.sentence, much.remedy)
        return Invalid(report.problems, report.warnings)


def _our_keys(root: MapNode, report: Report) -> dict[str, tuple[int, Node]]:
    found: dict[str, tuple[int, Node]] = {}
    for key, value in root.pairs:
        if not isinstance(key, Scalar):
            continue
        if key.value not in OUR_KEYS:
            if key.value.startswith("ci-") and report.wants_warnings:
                near = did_you_mean(key.value, OUR_KEYS) or f"known are {', '.join(OUR_KEYS)}"
                report.warning(key.line, f"the key {shown(key.value)} is not known, so it is ignored", near)
        elif key.value in found:
            first = found[key.value][0]
            report.problem(key.line, f"`{key.value}` is there twice (first on line {first})", "keep one of them")
        else:
            found[key.value] = (key.line, value)
    return found


def _without_policies(root: MapNode, found: dict[str, tuple[int, Node]], report: Report) -> Reading:
    # A misspelt key would mean that the repository's keys are silently never rotated.
    for key, _ in root.pairs:
        name = key.value if isinstance(key, Scalar) else ""
        if name.lower().startswith("ci") and did_you_mean(name.replace("_", "-"), [POLICIES]):
            report.problem(key.line, f"the key {shown(name)} is not known", f"did you mean `{POLICIES}`?")
    for name, (line, _) in found.items():
        report.problem(
            line,
            f"`{name}` is there without `{POLICIES}`",
            f"add it, `{POLICIES}: []` where nothing is declared",
        )
    if report.problems:
        return Invalid(report.problems)
    return NotOurs("foreign", f"no {POLICIES}")


def _read_ours(found: dict[str, tuple[int, Node]], report: Report) -> Reading:
    raw_root = found[POLICIES]
    policies, empty = _read_policies(raw_root[1], raw_root[0], report)
    check_policies(policies, report)
    secrets = read_ci_secrets(found.get("ci-secrets", (0, None))[1], report)
    region = read_ci_region(found.get("ci-region", (0, None))[1], report)
    trust = read_ci_trust(found.get("ci-trust", (0, None))[1], report)
    if report.problems:
        return Invalid(report.problems, report.warnings)
    if empty:
        return NotOurs("declares nothing", f"{POLICIES} is an empty list", report.warnings)
    return Declaration(report.file, policies, secrets, region, trust, report.warnings)


def _read_policies(node: Node, line: int, report: Report) -> tuple[tuple[DeclaredPolicy, ...], bool]:
    """Return the entries that could be read, and whether the list has none."""
    if isinstance(node, Scalar) and node.is_null:
        report.problem(line, f"there is nothing under `{POLICIES}`", f"write `{POLICIES}: []` to declare nothing")
        return (), False
    if not isinstance(node, ListNode) or node.tag.startswith("!"):
        report.problem(node.line, f"`{POLICIES}` is no list", "write each policy with a `-` before it")
        return (), False
    converter = Converter(report)
    read = [_read_entry(item, converter, report) for item in node.items]
    return tuple(policy for policy in read if policy), not node.items


def _read_entry(item: Node, converter: Converter, report: Report) -> DeclaredPolicy | None:
    entry = converter.convert(item, "in the list after `ci-policies`")
    if not isinstance(entry, Entries):
        if not isinstance(entry, Broken):
            report.problem(item.line, f"an entry of `{POLICIES}` is no mapping", _ENTRY_REMEDY)
        return None
    for extra in entry.entries:
        if extra.key not in ENTRY_KEYS:
            near = did_you_mean(extra.key, ENTRY_KEYS)
            report.problem(extra.line, f"the key {shown(extra.key)} is not known in a policy", near or _ENTRY_REMEDY)
    name, document = (entry.get(key) for key in ENTRY_KEYS)
    for key, value in zip(ENTRY_KEYS, (name, document), strict=True):
        if value is None:
            report.problem(entry.line, f"an entry of `{POLICIES}` has no `{key}`", _ENTRY_REMEDY)
    if name and not isinstance(name.value, Text | Broken):
        report.problem(name.line, "`PolicyName` is no text", "write a name")
    if document and not isinstance(document.value, Entries | Broken):
        report.problem(document.line, "`PolicyDocument` is no mapping", "write the policy as YAML, without quotes")
    if not document or not isinstance(document.value, Entries):
        return None
    if not name or not isinstance(name.value, Text):
        # Checked all the same: all problems are told at once.
        check_document(document.value, report)
        return None
    return DeclaredPolicy(name.value, document.value, entry.line)
