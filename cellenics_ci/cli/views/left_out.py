"""What a plan leaves out: faults one by one with their remedy, the rest in a few lines."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from cellenics_ci.cli.views.console import heading, point
from cellenics_ci.cli.views.wording import alike, named, repositories
from cellenics_ci.rotation.decide import LeftOut


def show_left_out(console: Console, left_out: Sequence[LeftOut]) -> None:
    """Show what nothing is done to: what a person should mend first, then what is as it should be."""
    faults = [left for left in left_out if left.fault]
    if faults:
        heading(console, f"Left out, and to be mended: {repositories(len(faults))}", "bold yellow")
    for left in faults:
        point(console, left.repo, left.reason, then=left.remedy)
    show_fine(console, [left for left in left_out if not left.fault])


def show_fine(console: Console, left_out: Sequence[LeftOut]) -> None:
    """Show in a few lines the repositories that need nothing."""
    if not left_out:
        return
    heading(console, f"Nothing to do: {repositories(len(left_out))}")
    for group in alike((left.repo, left.reason, left.remedy) for left in left_out):
        point(console, f"{len(group.names):,} because {group.reason}", named(group.names), then=group.hint)
