"""What a file reads, by its text alone: the pair, the CI token, or a role to assume.

Not by its YAML: a workflow that GitHub refuses to run must still be looked at, and expressions are text. Where it
can't be told, it counts as read: leaving out a repository that needs its key is the worse mistake.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cellenics_ci.model.names import CI_TOKEN_SECRET, PAIR_NAMES

_COMMENT_LINE = re.compile(r"^[ \t]*#.*$", re.MULTILINE)
_LINE = re.compile(r"^(?P<indent>[ \t]*)(?P<rest>[^\n]*)", re.MULTILINE)
# `run: |`, `- >-`, `run: &script |2 # why`: the lines below it that are indented further are one text.
_BLOCK_BEGINS = re.compile(r"(?:^|:[ \t]+|(?<![^\s])-[ \t]+)(?:[&!]\S+[ \t]+)*[|>][-+\d]*[ \t]*(?:#.*)?\r?$")
_NAMES: Final = "|".join((*PAIR_NAMES, CI_TOKEN_SECRET))
_NAMED = re.compile(
    rf"""\bsecrets\s*(?:\.\s*(?P<dotted>{_NAMES})\b|\[\s*['"](?P<quoted>{_NAMES})['"]\s*\])""", re.IGNORECASE
)
_INHERIT = re.compile(r"""(?:^|[\s{,'"])(?P<word>secrets)['"]?\s*:\s*['"]?inherit\b""", re.IGNORECASE)
_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
# The whole context (`toJSON(secrets)`, `secrets.*`), or a name that is put together when the workflow runs.
_ANY_SECRET = re.compile(
    r"""(?<![\w.-])secrets\b(?![\w-])(?!\s*\.\s*\w)(?!\s*\[\s*(['"])[^'"]*\1\s*\])""", re.IGNORECASE
)
_ROLE = re.compile(r"\brole-to-assume['\"]?\s*:\s*\S", re.IGNORECASE)
_ROLE_WORDS: Final = ("role-to-assume", "configure-aws-credentials", "id-token", "write-all")


@dataclass(frozen=True, slots=True)
class Mention:
    """A reading at an offset. `secret` is the name as GitHub stores it, None where it may be any secret."""

    offset: int
    secret: str | None
    inherited: bool = False


def concerns_us(text: str) -> bool:
    """Whether a file has anything to do with the pair, the CI token or a role."""
    folded = text.casefold()
    return any(word in folded for word in _ROLE_WORDS) or next(mentions(text), None) is not None


def mentions(text: str) -> Iterator[Mention]:
    """Yield every reading of the pair or the CI token, and of what may be them."""
    # Most files hold no such word, and patterns without regard to case are slow.
    if "secrets" not in text.casefold():
        return
    bare = _without_comments(text)
    for found in _NAMED.finditer(bare):
        yield Mention(found.start(), (found["dotted"] or found["quoted"]).upper())
    for found in _INHERIT.finditer(bare):
        yield Mention(found.start("word"), None, inherited=True)
    for expression in _EXPRESSION.finditer(bare):
        for anything in _ANY_SECRET.finditer(expression[1]):
            yield Mention(expression.start(1) + anything.start(), None)


def _without_comments(text: str) -> str:
    """Return a text whose lines of comment are blanked, not cut: offsets stay those of the file.

    In a block of text (`run: |`) such a line is a part of it: GitHub puts the secret into it like into any other.
    """
    pieces: list[str] = []
    outer = inner = -1
    end = 0
    for line in _LINE.finditer(text):
        indent, rest = len(line["indent"]), line["rest"].strip()
        if rest and outer >= 0:
            inner = indent if inner < 0 and indent > outer else inner
            if inner < 0 or indent < inner:
                outer = inner = -1
        if outer < 0 and rest.startswith("#"):
            pieces += [text[end : line.start()], " " * len(line.group())]
            end = line.end()
        elif outer < 0 and _BLOCK_BEGINS.search(line["rest"]):
            outer = indent
    return "".join([*pieces, text[end:]])


def mentions_role(text: str) -> bool:
    """Whether a role to assume is named anywhere."""
    return bool(_ROLE.search(_COMMENT_LINE.sub("", text)))
