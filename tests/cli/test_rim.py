"""What a person sees, and a shell gets, when a command ends badly."""

from __future__ import annotations

import errno
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest
import typer

from cellenics_ci.cli import rim
from cellenics_ci.cli.guard import describe
from cellenics_ci.cli.lazy import OutputClosed
from cellenics_ci.errors import CallFailed, Failure, Interrupted, UsageProblem

CANARY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def raising(problem: BaseException, *, changing: bool = False, debug: bool = False) -> Callable[[], None]:
    def run() -> None:
        if changing:
            rim.mark_changing()
        rim.debug_option(debug)
        seen_by_tracebacks = CANARY
        assert seen_by_tracebacks
        raise problem

    return run


@pytest.mark.parametrize(
    ("problem", "untouched", "touched"),
    [
        (UsageProblem("No."), 2, 2),
        (CallFailed(Failure.DENIED, "No."), 2, 1),
        (Interrupted(), 130, 130),
        (KeyboardInterrupt(), 130, 130),
        (typer.Abort(), 130, 130),
        (typer.Exit(3), 3, 3),
        (SystemExit(4), 4, 4),
        (SystemExit(None), 0, 0),
        (OSError(errno.ENOSPC, "No space left on device"), 2, 1),
        (RuntimeError("oh"), 1, 3),
    ],
)
def test_every_end_has_its_exit_code(problem: BaseException, untouched: int, touched: int) -> None:
    assert rim.exit_code(raising(problem)) == untouched
    assert rim.exit_code(raising(problem, changing=True)) == touched


@pytest.mark.parametrize(("marked", "code"), [(0, 130), (1, 130), (3, 3)])
def test_an_interruption_weighs_less_than_that_somebody_must_act(marked: int, code: int) -> None:
    def run() -> None:
        rim.mark_code(marked)
        raise KeyboardInterrupt

    assert rim.exit_code(run) == code


@pytest.mark.parametrize(("result", "code"), [(None, 0), (0, 0), (3, 3), (True, 0), ("text", 0)])
def test_a_returned_whole_number_is_the_exit_code(result: object, code: int) -> None:
    assert rim.exit_code(lambda: result) == code


