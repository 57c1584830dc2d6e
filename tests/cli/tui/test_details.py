"""What is told about a row, what is run for it, and what is written of everything."""

from __future__ import annotations

import io
import json
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cellenics_ci.cli.tui import lines
from cellenics_ci.cli.tui.cells import Tone
from cellenics_ci.cli.tui.detail_text import detail
from cellenics_ci.cli.tui.entries import Entry, Tab, Taken
from cellenics_ci.cli.tui.errands import Errand, NoErrand, adoption, retirement, rotation
from cellenics_ci.cli.tui.export import export, proposed
from cellenics_ci.cli.tui.outside import carry_out
from cellenics_ci.errors import CallFailed, Failure, UsageProblem
from cellenics_ci.survey.aws import Unreadable
from tests.audit.making import PUBLIC, cluster, deploy_key, releases, repository, snapshot
from tests.cli.tui.organization import STAGING, small, taken
from tests.cli.tui.sessions import PreparedSession

TAKEN = taken()


def entry(name: str, part: Tab = Tab.REPOSITORIES) -> Entry:
    return next(each for each in TAKEN.entries[part] if each.name == name)


def texts(name: str, part: Tab = Tab.REPOSITORIES, tone: Tone | None = None) -> list[str]:
    return [line.text for line in detail(entry(name, part), TAKEN) if tone in (None, line.tone)]


def test_a_drift_is_shown_with_its_diff_and_what_to_type() -> None:
    assert any(text.startswith("▲ warning policy-drift: ") for text in texts("api"))
    assert any(text.startswith("+") for text in texts("api", tone=Tone.GOOD))
    assert "cellenics rotate-ci --max-age 90d api" in texts("api", tone=Tone.COMMAND)


def test_keys_are_told_with_their_last_use() -> None:
    assert any("made 400 d ago, last used 200 d ago (ecr in us-east-1)" in text for text in texts("worker"))


def test_what_could_not_be_read_is_told_with_its_reason() -> None:
    assert any(text.startswith("? ") and "iam:ListAccessKeys" in text for text in texts("lab"))


@pytest.mark.parametrize("part", Tab)
def test_every_finding_of_a_row_is_told_with_its_commands(part: Tab) -> None:
    for each in TAKEN.entries[part]:
        told = detail(each, TAKEN)
        assert [line.finding for line in told if line.heads] == list(range(len(each.row.findings)))
        typed = "\n".join(line.text for line in told if line.tone is Tone.COMMAND)
        assert typed == "\n".join(finding.remedy for finding in each.row.findings)


def test_a_row_that_is_not_read_to_the_end_is_not_called_fine() -> None:

    part = taken(replace(snapshot(), complete=False))
    told = [line.text for line in detail(part.entries[Tab.REPOSITORIES][0], part)]
    assert told[0] == "Nothing found yet: not everything has been read."


def test_findings_of_no_row_have_one_of_their_own() -> None:
    assert [(each.name, each.row.worst) for each in TAKEN.entries[Tab.ORGANIZATION]] != []
    found = [finding for part in Tab for each in TAKEN.entries[part] for finding in each.row.findings]
    assert set(found) == set(TAKEN.listing.findings)


def test_users_of_repositories_that_could_not_be_read_have_a_row_with_their_keys() -> None:
    blind = taken(replace(small(), repositories={}, known_names=frozenset(), listing=Unreadable("GitHub refused it.")))
    found = next(each for each in blind.entries[Tab.ORGANIZATION] if each.name == "ci-user-worker")
    assert any("made 400 d ago" in line.text for line in detail(found, blind) if line.text.startswith("Key: "))


def test_a_repository_gets_a_new_key_by_rotate_ci() -> None:
    assert rotation(entry("ui"), TAKEN) == Errand(("rotate-ci", "ui"))


@pytest.mark.parametrize(
    ("choose", "command"), [(rotation, "rotate-ci"), (adoption, "adopt-oidc"), (retirement, "retire-ci")]
)
def test_a_name_that_begins_with_a_dash_is_no_option(
    choose: Callable[[Entry, Taken], Errand | NoErrand], command: str
) -> None:
    odd = taken(snapshot(repository("-rf")))
    assert choose(odd.entries[Tab.REPOSITORIES][0], odd) == Errand((command, "--", "-rf"))


