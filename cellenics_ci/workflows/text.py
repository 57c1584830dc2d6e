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
    # Comments are blanked, not cut: offsets stay those of the file.
    bare = _COMMENT_LINE.sub(lambda comment: " " * len(comment.group()), text)
    for found in _NAMED.finditer(bare):
        yield Mention(found.start(), (found["dotted"] or found["quoted"]).upper())
    for found in _INHERIT.finditer(bare):
        yield Mention(found.start("word"), None, inherited=True)
    for expression in _EXPRESSION.finditer(bare):
        for anything in _ANY_SECRET.finditer(expression[1]):
            yield Mention(expression.start(1) + anything.start(), None)


def mentions_role(text: str) -> bool:
    """Whether a role to assume is named anywhere."""
    return bool(_ROLE.search(_COMMENT_LINE.sub("", text)))
