"""`make faults`: every fault at every call, in all layers, on all cores; prints the counts that the README quotes.

    python -m tests.faults [--quick | --sample N] [--layers abcdefgh] [--only TEXT] [--workers N]

Exits with 1 where anything was violated, and names each case so that `--only` finds it again. `--sample` takes so
many cases of (c) to (h) with a fixed seed, and less of (a) and (b); `--quick` is 40 of them.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

# Workers import what they carry out by its module's name, which this one does not have for them.
from tests.faults.everything import LAYERS, carry_out, isolate, table, tasks, watched


def main(argv: Sequence[str] | None = None) -> int:
    """Try what was asked for; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description="Try every fault at every call.")
    parser.add_argument("--quick", action="store_const", const=40, dest="sample", help="a small sample: some minutes")
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="N cases of each of (c) to (h)")
    parser.add_argument("--layers", default="".join(LAYERS), help="which of a to h (default: all)")
    parser.add_argument("--only", default="", metavar="TEXT", help="only the cases that have this in their name")
    parser.add_argument("--workers", type=int, default=(os.cpu_count() or 1) + 1)
    chosen = parser.parse_args(argv)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="cellenics-faults-home-") as home:
        spawn = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(chosen.workers, spawn, initializer=isolate, initargs=(Path(home),))
        with pool:
            found = [task for task in tasks(pool, chosen.layers, chosen.sample) if chosen.only in str(task)]
            results = watched([pool.submit(carry_out, task) for task in found])
    print(table(results, time.monotonic() - began))
    return int(not results or any(each.violation for each in results))


if __name__ == "__main__":
    sys.exit(main())
