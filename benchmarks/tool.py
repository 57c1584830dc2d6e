"""The tool as people run it: a process of its own, with its time, its processor time and its memory."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_KEPT: Final = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "TMPDIR")


@dataclass(frozen=True, slots=True)
class Run:
    """A process that ended: its exit code, output, seconds, seconds of the processor, and most memory in MB."""

    code: int
    out: str
    err: str
    wall: float
    cpu: float
    memory: float


def clean_environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without anything of this machine's credentials and configuration, plus `given`."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    nothing = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    plain = {"AWS_EC2_METADATA_DISABLED": "true", "COLUMNS": "80", "TERM": "dumb", "HOME": os.devnull}
    return kept | nothing | plain | dict(given)


def cellenics() -> list[str]:
    """Return how the tool is started: its console script where it is installed beside this Python."""
    script = Path(sysconfig.get_path("scripts")) / "cellenics"
    return [str(script)] if script.exists() else [sys.executable, "-m", "cellenics_ci"]


def run(command: Sequence[str], given: Mapping[str, str]) -> Run:
    """Run a command to its end and measure it."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, env=clean_environment(given), stdin=subprocess.DEVNULL, stdout=out, stderr=err
        )
        # wait4 tells what this child used; getrusage(RUSAGE_CHILDREN) would mix it with all others.
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        return Run(
            code=process.returncode,
            out=out.read().decode(errors="replace"),
            err=err.read().decode(errors="replace"),
            wall=wall,
            cpu=used.ru_utime + used.ru_stime,
            memory=used.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024),
        )
