"""docs/workflows.md: its example is what the rewriting does, its words are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

from cellenics_ci.model.repositories import WorkflowFile
from cellenics_ci.workflows.changes import Wanted
from cellenics_ci.workflows.rewrite import rewrite

PAGE = (Path(__file__).parents[2] / "docs" / "workflows.md").read_text()


def test_the_example_becomes_what_the_page_says() -> None:
    before, after = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    found = rewrite([WorkflowFile("ci.yaml", f"on: push\n{before}")], Wanted(role="ci-role-api"))
    assert [file.after for file in found.files] == [f"on: push\n{after}"]
    assert found.left == ()
