"""The JSON Schema of `.ci.yaml`, shipped beside this module: for editors, and for whoever writes such files.

It can't say everything that the parser checks (quotas, duplicates, what a !Sub names), and refuses nothing that
the parser takes without a warning. Editors see a tag's argument without its tag, so `!Join ["", [a, b]]` is a
list to the schema.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any, Final

SCHEMA_FILE: Final = "ci-yaml.schema.json"


def schema_text() -> str:
    """Return the schema as the text of its file."""
    return (files(__package__) / SCHEMA_FILE).read_text("utf-8")


def ci_yaml_schema() -> dict[str, Any]:
    """Return the schema as JSON's own types, a new object each time."""
    schema: dict[str, Any] = json.loads(schema_text())
    return schema