def test_a_deploy_key_of_flux_gets_a_new_one_and_its_cluster_is_asked_for_where_it_is_not_known() -> None:
    assert rotation(entry(STAGING, Tab.DEPLOY_KEYS), TAKEN) == Errand(("rotate-deploy-key",), STAGING)


def test_the_cluster_that_holds_a_deploy_key_is_named() -> None:
    held = taken(snapshot(releases(deploy_key("anything", public=PUBLIC[0])), cluster()))
    found = rotation(held.entries[Tab.DEPLOY_KEYS][0], held)
    assert found == Errand(("rotate-deploy-key", "--context", "staging"))


@pytest.mark.parametrize(("typed", "more"), [("staging\n", ("--context", "staging")), ("\n", ()), ("", ())])
def test_the_cluster_that_is_named_is_worked_on(
    typed: str, more: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    session = PreparedSession(small())
    carry_out(Errand(("rotate-deploy-key",), STAGING), session)
    assert session.ran == [("rotate-deploy-key", *more)]
    told = capsys.readouterr()
    assert told.out.startswith(f"$ cellenics rotate-deploy-key{' --context staging' if more else ''}\n")
    assert f"holds {STAGING}" in " ".join(told.err.split())


def test_nothing_is_run_for_a_key_that_is_not_fluxs_nor_for_an_orphan() -> None:
    assert isinstance(rotation(entry("mirror", Tab.DEPLOY_KEYS), TAKEN), NoErrand)
    assert isinstance(rotation(TAKEN.entries[Tab.ORPHANS][0], TAKEN), NoErrand)


def test_an_export_is_what_the_command_writes_and_for_nobody_else_to_read(tmp_path: Path) -> None:
    path = export(TAKEN, str(tmp_path / proposed(TAKEN)))
    document = json.loads(path.read_text("utf-8"))
    assert document["organization"] == "acme"
    assert len(document["repositories"]) == 8
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    table = export(TAKEN, str(tmp_path / "found.csv")).read_bytes()
    assert table.startswith(b"severity,rule,")
    assert table.count(b"\r\n") == 1 + len(document["findings"])


@pytest.mark.parametrize(
    ("name", "reason"),
    [("there.json", "is there already"), ("missing/a.csv", "can't be made"), ("a.txt", "ending"), ("", "ending")],
)
def test_an_export_overwrites_nothing_and_says_why(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "there.json").write_text("mine")
    with pytest.raises(UsageProblem, match=reason):
        export(TAKEN, str(tmp_path / name) if name else "")
    assert (tmp_path / "there.json").read_text() == "mine"
    assert [each.name for each in tmp_path.iterdir()] == ["there.json"]


@pytest.mark.parametrize("target", ["~nobody-of-this-name/a.csv", "a\0.csv", "a\ud800.csv"])
def test_an_export_to_what_can_be_no_file_is_refused(target: str) -> None:
    with pytest.raises(UsageProblem):
        export(TAKEN, target)


def test_progress_is_told_in_counts() -> None:

    read = {"repositories": (1000, 0), "keys": (3, 300), "nothing": (0, 0)}
    assert lines.reading(replace(TAKEN.listing, read=read)) == (
        "Reading GitHub and AWS … 1,000 repositories, 3 of 300 keys"
    )


def test_a_failure_is_told_with_the_age_of_what_is_shown() -> None:
    failed = CallFailed(Failure.UNKNOWN, "GitHub did not answer.")
    assert lines.trouble(TAKEN, failed) == (
        "✖ Could not be read: GitHub did not answer. What is shown is as of 08:00:00 UTC; R reads again."
    )
    assert lines.trouble(TAKEN, None) == ""


def test_a_source_that_could_not_be_read_is_told() -> None:

    blind = taken(replace(small(), account=Unreadable("AWS refused it.")))
    assert lines.trouble(blind, None) == "✖ The CI users could not be read: AWS refused it; 4 shows it."
