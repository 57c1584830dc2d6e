"""CloudFormation's functions over pseudo-parameters: Sub, Ref and Join, in their short and long forms.

Any other function needs a stack, which a `.ci.yaml` does not have: it is refused by its name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from cellenics_ci.privileges.problems import MAX_ENUMERATED, did_you_mean, enumerated, shown
from cellenics_ci.privileges.template import Broken, Node, Parameter, Part, Text
from cellenics_ci.yamltree import ListNode, MapNode, Scalar
from cellenics_ci.yamltree import Node as RawNode

_KNOWN: Final = ("Sub", "Ref", "Join")
_ONLY: Final = "only Sub, Ref and Join over " + ", ".join(Parameter) + " can be resolved here: write the value itself"
# No `$` or `{` in a name: with them, many `${` that are never closed would each be searched to the end.
_PLACEHOLDER: Final = re.compile(r"\$\{([^${}]*)\}")


class Conversion(Protocol):
    """What the functions need of the converter that calls them."""

    def convert(self, node: RawNode, label: str) -> Node: ...
    def spend(self, line: int, *, characters: int = 0) -> None: ...
    def refuse(self, line: int, sentence: str, remedy: str = "") -> Broken: ...
    def pairs(self, node: MapNode) -> list[tuple[str, int, RawNode]]: ...


def is_long_form(key: str) -> bool:
    """Say whether a mapping's key calls a function: `Ref`, `Fn::Sub`, …"""
    return key == "Ref" or key.startswith("Fn::")


def long_form(to: Conversion, name: str, argument: RawNode, line: int) -> Node:
    """Resolve `{"Fn::Sub": …}`, `{"Fn::Join": …}` or `{"Ref": …}`."""
    if argument.tag.startswith("!"):
        return to.refuse(argument.line, f"{shown(name)} has a function as its argument", _ONLY)
    return _call(to, name.removeprefix("Fn::"), argument, written=name, line=line)


def short_form(to: Conversion, node: RawNode) -> Node:
    """Resolve a node tagged `!Sub`, `!Ref` or `!Join`. The tag is taken off: what remains is the argument."""
    return _call(to, node.tag.removeprefix("!"), node, written=node.tag, line=node.line)


def _call(to: Conversion, name: str, argument: RawNode, *, written: str, line: int) -> Node:
    if name == "Ref" and isinstance(argument, Scalar):
        return _ref(to, argument.value, line)
    if name == "Sub" and isinstance(argument, Scalar):
        return _sub(to, argument.value, {}, line)
    if name == "Sub" and isinstance(argument, ListNode):
        return _sub_with_map(to, argument, line)
    if name == "Join" and isinstance(argument, ListNode):
        return _join(to, argument, line)
    if name in _KNOWN:
        return to.refuse(line, f"{shown(written)} has an argument of the wrong kind", _FORMS[name])
    near = did_you_mean(name, _KNOWN)
    return to.refuse(line, f"the function {shown(written)} is not supported", near or _ONLY)


_FORMS: Final[Mapping[str, str]] = {
    "Ref": "write !Ref AWS::Region",
    "Sub": 'write !Sub "text ${AWS::Region}", or !Sub ["text ${Name}", {Name: value}]',
    "Join": 'write !Join ["separator", [text, text]]',
}


def _ref(to: Conversion, name: str, line: int) -> Node:
    try:
        return Text((Parameter(name),), line)
    except ValueError:
        near = did_you_mean(name, Parameter)
        return to.refuse(line, f"the parameter {shown(name)} is not known here", near or _ONLY)


def _sub_with_map(to: Conversion, argument: ListNode, line: int) -> Node:
    if len(argument.items) != 2:
        return to.refuse(line, "Sub's list must have two items, a text and a mapping", _FORMS["Sub"])
    text, variables = argument.items
    if not isinstance(text, Scalar) or text.tag or not isinstance(variables, MapNode) or variables.tag:
        return to.refuse(line, "Sub's list must have a plain text and a mapping", _FORMS["Sub"])
    known: dict[str, Text | None] = {}
    for name, key_line, value in to.pairs(variables):
        known[name] = _text(to, value, f"after {shown(name)}", key_line)
    return _sub(to, text.value, known, line)


def _sub(to: Conversion, template: str, variables: Mapping[str, Text | None], line: int) -> Node:
    to.spend(line, characters=len(template))
    pieces = _PLACEHOLDER.split(template)
    # An odd number of pieces: literal, name, literal, …, literal.
    literals, names = pieces[::2], [name for name in pieces[1::2] if not name.startswith("!")]
    unclosed = any("${" in literal for literal in literals)
    if unclosed:
        to.refuse(line, f"in {shown(template)} a `${{` is never closed", "close it with `}`")
    known = {*Parameter, *variables}
    unknown = [name for name in dict.fromkeys(names) if name not in known]
    if unknown:
        _refuse_unknown(to, unknown, variables, line)
    if unclosed or unknown:
        return Broken(line)
    parts: list[Part] = []
    for number, piece in enumerate(pieces):
        if number % 2 == 0 or piece.startswith("!"):
            parts.append(piece if number % 2 == 0 else "${" + piece[1:] + "}")
            continue
        text = variables[piece] if piece in variables else Text((Parameter(piece),), line)
        if text is None:
            return Broken(line)
        to.spend(line, characters=sum(map(len, text.parts)))
        parts.extend(text.parts)
    return Text(tuple(part for part in parts if part), line)


def _refuse_unknown(to: Conversion, names: Sequence[str], variables: Mapping[str, Text | None], line: int) -> None:
    """Report all names of one text that stand for nothing, each remedy once."""
    remedies = dict.fromkeys(_remedy(name, variables) for name in names[:MAX_ENUMERATED])
    one = f"the parameter {shown(names[0])} in Sub is not known here"
    many = f"the parameters {enumerated(map(shown, names))} in Sub are not known here"
    to.refuse(line, one if len(names) == 1 else many, "; ".join(remedies))


def _remedy(name: str, variables: Mapping[str, Text | None]) -> str:
    if re.match(r"[A-Za-z0-9-]+:[^:]", name):
        return f"for IAM's own variable write `${{!{shown(name)[1:-1]}}}`, or leave !Sub away"
    return did_you_mean(name, [*Parameter, *variables]) or _ONLY


def _join(to: Conversion, argument: ListNode, line: int) -> Node:
    items = argument.items
    if len(items) != 2 or not isinstance(items[0], Scalar) or not isinstance(items[1], ListNode) or items[1].tag:
        return to.refuse(line, "Join must have a separator and a list of texts", _FORMS["Join"])
    if items[0].tag:
        return to.refuse(line, "Join's separator must be a plain text", _FORMS["Join"])
    # In a block list a separator can be left empty: nothing between the texts.
    separator = "" if items[0].is_null else items[0].value
    texts = [_text(to, item, "in Join's list", item.line) for item in items[1].items]
    parts: list[Part] = []
    for number, text in enumerate(texts):
        if text is None:
            return Broken(line)
        to.spend(line, characters=len(separator) + sum(map(len, text.parts)))
        parts.extend((*((separator,) if number and separator else ()), *text.parts))
    return Text(tuple(parts), line)


def _text(to: Conversion, node: RawNode, label: str, line: int) -> Text | None:
    value = to.convert(node, label)
    if isinstance(value, Text):
        return value
    if not isinstance(value, Broken):
        to.refuse(line, f"a function needs a text {label}, and a list or mapping stands there")
    return None
