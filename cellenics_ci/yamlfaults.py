"""What is wrong with a text that is no YAML, or too much of it: by its line, with what to do."""

from __future__ import annotations

from typing import Final

import yaml

_QUOTED: Final = 40
"""Characters of a text that is shown with its quotes."""
_BEGINNINGS: Final = {
    "*": "`*` begins an alias, unless it stands in quotes",
    "&": "`&` begins an anchor, unless it stands in quotes",
    "!": "`!` begins a tag, unless it stands in quotes",
    "%": "a text that begins with `%` has to stand in quotes",
    "@": "a text that begins with `@` has to stand in quotes",
    "`": "a text that begins with a backtick has to stand in quotes",
}
"""What characters mean that stand first in a value without quotes (YAML 1.2.2, 5.3 "Indicator Characters")."""


class YamlRefused(Exception):
    """The text is not YAML, or is more than the limits allow (`too_much`)."""

    def __init__(self, line: int, sentence: str, remedy: str = "", *, too_much: bool = False) -> None:
        super().__init__(sentence)
        self.line = line
        self.sentence = sentence
        self.remedy = remedy
        self.too_much = too_much


def explained(error: yaml.MarkedYAMLError, text: str) -> YamlRefused:
    """Return in our words why a parser took a text for no YAML."""
    mark = error.problem_mark or error.context_mark
    line = int(mark.line) + 1 if mark else 1
    lines = text.splitlines()
    at_fault = lines[line - 1] if line <= len(lines) else ""
    if "\t" in at_fault[: len(at_fault) - len(at_fault.lstrip())]:
        return YamlRefused(line, "the file is not YAML: a tab indents this line", "indent with spaces")
    unquoted = _unquoted(error, lines)
    if unquoted is not None:
        return unquoted
    # The parser's problem is a fixed phrase, but an anchor's or tag's name may stand in it.
    problem = "".join(c for c in str(error.problem or "it can't be read") if c.isprintable())[:120]
    return YamlRefused(line, f"the file is not YAML: {problem}", "look at this line and the one above it")


def _unquoted(error: yaml.MarkedYAMLError, lines: list[str]) -> YamlRefused | None:
    """Return the commonest fault by its name: a text that wants quotes, since its first character means something."""
    start, end = error.context_mark, error.problem_mark
    if start is None or end is None or start.line != end.line or start.line >= len(lines):
        return None
    # The scanner's faults begin where its token does. The parser's do so only where it can't take the token itself.
    if not isinstance(error, yaml.scanner.ScannerError) and start.column != end.column:
        return None
    value = lines[start.line][start.column :]
    meaning = _BEGINNINGS.get(value[:1])
    if meaning is None:
        return None
    text = value.split()[0].rstrip(",]}:")
    harmless = text.isprintable() and len(text) <= _QUOTED and not set(text) & set('"\\')
    remedy = f'write "{text}" in quotes' if harmless else "put the text in quotes"
    return YamlRefused(start.line + 1, f"the file is not YAML: {meaning}", remedy)
