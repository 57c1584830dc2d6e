"""Live policies, as IAM holds them, looked at for what no pipeline should be able to do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cellenics_ci.model.names import PolicyName
from cellenics_ci.privileges.declaration import Policy
from cellenics_ci.privileges.escalation import grants_everything, warn_of_escalation
from cellenics_ci.privileges.problems import Report
from cellenics_ci.privileges.template import Entries, Entry, Items, Node, Text


def allows_everything(document: Mapping[str, Any]) -> bool:
    """Say whether a policy allows every action on every resource, whatever a Deny or Condition takes off."""
    return grants_everything([Policy(PolicyName(""), document, "")])


def escalations(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a sentence for each known way to more rights that a policy grants broadly. Total on any document."""
    node = _node(document)
    report = Report("")
    if isinstance(node, Entries):
        warn_of_escalation(node, report)
    return tuple(dict.fromkeys(warning.sentence for warning in report.warnings))


def _node(value: Any) -> Node:
    if isinstance(value, Mapping):
        return Entries(tuple(Entry(str(key), _node(inner), 0) for key, inner in value.items()), 0)
    if isinstance(value, list | tuple):
        return Items(tuple(_node(item) for item in value), 0)
    return Text((value if isinstance(value, str) else json.dumps(value, default=str),), 0)
