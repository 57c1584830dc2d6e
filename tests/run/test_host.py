"""The machine a run is on: which processes live, and what a dead one is told apart from."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cellenics_ci.errors import Interrupted
from cellenics_ci.model.names import RepoName
from cellenics_ci.model.tags import Lock, lock_tags, read_lock
from cellenics_ci.run import host
from cellenics_ci.run.events import Delivered, Event, Step, silence
from cellenics_ci.run.host import Machine, host_name, lives, process_name, run_nonce
from cellenics_ci.run.interruption import Interruption

REPO = RepoName("api")


def lock_of(process: str, *, on: str | None = None) -> Lock:
    return Lock("a1b2c3d4e5f6", on or host_name(), process, 1, 2)


def machine(interruption: Interruption | None = None) -> Machine:
    return Machine(lambda: 7.0, interruption or Interruption(), silence)


def test_our_own_process_lives() -> None:
    name = process_name()
    assert name is not None
    assert name.startswith(f"{os.getpid()}.")
    assert name == process_name(os.getpid())
    assert lives(name)
    assert not machine().owner_gone(lock_of(name))


def test_a_process_that_ended_is_gone() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    name = process_name(child.pid)
    assert name is not None
    assert lives(name)
    child.communicate(b"\n")
    assert not lives(name)
    assert machine().owner_gone(lock_of(name))


def test_a_zombie_is_gone() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    name = process_name(child.pid)
    assert name is not None
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    try:
        assert Path(f"/proc/{child.pid}").exists()
        assert process_name(child.pid) is None
        assert not lives(name)
    finally:
        child.communicate()


def test_a_process_id_that_was_given_away_again_is_not_the_same_process() -> None:
    name = process_name()
    assert name is not None
    pid, _, started = name.partition(".")
    assert not lives(f"{pid}.{int(started) - 1}")
    assert machine().owner_gone(lock_of(f"{pid}.{int(started) - 1}"))


def test_a_process_whose_name_looks_like_a_stat_line_is_read_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command's name stands in parentheses and may hold any of them (proc_pid_stat(5))."""
    for pid, state in ((7, "S"), (8, "Z")):
        (tmp_path / str(pid)).mkdir()
        rest = " ".join(map(str, range(4, 22)))
        (tmp_path / str(pid) / "stat").write_text(f"{pid} (a) Z 1 (b) {state} {rest} 98765 0 0\n")
    monkeypatch.setattr(host, "_PROC", tmp_path)
    assert process_name(7) == "7.98765"
    (tmp_path / "self").mkdir()
    (tmp_path / "self/stat").write_text("")
    assert process_name(8) is None
    assert process_name(9) is None


def test_without_proc_a_process_is_known_by_its_id_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.communicate()
    monkeypatch.setattr(host, "_PROC", tmp_path)
    assert process_name() == f"{os.getpid()}.0"
    assert process_name(child.pid) is None


@pytest.mark.parametrize("process", ["", "x", "-1.5", ".5", "1 2.3", "²."])
def test_what_names_no_process_is_none_that_lives(process: str) -> None:
    assert not lives(process)


def test_nobody_is_said_to_be_gone_on_another_machine() -> None:
    assert not machine().owner_gone(lock_of("1.1", on="elsewhere.0123456789"))


def test_the_hosts_name_survives_being_written_into_a_lock() -> None:
    name, process = host_name(), process_name()
    assert process is not None
    lock = lock_of(process)
    assert read_lock(lock_tags(lock)) == lock
    assert lock.host == name == host_name()


def test_hosts_of_one_name_in_other_boots_or_containers_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = set()
    for boot, namespace in (("one", "pid:[1]"), ("two", "pid:[1]"), ("two", "pid:[2]")):
        proc = tmp_path / f"{boot}{namespace}"
        (proc / "sys/kernel/random").mkdir(parents=True)
        (proc / "sys/kernel/random/boot_id").write_text(boot)
        (proc / "self/ns").mkdir(parents=True)
        (proc / "self/ns/pid").symlink_to(namespace)
        monkeypatch.setattr(host, "_PROC", proc)
        names.add(host_name())
    assert len(names) == 3
    assert len({name.rpartition(".")[0] for name in names}) == 1


def test_a_host_name_of_any_length_and_letters_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "Ädas MacBook {Pro}" * 20)
    lock = lock_of("1.1")
    assert read_lock(lock_tags(lock)) == lock


def test_no_two_runs_have_the_same_name() -> None:
    assert len({run_nonce() for _ in range(100)}) == 100


def test_a_wait_can_be_interrupted_only_where_that_is_allowed() -> None:
    interruption = Interruption()
    interruption.ask()
    here = machine(interruption)
    here.wait(0.001, interruptible=False)
    with pytest.raises(Interrupted):
        here.wait(3600, interruptible=True)


def test_who_listens_is_told_of_steps_and_deliveries() -> None:
    told: list[Event] = []
    here = Machine(lambda: 7.0, Interruption(), told.append)
    here.tell(REPO, "locking")
    here.delivered(REPO)
    assert told == [Step(REPO, "locking"), Delivered(REPO)]
    assert here.now() == 7.0
