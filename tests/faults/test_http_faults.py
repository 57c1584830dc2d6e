"""Layer (c), sampled: a fault between the real command and the servers. `make faults` tries all of them."""

from __future__ import annotations

import random
from functools import lru_cache

import pytest

from cellenics_ci.model.names import CI_TOKEN_SECRET
from tests.faults.http_cases import HttpCase, http_cases, recorded_sites, try_case
from tests.faults.organization import SCOPES
from tests.faults.stage import Site
from tests.sampling import whole

SEED = 20261122
SAMPLE = 3
_BETA = "/repos/acme/beta"
NAMED = [
    HttpCase(Site("beta", "iam:CreateAccessKey", 1), "drop after"),
    HttpCase(Site("beta", f"PUT {_BETA}/actions/secrets/AWS_SECRET_ACCESS_KEY", 1), "403 wait"),
    HttpCase(Site("gamma", "iam:CreateUser", 1), "drop after"),
]


@lru_cache(maxsize=1)
def sites() -> list[Site]:
    return recorded_sites()


def test_an_undisturbed_run_delivers_each_pair_in_one_go() -> None:
    """Asserted while it is recorded; here, that the record has every side of the run."""
    names = {(site.repository, site.name) for site in sites()}
    assert {repository for repository, _ in names} == {"", *SCOPES}
    assert ("gamma", "iam:CreateUser") in names
    assert ("beta", f"PUT {_BETA}/actions/secrets/{CI_TOKEN_SECRET}") in names
    assert len(list(http_cases(sites()))) > 1000


@pytest.mark.parametrize("case", NAMED, ids=str)
def test_one_fault_where_it_hurts_most_breaks_nothing(case: HttpCase) -> None:
    assert try_case(case), "the call site was not reached"


@pytest.mark.parametrize("number", [0, *map(whole, range(1, SAMPLE))])
def test_one_fault_anywhere_breaks_nothing(number: int) -> None:
    once = [case for case in http_cases(sites()) if not case.for_good]
    case = random.Random(SEED + number).choice(once)
    # How often a new key is tried, and lock and dates are looked at, depends on the time that calls take.
    again = case.site.name in ("sts:GetCallerIdentity", "iam:GetUser") or case.site.turn > 3
    assert try_case(case) or again, f"{case} was not reached"


def test_a_second_half_that_is_refused_for_good_calls_a_person_and_is_repaired() -> None:
    """All four repositories: the others are rotated although the second wave has one that fails."""
    site = Site("beta", f"PUT {_BETA}/actions/secrets/AWS_SECRET_ACCESS_KEY", 1)
    assert try_case(HttpCase(site, "denied", for_good=True), tuple(SCOPES))
