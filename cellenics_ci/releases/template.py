"""A Flux template as documents that keep their comments, quotes and order: read, and written back."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from cellenics_ci.privileges.problems import Problem, shown
from cellenics_ci.releases.kinds import Kind, kind_of
from cellenics_ci.yamlfaults import YamlRefused
from cellenics_ci.yamltree import MapNode, Scalar, documents

LONGEST: Final = 256 * 1024
"""Characters of a template: those in use have some 3,000."""
_INDENTED: Final = re.compile(r"^( +)\S", re.MULTILINE)
_LISTED: Final = re.compile(r"^( *)[^\s#-][^\n]*:[ ]*\n(?:[ ]*#[^\n]*\n|[ ]*\n)*( *)- ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Template:
    """A template's documents, each of a known kind. `filling` changes its own copy of them."""

    file: str
    text: str
    documents: tuple[tuple[Kind, CommentedMap], ...]

    def line(self, node: Any, key: str) -> int:
        """Return the line on which a key of a mapping, or an item of a list, of these documents stands."""
        try:
            place = node.lc.item(int(key)) if isinstance(node, CommentedSeq) else node.lc.key(key)
            return int(place[0]) + 1
        except (AttributeError, KeyError, TypeError, ValueError):
            return 1

    def write(self) -> str:
        """Return the documents as text, indented as they came."""
        out = io.StringIO()
        _yaml(self.text).dump_all([document for _, document in self.documents], out)
        return out.getvalue()


def read_template(file: str, text: str) -> Template | tuple[Problem, ...]:
    """Return a template, read anew each time; or what is wrong with it, line by line."""
    if len(text) > LONGEST:
        return (Problem(file, 1, f"the template has {len(text):,} characters, {LONGEST:,} are read"),)
    text = text.removeprefix("\ufeff")
    try:
        # Read by the stricter reader first: it bounds nesting and size, and knows a tab when it sees one.
        roots = documents(text)
        anchor = _first_anchor(text)
    except YamlRefused as refused:
        return (Problem(file, refused.line, refused.sentence, refused.remedy),)
    roots = [root for root in roots if not (isinstance(root, Scalar) and root.is_null)]
    if not roots:
        return (Problem(file, 1, "the template is empty", "write the service's Flux documents into it"),)
    if anchor:
        # One value in two places can't be filled with two.
        return (Problem(file, anchor[0], f"the template has an anchor, {shown(anchor[1])}", "write the value out"),)
    strange = next((root for root in roots if not isinstance(root, MapNode)), None)
    if strange is not None:
        return (Problem(file, strange.line, "a document is no mapping", "write apiVersion, kind, metadata and spec"),)
    try:
        loaded = [each for each in _yaml(text).load_all(text) if each is not None]
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return (Problem(file, line, f"the file is not YAML: {_first_line(error.problem)}", "look at this line"),)
    except (YAMLError, ValueError):
        return (Problem(file, 1, "the file is not YAML"),)
    kinds = [(kind_of(each), each) for each in loaded]
    unknown = tuple(
        Problem(file, each.lc.line + 1, f"a document is {_called(each)}", f"known are {', '.join(Kind)}")
        for kind, each in kinds
        if kind is None
    )
    return unknown or Template(file, text, tuple((kind, each) for kind, each in kinds if kind is not None))


def _called(document: CommentedMap) -> str:
    name, version = document.get("kind"), document.get("apiVersion")
    return f"a {shown(str(name))} of {shown(str(version))}, which is not known here" if name else "without a kind"


def _first_line(text: Any) -> str:
    return "".join(c for c in str(text or "it can't be read").partition("\n")[0] if c.isprintable())[:120]


def _first_anchor(text: str) -> tuple[int, str] | None:
    if "&" not in text and "*" not in text:
        return None
    for token in _yaml(text).scan(text):
        name = type(token).__name__
        if name in ("AnchorToken", "AliasToken"):
            return token.start_mark.line + 1, ("&" if name == "AnchorToken" else "*") + str(token.value)
    return None


def _yaml(text: str) -> YAML:
    """Return a reader and writer that leaves everything as it is, with the indentation that a text has."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1_000_000
    mapping = min((len(found) for found in _INDENTED.findall(text)), default=2)
    listed = _LISTED.search(text)
    offset = len(listed[2]) - len(listed[1]) if listed else 2
    yaml.indent(mapping=mapping, sequence=max(offset, 0) + 2, offset=max(offset, 0))
    return yaml
