"""The reference of the file says what is so: its examples are valid, its limits are the ones in force."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cellenics_ci.privileges.convert import MAX_CHARACTERS, MAX_VALUES
from cellenics_ci.privileges.declaration import DENY_OLD_SESSIONS, Declaration
from cellenics_ci.privileges.parse import MAX_BYTES, OUR_KEYS
from cellenics_ci.privileges.template import Parameter
from cellenics_ci.yamltree import MAX_DEPTH, MAX_NODES
from tests.privileges.reading import read
from tests.privileges.test_schema import errors

PAGE = (Path(__file__).parents[2] / "docs" / "ci-yaml.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    """Return the page's code blocks of a language."""
    found: list[str] = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert found
    return found


@pytest.mark.parametrize("example", blocks("yaml"))
def test_every_example_is_valid_without_a_warning(example: str) -> None:
    reading = read(example)
    assert isinstance(reading, Declaration)
    assert reading.warnings == ()
    assert errors(example) == []


@pytest.mark.parametrize(
    "words",
    [
        *OUR_KEYS,
        *Parameter,
        DENY_OLD_SESSIONS,
        f"`ci-policies` may hold\n  {MAX_VALUES:,} values and {MAX_CHARACTERS:,} characters",
        f"at most {MAX_NODES:,} values",
        f"at most {MAX_BYTES // 1024} KB",
        f"at most {MAX_DEPTH} levels",
    ],
)
def test_the_page_names_every_key_parameter_and_limit(words: str) -> None:
    assert words in PAGE


def test_every_function_in_the_table_is_written_as_it_works() -> None:
    forms = re.findall(r"^\| `(![^`]+)` \| `(\{[^`]+\})` \|", PAGE, re.MULTILINE)
    assert len(forms) == 4
    for form in (form for pair in forms for form in pair):
        document = f"{{Version: 2012-10-17, Id: {form}, Statement: {{Effect: Deny, Action: '*', Resource: '*'}}}}"
        assert isinstance(read(f"ci-policies: [{{PolicyName: a, PolicyDocument: {document}}}]"), Declaration), form


def test_the_editors_settings_are_json() -> None:
    (settings,) = blocks("json")
    assert "yaml.customTags" in json.loads(settings)


def test_the_pages_own_links_lead_somewhere() -> None:
    headings = {
        re.sub(r"[^\w -]", "", line).strip().lower().replace(" ", "-")
        for line in re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)
    }
    links = re.findall(r"\]\(#([^)]+)\)", PAGE)
    assert links
    assert set(links) <= headings
