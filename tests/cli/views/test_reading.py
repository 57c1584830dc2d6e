"""Watching a survey."""

from __future__ import annotations

import threading

from cellenics_ci.cli.views.reading import reading
from tests.cli.views.making import on_terminal, piped, shown


def test_a_terminal_is_told_that_something_is_read_and_gets_its_cursor_back() -> None:
    console = on_terminal()
    with reading(console) as tell:
        tell("repositories", 300)
    assert "Reading GitHub and AWS" in shown(console)
    assert shown(console).rindex("\x1b[?25h") > shown(console).rindex("\x1b[?25l")


def test_a_pipe_is_told_nothing() -> None:
    console = piped()
    with reading(console) as tell:
        tell("repositories", 300)
    assert shown(console).strip() == ""


def test_many_threads_may_tell_at_once() -> None:
    together = threading.Barrier(8)
    problems: list[Exception] = []

    with reading(on_terminal()) as tell:

        def work(worker: int) -> None:
            together.wait()
            try:
                for number in range(200):
                    tell(f"kind-{worker}-{number}", 1)
            except RuntimeError as problem:
                problems.append(problem)

        threads = [threading.Thread(target=work, args=(worker,)) for worker in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert problems == []
