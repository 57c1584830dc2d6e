"""The files of a service's repository that a release is made from: its template, its declaration, Actions' event."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cellenics_ci.errors import UsageProblem
from cellenics_ci.privileges.declaration import FILE_NAMES
from cellenics_ci.releases.kinds import TEMPLATE_NAMES
from cellenics_ci.releases.source import FROM_A_PULL_REQUEST


def find_template(folder: Path, given: Path | None) -> Path:
    """Return the template's path. Raises UsageProblem where there is none, or more than one."""
    if given is not None:
        return given
    found = [folder / name for name in TEMPLATE_NAMES if (folder / name).exists()]
    if len(found) == 1:
        return found[0]
    names = ", ".join(path.name for path in found)
    if found:
        raise UsageProblem(f"There is more than one template here: {names}.", remedy="Name one with --template.")
    raise UsageProblem(
        f"There is no template here: none of {', '.join(TEMPLATE_NAMES)}.",
        remedy="Run this in the service's repository, or name the file with --template.",
    )


def find_declaration(folder: Path) -> Path | None:
    """Return the path of the `.ci.yaml`, None where there is none. Raises UsageProblem for two."""
    found = [folder / name for name in FILE_NAMES if (folder / name).exists()]
    if len(found) > 1:
        raise UsageProblem(f"{' and '.join(FILE_NAMES)} are both there.", remedy="Keep one of the two.")
    return found[0] if found else None


def read_text(path: Path, what: str) -> str:
    """Return a file's text. Raises UsageProblem."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UsageProblem(f"{what} {path} is no text in UTF-8.") from None
    except OSError as error:
        raise UsageProblem(f"{what} {path} can't be read: {error.strerror}.") from None


def read_event(environ: Mapping[str, str]) -> str | None:
    """Return the text of Actions' event where it is needed, None elsewhere."""
    path = environ.get("GITHUB_EVENT_PATH")
    if environ.get("GITHUB_EVENT_NAME") != FROM_A_PULL_REQUEST or not path:
        return None
    return read_text(Path(path), "The event")
