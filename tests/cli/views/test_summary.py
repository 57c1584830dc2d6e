"""The table on the page of a GitHub Actions run."""

from __future__ import annotations

from pathlib import Path

import pytest

from cellenics_ci.cli.views.summary import append_summary, markdown
from cellenics_ci.run.outcome import Outcome, Status
from tests.cli.views.making import HOSTILE, NEW, left, outcome, piped, plan, shown


def rows(*outcomes: Outcome) -> list[str]:
    text = markdown(plan(), outcomes, declaring=(), show_ids=False)
    return [line for line in text.splitlines() if line.startswith("|")][2:]


def append(path: Path | str) -> str:
    console = piped()
    append_summary(console, {"GITHUB_STEP_SUMMARY": str(path)}, plan(), [outcome()], declaring=(), show_ids=False)
    return shown(console)


def test_a_row_for_each_outcome_with_its_keys_and_scopes() -> None:
    assert rows(outcome()) == ["| api | rotated | AKIA…NEW3 | AKIA…OLD1 | repository |  |"]


def test_what_needs_attention_is_first_and_bold() -> None:
    lost = outcome("ui", Status.NEEDS_ATTENTION, reason="no answer", next_step="look")
    assert rows(outcome(), lost)[0] == "| ui | **needs-attention** |  |  |  | no answer<br>→ look |"


def test_hostile_text_is_neither_markup_nor_a_new_cell() -> None:
    (row,) = rows(
        outcome(HOSTILE, Status.SKIPPED, reason=f"{HOSTILE} [x](http://evil) # ![i](j) ~~s~~", next_step="a|b")
    )
    assert row.count("|") == 7
    for mark in ("<b>", "`", "*", "_", "[", "]", "!", "#x", "~", "\x1b"):
        assert mark not in row
    assert "&#124;" in row


def test_is_appended_to_what_is_there(tmp_path: Path) -> None:
    file = tmp_path / "summary.md"
    file.write_text("# before\n", encoding="utf-8")
    assert append(file) == ""
    text = file.read_text(encoding="utf-8")
    assert text.startswith("# before\n### rotate-ci: acme in AWS account 123456789012\n")
    assert text.endswith("\n\n")


@pytest.mark.parametrize("path", ["{folder}", "{folder}/no/such/file", "bad\0name"])
def test_a_file_that_cannot_be_written_is_a_warning(tmp_path: Path, path: str) -> None:
    assert "Warning: the summary could not be written" in append(path.format(folder=tmp_path))


def test_nothing_is_written_outside_of_actions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    console = piped()
    append_summary(console, {}, plan(), [outcome()], declaring=(), show_ids=False)
    assert shown(console) == ""
    assert list(tmp_path.iterdir()) == []


def test_skipped_repositories_are_in_it_and_ids_are_short() -> None:
    made = plan(left_out=(left("bad", "no YAML", "mend it"),))
    text = markdown(made, [outcome()], declaring=(), show_ids=False)
    assert "| bad | skipped |" in text
    assert NEW not in text


def test_each_problem_of_a_file_is_a_line_of_its_cell() -> None:
    (row,) = rows(outcome("ui", Status.SKIPPED, reason="1: one\n2: two", next_step="mend it"))
    assert "| 1: one<br>2: two<br>→ mend it |" in row
