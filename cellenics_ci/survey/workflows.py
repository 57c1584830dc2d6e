"""What a repository's workflows read: the pair, the CI token, or a role to assume. By their text alone.

Workflows are not parsed as YAML: one that GitHub refuses to run must still be looked at, and expressions are text.
Where it can't be told, it counts as read: leaving out a repository that needs its key is the worse mistake.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cellenics_ci.model.names import CI_TOKEN_SECRET, PAIR_NAMES
from cellenics_ci.model.repositories import WorkflowFile

_COMMENT_LINE = re.compile(r"^[ \t]*#.*$", re.MULTILINE)
_NAMED: Final = r"""\bsecrets\s*(?:\.\s*(?:{names})\b|\[\s*['"](?:{names})['"]\s*\])"""
_PAIR = re.compile(_NAMED.format(names="|".join(PAIR_NAMES)), re.IGNORECASE)
_CI_TOKEN = re.compile(_NAMED.format(names=CI_TOKEN_SECRET), re.IGNORECASE)
_INHERIT = re.compile(r"""(?:^|[\s{,'"])secrets['"]?\s*:\s*['"]?inherit\b""", re.IGNORECASE)
_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
# The whole context (`toJSON(secrets)`, `secrets.*`), or a name that is put together when the workflow runs.
_ANY_SECRET = re.compile(
    r"""(?<![\w.-])secrets\b(?![\w-])(?!\s*\.\s*\w)(?!\s*\[\s*(['"])[^'"]*\1\s*\])""", re.IGNORECASE
)
_ROLE = re.compile(r"\brole-to-assume['\"]?\s*:\s*\S", re.IGNORECASE)
_WORDS: Final = ("secrets", "role-to-assume")
"""What every pattern above needs. Most workflows hold neither, and patterns without regard to case are slow."""


@dataclass(frozen=True, slots=True)
class WorkflowFacts:
    """What the workflows on the default branch do. None: not known, a workflow's text is missing.

    `readers` are the files that read the pair.
    """

    reads_pair: bool | None
    reads_ci_token: bool | None
    assumes_role: bool | None
    readers: tuple[str, ...] = ()


UNKNOWN_WORKFLOWS: Final = WorkflowFacts(None, None, None)


def workflow_facts(files: Iterable[WorkflowFile] | None) -> WorkflowFacts:
    """Return what these workflow files do; all unknown where they could not be listed (None)."""
    if files is None:
        return UNKNOWN_WORKFLOWS
    pair: list[str] = []
    token = role = missing = False
    for file in files:
        if file.text is None:
            missing = True
            continue
        folded = file.text.casefold()
        if not any(word in folded for word in _WORDS):
            continue
        text = _COMMENT_LINE.sub("", file.text)
        anything = _reads_anything(text)
        if anything or _PAIR.search(text):
            pair.append(file.name)
        token = token or anything or bool(_CI_TOKEN.search(text))
        role = role or bool(_ROLE.search(text))

    def known(seen: bool) -> bool | None:
        return True if seen else None if missing else False

    return WorkflowFacts(known(bool(pair)), known(token), known(role), tuple(pair))


def _reads_anything(text: str) -> bool:
    if _INHERIT.search(text):
        return True
    return any(_ANY_SECRET.search(expression.strip()) for expression in _EXPRESSION.findall(text))
