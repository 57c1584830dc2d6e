"""How long `cellenics --help` takes beside a bare Typer application, and what is imported on the way."""

from __future__ import annotations

import re
import sys
import tempfile
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.report import Row, show
from benchmarks.tool import Run, cellenics, run

_IMPORTED: Final = re.compile(r"import time:\s+(\d+) \|\s+\d+ \| +([\w.]+)")


def startup(pairs: int) -> tuple[Row, ...]:
    """Measure and print. Returns the rows."""
    from cellenics_ci.cli.app import COMMANDS

    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "bare"
        bare.write_text(_bare_application(len(COMMANDS)), encoding="utf-8")
        ours, theirs = [], []
        _help([sys.executable, str(bare)])
        _help(cellenics())
        for _ in range(pairs):
            theirs.append(_help([sys.executable, str(bare)]))
            ours.append(_help(cellenics()))
        ratios = [our.wall / their.wall for our, their in zip(ours, theirs, strict=True)]
        processor = [our.cpu / their.cpu for our, their in zip(ours, theirs, strict=True)]
    commands = [_help([*cellenics(), "rotate-ci"]) for _ in range(min(pairs, 3))]
    rows = (
        Row("a bare Typer application --help", median(each.wall for each in theirs), " s"),
        Row("cellenics --help", median(each.wall for each in ours), " s"),
        Row("  times the bare application", median(ratios), target=1.5),
        Row("  times its processor time", median(processor), target=1.5),
        Row("cellenics rotate-ci --help", median(each.wall for each in commands), " s"),
    )
    show(f"Start-up, in {pairs} pairs, with {len(COMMANDS)} commands each; medians", rows)
    for arguments in ((), ("rotate-ci",)):
        _show_imports(arguments)
    return rows


def _help(command: list[str]) -> Run:
    done = run([*command, "--help"], {})
    if done.code:
        raise RuntimeError(f"--help failed: {done.err}")
    return done


def _bare_application(commands: int) -> str:
    functions = "\n\n".join(
        f'@app.command()\ndef command_{number}() -> None:\n    """Do the work of command {number}."""'
        for number in range(commands)
    )
    return f'import typer\n\napp = typer.Typer()\n\n{functions}\n\nif __name__ == "__main__":\n    app()\n'


def _show_imports(arguments: tuple[str, ...]) -> None:
    done = run([sys.executable, "-X", "importtime", "-m", "cellenics_ci", *arguments, "--help"], {})
    by_package: Counter[str] = Counter()
    for microseconds, module in _IMPORTED.findall(done.err):
        by_package[module.partition(".")[0]] += int(microseconds)
    most = ", ".join(f"{name} {spent / 1000:.0f} ms" for name, spent in by_package.most_common(7))
    print(f"  imports of cellenics {' '.join((*arguments, '--help'))}: {by_package.total() / 1000:.0f} ms ({most})")
