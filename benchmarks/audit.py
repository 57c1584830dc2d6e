"""An audit of 1,000 repositories with 300 CI users and 300 deploy keys: when rows appear, and when all is there."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Mapping
from statistics import median
from typing import Final

from benchmarks.organization import Size
from benchmarks.report import Row, show, show_counts
from benchmarks.servers import LATENCY, Served, servers
from benchmarks.tool import Run, cellenics, run

FIRST_ROWS: Final = """\
import time
from cellenics_ci.audit.rules.table import RULES
from cellenics_ci.cli.audit_run import AuditSession, Choices
from cellenics_ci.cli.options import settings_of
from cellenics_ci.errors import Interrupted
from cellenics_ci.survey.selection import Selection

choices = Choices(Selection(), RULES, 7776000, 7776000, True, None, "severity", None, False)
session = AuditSession(settings_of(), choices)

def listen(snapshot):
    print(len(session.listing(snapshot).repositories), time.time(), flush=True)
    session.stop()

try:
    # Of a small organisation nobody is told anything before all of it is there.
    listen(session.take(listen))
except Interrupted:
    pass
"""
"""Says how many rows there are as soon as whoever listens has any, and the time (UTC epoch seconds)."""


def audit(repeat: int, size: Size) -> tuple[Row, ...]:
    """Measure and print. Returns the rows."""
    command = [*cellenics(), "audit", "--format", "json", "--fail-on", "never"]
    with servers(size) as both:
        # moto loads a service when it is first asked, which takes seconds: not what is measured here.
        _check(run(command, both.environment), size)
        first = [_first_rows(both.environment) for _ in range(repeat)]
        both.take()
        runs = []
        for _ in range(repeat):
            runs.append(run(command, both.environment))
            aws, github = both.take()
            _check(runs[-1], size)
    rows = (
        Row("first rows, from the start of the program", median(first), " s", target=2),
        Row("wall time until all is there", median(each.wall for each in runs), " s", target=15),
        Row("  the tool's processor time in it", median(each.cpu for each in runs), " s"),
        *_served(aws, github),
        Row("most memory", median(each.memory for each in runs), " MB", target=200),
    )
    show(
        f"Audit of {size.repositories:,} repositories, {size.declaring + size.orphans} CI users and {size.deploy_keys} "
        f"deploy keys; {LATENCY * 1000:.0f} ms a request; median of {repeat}",
        rows,
    )
    show_counts("Requests by name", {"audit": aws.requests + github.requests}, 1)
    return rows


def _first_rows(environment: Mapping[str, str]) -> float:
    """Return the seconds from the start of a process until it has rows to show."""
    began = time.time()
    done = run([sys.executable, "-c", FIRST_ROWS], environment)
    if done.code or not done.out:
        raise RuntimeError(f"no rows came: {done.err}")
    rows, at = done.out.splitlines()[0].split()
    if not int(rows):
        raise RuntimeError("whoever listens was told of no rows")
    return float(at) - began


def _check(done: Run, size: Size) -> None:
    """Figures of an audit that did not see everything would be worth nothing."""
    if done.code:
        raise RuntimeError(f"the audit failed: {done.err}")
    found = json.loads(done.out)
    seen = Counter({name: found["summary"][name] for name in ("repositories", "deploy_keys", "orphans")})
    wanted = Counter(repositories=size.repositories, deploy_keys=size.deploy_keys, orphans=size.orphans)
    rules = {finding["rule"] for finding in found["findings"]}
    keys = sum(len(row["keys"]) for row in (*found["repositories"], *found["orphans"]))
    if seen != wanted or keys != size.declaring + size.orphans or "source-unreadable" in rules:
        raise RuntimeError(f"not everything was seen: {dict(seen)}, {keys} keys, {sorted(rules)}")


def _served(aws: Served, github: Served) -> tuple[Row, ...]:
    return (
        Row("  the embedded GitHub's", github.cpu, " s"),
        Row("  the embedded AWS's", aws.cpu, " s"),
        Row("GitHub requests", github.requests.total()),
        Row("AWS requests", aws.requests.total()),
    )
