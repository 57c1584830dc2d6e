"""A survey of 1,000 repositories, 30 of which declare privileges, as `rotate-ci --dry-run` makes it."""

from __future__ import annotations

from collections import Counter
from statistics import median

from benchmarks.organization import Size
from benchmarks.report import Row, show
from benchmarks.servers import LATENCY, servers
from benchmarks.tool import cellenics, run

_PER_REPOSITORY = "/repos/"


def survey(repeat: int, size: Size) -> tuple[Row, ...]:
    """Measure and print. Returns the rows."""
    command = [*cellenics(), "rotate-ci", "--dry-run", "--format", "json"]
    with servers(size) as both:
        # moto loads a service when it is first asked, which takes seconds: not what is measured here.
        first = run(command, both.environment)
        if first.code:
            raise RuntimeError(f"the survey failed: {first.err}")
        both.take()
        runs = []
        for _ in range(repeat):
            runs.append(run(command, both.environment))
            aws, github = both.take()
    rows = (
        Row("GitHub requests for the discovery", discovery_requests(github.requests), target=12),
        Row("GitHub requests altogether", github.requests.total()),
        Row("AWS requests altogether", aws.requests.total()),
        Row("wall time", median(each.wall for each in runs), " s", target=3),
        Row("  the tool's processor time in it", median(each.cpu for each in runs), " s"),
        Row("  the embedded GitHub's", github.cpu, " s"),
        Row("  the embedded AWS's", aws.cpu, " s"),
        Row("most memory", median(each.memory for each in runs), " MB", target=150),
    )
    show(
        f"Survey (--dry-run) of {size.repositories:,} repositories, {size.declaring} of which declare privileges; "
        f"{LATENCY * 1000:.0f} ms a request; median of {repeat}",
        rows,
    )
    return rows


def discovery_requests(requests: Counter[str]) -> int:
    """Count the requests to GitHub that are not about one repository."""
    return sum(count for name, count in requests.items() if _PER_REPOSITORY not in name)
