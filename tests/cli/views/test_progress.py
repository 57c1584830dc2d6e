"""Watching many threads at once, and never standing in their way."""

from __future__ import annotations

import io
import threading

import pytest
from rich.console import Console

from cellenics_ci.cli.views.console import consoles
from cellenics_ci.cli.views.progress import Progress
from cellenics_ci.model.names import RepoName
from cellenics_ci.run.events import Began, Ended, Step
from cellenics_ci.run.outcome import Status
from tests.cli.views.making import HOSTILE, Terminal, on_terminal, outcome, piped, shown


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def drawn(progress: Progress, *, width: int = 80, height: int = 24) -> list[str]:
    canvas = Console(file=io.StringIO(), width=width, height=height, legacy_windows=False)
    canvas.print(progress)
    file = canvas.file
    assert isinstance(file, io.StringIO)
    return [line.rstrip() for line in file.getvalue().splitlines()]


def watched(count: int, *, total: int = 40, clock: Clock | None = None) -> Progress:
    progress = Progress(piped(), total=total, clock=clock or Clock())
    for number in range(count):
        progress(Began(RepoName(f"repo-{number}")))
    return progress


def test_plain_lines_where_there_is_no_terminal() -> None:
    console = piped()
    with Progress(console, total=2) as progress:
        progress(Began(RepoName("api")))
        progress(Step(RepoName("api"), "creating a key"))
        progress(Ended(RepoName("api"), outcome()))
        progress(Ended(RepoName("ui"), outcome("ui", Status.ROLLED_BACK, reason="refused")))
    assert shown(console) == "api: creating a key\napi: rotated\nui: rolled-back: refused\n"


def test_a_plain_line_stays_one_line_however_long() -> None:
    console = piped()
    Progress(console, total=1)(Step(RepoName("api"), "x" * 400))
    assert shown(console).splitlines() == [f"api: {'x' * 400}"]


def test_one_line_a_repository_with_step_and_elapsed_time() -> None:
    clock = Clock()
    progress = watched(2, clock=clock)
    progress(Step(RepoName("repo-1"), "proving AKIA…WXYZ"))
    clock.now += 7
    first, second, summary = drawn(progress)
    assert first.split() == ["repo-0", "beginning", "7", "s"]
    assert second.split() == ["repo-1", "proving", "AKIA…WXYZ", "7", "s"]
    assert summary == "40 repositories: 0 done, 2 at work, 38 waiting; 7 s"


def test_counts_what_failed_beside_what_is_done() -> None:
    progress = watched(3)
    progress(Ended(RepoName("repo-0"), outcome()))
    progress(Ended(RepoName("repo-1"), outcome("repo-1", Status.NEEDS_ATTENTION)))
    assert drawn(progress)[-1] == "40 repositories: 1 done, 1 failed, 1 at work, 37 waiting; 0 s"


@pytest.mark.parametrize("height", [4, 10, 24])
def test_never_more_lines_than_the_screen_has(height: int) -> None:
    lines = drawn(watched(400, total=400), height=height)
    assert len(lines) < height
    assert lines[-2].startswith("… and ")
    assert lines[0].startswith("repo-0")


def test_a_long_step_and_a_hostile_name_stay_on_their_line() -> None:
    progress = watched(0)
    progress(Began(RepoName(HOSTILE)))
    progress(Step(RepoName(HOSTILE), f"{HOSTILE} {'x' * 200}"))
    lines = drawn(progress)
    assert len(lines) == 2
    assert all(len(line) <= 80 for line in lines)
    assert "\x1b" not in "".join(lines)


def test_many_threads_are_counted_right_on_a_live_terminal() -> None:
    console = on_terminal(width=100)
    together = threading.Barrier(16)

    def work(worker: int, progress: Progress) -> None:
        together.wait()
        for number in range(25):
            repo = RepoName(f"repo-{worker}-{number}")
            progress(Began(repo))
            for step in ("locking", "creating a key", "writing the secrets"):
                progress(Step(repo, step))
            progress(Ended(repo, outcome(repo, Status.ROLLED_BACK if number == 7 else Status.ROTATED)))

    with Progress(console, total=400) as progress:
        threads = [threading.Thread(target=work, args=(worker, progress)) for worker in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        summary = drawn(progress, width=100)[-1]
    assert summary.startswith("400 repositories: 384 done, 16 failed, 0 at work, 0 waiting")
    assert shown(console).count(": rolled-back") == 16
    # The cursor is given back.
    assert shown(console).rindex("\x1b[?25h") > shown(console).rindex("\x1b[?25l")


@pytest.mark.parametrize("environ", [{"TERM": "dumb"}, {"TERM": "unknown"}])
def test_a_dumb_terminal_gets_plain_lines(environ: dict[str, str]) -> None:
    console = on_terminal(environ=environ)
    with Progress(console, total=1) as progress:
        progress(Step(RepoName("api"), "locking"))
    assert shown(console) == "api: locking\n"


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_a_stream_that_breaks_midway_stops_nothing(stream: type[io.StringIO]) -> None:
    file = stream()
    console = consoles({"TERM": "xterm"}, stdout=io.StringIO(), stderr=file).err
    with Progress(console, total=2) as progress:
        progress(Began(RepoName("api")))
        file.close()
        progress(Step(RepoName("api"), "locking"))
        progress(Ended(RepoName("api"), outcome(status=Status.NEEDS_ATTENTION)))
        assert drawn(progress)[-1].startswith("2 repositories: 0 done, 1 failed")


def test_a_console_that_fails_stops_nothing() -> None:
    class Failing(Console):
        def print(self, *objects: object, **named: object) -> None:
            raise RuntimeError("reentrant call")

    progress = Progress(Failing(), total=1)
    progress(Step(RepoName("api"), "locking"))
    progress.stopping()
    assert drawn(progress)[0].split()[:2] == ["api", "locking"]


def test_a_wish_to_stop_is_told_once() -> None:
    console = piped()
    progress = Progress(console, total=1)
    progress.stopping(2)
    progress.stopping(15)
    assert shown(console).count("Stopping") == 1
    assert "stopping" in drawn(progress)[-1]
