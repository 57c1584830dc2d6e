"""Layer (d), sampled: kill -9, signals and rival processes at call sites. `make faults` tries all of them."""

from __future__ import annotations

import random
import signal
from functools import lru_cache

import pytest

from cellenics_ci.model.names import RepoName
from tests.faults.kill_cases import (
    KillCase,
    OvertakeCase,
    SignalCase,
    TogetherCase,
    kill_cases,
    recorded_sites,
    try_case,
)
from tests.faults.stage import Site
from tests.sampling import whole

SEED = 20261122
BETA = RepoName("beta")
"""The one with a repository, an environment and Dependabot to write to."""
_PUT = "PUT /repos/acme/beta"
KILLS = [
    whole(KillCase(Site("beta", "iam:CreateAccessKey", 1), "after")),
    KillCase(Site("beta", f"{_PUT}/actions/secrets/AWS_ACCESS_KEY_ID", 1), "after"),
    whole(KillCase(Site("beta", "iam:UpdateAccessKey", 1), "after", again=True)),
]


@lru_cache(maxsize=1)
def sites() -> list[Site]:
    return recorded_sites(BETA)


@pytest.mark.parametrize("case", KILLS, ids=str)
def test_a_process_killed_where_it_hurts_most_is_repaired_by_the_next(case: KillCase) -> None:
    assert try_case(case, BETA), "the call site was not reached"


def test_a_process_killed_anywhere_is_repaired_by_the_next() -> None:
    case = random.Random(SEED).choice(list(kill_cases(sites())))
    # How often the lock is looked at depends on the time that calls take.
    assert try_case(case, BETA) or case.site.name == "iam:GetUser", f"{case} was not reached"


@pytest.mark.parametrize(
    ("name", "number"),
    [
        whole("iam:CreateAccessKey", signal.SIGTERM),
        (f"{_PUT}/environments/staging/secrets/AWS_ACCESS_KEY_ID", signal.SIGINT),
    ],
)
def test_a_wish_to_stop_is_granted_soon_and_breaks_nothing(name: str, number: signal.Signals) -> None:
    site = next(site for site in sites() if site.name == name)
    assert try_case(SignalCase(site, number), BETA), "the call site was not reached"


def test_a_process_that_comes_while_another_stands_still_breaks_nothing() -> None:
    site = next(site for site in sites() if site.name == f"{_PUT}/actions/secrets/AWS_SECRET_ACCESS_KEY")
    assert try_case(OvertakeCase(site, "before"), BETA), "the call site was not reached"


@pytest.mark.whole
def test_two_processes_at_once_break_nothing() -> None:
    assert try_case(TogetherCase(0.1), BETA)
