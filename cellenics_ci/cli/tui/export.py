"""Everything that was found, as a file: JSON or CSV by its ending, readable for us alone, never over another one."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cellenics_ci.cli.tui.entries import Taken
from cellenics_ci.cli.views.audit_csv import csv_text
from cellenics_ci.cli.views.audit_document import Facts, listing_document
from cellenics_ci.cli.views.json_text import document_text
from cellenics_ci.errors import UsageProblem
from cellenics_ci.model.paths import expanded

ENDINGS: Final = (".json", ".csv")


def proposed(taken: Taken) -> str:
    """Return a name for the file, with the time of reading."""
    at = datetime.fromtimestamp(taken.listing.at, UTC)
    return f"audit-{taken.listing.org}-{at:%Y%m%d-%H%M%S}.json"


def export(taken: Taken, target: str) -> Path:
    """Write all findings and rows, whatever is filtered. Raises UsageProblem where the file can't be made."""
    path = expanded(target.strip())
    text = _text(taken, path)
    try:
        # What is wrong with an organisation's keys is nobody else's business.
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        raise UsageProblem(f"{path} is there already, and is not written over.") from None
    except OSError as error:
        raise UsageProblem(f"{path} can't be made: {error.strerror}.") from None
    except ValueError:
        raise UsageProblem("A file can't have this name.") from None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise UsageProblem(f"{path} can't be written: {error.strerror}.") from None
    return path


def _text(taken: Taken, path: Path) -> str:
    if path.suffix == ".json":
        return document_text(listing_document(taken.listing, Facts.of(taken.snapshot, taken.limits))) + "\n"
    if path.suffix == ".csv":
        return csv_text(taken.listing)
    raise UsageProblem(f"The ending says what is written: {' or '.join(ENDINGS)}.")
