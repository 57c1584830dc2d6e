"""When an audit is a screen; and that nobody else waits for Textual."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Mapping

import pytest

from cellenics_ci.cli.audit_run import _is_interactive

NOT_IMPORTED = """
import sys
import cellenics_ci.cli.audit_run
from cellenics_ci.cli.app import main
assert main(["audit", "--help"]) == 0
assert main(["audit", "--plain", "--only", "nothing"]) == 2
assert [name for name in sys.modules if name.partition(".")[0] == "textual"] == []
"""


def is_screen(environ: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, *elsewhere: str) -> bool:
    """Ask with all three streams on a terminal, but for those that go elsewhere."""
    master, slave = pty.openpty()
    with open(slave, "r+b", buffering=0) as stream, open(os.devnull) as nowhere, monkeypatch.context() as patch:
        for name in ("stdin", "stdout", "stderr"):
            patch.setattr(sys, name, nowhere if name in elsewhere else stream)
        answer = _is_interactive(environ)
    os.close(master)
    return answer


@pytest.mark.parametrize(("term", "screen"), [("xterm", True), ("dumb", False), ("", False), (None, False)])
def test_it_is_a_screen_on_a_terminal_that_can_show_more_than_lines(
    term: str | None, screen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_screen({} if term is None else {"TERM": term}, monkeypatch) is screen


@pytest.mark.parametrize("name", ["stdin", "stdout", "stderr"])
def test_it_is_a_table_where_one_stream_is_no_terminal(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_screen({"TERM": "xterm"}, monkeypatch, name)


def test_neither_help_nor_a_table_imports_textual() -> None:
    done = subprocess.run([sys.executable, "-c", NOT_IMPORTED], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
