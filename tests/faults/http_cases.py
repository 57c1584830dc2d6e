"""Layer (c): the real command over real HTTP, with a fault at a call site of one repository among several."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cellenics_ci.model.names import PAIR_NAMES, RepoName
from cellenics_ci.sandbox.aws import Propagation
from cellenics_ci.sandbox.aws.calls import Refusal, read_call
from tests.faults.organization import SCOPES
from tests.faults.proxy import (
    DROP_AFTER,
    DROP_BEFORE,
    Fault,
    forbidden,
    server_error,
    slow,
    throttling,
    too_many_requests,
)
from tests.faults.running import WITH_TOKEN, Ended, QuickClock, places, run_here
from tests.faults.stage import LOCK_RUNS_OUT, Site, Stage
from tests.faults.verdict import EVERYBODY, assert_repaired, assert_sound, holders

LIFELIKE: Final = Propagation(refused=0.5, spread=0.5, flickering=0.5, lingering=1.0)
DENIED: Final = Fault(answer=lambda request: Refusal("AccessDenied", "Not today.").response(read_call(request)))

_ANY: Final[dict[str, Fault]] = {
    "drop before": DROP_BEFORE,
    "drop after": DROP_AFTER,
    "500": server_error(500),
    "502 after": server_error(502, when="after"),
    "slow": slow(0.3),
}
AWS_FAULTS: Final = _ANY | {"throttling": throttling(), "denied": DENIED}
GITHUB_FAULTS: Final = _ANY | {
    "403 wait": forbidden(2),
    "429 wait": too_many_requests(2),
    "denied": forbidden(None),
}
FOR_GOOD: Final = ("drop before", "denied")
"""Faults that are tried for good, too: from one call on, every call of that name for that repository meets them."""


@dataclass(frozen=True, slots=True)
class HttpCase:
    """One fault at one call site, once or for good."""

    site: Site
    kind: str
    for_good: bool = False

    def __str__(self) -> str:
        return f"{self.kind}{' for good from' if self.for_good else ' at'} {self.site}"

    @property
    def passes(self) -> bool:
        """Whether the fault is one that is gone when the call is made again, and the call is one that is repeated."""
        # A CreateUser without an answer is left to the next run: it finds out whether the user is there.
        return not self.for_good and self.kind != "denied" and self.site.name != "iam:CreateUser"

    def repos(self) -> tuple[RepoName, ...]:
        """The repository that meets the fault, and one beside it that does not."""
        names = list(SCOPES)
        first = names.index(RepoName(self.site.repository)) if self.site.repository else 0
        return names[first], names[(first + 1) % len(names)]

    def wanted(self, site: Site) -> Fault | None:
        """Return the fault for a call site, None for those that are left alone."""
        same = (site.repository, site.name) == (self.site.repository, self.site.name)
        here = same and (site.turn >= self.site.turn if self.for_good else site.turn == self.site.turn)
        faults = AWS_FAULTS if site.aws else GITHUB_FAULTS
        return faults[self.kind] if here else None


def recorded_sites() -> list[Site]:
    """Return the call sites of an undisturbed run, and assert that it is sound and delivers in one go."""
    with Stage(LIFELIKE, QuickClock()) as stage:
        before = holders(stage)
        ended = run_here(stage, "--debug", *WITH_TOKEN)
        assert_sound(stage, ended, before, undisturbed=EVERYBODY)
        stage.judge.assert_converged(EVERYBODY)
        sites = list(stage.sites)
    for repo in SCOPES:
        mine = [site.name for site in sites if site.repository == repo]
        pair = [number for number, name in enumerate(mine) if name.startswith("PUT") and name.endswith(PAIR_NAMES)]
        assert pair == list(range(pair[0], pair[0] + 2 * len(SCOPES[repo]))), f"{repo} does more between its writes"
    return sites


def http_cases(sites: Sequence[Site]) -> Iterator[HttpCase]:
    """Yield every fault at every call site."""
    for site in sites:
        for kind in AWS_FAULTS if site.aws else GITHUB_FAULTS:
            yield HttpCase(site, kind)
            if kind in FOR_GOOD and site.repository:
                yield HttpCase(site, kind, for_good=True)


def try_case(case: HttpCase, repos: Collection[RepoName] | None = None) -> bool:
    """Run the command with the case's fault and once more without, and assert all that has to be true.

    `repos`: those that are rotated, the case's own two by default. Returns whether the call site was reached.
    """
    repos = case.repos() if repos is None else repos
    story: list[Ended] = []
    try:
        with Stage(LIFELIKE, QuickClock()) as stage:
            return _tried(stage, case, repos, story)
    except AssertionError as problem:
        told = "\n".join(ended.story() for ended in story)
        raise AssertionError(f"{case}: {problem}\n{told}") from None


def _tried(stage: Stage, case: HttpCase, repos: Collection[RepoName], story: list[Ended]) -> bool:
    before = holders(stage)
    stage.begin(case.wanted)
    story.append(run_here(stage, "--debug", *WITH_TOKEN, *repos))
    reached = case.site in stage.sites
    # What passes is ridden out; what does not hits the one repository, or, in the survey, perhaps all.
    hit = set() if case.passes else {RepoName(case.site.repository)} if case.site.repository else set(repos)
    assert_sound(stage, story[0], before, repos=repos, undisturbed=set(repos) - hit)
    stage.begin()
    stage.clock.advance(LOCK_RUNS_OUT)
    story.append(run_here(stage, *repos))
    assert_repaired(stage, story[1], repos)
    stage.canaries.assert_unseen(places(story) | stage.written())
    return reached
