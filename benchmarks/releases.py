"""Twenty services that push their releases at the same second: with push-release, and in today's way."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Final

from benchmarks.report import Row, show
from benchmarks.servers import LATENCY
from benchmarks.tool import cellenics, clean_environment

SERVICES: Final = 20
TOKEN: Final = "ghp_benchmarksNeedNoSecretToken000000"
COMMIT: Final = "0123456789abcdef0123456789abcdef01234567"
TEMPLATE: Final = """\
apiVersion: v1
kind: Namespace
metadata: {name: FILLED_IN_BY_CI}
---
apiVersion: helm.fluxcd.io/v1
kind: HelmRelease
metadata: {name: FILLED_IN_BY_CI, namespace: FILLED_IN_BY_CI}
spec:
  releaseName: FILLED_IN_BY_CI
  chart: {git: https://github.com/bench-org/charts, path: charts/web, ref: FILLED_IN_BY_CI}
"""


def releases(services: int = SERVICES) -> tuple[Row, ...]:
    """Measure and print. Returns the rows."""
    with tempfile.TemporaryDirectory(prefix="bench-releases-") as folder:
        today = _todays_way(Path(folder), services)
        landed, wall, conflicts = _push_release(Path(folder), services)
    rows = (
        Row("today (clone, commit, push; no retry): pushes that failed", today),
        Row("push-release: pushes that failed", services - landed, target=0),
        Row("  conflicts on the way", conflicts),
        Row("  wall time until the last has landed", wall, " s"),
    )
    show(f"{services} services push at the same second; {LATENCY * 1000:.0f} ms a request", rows)
    return rows


def _todays_way(folder: Path, services: int) -> int:
    """Let everybody clone, then all commit and push, as the pipelines' action does; count those that are refused."""
    bare, ready = folder / "bare.git", Barrier(services)
    _git("init", "--quiet", "--bare", "--initial-branch=master", bare)
    seed = folder / "seed"
    _git("clone", "--quiet", bare, seed)
    (seed / "README.md").write_text("# releases\n")
    _commit(seed, "Begin")
    _git("-C", seed, "push", "--quiet", "origin", "HEAD:master")

    def push(number: int) -> int:
        clone = folder / f"clone-{number}"
        _git("clone", "--quiet", bare, clone)
        (clone / f"service-{number}.yaml").write_text("a: 1\n")
        _commit(clone, f"Update from service-{number}")
        ready.wait()
        return subprocess.run(
            ["git", "-C", str(clone), "push", "--quiet", "origin", "HEAD:master"],
            env=clean_environment({}),
            capture_output=True,
        ).returncode

    return sum(code != 0 for code in _at_once(push, services))


def _push_release(folder: Path, services: int) -> tuple[int, float, int]:
    """Let as many processes push against the embedded GitHub; return how many landed, the seconds, the conflicts."""
    # Imported when it is needed: the process that measures stays small for all other sections.
    from cellenics_ci.sandbox.github import GitHubServer, GitHubState, Request

    state = GitHubState()
    state.add_account("bench-org", members={"operator": "admin"})
    state.add_token(TOKEN, "operator", ["repo"])
    repository = state.add_repository("bench-org", "releases", {"README.md": b"# releases\n"})

    def delayed(_: Request) -> None:
        time.sleep(LATENCY)

    state.before_request.append(delayed)
    template = folder / ".flux.yaml"
    template.write_text(TEMPLATE)
    (folder / ".ci.yaml").write_text("release: {chart: {branch: master}}\n")
    ready = Barrier(services)

    with GitHubServer(state) as server:

        def push(number: int) -> int:
            given = {"GITHUB_API_URL": server.url, "GITHUB_API_TOKEN": TOKEN}
            command = [
                *cellenics(), "push-release", "--environment", "develop", "--no-check-image",
                "--repository", f"bench-org/service-{number}", "--ref", "refs/heads/master", "--sha", COMMIT,
                "--image-tag", f"refs-heads-master-{COMMIT}-1800000000", "--registry", "registry.example.com",
            ]  # fmt: skip
            ready.wait()
            done = subprocess.run(command, cwd=folder, env=clean_environment(given), capture_output=True, text=True)
            if done.returncode:
                print(done.stdout, done.stderr, file=sys.stderr)
            return done.returncode

        started = time.perf_counter()
        _at_once(push, services)
        wall = time.perf_counter() - started
        conflicts = sum(each.status == 422 for each in server.requests)
    landed = sum(f"staging/service-{number}.yaml" in repository.files for number in range(services))
    return landed, wall, conflicts


def _at_once(work: Callable[[int], int], services: int) -> list[int]:
    with ThreadPoolExecutor(services) as pool:
        return list(pool.map(work, range(services)))


def _commit(clone: Path, message: str) -> None:
    _git("-C", clone, "add", ".")
    who = ("-c", "user.name=Pipelines", "-c", "user.email=ci@example.com")
    _git(*who, "-C", clone, "commit", "--quiet", "-m", message)


def _git(*arguments: str | Path) -> None:
    subprocess.run(["git", *map(str, arguments)], env=clean_environment({}), capture_output=True, check=True)
