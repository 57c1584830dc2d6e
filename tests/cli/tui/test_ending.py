"""What the screen ends with, and what that is as an exit code."""

from __future__ import annotations

import pytest

from cellenics_ci.audit.findings import Severity
from cellenics_ci.cli.tui import app as program
from cellenics_ci.cli.tui.app import AuditApp, Ending
from cellenics_ci.errors import CallFailed, Failure, Interrupted
from tests.cli.tui.organization import small, taken
from tests.cli.tui.sessions import PreparedSession

DOWN = CallFailed(Failure.UNKNOWN, "GitHub did not answer.")


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Let the screen be left as soon as everything was read."""

    def run(self: AuditApp) -> Ending:
        self.listing.taken = taken()
        return Ending.LEFT

    monkeypatch.setattr(AuditApp, "run", run)
    return monkeypatch


@pytest.mark.parametrize(("fail_on", "code"), [(Severity.ERROR, 1), (Severity.WARNING, 1), (None, 0)])
def test_the_exit_code_is_the_one_without_a_screen(
    ended: pytest.MonkeyPatch, fail_on: Severity | None, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.run(PreparedSession(small(), fail_on=fail_on)) == code
    assert "in 8 repositories, 2 deploy keys." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("ending", "problem", "whole", "raised"),
    [
        (Ending.INTERRUPTED, None, True, Interrupted),
        (Ending.INTERRUPTED, DOWN, True, Interrupted),
        (Ending.LEFT, None, False, Interrupted),
        (Ending.LEFT, DOWN, False, CallFailed),
        (None, DOWN, False, CallFailed),
        (None, None, True, Interrupted),
        (None, ZeroDivisionError(), True, ZeroDivisionError),
    ],
)
def test_who_leaves_early_gets_no_code_of_findings(
    monkeypatch: pytest.MonkeyPatch,
    ending: Ending | None,
    problem: BaseException | None,
    whole: bool,
    raised: type[BaseException],
) -> None:
    def run(self: AuditApp) -> Ending | None:
        self.listing.taken = taken() if whole else None
        self.listing.problem = problem
        return ending

    monkeypatch.setattr(AuditApp, "run", run)
    with pytest.raises(raised):
        program.run(PreparedSession(small()))


def test_what_breaks_inside_is_told_by_the_rim(ended: pytest.MonkeyPatch) -> None:
    def run(self: AuditApp) -> Ending:
        self._handle_exception(KeyError("AKIASECRET"))
        return Ending.LEFT

    ended.setattr(AuditApp, "run", run)
    ended.setattr(AuditApp, "_close_messages_no_wait", lambda self: None)
    with pytest.raises(KeyError):
        program.run(PreparedSession(small()))


def test_settings_that_are_wrong_are_told_before_anything_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    session = PreparedSession(small())
    monkeypatch.setattr(session, "limits", lambda: (_ for _ in ()).throw(DOWN))
    monkeypatch.setattr(AuditApp, "run", lambda self: pytest.fail("it was drawn"))
    with pytest.raises(CallFailed):
        program.run(session)
