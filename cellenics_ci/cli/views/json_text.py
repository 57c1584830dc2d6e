"""A JSON document as it is written to stdout."""

from __future__ import annotations

import json
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]


def document_text(document: Json) -> str:
    """Return a document as it is written: readable, and with everything escaped that could steer a terminal."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)
