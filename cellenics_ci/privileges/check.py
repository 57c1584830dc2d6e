"""Whether IAM would take the declared policies: names, documents, and what only an account can tell."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, Final

from cellenics_ci.privileges.declaration import DENY_OLD_SESSIONS, Declaration, DeclaredPolicy, Policy
from cellenics_ci.privileges.escalation import warn_of_escalation
from cellenics_ci.privileges.grammar import check_document
from cellenics_ci.privileges.problems import Enough, Problem, Report, shown
from cellenics_ci.privileges.template import SAMPLE_VALUES, Broken, Entries, Items, Node, plain

USER_QUOTA: Final = 2048
ROLE_QUOTA: Final = 10240
"""Characters of all inline policies together, white space not counted (IAM quotas page). `GetAccountSummary`
tells the value in force."""

POLICY_NAME_LIMIT: Final = 128
_POLICY_NAME: Final = re.compile(r"[A-Za-z0-9_+=,.@-]+")


def check_policies(policies: Iterable[DeclaredPolicy], report: Report) -> None:
    """Report everything that can be told about declared policies without an account."""
    names: dict[str, int] = {}
    statements: dict[str, int] = {}
    for policy in policies:
        _check_name(policy, names, report)
        check_document(policy.document, report)
        _warn_of_duplicates(policy, statements, report)
        warn_of_escalation(policy.document, report)


def compact(document: Mapping[str, Any]) -> str:
    """Return a document as it is sent and counted."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), default=str)


def inline_size(documents: Iterable[Mapping[str, Any]]) -> int:
    """Return what IAM counts of inline policies: their characters together, without white space."""
    return sum(len(re.sub(r"[ \t\r\n]", "", compact(document))) for document in documents)


def check_account(
    declaration: Declaration,
    policies: Iterable[Policy],
    *,
    quota: int,
    partition: str,
    holder: str = "user",
) -> tuple[Problem, ...]:
    """Return what speaks against resolved policies in one account, with the numbers: quota and partition.

    `quota` in characters, as `GetAccountSummary` tells it (USER_QUOTA, ROLE_QUOTA by default); `holder` is
    the word for what carries the policies: user or role.
    """
    report = Report(declaration.file)
    resolved = list(policies)
    line = declaration.policies[0].line if declaration.policies else 1
    size = inline_size(policy.document for policy in resolved)
    if size > quota:
        largest = max(resolved, key=lambda policy: len(policy.text))
        report.problem(
            line,
            f"the policies have {size:,} characters together, IAM allows a {holder} {quota:,}",
            f"shorten them by {size - quota:,}: {shown(largest.name)} is the largest",
        )
    with suppress(Enough):
        for declared, policy in zip(declaration.policies, resolved, strict=True):
            _check_partition(declared, policy, partition, report)
    return report.problems


def _check_partition(declared: DeclaredPolicy, policy: Policy, partition: str, report: Report) -> None:
    foreign = sorted(set(re.findall(r'"arn:(aws[a-z-]*):', policy.text)) - {partition})
    if foreign:
        report.problem(
            declared.line,
            f"{shown(policy.name)} names the partition {', '.join(foreign)}, the account's is {partition}",
            "write ${AWS::Partition} with !Sub",
        )


def _check_name(policy: DeclaredPolicy, names: dict[str, int], report: Report) -> None:
    name, line = policy.name.sample, policy.name.line
    if not name:
        report.problem(line, "a `PolicyName` is empty", "write a name")
        return
    if len(name) > POLICY_NAME_LIMIT:
        report.problem(
            line,
            f"the name {shown(name)} has {len(name)} characters, IAM allows {POLICY_NAME_LIMIT}",
            "shorten it",
        )
    if not _POLICY_NAME.fullmatch(name):
        report.problem(
            line,
            f"the name {shown(name)} has characters that IAM refuses",
            "use letters, digits and _+=,.@- only",
        )
    if name.lower() == DENY_OLD_SESSIONS:
        report.problem(line, f"the name {shown(name)} is kept for `rotate-ci --compromised`", "choose another name")
    # IAM does not tell names apart by case.
    if name.lower() in names:
        first = names[name.lower()]
        report.problem(line, f"the PolicyName {shown(name)} is there twice (first on line {first})", "rename one")
    names.setdefault(name.lower(), line)


def _warn_of_duplicates(policy: DeclaredPolicy, statements: dict[str, int], report: Report) -> None:
    entry = policy.document.get("Statement")
    if entry is None:
        return
    for statement in entry.value.items if isinstance(entry.value, Items) else (entry.value,):
        if not isinstance(statement, Entries) or _is_broken(statement):
            continue
        said = {key: value for key, value in plain(statement, SAMPLE_VALUES).items() if key != "Sid"}
        text = json.dumps(said, sort_keys=True)
        if text in statements:
            first = statements[text]
            report.warning(statement.line, f"this statement says the same as the one on line {first}", "keep one")
        statements.setdefault(text, statement.line)


def _is_broken(node: Node) -> bool:
    if isinstance(node, Items):
        return any(map(_is_broken, node.items))
    if isinstance(node, Entries):
        return any(_is_broken(entry.value) for entry in node.entries)
    return isinstance(node, Broken)
