"""Plain in pipes, harmless on terminals, silent when nobody listens."""

from __future__ import annotations

import io
import os
import sys
import unicodedata

import pytest

from cellenics_ci.cli.lazy import OutputClosed
from cellenics_ci.cli.views.console import NARROWEST, PIPED_WIDTH, consoles, point, safe, table, words
from tests.cli.views.making import HOSTILE, Terminal, on_terminal, piped, shown


def test_no_character_that_steers_a_terminal_passes() -> None:
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    kinds = {unicodedata.category(character) for character in safe(every)}
    assert kinds.isdisjoint({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def test_what_is_hidden_is_spelled_out() -> None:
    assert safe("a\x1b[2J\u202eb\nc") == "a\\x1b[2J\\u202eb c"


def test_hostile_text_is_shown_as_it_is_and_not_as_markup() -> None:
    console = on_terminal(width=200)
    point(console, HOSTILE, HOSTILE, then=HOSTILE)
    text = shown(console)
    assert text.count("[bold red]x[/]") == 3
    assert ":boom:" in text
    assert "\x1b[2J" not in text
    assert "\x07" not in text


def test_colours_a_terminal_and_nothing_else() -> None:
    coloured, plain = on_terminal(), piped(environ={"TERM": "xterm-256color", "FORCE_COLOR": "1"})
    for console in (coloured, plain):
        console.print(words("x", "bold red"))
    assert "\x1b[" in shown(coloured)
    assert shown(plain) == "x\n"


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_obeys_no_color_and_dumb_terminals(environ: dict[str, str]) -> None:
    console = on_terminal(environ=environ)
    console.print(words("x", "bold red"))
    assert shown(console) == "x\n"


def test_an_empty_no_color_is_none() -> None:
    console = on_terminal(environ={"NO_COLOR": ""})
    console.print(words("x", "red"))
    assert "\x1b[" in shown(console)


@pytest.mark.parametrize("dumb", [True, False])
def test_draws_no_lines_where_there_is_no_real_terminal(dumb: bool) -> None:
    console = on_terminal(environ={"TERM": "dumb"}) if dumb else piped()
    made = table(console, "One", "Two")
    made.add_row("a", "b")
    console.print(made)
    assert shown(console).isascii()


@pytest.mark.parametrize(
    ("columns", "width"),
    [("", PIPED_WIDTH), ("133", 133), ("0", PIPED_WIDTH), ("-5", PIPED_WIDTH), ("wide", PIPED_WIDTH), ("3", NARROWEST)],
)
def test_a_pipe_is_as_wide_as_columns_says(columns: str, width: int) -> None:
    assert piped(environ={"COLUMNS": columns}).width == width


def test_stderr_falls_silent_when_its_reader_goes() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w", encoding="utf-8") as stream:
        console = consoles({}, stdout=io.StringIO(), stderr=stream).err
        for _ in range(3):
            console.print("anybody there?")
        # What is left in the buffer would fail once more when the file is closed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), writing)


def test_a_closed_stderr_is_no_reason_to_fail() -> None:
    stream = io.StringIO()
    console = consoles({}, stdout=io.StringIO(), stderr=stream).err
    stream.close()
    console.print("anybody there?")
    assert not console.is_terminal


def test_stdout_tells_when_its_reader_has_gone() -> None:
    class Gone(io.StringIO):
        def write(self, text: str, /) -> int:
            raise BrokenPipeError

    console = consoles({}, stdout=Gone(), stderr=io.StringIO()).out
    with pytest.raises(OutputClosed):
        console.print("the result")


def test_a_stream_that_knows_ascii_only_gets_something_all_the_same() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    consoles({}, stdout=stream, stderr=io.StringIO()).out.print(words("AKIA…WXYZ → Ünïcode"))
    stream.flush()
    assert raw.getvalue().decode("ascii").startswith("AKIA?WXYZ")


def test_a_terminal_without_columns_is_asked_for_its_width() -> None:
    console = consoles({"TERM": "xterm"}, stdout=io.StringIO(), stderr=Terminal()).err
    assert console.is_terminal
    assert console.width > 0
