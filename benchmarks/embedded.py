"""What the embedded AWS itself can answer: nothing that is measured against it can be faster."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from benchmarks.organization import Size
from benchmarks.report import Row, show
from benchmarks.servers import servers
from benchmarks.tool import clean_environment

CALLS: Final = 300
THREADS: Final = 8


def embedded() -> tuple[Row, ...]:
    """Measure and print. Returns the rows."""
    with servers(Size(10, 1), latency=0.0) as both:
        os.environ.update(clean_environment(both.aws.environment()))
        # Imported when it is needed: the process that measures stays small for all other sections.
        import boto3
        from botocore.client import Config

        iam = boto3.client("iam", region_name="us-east-1", config=Config(max_pool_connections=THREADS))

        def ask(_: int) -> None:
            iam.list_access_keys(UserName="ci-user-service-0000")

        ask(0)
        both.take()
        started = time.perf_counter()
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(ask, range(CALLS)))
        wall = time.perf_counter() - started
        served, _ = both.take()
    rows = (
        Row("calls a second (ListAccessKeys)", CALLS / wall),
        Row("  its processor time a call", served.cpu / CALLS * 1000, " ms"),
    )
    show(f"The embedded AWS without latency, {THREADS} clients", rows)
    return rows
