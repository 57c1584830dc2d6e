"""The result that a person reads."""

from __future__ import annotations

import re

import pytest
from rich.cells import cell_len

from cellenics_ci.cli.views.outcome_view import show_outcomes
from cellenics_ci.model.names import RepoName
from cellenics_ci.model.scopes import ACTIONS, DEPENDABOT, environment_scope
from cellenics_ci.rotation.plan import Plan
from cellenics_ci.run.outcome import Outcome, Status
from tests.cli.views.making import HOSTILE, NEW, OLD, left, on_terminal, outcome, piped, plan, shown

LOST = outcome("worker", Status.NEEDS_ATTENTION, reason="no answer", next_step="type rotate-ci worker")


def view(
    *outcomes: Outcome, made: Plan | None = None, show_ids: bool = False, declaring: set[str] | None = None
) -> str:
    console = piped()
    names = {RepoName(name) for name in declaring or ()}
    show_outcomes(console, made or plan(), outcomes, declaring=names, show_ids=show_ids)
    return shown(console)


def test_a_rotated_repository_shows_its_keys_and_scopes() -> None:
    text = view(outcome(scopes=(ACTIONS, environment_scope("staging"), DEPENDABOT)))
    for part in ("rotated", "AKIA…NEW3 live", "AKIA…OLD1 retired", "repository", "environment staging", "dependabot"):
        assert part in text
    assert text.splitlines()[-1] == "1 rotated."


def test_ids_are_shortened_unless_they_are_asked_for() -> None:
    assert NEW not in view(outcome())
    text = view(outcome(), show_ids=True)
    assert NEW in text
    assert OLD in text


def test_what_needs_attention_is_first_with_what_to_type() -> None:
    lines = view(outcome(), LOST).splitlines()
    assert lines[0].startswith("ACT NOW: 1 repository")
    assert lines[1].strip() == "worker: no answer"
    assert lines[2].strip() == "→ type rotate-ci worker"
    rows = [line.split()[0] for line in lines if "rotated " in line or "needs-attention" in line]
    assert rows == ["worker", "api"]


def test_what_needs_attention_is_red_on_a_terminal() -> None:
    console = on_terminal()
    show_outcomes(console, plan(), [LOST], declaring=(), show_ids=False)
    assert "\x1b[1;37;41mACT NOW" in shown(console)


def test_a_pending_retirement_is_told_though_the_rotation_is_done() -> None:
    text = view(outcome(retired_keys=(), retirement_pending="AKIA…OLD1 is still there: 1 run has not ended"))
    assert "old key pending" in text
    assert "api: AKIA…OLD1 is still there: 1 run has not ended" in text
    assert "1 rotated; 1 retirement pending." in text


def test_skipped_ones_come_last_with_their_remedy() -> None:
    made = plan(left_out=(left("bad", "no YAML", "mend it"),))
    text = view(outcome(), outcome("ui", Status.ROLLED_BACK, reason="refused"), made=made)
    assert text.index("ui: refused") < text.index("bad: no YAML") < text.index("→ mend it")


def test_hundreds_that_were_not_started_are_one_item_that_names_them_all() -> None:
    reason = "not started: 3 repositories failed in the same way"
    ends = [outcome(f"repo-{n}", Status.SKIPPED, reason=reason, next_step="mend the cause") for n in range(397)]
    text = view(*ends)
    assert text.count("not started") == 1
    assert all(re.search(rf"\brepo-{n}\b", text) for n in range(397))


def test_what_needs_attention_is_never_put_together() -> None:
    ends = [outcome(f"repo-{n}", Status.NEEDS_ATTENTION, reason="no answer", next_step="look") for n in range(50)]
    assert view(*ends).count("→ look") == 50


def test_young_keys_take_a_line_and_strangers_only_a_count() -> None:
    young = [left(f"y{n}", f"its key is {n} d old, younger than 500 d", fault=False) for n in range(2, 202)]
    archived = [left(f"old-{n}", "is archived", fault=False) for n in range(200)]
    text = view(made=plan(left_out=(*young, *archived)), declaring={each.repo for each in young})
    assert len(text.splitlines()) < 10
    assert "200 unchanged; 200 repositories not ours." in text


def test_nothing_at_all_is_said_in_a_line() -> None:
    assert view().strip() == "Nothing to do."


@pytest.mark.parametrize("width", [80, 200])
@pytest.mark.parametrize("environ", [{}, {"NO_COLOR": "1"}])
def test_nothing_is_wider_than_the_terminal_or_cut(width: int, environ: dict[str, str]) -> None:
    console = on_terminal(width=width, environ=environ)
    ends = [
        outcome("a-repository-" + "x" * 80, scopes=(ACTIONS, environment_scope("e" * 120))),
        outcome("ünï", Status.NEEDS_ATTENTION, reason=HOSTILE, next_step="w" * 200),
        outcome(HOSTILE, Status.SKIPPED, reason=HOSTILE, next_step=HOSTILE),
    ]
    show_outcomes(console, plan(), ends, declaring=(), show_ids=True)
    bare = re.sub(r"\x1b\[[0-9;]*m", "", shown(console))
    assert max(map(cell_len, bare.splitlines())) <= width
    assert "\x1b" not in bare
    assert "needs-attention" in bare
    assert NEW in bare
    assert bare.count("x") >= 80
    assert bare.count("w") >= 200
