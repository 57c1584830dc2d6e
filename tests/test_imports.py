"""Imports point downwards: the contracts in setup.cfg hold, and they can fail."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINTER = Path(sysconfig.get_path("scripts")) / "lint-imports"


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINTER, "--config", ROOT / "setup.cfg", "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_package_keeps_the_contracts() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("model/names.py", "import cellenics_ci.cli", "Imports point downwards"),
        ("privileges/__init__.py", "import cellenics_ci.survey", "Imports point downwards"),
        ("rotation/__init__.py", "import cellenics_ci.sandbox", "a feature knows no other"),
        ("rotation/__init__.py", "import boto3", "Only the clients know SDKs"),
        ("survey/__init__.py", "from botocore.exceptions import ClientError", "Only the clients know SDKs"),
        ("rotation/__init__.py", "import rich.table", "Only cli knows Typer, Rich and Textual"),
        ("clients/__init__.py", "import typer", "Only cli knows Typer, Rich and Textual"),
        ("cli/app.py", "import moto", "Only the sandbox knows moto"),
        ("cli/app.py", "import cellenics_ci.clients.aws.users", "Only the wiring in cli knows the clients"),
        (
            "rotation/__init__.py",
            "from cellenics_ci.clients.aws import users",
            "Only the wiring in cli knows the clients",
        ),
    ],
)
def test_an_import_the_wrong_way_is_found(tmp_path: Path, module: str, line: str, contract: str) -> None:
    package = tmp_path / "cellenics_ci"
    shutil.copytree(ROOT / "cellenics_ci", package, ignore=shutil.ignore_patterns("__pycache__"))
    changed = package / module
    changed.write_text(f"{changed.read_text()}\n{line}\n")
    done = lint(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    broken = [row for row in done.stdout.splitlines() if "BROKEN" in row]
    assert any(contract in row for row in broken), done.stdout


def test_importing_the_package_imports_nothing_else() -> None:
    code = "import sys; before = set(sys.modules); import cellenics_ci; print(len(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"
