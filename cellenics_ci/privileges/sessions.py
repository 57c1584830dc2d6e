"""The inline policy that refuses the sessions of a compromised key: its text, and how long it has a use."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

LONGEST_SESSION: Final = 36 * 3600.0
"""Seconds that a session made with a user's key can last (STS API reference, GetSessionToken, GetFederationToken)."""
_FORM: Final = "%Y-%m-%dT%H:%M:%SZ"


def deny_document(before: float) -> dict[str, Any]:
    """Return the policy that refuses all that sessions issued before that moment (UTC epoch seconds) ask for."""
    statement = {
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": datetime.fromtimestamp(before, UTC).strftime(_FORM)}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def deny_text(before: float) -> str:
    """Return that policy as it is sent."""
    return json.dumps(deny_document(before), separators=(",", ":"))


def denies_until(document: Mapping[str, Any]) -> float | None:
    """Return when the last of the refused sessions ends by itself; None for a policy that is not as we wrote it."""
    try:
        (statement,) = document["Statement"]
        moment = statement["Condition"]["DateLessThan"]["aws:TokenIssueTime"]
        before = datetime.strptime(moment, _FORM).replace(tzinfo=UTC).timestamp()
    except (KeyError, TypeError, ValueError):
        return None
    return before + LONGEST_SESSION if document == deny_document(before) else None
