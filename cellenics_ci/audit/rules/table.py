"""All rules, in the order in which they are shown; a rule's id, severity, title and remedy are told here only.

`docs/audit.md` is generated from it.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Final

from cellenics_ci.audit.findings import Rule
from cellenics_ci.audit.rules.credentials import CREDENTIALS
from cellenics_ci.audit.rules.surroundings import SURROUNDINGS
from cellenics_ci.errors import UsageProblem

RULES: Final = (*CREDENTIALS, *SURROUNDINGS)


def chosen(only: Sequence[str] = (), ignore: Sequence[str] = ()) -> tuple[Rule, ...]:
    """Return the rules that these ids or globs leave; `only` empty means all. Raises UsageProblem for unknown ids."""
    for option, patterns in (("--only", only), ("--ignore", ignore)):
        for pattern in patterns:
            if not any(fnmatchcase(rule.id, pattern) for rule in RULES):
                raise _unknown(option, pattern)
    return tuple(
        rule
        for rule in RULES
        if (not only or any(fnmatchcase(rule.id, pattern) for pattern in only))
        and not any(fnmatchcase(rule.id, pattern) for pattern in ignore)
    )


def _unknown(option: str, pattern: str) -> UsageProblem:
    near = difflib.get_close_matches(pattern, [rule.id for rule in RULES], n=3, cutoff=0.5)
    remedy = f"Did you mean {' or '.join(near)}?" if near else "docs/audit.md lists all rules."
    return UsageProblem(f"{option} {pattern}: there is no such rule.", remedy=remedy)
