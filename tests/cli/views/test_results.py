"""What belongs to a result, and in which order."""

from __future__ import annotations

from cellenics_ci.cli.views.results import results_of
from cellenics_ci.model.names import RepoName
from cellenics_ci.run.outcome import Status
from tests.cli.views.making import left, outcome, plan

EVERYTHING = plan(
    left_out=(
        left("broken", "no YAML", "mend it"),
        left("young", "its key is 2 d old, younger than 60 d", fault=False),
        left("oidc", "its workflows assume a role", "--force", fault=False),
        left("old", "is archived", fault=False),
    )
)
DECLARING = {RepoName("broken"), RepoName("young"), RepoName("oidc"), RepoName("api")}


def test_what_a_plan_left_out_is_skipped_unchanged_or_not_ours() -> None:
    results = results_of(EVERYTHING, (), DECLARING)
    assert {each.repository: each.status for each in results.outcomes} == {
        "broken": Status.SKIPPED,
        "oidc": Status.SKIPPED,
        "young": Status.UNCHANGED,
    }
    assert [each.repo for each in results.not_ours] == ["old"]


def test_a_fault_counts_even_where_nobody_knows_whether_it_declares_anything() -> None:
    results = results_of(plan(left_out=(left("gone", "could not be read"),)), (), frozenset())
    assert [each.status for each in results.outcomes] == [Status.SKIPPED]


def test_what_needs_a_person_comes_first_and_what_was_skipped_last() -> None:
    ends = [outcome(status.value, status) for status in (Status.UNCHANGED, Status.ROTATED, Status.ROLLED_BACK)]
    results = results_of(EVERYTHING, [*ends, outcome("x", Status.NEEDS_ATTENTION)], DECLARING)
    statuses = [each.status for each in results.outcomes]
    assert statuses[:3] == [Status.NEEDS_ATTENTION, Status.ROLLED_BACK, Status.ROTATED]
    assert statuses[-1] is Status.SKIPPED


def test_a_repository_is_told_once_though_it_was_both_left_out_and_worked_on() -> None:
    results = results_of(EVERYTHING, [outcome("broken")], DECLARING)
    assert [each.repository for each in results.outcomes].count(RepoName("broken")) == 1
