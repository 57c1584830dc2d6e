"""The changes of a repository as one patch that `git apply` takes."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Final

from cellenics_ci.workflows.rewrite import Rewritten

_CONTEXT: Final = 3
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_UNSAFE = re.compile(r'["\\\x00-\x1f\x7f]')
_NO_LINE_END: Final = "\\ No newline at end of file\n"


def patch_text(files: Iterable[Rewritten]) -> str:
    """Return a unified diff with git's headers, "" for no change."""
    return "".join(_of_file(file) for file in files if file.before != file.after)


def _of_file(file: Rewritten) -> str:
    old, new = _named(f"a/{file.path}"), _named(f"b/{file.path}")
    lines = difflib.unified_diff(_lines(file.before), _lines(file.after), old, new, n=_CONTEXT)
    # A line without an end is a file's last one: git says so in a line of its own.
    body = "".join(line if line.endswith("\n") else f"{line}\n{_NO_LINE_END}" for line in lines)
    return f"diff --git {old} {new}\n{body}"


def _named(path: str) -> str:
    """Return a path as git writes it: in quotes where a character would end the line or the name."""
    if not _UNSAFE.search(path):
        return path
    return '"' + _UNSAFE.sub(lambda found: f"\\{ord(found.group()):03o}", path) + '"'


def _lines(text: str) -> list[str]:
    """Split at line feeds alone: a carriage return before one is a part of the line to git."""
    return _LINE.findall(text)
