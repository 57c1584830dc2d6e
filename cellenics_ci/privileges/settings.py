"""The keys beside `ci-policies`: `ci-secrets` (which scopes get the pair) and `ci-region`."""

from __future__ import annotations

import re
from typing import Final

from cellenics_ci.model.names import Region
from cellenics_ci.privileges.declaration import CiSecrets
from cellenics_ci.privileges.problems import Report, did_you_mean, shown
from cellenics_ci.yamltree import ListNode, MapNode, Node, Scalar

SECRETS_KEYS: Final = ("actions", "environments", "dependabot")
ENVIRONMENT_LIMIT: Final = 255
"""Characters of an environment's name (GitHub's documentation of environments)."""

_REGION: Final = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}")
_BOOLEANS: Final = {"true": True, "false": False}


def region_problem(region: str) -> str | None:
    """Say in a sentence why a text can't be an AWS region's name, or return None where it can."""
    return None if _REGION.fullmatch(region) else f"{shown(region)} is no name of an AWS region"


def read_ci_region(node: Node | None, report: Report) -> Region | None:
    """Read `ci-region`. Returns None where it is absent, or wrong and reported."""
    if node is None:
        return None
    if not isinstance(node, Scalar) or node.is_null or node.tag:
        report.problem(node.line, "`ci-region` is no text", "write a region such as us-east-1")
        return None
    problem = region_problem(node.value)
    if problem:
        report.problem(node.line, problem, "write a region such as us-east-1")
        return None
    return Region(node.value)


def read_ci_secrets(node: Node | None, report: Report) -> CiSecrets:
    """Read `ci-secrets`. Returns the default where it is absent; what is wrong in it is reported."""
    if node is None:
        return CiSecrets()
    if not isinstance(node, MapNode) or node.tag.startswith("!"):
        report.problem(node.line, "`ci-secrets` is no mapping", "write it as {actions: true, environments: [staging]}")
        return CiSecrets()
    given: dict[str, tuple[int, Node]] = {}
    for key, value in node.pairs:
        name = key.value if isinstance(key, Scalar) else "?"
        if name in given:
            report.problem(key.line, f"the key `{name}` is there twice in `ci-secrets`", "keep one of them")
        elif name in SECRETS_KEYS:
            given[name] = (key.line, value)
        else:
            remedy = did_you_mean(name, SECRETS_KEYS) or f"`ci-secrets` knows {', '.join(SECRETS_KEYS)}"
            report.problem(key.line, f"the key {shown(name)} is not known in `ci-secrets`", remedy)
    actions = _boolean(given, "actions", True, report)
    dependabot = _boolean(given, "dependabot", False, report)
    environments = _environments(given, report)
    if not (actions or dependabot or environments or _is_filled(given.get("environments"))):
        report.problem(node.line, "`ci-secrets` declares no place for the secrets", "leave one of them in")
    return CiSecrets(actions, environments, dependabot)


def _is_filled(entry: tuple[int, Node] | None) -> bool:
    """Whether something is there, so that what is wrong with it has been said already."""
    return entry is not None and not (isinstance(entry[1], ListNode) and not entry[1].items)


def _boolean(given: dict[str, tuple[int, Node]], name: str, default: bool, report: Report) -> bool:
    if name not in given:
        return default
    node = given[name][1]
    if isinstance(node, Scalar) and node.plain and not node.tag and node.value.lower() in _BOOLEANS:
        return _BOOLEANS[node.value.lower()]
    report.problem(node.line, f"`{name}` in `ci-secrets` is neither true nor false", "write true or false")
    # Whatever was meant: True keeps "declares no place" from being said as well.
    return True


def _environments(given: dict[str, tuple[int, Node]], report: Report) -> tuple[str, ...]:
    if "environments" not in given:
        return ()
    node = given["environments"][1]
    if not isinstance(node, ListNode) or node.tag.startswith("!"):
        report.problem(node.line, "`environments` in `ci-secrets` is no list", "write it as [staging, production]")
        return ()
    names: dict[str, str] = {}
    for item in node.items:
        if not isinstance(item, Scalar) or item.is_null or item.tag.startswith("!"):
            report.problem(item.line, "an environment in `ci-secrets` is no text", "write the environment's name")
        elif not 0 < len(item.value) <= ENVIRONMENT_LIMIT:
            report.problem(
                item.line,
                f"an environment's name has {len(item.value)} characters",
                f"GitHub's have 1 to {ENVIRONMENT_LIMIT}",
            )
        elif item.value.lower() in names:
            # GitHub does not tell environments apart by case.
            report.problem(item.line, f"the environment {shown(item.value)} is there twice", "keep one of them")
        else:
            names[item.value.lower()] = item.value
    return tuple(names.values())
