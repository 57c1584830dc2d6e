"""IAM's policy grammar for identity policies: Version, Statement and what stands in a statement.

The rules are those of the IAM user guide ("Grammar of the IAM JSON policy language") and IAM's own refusals.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cellenics_ci.privileges.conditions import check_condition
from cellenics_ci.privileges.problems import Report, did_you_mean, enumerated, shown
from cellenics_ci.privileges.resources import check_resource
from cellenics_ci.privileges.services import is_known_service, nearest_service
from cellenics_ci.privileges.template import Broken, Entries, Entry, Items, Node, Text

DOCUMENT_KEYS: Final = ("Version", "Id", "Statement")
STATEMENT_KEYS: Final = (
    "Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition",
)  # fmt: skip
_PRINCIPALS: Final = ("Principal", "NotPrincipal")

VERSION: Final = "2012-10-17"
OLD_VERSION: Final = "2008-10-17"
_VERSION_REMEDY: Final = f"write Version: {VERSION}"

_ACTION: Final = re.compile(r"([A-Za-z0-9-]+):([A-Za-z0-9*?]+)")
_EVERY_ACTION: Final = re.compile(r"\*+(:\*+)?")
_REFUSED_CHARACTER: Final = re.compile("[^\t\n\r\x20-\xff]")


def check_document(document: Entries, report: Report) -> None:
    """Report everything in a policy document that IAM would refuse, and what a person should look at."""
    for text in _texts(document):
        _check_characters(text, report)
    for entry in document.entries:
        if entry.key not in DOCUMENT_KEYS:
            _unknown(entry, "a policy document", DOCUMENT_KEYS, report)
    _check_version(document, report)
    statements = document.get("Statement")
    if statements is None:
        report.problem(document.line, "the policy document has no `Statement`", "write at least one statement")
        return
    _check_statements(statements.value, report)


def _check_version(document: Entries, report: Report) -> None:
    # IAM's API has refused older versions for some kinds of policy and taken them for others: one rule for all is
    # safer than a refusal in the middle of a run, and easily followed.
    entry = document.get("Version")
    if entry is None:
        report.problem(
            document.line, f"the policy has no `Version`, so it would be taken for {OLD_VERSION}", _VERSION_REMEDY
        )
    elif isinstance(entry.value, Text) and entry.value.sample == OLD_VERSION:
        report.problem(
            entry.line, f"in Version {OLD_VERSION} variables such as ${{aws:username}} are plain text", _VERSION_REMEDY
        )
    elif not isinstance(entry.value, Broken) and not (isinstance(entry.value, Text) and entry.value.sample == VERSION):
        report.problem(entry.line, f"`Version` is not {VERSION}", f"{_VERSION_REMEDY}: it is the language's, not yours")


def _check_statements(node: Node, report: Report) -> None:
    if isinstance(node, Broken):
        return
    statements = node.items if isinstance(node, Items) else (node,)
    if not statements:
        report.problem(node.line, "`Statement` is an empty list", "write at least one statement")
    sids: dict[str, int] = {}
    for statement in statements:
        if isinstance(statement, Entries):
            _check_statement(statement, report)
            _check_sid(statement, sids, report)
        elif not isinstance(statement, Broken):
            report.problem(statement.line, "a statement is no mapping", "write Effect, Action and Resource in it")


def _check_statement(statement: Entries, report: Report) -> None:
    for entry in statement.entries:
        if entry.key in _PRINCIPALS:
            report.problem(
                entry.line,
                f"`{entry.key}` is not for a user's own policy",
                "take it away: the policy's user is meant",
            )
        elif entry.key not in STATEMENT_KEYS:
            _unknown(entry, "a statement", STATEMENT_KEYS, report)
    effect = statement.get("Effect")
    if effect is None:
        report.problem(statement.line, "a statement has no `Effect`", "write Effect: Allow or Effect: Deny")
    elif not isinstance(effect.value, Broken) and not (
        isinstance(effect.value, Text) and effect.value.sample in ("Allow", "Deny")
    ):
        report.problem(effect.line, "`Effect` is neither Allow nor Deny", "write one of them, capital letter first")
    for text in _one_of(statement, "Action", report):
        _check_action(text, report)
    for text in _one_of(statement, "Resource", report):
        check_resource(text, report)
    condition = statement.get("Condition")
    if condition is not None:
        check_condition(condition, report)


def _one_of(statement: Entries, name: str, report: Report) -> Iterator[Text]:
    """Yield the texts of `name` or `Not<name>`, of which a statement has exactly one, never empty."""
    found = [entry for key in (name, f"Not{name}") if (entry := statement.get(key))]
    if not found:
        report.problem(statement.line, f"a statement has neither `{name}` nor `Not{name}`", "write one of them")
    elif len(found) > 1:
        report.problem(found[1].line, f"a statement has both `{name}` and `Not{name}`", "keep one of them")
    for entry in found:
        yield from _text_list(entry, report)


def _text_list(entry: Entry, report: Report) -> Iterator[Text]:
    items = entry.value.items if isinstance(entry.value, Items) else (entry.value,)
    if not items:
        report.problem(entry.line, f"`{entry.key}` is an empty list", "name at least one")
    for item in items:
        if isinstance(item, Text):
            yield item
        elif not isinstance(item, Broken):
            report.problem(item.line, f"`{entry.key}` holds something that is no text", "write a text or a flat list")


def _check_sid(statement: Entries, sids: dict[str, int], report: Report) -> None:
    entry = statement.get("Sid")
    if entry is None or isinstance(entry.value, Broken):
        return
    sid = entry.value.sample if isinstance(entry.value, Text) else None
    if sid is None or not re.fullmatch(r"[A-Za-z0-9]*", sid):
        report.problem(entry.line, "`Sid` has other characters than letters and digits", "use A-Z, a-z and 0-9 only")
    elif sid and sid in sids:
        report.problem(entry.line, f"the Sid {shown(sid)} is there twice (first on line {sids[sid]})", "rename one")
    else:
        sids[sid] = entry.line


def _check_action(text: Text, report: Report) -> None:
    action = text.sample
    if _EVERY_ACTION.fullmatch(action):
        return
    parts = _ACTION.fullmatch(action)
    if parts is None:
        report.problem(
            text.line, f"{shown(text.written)} is no action", "write service:Name, such as ecr:PutImage, or *"
        )
    elif report.wants_warnings and not is_known_service(parts.group(1)):
        near = nearest_service(parts.group(1))
        report.warning(text.line, f"no service {shown(parts.group(1))} is known here", near or "look at its spelling")


def _check_characters(text: Text, report: Report) -> None:
    refused = dict.fromkeys(_REFUSED_CHARACTER.findall(text.sample))
    if refused:
        codes = enumerated(f"U+{ord(character):04X}" for character in refused)
        report.problem(
            text.line,
            f"{shown(text.written)} has the character{'s' if len(refused) > 1 else ''} {codes}",
            "IAM takes tab, line ends and U+0020–U+00FF",
        )


def _texts(node: Node) -> Iterator[Text]:
    """Yield every text of a document, keys included."""
    if isinstance(node, Text):
        yield node
    elif isinstance(node, Items):
        for item in node.items:
            yield from _texts(item)
    elif isinstance(node, Entries):
        for entry in node.entries:
            yield Text((entry.key,), entry.line)
            yield from _texts(entry.value)


def _unknown(entry: Entry, where: str, known: tuple[str, ...], report: Report) -> None:
    near = did_you_mean(entry.key, known)
    report.problem(
        entry.line,
        f"the element {shown(entry.key)} is not known in {where}",
        near or f"IAM has {', '.join(known)}",
    )
