"""Policies in full: what is live against what is declared."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from cellenics_ci.cli.views.console import heading, words
from cellenics_ci.model.names import RepoName
from cellenics_ci.privileges.compare import Comparison, diff_lines


def show_policy_diff(console: Console, repo: RepoName, comparison: Comparison) -> None:
    """Show what changes of a repository's policies."""
    show_diff(console, f"{repo}: policies", comparison_diff(comparison))


def show_diff(console: Console, title: str, lines: Sequence[str]) -> None:
    """Show the lines of unified diffs, each of them below the title."""
    for line in lines:
        if line.startswith("--- "):
            heading(console, title)
        style = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
        console.print(words(line, style))


def comparison_diff(comparison: Comparison) -> tuple[str, ...]:
    """Return what differs, as the lines of a unified diff a policy."""
    lines: list[str] = []
    for policy in comparison.added:
        lines += diff_lines(policy.name, None, policy.document)
    for change in comparison.changed:
        lines += diff_lines(change.name, change.old, change.new.document)
    for name in comparison.removed:
        lines += diff_lines(name, comparison.live.get(name, {}), None)
    return tuple(lines)
