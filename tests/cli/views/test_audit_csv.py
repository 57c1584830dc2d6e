"""No cell of the CSV is ever taken for a formula."""

from __future__ import annotations

import csv
import io

import pytest

from cellenics_ci.audit.findings import Finding, Kind, Severity, Subject
from cellenics_ci.audit.listing import Listing
from cellenics_ci.cli.views.audit_csv import HEADER, csv_text
from cellenics_ci.model.names import OrgName


def row(name: str) -> list[str]:
    finding = Finding(
        "deploy-key-old",
        Severity.WARNING,
        Subject(Kind.DEPLOY_KEY, name),
        "it is 91 d old",
        "gh one && \\\n  gh two",
        ("first", "second"),
    )
    header, only = csv.reader(io.StringIO(csv_text(Listing(OrgName("acme"), 0.0, findings=(finding,)))))
    assert tuple(header) == HEADER
    return only


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)"])
def test_a_name_that_looks_like_a_formula_is_text(name: str) -> None:
    assert row(name)[3] == f"'{name}"


def test_control_characters_are_written_out() -> None:
    assert row("a\x1b[31mb")[3] == "a\\x1b[31mb"


def test_a_command_on_several_lines_becomes_one_line_that_does_the_same() -> None:
    assert row("plain")[7] == "gh one && gh two"


def test_evidence_is_one_cell() -> None:
    assert row("plain")[6] == "first; second"
