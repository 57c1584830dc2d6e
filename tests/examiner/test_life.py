"""What happens around a rotation: kills, rivals, closed outputs, waiting runs, questions on a terminal."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.examiner.lab import PROGRAM, Lab
from tests.examiner.organisation import POLICY
from tests.sampling import whole

Bench = Callable[..., Lab]


def on_terminal(lab: Lab, *arguments: str, answers: list[tuple[str, str]]) -> tuple[int, str]:
    """Run rotate-ci on a terminal of 80 columns, and type each answer as soon as its question is there."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(PROGRAM, lab.command(*arguments, yes=False), lab.environment() | {"TERM": "xterm"})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
    shown, questions = "", list(answers)
    while select.select([terminal], [], [], 60)[0]:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            break
        if not data:
            break
        shown += data.decode("utf-8", "replace")
        if questions and questions[0][0] in shown[-300:]:
            os.write(terminal, questions.pop(0)[1].encode())
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown


def stop_at(lab: Lab, method: str, pattern: str, number: signal.Signals) -> subprocess.Popen[str]:
    """Start a run that is sent a signal when its first fitting request arrives."""
    started: list[subprocess.Popen[str]] = []

    def fault(verb: str, path: str) -> None:
        if verb == method and re.search(pattern, path) and started:
            started.pop().send_signal(number)

    lab.org.fault = fault
    process = lab.start("--format", "json")
    started.append(process)
    return process


@pytest.mark.whole
@pytest.mark.parametrize("where", [("PUT", "SECRET_ACCESS"), ("GET", "actions/runs")])
def test_a_killed_run_is_repaired_by_the_next(where: tuple[str, str], bench: Bench) -> None:
    lab = bench()
    lab.org.add("api")
    assert lab.run().code == 0
    process = stop_at(lab, *where, signal.SIGKILL)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    lab.org.fault = None
    assert lab.run().code == 0
    lab.settled("api")


@pytest.mark.whole
@pytest.mark.parametrize("where", [("GET", "public-key"), ("PUT", "SECRET_ACCESS")])
def test_an_interrupted_run_leaves_a_working_pair_and_says_130(where: tuple[str, str], bench: Bench) -> None:
    lab = bench()
    lab.org.add("api")
    assert lab.run().code == 0
    process = stop_at(lab, *where, signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert json.loads(out)["outcomes"][0]["outcome"] in ("rotated", "rolled-back")
    lab.org.fault = None
    lab.settled("api")


@pytest.mark.whole
def test_two_admins_at_once_break_nothing(bench: Bench) -> None:
    lab = bench()
    lab.org.add("api")
    assert lab.run().code == 0
    both = [lab.start("--format", "json"), lab.start("--format", "json")]
    ends = [process.communicate(timeout=60)[0] for process in both]
    # Tags are no compare-and-swap: where both meet at the lock, both may step back.
    assert {json.loads(out)["outcomes"][0]["outcome"] for out in ends} <= {"rotated", "skipped"}
    assert lab.run().code == 0
    lab.settled("api")


@pytest.mark.parametrize("redirection", [">&-", whole("2>&- <&-"), whole("2>/dev/full")])
def test_a_closed_or_full_output_changes_neither_the_work_nor_its_code(redirection: str, bench: Bench) -> None:
    lab = bench()
    lab.org.add("api")
    reading, writing = os.pipe()
    line = f'"$@" {redirection}; echo "code $?" >/dev/fd/{writing}'
    done = subprocess.run(
        ["/bin/sh", "-c", line, "sh", *lab.command()],
        env=lab.environment(), capture_output=True, text=True, pass_fds=[writing], timeout=60,
    )  # fmt: skip
    os.close(writing)
    assert os.read(reading, 100) == b"code 0\n"
    os.close(reading)
    assert "Traceback" not in done.stderr
    lab.settled("api")


def test_an_old_key_stays_for_a_waiting_run_until_finish(bench: Bench) -> None:
    lab = bench()
    repo = lab.org.add("api")
    assert lab.run().code == 0
    at = (datetime.now(UTC) - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    run = {"id": 9, "name": "Deploy", "status": "waiting", "conclusion": None, "created_at": at, "updated_at": at,
           "html_url": "https://github.invalid/9", "run_attempt": 1}  # fmt: skip
    repo.runs.append(run)
    first = lab.run("--format", "json", "--wait", "1s")
    assert (first.code, first.one("api")["outcome"]) == (0, "rotated")
    assert "run 9" in first.one("api")["retirement_pending"]
    assert len(lab.cloud.users()["ci-user-api"]["keys"]) == 2
    run |= {"status": "completed", "conclusion": "success"}
    finished = lab.run("--finish", "--format", "json")
    assert (finished.code, finished.one("api")["retirement_pending"]) == (0, None)
    lab.settled("api")


def test_enter_is_no_and_y_is_yes_on_a_terminal(bench: Bench) -> None:
    lab = bench()
    lab.org.add("api")
    code, shown = on_terminal(lab, answers=[("[y/N]", "\n")])
    assert (code, lab.cloud.users()) == (1, {})
    assert "Nothing was changed." in shown
    code, shown = on_terminal(lab, answers=[("[y/N]", "y\n")])
    assert code == 0
    lab.settled("api")


def test_a_compromised_key_is_replaced_once_the_name_is_typed(bench: Bench) -> None:
    lab = bench()
    lab.org.add("api")
    assert lab.run().code == 0
    old = lab.pairs("api")
    assert on_terminal(lab, "--compromised", "api", answers=[("to agree", "apo\n")])[0] == 1
    assert lab.pairs("api") == old
    assert on_terminal(lab, "--compromised", "api", answers=[("to agree", "api\n"), ("[y/N]", "y\n")])[0] == 0
    assert lab.pairs("api") != old
    lab.settled("api")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["wroker"], "Did you mean worker?"),
        whole(["--permissions-boundary", "hello"], "no policy's ARN", id="--permissions-boundary"),
        whole(["--retire", "ZZZZ"], "They have none", id="--retire"),
        whole(["--compromised", "w*"], "no glob", id="--compromised glob"),
        (["--compromised", ""], "names no repository"),
        (["--ci-token-env", "GITHUB_API_TOKEN"], "your own"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_wrong_usage_changes_nothing(arguments: list[str], told: str, bench: Bench) -> None:
    lab = bench()
    lab.org.add("worker")
    ran = lab.run(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err
    assert not lab.hub.written()
    assert not lab.cloud.users()


def test_a_new_user_with_every_right_is_left_out_without_its_name_typed(bench: Bench) -> None:
    lab = bench()
    lab.org.add("ui")
    lab.org.add("root", POLICY.replace('["ecr:GetAuthorizationToken"]', '"*"'))
    ran = lab.run("--format", "json")
    assert (ran.code, ran.outcomes()) == (1, {"ui": "rotated", "root": "skipped"})
    assert set(lab.cloud.users()) == {"ci-user-ui"}
