"""What later steps of a GitHub Actions job read: the file in GITHUB_OUTPUT."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cellenics_ci.errors import CallFailed, Failure

VARIABLE: Final = "GITHUB_OUTPUT"


def append_to_output(environ: Mapping[str, str], values: Mapping[str, str]) -> None:
    """Append values to the file that Actions names, where it names one. Raises CallFailed if that fails.

    A value has one line: another line would be another value (GitHub, "Workflow commands").
    """
    path = environ.get(VARIABLE)
    if not path:
        return
    lines = [f"{name}={value}\n" for name, value in values.items()]
    assert not any("\n" in line[:-1] or "\r" in line for line in lines), "names of ECR have no line ends"
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.writelines(lines)
    except (OSError, ValueError):
        raise CallFailed(
            Failure.INVALID,
            f"The result could not be written to {VARIABLE} ({path}), so later steps would not find it.",
            remedy="Run the same command again: what it did is done.",
        ) from None
