"""Signals that come while a result is shown, whichever command shows it: it is shown all the same, with its code."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from cellenics_ci.cli import rim
from cellenics_ci.cli.app import main
from cellenics_ci.cli.conclusion import concluded
from cellenics_ci.run.interruption import SIGNALS, Interruption
from cellenics_ci.sandbox.running import Sandbox
from cellenics_ci.sandbox.world import load_world


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Let each signal end the program, and put the process's own handlers back, whatever a test did."""

    def ends(signum: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, ends) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def send(number: int) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_result_is_shown_whole_whatever_signals_come_meanwhile(number: int) -> None:
    interruption, shown = Interruption(), list[str]()

    def work() -> str:
        send(number)
        return "half written"

    def code(result: str) -> int:
        send(number)
        return 3 if interruption.asked else 0

    def show(result: str) -> None:
        for word in result.split():
            send(number)
            shown.append(word)

    assert rim.exit_code(lambda: concluded(interruption, work, code=code, show=show)) == 3
    assert shown == ["half", "written"]


def test_afterwards_signals_mean_what_they_meant_before() -> None:
    def run() -> int:
        code = concluded(Interruption(), lambda: 3, code=lambda result: result, show=lambda result: None)
        send(signal.SIGTERM)
        return code

    assert rim.exit_code(run) == 3
    with pytest.raises(KeyboardInterrupt):
        send(signal.SIGTERM)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(load_world(Path("moving"))) as running:
        yield running


@pytest.mark.parametrize(
    ("command", "module", "summary"),
    [
        ("rotate-ci", "rotation_run", "append_summary"),
        ("retire-ci", "retirement_run", "append_to_summary"),
        ("adopt-oidc", "adoption_run", "append_to_summary"),
    ],
)
def test_a_command_that_was_cancelled_still_says_what_it_has_done(
    sandbox: Sandbox,
    command: str,
    module: str,
    summary: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Actions sends a second signal some seconds after the first."""
    os.environ.update(sandbox.environment() | {"CELLENICS_SETTLE_SECONDS": "0"})

    def cancelled(*arguments: Any, **named: Any) -> None:
        send(signal.SIGINT)
        send(signal.SIGTERM)

    monkeypatch.setattr(import_module(f"cellenics_ci.cli.{module}"), summary, cancelled)
    code = main([command, "--yes", "--format", "json", "--org", "hms-dbmi-cellenics"])
    told = capsys.readouterr()
    assert json.loads(told.out)["outcomes"] is not None
    assert code in (0, 1)
    assert "Interrupted" not in told.err
