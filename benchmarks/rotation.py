"""Rotating 30 of 100 repositories: requests by name, and the time beside the settle time."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import median
from typing import Final

from benchmarks.organization import SCOPES, Size, Users
from benchmarks.report import Row, show, show_counts
from benchmarks.servers import LATENCY, servers
from benchmarks.tool import Run, cellenics, run

WAVES: Final = 2
"""The settle time may be spent so often: for the first repository, and for all others together."""
SHORT, LONG = 2.0, 10.0
AWS_CALLS: Final = 24


@dataclass(frozen=True, slots=True)
class Rotated:
    """Some like rotations: the runs, and what the last one asked of AWS and GitHub."""

    runs: tuple[Run, ...]
    settle: float
    aws: Counter[str]
    github: Counter[str]

    @property
    def wall(self) -> float:
        """The median wall time."""
        return median(each.wall for each in self.runs)

    @property
    def beside(self) -> float:
        """The time that was not spent for settling."""
        return self.wall - WAVES * self.settle


def rotation(repeat: int, size: Size) -> tuple[Row, ...]:
    """Measure and print. Returns the rows."""
    variants = {
        "steady": (replace(size, users=Users.STEADY), SHORT, repeat),
        "drifted": (replace(size, users=Users.DRIFTED), SHORT, repeat),
        "new": (replace(size, users=Users.NEW), SHORT, repeat),
        "scopes": (replace(size, scoped=max(1, size.declaring // 5)), SHORT, 1),
        "settle 10": (replace(size, users=Users.STEADY), LONG, 1),
    }
    found = {name: _measure(*variant) for name, variant in variants.items()}
    rows: list[Row] = []
    for name, (of, settle, _) in variants.items():
        title = f"{name}: {of.users}, settle {settle:.0f} s"
        if of.scoped:
            rows += _scope_rows(f"{name}: as steady, {of.scoped} with an environment and Dependabot", found, of.scoped)
        else:
            rows += _rows(title, found[name], size.declaring)
    spent = (found["settle 10"].wall - found["steady"].wall) / (LONG - SHORT)
    rows.append(Row("how often the settle time is spent (10 s against 2 s, rounded)", round(spent), target=WAVES))
    show(
        f"Rotating {size.declaring} of {size.repositories} repositories; {LATENCY * 1000:.0f} ms a request; "
        f"survey included; median of {repeat}",
        rows,
    )
    counts = {name: each.aws + each.github for name, each in found.items()}
    show_counts("Requests by name, a repository", counts, size.declaring)
    return tuple(rows)


def _scope_rows(name: str, found: Mapping[str, Rotated], scoped: int) -> list[Row]:
    """Return what a scope costs: the difference to an organisation that is the same but has none."""
    plain, with_scopes = found["steady"], found["scopes"]
    scopes = scoped * SCOPES
    return [
        Row(name, with_scopes.wall, " s"),
        Row("  AWS requests that a further scope costs", (with_scopes.aws.total() - plain.aws.total()) / scopes),
        Row(
            "  GitHub requests that a further scope costs", (with_scopes.github.total() - plain.github.total()) / scopes
        ),
        Row("  wall time beside the settle time", with_scopes.beside, " s", target=8),
    ]


def _measure(size: Size, settle: float, repeat: int) -> Rotated:
    runs = []
    for _ in range(repeat):
        # Each time an organisation of its own: what has just been rotated is not what it was.
        with servers(size) as both:
            given = {**both.environment, "CELLENICS_SETTLE_SECONDS": str(settle)}
            run([*cellenics(), "rotate-ci", "--dry-run"], given)
            both.take()
            done = run([*cellenics(), "rotate-ci", "--yes", "--format", "json"], given)
            aws, github = both.take()
        _check(done, size)
        runs.append(done)
    return Rotated(tuple(runs), settle, aws.requests, github.requests)


def _check(done: Run, size: Size) -> None:
    """Figures of a run that did not do its work would be worth nothing."""
    if done.code:
        raise RuntimeError(f"the rotation failed: {done.err}")
    outcomes = Counter(each["outcome"] for each in json.loads(done.out)["outcomes"])
    if outcomes["rotated"] != size.declaring:
        raise RuntimeError(f"not everything was rotated: {dict(outcomes)}")


def _rows(name: str, found: Rotated, declaring: int) -> list[Row]:
    return [
        Row(name, found.wall, " s"),
        Row("  AWS requests a repository", found.aws.total() / declaring, target=AWS_CALLS),
        Row("  GitHub requests a repository", found.github.total() / declaring, target=10),
        Row("  wall time beside the settle time", found.beside, " s", target=8),
        Row("  the tool's processor time in it", median(each.cpu for each in found.runs), " s"),
    ]
