"""When an audit is a screen; and that nobody else waits for Textual."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator

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


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let all three streams be a terminal."""
    master, slave = pty.openpty()
    with open(slave, "r+b", buffering=0) as stream:
        for name in ("stdin", "stdout", "stderr"):
            monkeypatch.setattr(sys, name, stream)
        yield
    os.close(master)


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize(("term", "screen"), [("xterm", True), ("dumb", False), ("", False), (None, False)])
def test_it_is_a_screen_on_a_terminal_that_can_show_more_than_lines(term: str | None, screen: bool) -> None:
    assert _is_interactive({} if term is None else {"TERM": term}) is screen


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("name", ["stdin", "stdout", "stderr"])
def test_it_is_a_table_where_one_stream_is_no_terminal(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with open(os.devnull) as nowhere:
        monkeypatch.setattr(sys, name, nowhere)
        assert not _is_interactive({"TERM": "xterm"})


def test_neither_help_nor_a_table_imports_textual() -> None:
    done = subprocess.run([sys.executable, "-c", NOT_IMPORTED], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
