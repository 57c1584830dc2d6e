"""`ci-trust`: which runs of a repository's workflows may assume its role."""

from __future__ import annotations

import re
from typing import Final

from cellenics_ci.privileges.declaration import CiTrust
from cellenics_ci.privileges.problems import Report, did_you_mean, shown
from cellenics_ci.privileges.settings import ENVIRONMENT_LIMIT
from cellenics_ci.yamltree import ListNode, MapNode, Node, Scalar

TRUST_KEYS: Final = ("branches", "tags", "environments", "pull-requests")
ANY: Final = "*"
REF_LIMIT: Final = 244
"""Characters of a branch's or tag's name: GitHub takes 255 bytes with `refs/heads/` before them."""

# git-check-ref-format(1), less `*` and `?`: they are IAM's wildcards here. `$` would begin an IAM variable.
_NO_REF: Final = re.compile(r"[\x00-\x20\x7f~^:\\\[$]|\.\.|@\{|//|^/|/$|\.$|\.lock$")
_REMEDY: Final = "write it as {branches: [master], tags: [v*], environments: [production], pull-requests: true}"


def read_ci_trust(node: Node | None, report: Report) -> CiTrust | None:
    """Read `ci-trust`. Returns None where it is absent, or wrong and reported."""
    if node is None:
        return None
    if not isinstance(node, MapNode) or node.tag.startswith("!"):
        report.problem(node.line, "`ci-trust` is no mapping", _REMEDY)
        return None
    given: dict[str, Node] = {}
    for key, value in node.pairs:
        name = key.value if isinstance(key, Scalar) else "?"
        if name in given:
            report.problem(key.line, f"the key `{name}` is there twice in `ci-trust`", "keep one of them")
        elif name in TRUST_KEYS:
            given[name] = value
        else:
            remedy = did_you_mean(name, TRUST_KEYS) or f"`ci-trust` knows {', '.join(TRUST_KEYS)}"
            report.problem(key.line, f"the key {shown(name)} is not known in `ci-trust`", remedy)
    trust = CiTrust(
        branches=_names("branches", given.get("branches"), report),
        tags=_names("tags", given.get("tags"), report),
        environments=_names("environments", given.get("environments"), report),
        pull_requests=_boolean(given.get("pull-requests"), report),
    )
    understood = len(given) == len(node.pairs)
    if understood and not trust and not any(_is_filled(value) for value in given.values()):
        report.problem(node.line, "`ci-trust` trusts nobody", f"{_REMEDY}, or take it away")
    return trust


def _names(key: str, node: Node | None, report: Report) -> tuple[str, ...]:
    if node is None:
        return ()
    if not isinstance(node, ListNode) or node.tag.startswith("!"):
        report.problem(node.line, f"`{key}` in `ci-trust` is no list", f"write it as {key}: [name]")
        return ()
    found: dict[str, None] = {}
    for item in node.items:
        if not isinstance(item, Scalar) or item.is_null or item.tag.startswith("!"):
            report.problem(item.line, f"one of `{key}` in `ci-trust` is no text", "write its name")
            continue
        problem = environment_problem(item.value) if key == "environments" else ref_problem(item.value)
        if problem:
            report.problem(item.line, problem, "write its name as GitHub shows it")
        elif item.value in found:
            report.problem(item.line, f"{shown(item.value)} is there twice in `{key}`", "keep one of them")
        found[item.value] = None
    return tuple(found)


def ref_problem(name: str) -> str | None:
    """Say why a text can't be a branch's or tag's name or pattern (`release/*`), None where it can."""
    if name.startswith("refs/"):
        return f"{shown(name)} is a whole ref, not a branch's or tag's name"
    if not 0 < len(name) <= REF_LIMIT:
        return f"a branch's or tag's name has {len(name)} characters, GitHub's have 1 to {REF_LIMIT}"
    return f"{shown(name)} is no branch's or tag's name" if _NO_REF.search(name) else None


def environment_problem(name: str) -> str | None:
    """Say why a text can't be an environment's name, None where it can."""
    if not 0 < len(name) <= ENVIRONMENT_LIMIT:
        return f"an environment's name has {len(name)} characters, GitHub's have 1 to {ENVIRONMENT_LIMIT}"
    return None if name.isprintable() else f"{shown(name)} is no environment's name"


def _boolean(node: Node | None, report: Report) -> bool:
    if node is None:
        return False
    if isinstance(node, Scalar) and node.plain and not node.tag and node.value.lower() in ("true", "false"):
        return node.value.lower() == "true"
    report.problem(node.line, "`pull-requests` in `ci-trust` is neither true nor false", "write true or false")
    # Whatever was meant: True keeps "trusts nobody" from being said as well.
    return True


def _is_filled(node: Node) -> bool:
    """Whether something is there, so that what is wrong with it has been said already."""
    if isinstance(node, Scalar):
        return node.value.lower() != "false"
    return bool(node.items) if isinstance(node, ListNode) else True
