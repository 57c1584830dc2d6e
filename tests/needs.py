"""Programs that a test can't do without: missing on a laptop is a skip, missing in CI a failure."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest

SYSTEM_FOLDERS = "/usr/local/sbin:/usr/sbin:/sbin"
"""Where daemons such as sshd live, often not on a person's PATH."""


def needs(tool: str) -> str:
    """Return the path of a program, or skip the test; with CI=true fail it."""
    path = shutil.which(tool) or shutil.which(tool, path=SYSTEM_FOLDERS)
    if path is None:
        missing(f"{tool} is not installed")
    return path


def missing(what: str) -> NoReturn:
    """Skip the test because of what this machine lacks; with CI=true fail it."""
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(f"{what}; CI has to have it")
    pytest.skip(what)
