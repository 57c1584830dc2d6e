"""The pages about releases say what is so: declarations are valid, the workflow is pinned and tests first."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from cellenics_ci.releases.declaration import PRESETS, VARIABLES, ReleaseDeclaration
from cellenics_ci.releases.outcome import Pushed
from cellenics_ci.releases.section import ENVIRONMENT_KEYS, KEYS, read_release
from tests.privileges.test_schema import errors

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "push-release.md").read_text("utf-8")
WORKFLOW = re.findall(r"^```yaml\n(.*?)^```", (DOCS / "pipeline.md").read_text("utf-8"), re.DOTALL | re.MULTILINE)[0]


@pytest.mark.parametrize("example", re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
def test_every_declaration_on_the_page_is_valid(example: str) -> None:
    assert isinstance(read_release(example, ".ci.yaml"), ReleaseDeclaration)
    assert errors(example) == []


@pytest.mark.parametrize(
    "words",
    [
        *(f"`{key}`" for key in (*KEYS, *ENVIRONMENT_KEYS)),
        *(f"${{{name}}}" for name in VARIABLES),
        *(f"`{status}`" for status in Pushed),
        *(environment.path for environment in PRESETS.values()),
        *(environment.tag.text for environment in PRESETS.values()),
    ],
)
def test_the_page_names_every_key_variable_outcome_and_path(words: str) -> None:
    assert words in PAGE


def test_nothing_is_pushed_that_was_not_tested() -> None:
    jobs = yaml.safe_load(WORKFLOW)["jobs"]
    assert [name for name in jobs if name != "test" and "test" not in jobs[name]["needs"]] == []


def test_every_action_is_pinned_to_a_commit() -> None:
    used = re.findall(r"uses: (\S+)", WORKFLOW)
    assert used
    assert [each for each in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", each)] == []


def test_the_workflow_may_do_no_more_than_it_needs() -> None:
    workflow = yaml.safe_load(WORKFLOW)
    asked = [
        workflow["permissions"],
        *(job["permissions"] for job in workflow["jobs"].values() if "permissions" in job),
    ]
    allowed = {("contents", "read"), ("id-token", "write")}
    assert {pair for each in asked for pair in each.items()} <= allowed
