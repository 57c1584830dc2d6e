"""Where a Secret's manifest goes: a new file that only we can read, or stdout where nobody is looking."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from cellenics_ci.errors import UsageProblem
from cellenics_ci.model.secret import Secret


class ManifestFile:
    """`target` is a path, or `-` for stdout. The file is there before anything is registered, or nothing is."""

    def __init__(self, target: str, *, force: bool) -> None:
        self._target = target
        self._force = force
        self._descriptor: int | None = None

    def check(self) -> None:
        """Raise UsageProblem where the manifest certainly can't go there."""
        if self._target == "-":
            if sys.stdout.isatty() and not self._force:
                raise UsageProblem(
                    "A private key does not belong on a terminal: it would stay in its history.",
                    remedy="Name a file with --output, or pipe it on; --force writes it here all the same.",
                )
        elif os.path.lexists(self._target):
            raise UsageProblem(
                f"{self._target} is there already, and is not written over.",
                remedy="Name a file that is not there yet.",
            )
        elif not Path(self._target).parent.is_dir():
            raise UsageProblem(f"There is no folder for {self._target}.", remedy="Make it first.")

    def open(self) -> None:
        """Make the file (0600). Raises UsageProblem."""
        if self._target == "-":
            return
        try:
            self._descriptor = os.open(self._target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise UsageProblem(
                f"{self._target} can't be made: {error.strerror}.", remedy="Name another file with --output."
            ) from None

    def write(self, text: Secret) -> None:
        """Write the manifest, whole and on the disk. Raises OSError."""
        content = text.reveal().encode(errors="surrogateescape")
        if self._descriptor is None:
            sys.stdout.write(text.reveal())
            sys.stdout.flush()
            return
        while content:
            content = content[os.write(self._descriptor, content) :]
        os.fsync(self._descriptor)

    def close(self, *, keep: bool) -> None:
        """Close the file; where the key was taken back, it goes too."""
        if self._descriptor is None:
            return
        os.close(self._descriptor)
        self._descriptor = None
        if not keep:
            with contextlib.suppress(OSError):
                os.unlink(self._target)
