"""The Condition element: operators, keys and values."""

from __future__ import annotations

import re
from typing import Final

from cellenics_ci.privileges.problems import Report, did_you_mean, shown
from cellenics_ci.privileges.template import Broken, Entries, Entry, Items, Text

# IAM user guide, "IAM JSON policy elements: Condition operators".
_COMPARED: Final = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
OPERATORS: Final = (
    "StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase",
    "StringLike", "StringNotLike",
    *(f"Numeric{how}" for how in _COMPARED),
    *(f"Date{how}" for how in _COMPARED),
    "Bool", "BinaryEquals", "IpAddress", "NotIpAddress",
    "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike",
    "Null",
)  # fmt: skip

_OPERATOR: Final = re.compile(r"(?:(?:ForAnyValue|ForAllValues):)?([A-Za-z]+?)(IfExists)?")
# A date to the second or coarser, or seconds since 1970 (IAM user guide, "Date condition operators").
_DATE: Final = re.compile(r"\d{1,19}|-?\d{4,9}-\d\d(-\d\d)?([Tt]\d\d(:\d\d(:\d\d(\.\d+)?)?)?([Zz]|[+-]\d\d:?\d\d)?)?")
_KEY: Final = re.compile(r"[A-Za-z0-9.-]+:[^:].*", re.DOTALL)


def check_condition(condition: Entry, report: Report) -> None:
    """Report what IAM would refuse in a Condition, and values that can never be met."""
    if isinstance(condition.value, Broken):
        return
    if not isinstance(condition.value, Entries):
        report.problem(
            condition.line,
            "`Condition` is no mapping",
            "write it as {StringEquals: {aws:SourceAccount: value}}",
        )
        return
    for operator in condition.value.entries:
        _check_operator(operator, report)


def _check_operator(operator: Entry, report: Report) -> None:
    parts = _OPERATOR.fullmatch(operator.key)
    base = parts.group(1) if parts else ""
    if base not in OPERATORS:
        near = did_you_mean(base or operator.key, OPERATORS)
        report.problem(operator.line, f"{shown(operator.key)} is no condition operator", near or "such as StringEquals")
    elif base == "Null" and parts and parts.group(2):
        report.problem(operator.line, "`NullIfExists` is no condition operator", "write Null")
    if isinstance(operator.value, Broken):
        return
    if not isinstance(operator.value, Entries) or not operator.value.entries:
        report.problem(
            operator.line,
            f"{shown(operator.key)} has no condition keys",
            "write a key and its value under it",
        )
        return
    for key in operator.value.entries:
        _check_key(base, key, report)


def _check_key(operator: str, key: Entry, report: Report) -> None:
    if not _KEY.fullmatch(key.key):
        report.problem(
            key.line,
            f"{shown(key.key)} is no condition key",
            "write it with its service, such as aws:SourceIp",
        )
    values = key.value.items if isinstance(key.value, Items) else (key.value,)
    if not values:
        report.problem(key.line, f"the condition key {shown(key.key)} has no value", "write at least one")
    for value in values:
        if isinstance(value, Text):
            _check_value(operator, value, report)
        elif not isinstance(value, Broken):
            report.problem(
                value.line,
                f"the condition key {shown(key.key)} holds something that is no text",
                "write texts only",
            )


def _check_value(operator: str, value: Text, report: Report) -> None:
    text = value.sample
    if "${" in text:
        return
    if operator in ("Bool", "Null") and text.lower() not in ("true", "false"):
        report.warning(value.line, f"`{operator}` never matches {shown(value.written)}", "write true or false")
    elif operator.startswith("Date") and not _DATE.fullmatch(text):
        report.problem(value.line, f"{shown(value.written)} is no date", "write it as 2026-12-31T00:00:00Z")
