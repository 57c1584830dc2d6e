"""Layers (e) and (f), sampled: faults at the calls of a deploy key's rotation. `make faults` tries all of them."""

from __future__ import annotations

import random

import pytest

from tests.faults.cluster_cases import FaultCase, ProcessCase, fault_cases, try_case
from tests.faults.cluster_kinds import SPOTS
from tests.faults.cluster_stage import Spot
from tests.needs import needs
from tests.sampling import whole

SEED = 20261122
WRITES_THE_PAIR = Spot("cluster", "PATCH secrets", 2)
NAMED = (FaultCase(WRITES_THE_PAIR, "422", for_good=True), ProcessCase(WRITES_THE_PAIR, "kill", "after"))
ANYWHERE = random.Random(SEED).choice([case for case in fault_cases(SPOTS) if not case.for_good])


@pytest.mark.parametrize("case", [*NAMED, whole(ANYWHERE)], ids=str)
def test_one_fault_at_a_call_breaks_nothing(case: FaultCase | ProcessCase) -> None:
    needs("git")
    needs("sshd")
    assert try_case(case), "the call site was not reached"
