"""Who agreed to what: "no" is the default, and some names have to be typed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import typer

from cellenics_ci.cli.views.confirm import confirm
from cellenics_ci.errors import UsageProblem
from cellenics_ci.rotation.plan import Consent, Plan
from tests.cli.views.making import left, on_terminal, piped, plan, planned, shown

RISKY = planned("ui", consents=(Consent.GRANTS_EVERYTHING, Consent.REGION_CHANGE))


def typing(*lines: str) -> Callable[[], str]:
    left = list(lines)
    return lambda: left.pop(0) if left else ""


def names(plan: Plan) -> list[str]:
    return [each.repo for each in plan.planned]


@pytest.mark.parametrize("answer", ["y\n", "Y\n", " yes \n", "YES\n"])
def test_yes_is_yes(answer: str) -> None:
    made = plan(planned())
    assert confirm(on_terminal(), made, yes=False, stdin_is_terminal=True, read=typing(answer)) is made


@pytest.mark.parametrize("answer", ["\n", "n\n", "no\n", "yup\n", "api\n", "", "yes, but\n"])
def test_anything_else_changes_nothing(answer: str) -> None:
    console = on_terminal()
    with pytest.raises(typer.Exit) as ended:
        confirm(console, plan(planned()), yes=False, stdin_is_terminal=True, read=typing(answer))
    assert ended.value.exit_code == 1
    assert "Nothing was changed." in shown(console)


def test_the_question_names_account_and_organisation() -> None:
    console = on_terminal(width=200)
    confirm(console, plan(planned()), yes=False, stdin_is_terminal=True, read=typing("y\n"))
    assert "1 repository in AWS account 123456789012, GitHub organisation acme? [y/N]" in shown(console)


def test_yes_beforehand_asks_nothing() -> None:
    console = piped()
    made = plan(planned())
    assert confirm(console, made, yes=True, stdin_is_terminal=False, read=typing()) is made
    assert shown(console) == ""


@pytest.mark.parametrize("stdin_is_terminal", [True, False])
def test_without_a_terminal_it_wants_yes_beforehand(stdin_is_terminal: bool) -> None:
    with pytest.raises(UsageProblem) as refused:
        confirm(piped(), plan(planned()), yes=False, stdin_is_terminal=stdin_is_terminal, read=typing("y\n"))
    assert "--yes" in refused.value.remedy


def test_nothing_to_do_is_not_asked_about() -> None:
    made = plan(left_out=(left("a", "is archived", fault=False),))
    assert confirm(piped(), made, yes=False, stdin_is_terminal=False, read=typing()) is made


@pytest.mark.parametrize("yes", [True, False])
def test_a_name_that_is_typed_keeps_its_repository(yes: bool) -> None:
    agreed = confirm(on_terminal(), plan(planned(), RISKY), yes=yes, stdin_is_terminal=True, read=typing("ui\n", "y\n"))
    assert names(agreed) == ["api", "ui"]


@pytest.mark.parametrize("typed", ["\n", "y\n", "api\n", "UI\n", ""])
def test_a_wrong_name_leaves_its_repository_out(typed: str) -> None:
    agreed = confirm(on_terminal(), plan(planned(), RISKY), yes=True, stdin_is_terminal=True, read=typing(typed))
    assert names(agreed) == ["api"]
    assert [each.repo for each in agreed.left_out] == ["ui"]
    assert agreed.faults


def test_without_a_terminal_they_are_left_out_with_what_to_do() -> None:
    agreed = confirm(piped(), plan(planned(), RISKY), yes=True, stdin_is_terminal=False, read=typing("ui\n"))
    assert names(agreed) == ["api"]
    reason = agreed.left_out[0].reason
    assert "run cellenics rotate-ci ui on a terminal" in reason
    assert "may do everything and another region" in reason


def test_asks_nothing_more_when_nothing_is_left() -> None:
    agreed = confirm(on_terminal(), plan(RISKY), yes=False, stdin_is_terminal=True, read=typing("no\n"))
    assert names(agreed) == []


def test_an_interruption_at_the_question_passes() -> None:
    def interrupted() -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        confirm(on_terminal(), plan(planned()), yes=False, stdin_is_terminal=True, read=interrupted)
