"""Changes to a text by offsets: whatever is not changed stays byte for byte. Whole lines where YAML is in blocks.

An entry is a key with its value in a mapping. Line ends are those of the file around it, and where the file ends
without one it goes on doing so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cellenics_ci.workflows.document import Source
from cellenics_ci.yamltree import ListNode, MapNode, Node, Scalar


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Put `text` in place of what stands from `start` to `end`."""

    start: int
    end: int
    text: str


Entry = tuple[Scalar, Node]


def apply(text: str, edits: Iterable[Edit]) -> str | None:
    """Return the text with the edits done, None where two of them overlap. The same edit twice is done once."""
    result, position = [], 0
    for edit in sorted(set(edits)):
        if edit.start < position:
            return None
        result += [text[position : edit.start], edit.text]
        position = edit.end
    after = "".join([*result, text[position:]])
    # Where the last line of a file without a final line end was taken out, the one before it has none now.
    return after if text.endswith("\n") else after.removesuffix("\n").removesuffix("\r")


def last_offset(text: str, node: Node) -> int:
    """Return where a node's text ends. (The end of a block that the parser tells is the start of what follows it.)"""
    while not isinstance(node, Scalar) and not node.flow:
        parts = node.items if isinstance(node, ListNode) else [part for pair in node.pairs for part in pair]
        if not parts:
            break
        if parts[-1].start < node.start:
            # An alias: what it stands for is elsewhere, so the last line that is no comment is the end.
            return _last_content(text, node.end)
        node = parts[-1]
    if isinstance(node, Scalar) and node.style in ("|", ">"):
        return node.start + len(text[node.start : node.end].rstrip())
    return node.end


def _last_content(text: str, end: int) -> int:
    lines = text[:end].split("\n")
    while lines and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
        lines.pop()
    return len("\n".join(lines).rstrip())


def line_start(text: str, offset: int) -> int:
    """Return where the line of an offset begins."""
    return text.rfind("\n", 0, offset) + 1


def line_end(text: str, offset: int) -> int:
    """Return where the line of an offset ends, its line end included."""
    end = text.find("\n", offset)
    return len(text) if end < 0 else end + 1


def eol(text: str, offset: int) -> str:
    """Return the line end that is used around an offset."""
    end = text.find("\n", offset)
    end = text.rfind("\n") if end < 0 else end
    return "\r\n" if end > 0 and text[end - 1] == "\r" else "\n"


def indent(text: str, offset: int) -> str:
    """Return blanks up to the column of an offset, which is where the keys beside the one there stand."""
    return " " * (offset - line_start(text, offset))


def stands_alone(text: str, key: Scalar) -> bool:
    """Whether nothing but blanks stands before a key in its line, so that its lines can be taken out."""
    return not text[line_start(text, key.start) : key.start].strip("\ufeff ")


def without_lines(source: Source, entries: Iterable[Entry]) -> list[Edit]:
    """Take entries out of a block, with their lines."""
    text = source.text
    ranges: list[tuple[int, int]] = []
    for key, value in sorted(entries, key=lambda entry: entry[0].start):
        start, end = line_start(text, key.start), line_end(text, _end_of(text, key, value))
        if ranges and ranges[-1][1] == start:
            ranges[-1] = (ranges[-1][0], end)
        else:
            ranges.append((start, end))
    return [Edit(start, end, "") for start, end in ranges]


def replaced(source: Source, entry: Entry, text: str) -> Edit:
    """Put something in place of an entry, in the same line. What follows it, such as a comment, stays."""
    key, value = entry
    return Edit(key.start, _end_of(source.text, key, value), text)


def inserted_after(source: Source, entry: Entry, lines: Sequence[str]) -> Edit:
    """Put lines behind an entry of a block, at the column of its key."""
    text, (key, value) = source.text, entry
    end = line_end(text, _end_of(text, key, value))
    blanks, newline = indent(text, key.start), eol(text, key.start)
    body = newline.join(blanks + line for line in lines)
    if end == len(text) and not text.endswith("\n"):
        return Edit(end, end, newline + body)
    return Edit(end, end, body + newline)


def without_flow(source: Source, mapping: MapNode, entries: Sequence[Entry]) -> list[Edit]:
    """Take entries out of a mapping in brackets, each with a comma. Not for all of them."""
    edits = []
    pairs = list(mapping.pairs)
    for number, (key, value) in enumerate(pairs):
        if not any(key is gone for gone, _ in entries):
            continue
        following = pairs[number + 1 :]
        if following:
            edits.append(Edit(key.start, following[0][0].start, ""))
        else:
            kept = [pair for pair in pairs if not any(pair[0] is gone for gone, _ in entries)]
            end = last_offset(source.text, kept[-1][1])
            edits = [edit for edit in edits if edit.start < end]
            edits.append(Edit(end, last_offset(source.text, value), ""))
    return edits


def _end_of(text: str, key: Scalar, value: Node) -> int:
    """Return where an entry ends. A value that an alias stands for is elsewhere: then it is where the line ends."""
    end = last_offset(text, value)
    return end if end >= key.end else len(text[: line_end(text, key.end)].rstrip())
