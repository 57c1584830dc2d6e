"""How repositories get their AWS rights, and how far the organisation has come."""

from __future__ import annotations

import pytest

from cellenics_ci.audit.rights import Rights
from cellenics_ci.audit.rows import make_listing
from cellenics_ci.cli.views.audit_words import progress_line
from tests.audit.making import ASSUMES_ROLE, LIMITS, READS_KEY, repository, snapshot


@pytest.mark.parametrize(
    ("workflow", "rights"),
    [
        (ASSUMES_ROLE, Rights.ROLE),
        (READS_KEY, Rights.KEY),
        (f"{READS_KEY}\n{ASSUMES_ROLE}", Rights.BOTH),
        ("on: push", Rights.NONE),
        (None, Rights.UNKNOWN),
    ],
)
def test_a_row_says_what_its_workflows_take_credentials_with(workflow: str | None, rights: Rights) -> None:
    (row,) = make_listing(snapshot(repository(workflow=workflow)), LIMITS).repositories
    assert row.rights is rights


def test_progress_counts_the_repositories_that_declare_privileges() -> None:
    parts = (
        repository("a", workflow=ASSUMES_ROLE),
        repository("b", workflow=READS_KEY),
        repository("c", workflow=f"{READS_KEY}\n{ASSUMES_ROLE}"),
        repository("d", workflow="on: push"),
        repository("e", workflow=READS_KEY, ci_yaml=None),
    )
    line = progress_line(make_listing(snapshot(*parts), LIMITS))
    assert line == "AWS rights of 4 repositories: 1 by role, 1 by role and key, 1 by key, 1 take none."


def test_without_declared_privileges_there_is_no_progress() -> None:
    assert progress_line(make_listing(snapshot(repository(ci_yaml=None)), LIMITS)) == ""
