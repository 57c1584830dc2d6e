"""How outcomes are coloured, the same in every command."""

from __future__ import annotations

from typing import Final

from cellenics_ci.run.outcome import Status

STYLES: Final = {
    Status.NEEDS_ATTENTION: "bold red",
    Status.ROLLED_BACK: "red",
    Status.UNFINISHED: "red",
    Status.ROTATED: "green",
    Status.ADOPTED: "green",
    Status.RETIRED: "green",
    Status.RESTORED: "green",
    Status.WAITING: "cyan",
    Status.UNCHANGED: "",
    Status.SKIPPED: "yellow",
}
