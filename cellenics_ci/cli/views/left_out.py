"""What a plan leaves out: faults with their remedy, the rest in a few lines. Hundreds that are alike are one item."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from rich.console import Console

from cellenics_ci.cli.views.console import heading, point
from cellenics_ci.cli.views.wording import NAMED, Alike, alike, counted, named, reason_lines, repositories, the_same
from cellenics_ci.model.names import RepoName
from cellenics_ci.run.outcome import LeftOut

ONE_BY_ONE: Final = 3
"""So many repositories with the same reason are still told one by one."""


def show_left_out(console: Console, left_out: Sequence[LeftOut]) -> None:
    """Show what nothing is done to: what a person should mend first, then what is as it should be."""
    faults = [left for left in left_out if left.fault]
    if faults:
        heading(console, f"Left out, and to be mended: {repositories(len(faults))}", "bold yellow")
        show_reasons(console, ((left.repo, left.reason, left.remedy) for left in faults))
    fine = [left for left in left_out if not left.fault]
    if fine:
        heading(console, f"Nothing to do: {repositories(len(fine))}")
        show_groups(console, alike((left.repo, left.reason, left.remedy) for left in fine))


def show_reasons(console: Console, items: Iterable[tuple[RepoName, str, str]]) -> None:
    """Show (repository, reason, what to do): each by itself, but many that are the same together, all named.

    But for the many problems of one file nothing is shortened: the figures and names in a remedy are what a person
    has to type.
    """
    listed = list(items)
    together = [group for group in the_same(listed) if len(group.names) > ONE_BY_ONE]
    grouped = {name for group in together for name in group.names}
    for repo, reason, remedy in listed:
        if repo not in grouped:
            show_reason(console, repo, reason, then=remedy)
    show_groups(console, together, limit=None)


def show_reason(console: Console, label: str, reason: str, *, style: str = "", then: str = "") -> None:
    """Show one reason behind its label; several problems in a line each."""
    lines = reason_lines(reason)
    if len(lines) == 1:
        point(console, label, reason, style=style, then=then)
    else:
        point(console, label, _problems(reason), style=style, lines=lines, then=then)


def show_groups(console: Console, groups: Iterable[Alike], *, limit: int | None = NAMED) -> None:
    """Show groups of repositories that share a reason: how many, which ones, and what to do."""
    for group in groups:
        lines, names = reason_lines(group.reason), named(group.names, limit=limit)
        if len(lines) == 1:
            point(console, f"{group.reason} ({len(group.names):,})", names, then=group.hint)
        else:
            label = f"{_problems(group.reason)}, the same ({len(group.names):,})"
            point(console, label, names, lines=lines, then=group.hint)


def _problems(reason: str) -> str:
    return counted(len(reason.split("\n")), "problem")
