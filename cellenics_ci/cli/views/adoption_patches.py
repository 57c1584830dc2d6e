"""Patches on a terminal, and what of the workflows a person has to change."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from cellenics_ci.cli.views.console import heading, point, words
from cellenics_ci.cli.views.wording import repositories
from cellenics_ci.model.names import RepoName
from cellenics_ci.oidc.patching import Patch


def show_patches(console: Console, patches: Sequence[tuple[RepoName, Patch]]) -> None:
    """Show patches in full."""
    for repo, patch in patches:
        heading(console, f"{repo}: its workflows (--patch DIR writes this for git apply)")
        for line in patch.text.splitlines():
            style = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
            console.print(words(line, style), soft_wrap=True)
    if patches:
        console.print()


def show_by_hand(console: Console, patches: Sequence[tuple[RepoName, Patch]]) -> None:
    """Show what is not changed in workflows, and why."""
    asked = [(repo, reason) for repo, patch in patches for reason in patch.by_hand]
    if not asked:
        return
    heading(console, f"To be changed by hand in {repositories(len({repo for repo, _ in asked}))}", "bold yellow")
    for repo, reason in asked:
        point(console, repo, reason)
