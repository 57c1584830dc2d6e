"""Layer (g): real processes of a retirement, killed where it hurts most, and runs that go on."""

from __future__ import annotations

import pytest

from tests.faults.retirement_cases import RetireKillCase, try_case
from tests.faults.stage import Site
from tests.sampling import whole

SECRET = "DELETE /repos/acme/moved/actions/secrets/AWS_ACCESS_KEY_ID"


@pytest.mark.parametrize(
    "case",
    [
        whole(RetireKillCase(Site("moved", "iam:UpdateAccessKey", 1), "after", soaked=False)),
        RetireKillCase(Site("moved", SECRET, 1), "after", soaked=True),
    ],
    ids=str,
)
def test_a_retirement_killed_where_it_hurts_most_is_brought_to_its_end_by_the_next_runs(case: RetireKillCase) -> None:
    assert try_case(case), "the call site was not reached"