@pytest.mark.parametrize(
    "problem",
    [
        UsageProblem("The plan is gone.", remedy="Make another."),
        CallFailed(Failure.LIMIT, "The plan is gone.", remedy="Make another."),
    ],
)
def test_an_error_is_a_sentence_and_a_remedy_on_stderr(problem: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    rim.exit_code(raising(problem))
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == "Error: The plan is gone.\nMake another.\n"


def test_an_unexpected_error_before_any_change_says_that_nothing_was_changed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rim.exit_code(raising(ValueError(CANARY)))
    shown = capsys.readouterr().err
    assert shown == (
        "Error: Something went wrong inside cellenics-ci (ValueError).\n"
        "Nothing was changed. Run the command with --debug to see where.\n"
    )


def test_an_unexpected_error_after_a_change_says_what_to_type(capsys: pytest.CaptureFixture[str]) -> None:
    assert rim.exit_code(raising(ValueError(CANARY), changing=True)) == rim.ATTENTION
    assert "Type the same command again" in capsys.readouterr().err


def test_one_command_line_leaves_nothing_to_the_next(capsys: pytest.CaptureFixture[str]) -> None:
    rim.exit_code(raising(ValueError(), changing=True, debug=True))
    capsys.readouterr()
    assert rim.exit_code(raising(ValueError())) == rim.FAILED
    assert "Traceback" not in capsys.readouterr().err


def test_debug_shows_places_and_no_values(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise KeyError(CANARY)
    except KeyError as cause:
        problem = ValueError(f"can't read {CANARY}")
        problem.__cause__ = cause
    rim.exit_code(raising(problem, debug=True))
    shown = capsys.readouterr().err
    assert "in raising" in shown or "in run" in shown
    assert "ValueError" in shown
    assert "KeyError" in shown
    assert CANARY not in shown
    assert "seen_by_tracebacks = " not in shown


def test_debug_shows_our_own_sentences_and_texts_made_of_names() -> None:
    assert describe(CallFailed(Failure.DENIED, "AWS says no.")).endswith("errors.CallFailed: AWS says no.")
    assert describe(AttributeError("no attribute 'x'")).endswith("AttributeError: no attribute 'x'")
    assert describe(OSError(errno.EACCES, CANARY, CANARY)).endswith("PermissionError: Permission denied")


def test_debug_describes_every_part_of_a_group() -> None:
    text = describe(ExceptionGroup("two", [ValueError(CANARY), TypeError("takes 1 argument")]))
    assert "ValueError" in text
    assert "TypeError: takes 1 argument" in text
    assert CANARY not in text


@pytest.fixture
def plain_records() -> Iterator[None]:
    """As in a process without clients: those replace every record's text, before the guard sees it."""
    before = logging.getLogRecordFactory()
    logging.setLogRecordFactory(logging.LogRecord)
    yield
    logging.setLogRecordFactory(before)


@pytest.mark.usefixtures("plain_records")
@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("logger", ["botocore.parsers", "urllib3.connectionpool", "github.Requester", "boto3"])
def test_what_libraries_log_reaches_nobody(
    logger: str, debug: bool, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    def run() -> None:
        rim.debug_option(debug)
        logging.getLogger(logger).debug("Response body: %s", CANARY)
        logging.getLogger(logger).warning("Retrying after %r", CANARY)
        logging.getLogger(logger).error(f"refused: {CANARY}")

    host = logging.StreamHandler(sys.stdout)
    root = logging.getLogger()
    root.addHandler(host)
    level = root.level
    root.setLevel(logging.DEBUG)
    try:
        assert rim.exit_code(run) == 0
    finally:
        root.removeHandler(host)
        root.setLevel(level)
    shown = capsys.readouterr()
    assert CANARY not in shown.out + shown.err + caplog.text
    assert "Retrying after %r (values withheld)" in shown.err
    assert ("(text withheld)" in shown.err) == debug


def test_our_own_debug_log_is_shown_with_debug_only(capsys: pytest.CaptureFixture[str]) -> None:
    def run(debug: bool) -> None:
        rim.debug_option(debug)
        logging.getLogger("cellenics_ci.rotation").debug("wave of %d", 3)

    rim.exit_code(lambda: run(False))
    assert capsys.readouterr().err == ""
    rim.exit_code(lambda: run(True))
    assert capsys.readouterr().err == "debug: cellenics_ci.rotation: wave of 3\n"


def test_a_thread_that_dies_shows_no_value(capsys: pytest.CaptureFixture[str]) -> None:
    def run(debug: bool) -> None:
        rim.debug_option(debug)
        thread = threading.Thread(target=raising(ValueError(CANARY), debug=debug))
        thread.start()
        thread.join()

    rim.exit_code(lambda: run(False))
    assert capsys.readouterr().err == ""
    rim.exit_code(lambda: run(True))
    shown = capsys.readouterr().err
    assert "ValueError" in shown
    assert CANARY not in shown


def test_a_host_gets_its_logging_back() -> None:
    logger = logging.getLogger("botocore")
    before = (logger.level, logger.propagate, list(logger.handlers), threading.excepthook)
    rim.exit_code(lambda: None)
    assert (logger.level, logger.propagate, list(logger.handlers), threading.excepthook) == before


SCRIPT = """
import os, sys
from cellenics_ci.cli import rim
{body}
sys.exit(rim.exit_code(run))
"""


def script(body: str, *, shell: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "CODE": SCRIPT.format(body=body), "PYTHON": sys.executable}
    return subprocess.run(["bash", "-c", shell], env=environ, capture_output=True, text=True, check=False)


def test_a_reader_that_goes_away_is_no_error_to_talk_about() -> None:
    body = "def run():\n    for line in range(100_000): print('a line of the result', line)"
    done = script(body, shell='"$PYTHON" -c "$CODE" | head -1; echo ${PIPESTATUS[0]}')
    assert done.stdout.splitlines() == ["a line of the result 0", "141"]
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("def run(): print('one line')", 141),
        ("def run():\n    print('one line')\n    return 3", 3),
        ("def run():\n    print('one line')\n    sys.exit(0)", 141),
        ("def run():\n    rim.mark_code(3)\n    for _ in range(100_000): print('one line')", 3),
    ],
)
def test_what_was_done_weighs_more_than_that_nobody_reads_it(body: str, code: int) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-c", SCRIPT.format(body=body)]
    with os.fdopen(writer, "wb") as output:
        done = subprocess.run(command, stdout=output, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (code, "")


def test_a_full_disk_is_a_sentence() -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("this system has no /dev/full")
    done = script("def run(): print('x' * 100_000)", shell='"$PYTHON" -c "$CODE" > /dev/full')
    assert done.returncode == rim.USAGE
    assert done.stderr.startswith("Error: The disk is full.\n")
    assert "Traceback" not in done.stderr


def test_a_closed_stderr_does_not_change_the_exit_code() -> None:
    body = "from cellenics_ci.errors import UsageProblem\ndef run(): raise UsageProblem('No.')"
    assert script(body, shell='"$PYTHON" -c "$CODE" 2>&-').returncode == rim.USAGE


def test_a_closed_output_has_the_code_of_a_broken_pipe() -> None:
    body = "from cellenics_ci.cli.lazy import OutputClosed\ndef run(): raise OutputClosed"
    done = script(body, shell='"$PYTHON" -c "$CODE"')
    assert (done.returncode, done.stderr) == (rim.OUTPUT_CLOSED, "")
    assert issubclass(OutputClosed, Exception)
