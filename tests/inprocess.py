"""The real command within the test's own process: a second of the processor less than a process of its own."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from unittest.mock import patch

from cellenics_ci.cli.app import main


def run_main(arguments: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str, str]:
    """Run the command with nothing but this environment and nothing to read. Returns its code, stdout and stderr."""
    out, err = io.StringIO(), io.StringIO()
    with _surroundings(environment), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(list(arguments))
    return code, out.getvalue(), err.getvalue()


@contextlib.contextmanager
def _surroundings(environment: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(environment)
    try:
        with open(os.devnull, encoding="utf-8") as nothing, patch("sys.stdin", nothing):
            yield
    finally:
        os.environ.clear()
        os.environ.update(before)
