"""`python -m benchmarks [SECTION…]`: measure, print, and say what is over its target."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable
from typing import Final

from benchmarks.audit import audit
from benchmarks.embedded import embedded
from benchmarks.organization import Size
from benchmarks.releases import SERVICES, releases
from benchmarks.report import Row
from benchmarks.rotation import rotation
from benchmarks.screen import screen
from benchmarks.startup import startup
from benchmarks.survey import survey

SURVEYED: Final = Size(1000, 30)
ROTATED: Final = Size(100, 30)
AUDITED: Final = Size(1000, 285, orphans=15, deploy_keys=300)


def main(arguments: list[str]) -> int:
    """Run the sections asked for. Returns 0: a figure over its target is news, not a failure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    names = "startup, survey, audit, screen, rotation, releases, embedded"
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=names)
    parser.add_argument("--repeat", type=int, default=3, help="how often each figure is measured (default 3)")
    parser.add_argument("--small", action="store_true", help="few repositories: does it run at all?")
    given = parser.parse_args(arguments)
    surveyed, rotated = (Size(12, 2), Size(6, 2)) if given.small else (SURVEYED, ROTATED)
    audited = Size(12, 2, orphans=1, deploy_keys=6) if given.small else AUDITED
    sections: dict[str, Callable[[], tuple[Row, ...]]] = {
        "startup": lambda: startup(1 if given.small else max(3, 5 * given.repeat)),
        "survey": lambda: survey(given.repeat, surveyed),
        "audit": lambda: audit(given.repeat, audited),
        "screen": lambda: screen(audited),
        "rotation": lambda: rotation(given.repeat, rotated),
        "releases": lambda: releases(4 if given.small else SERVICES),
        "embedded": embedded,
    }
    unknown = set(given.sections) - sections.keys()
    if unknown:
        parser.error(f"no such section: {', '.join(sorted(unknown))}")
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}; load when it began: {_load()}")
    rows = [
        row for name, section in sections.items() if not given.sections or name in given.sections for row in section()
    ]
    # On a machine that does other things, a load above the number of cores says what a time is worth.
    print(f"\nload when it ended: {_load()}")
    over = [row for row in rows if row.verdict == "OVER"]
    print(f"{len(over)} over their targets." if over else "Every target is met.")
    return 0


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
