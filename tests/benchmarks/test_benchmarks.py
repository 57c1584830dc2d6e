"""The benchmarks run, and measure what they say: tried with a few repositories, and never for the time it takes."""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks.__main__ import main
from benchmarks.organization import Size, Users, world
from benchmarks.report import Row
from benchmarks.rotation import _measure
from benchmarks.servers import request_name, servers
from benchmarks.survey import discovery_requests
from benchmarks.tool import clean_environment

SMALL = Size(6, 2)


@pytest.mark.whole
def test_measures_and_says_which_targets_are_met(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["startup", "--small", "--repeat", "1"]) == 0
    shown = capsys.readouterr().out
    assert "times the bare application" in shown
    assert "over their targets" in shown or "Every target is met" in shown


@pytest.mark.whole
def test_surveys_and_says_what_it_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["survey", "audit", "--small", "--repeat", "1"]) == 0
    shown = capsys.readouterr().out
    assert "first rows, from the start of the program" in shown
    assert "GitHub requests for the discovery" in shown


@pytest.mark.whole
@pytest.mark.parametrize("users", [Users.NEW])
def test_rotates_every_kind_of_user_and_counts_the_calls(users: Users) -> None:
    found = _measure(Size(SMALL.repositories, SMALL.declaring, users), settle=0.0, repeat=1)
    assert found.aws["iam:CreateAccessKey"] == SMALL.declaring
    assert found.github["PUT /repos/R/actions/secrets/NAME"] == 2 * SMALL.declaring
    assert found.aws["iam:CreateUser"] == (SMALL.declaring if users is Users.NEW else 0)
    assert found.beside == found.wall > 0
    assert found.runs[0].memory > 1


def test_an_organisation_has_the_deploy_keys_that_were_asked_for() -> None:
    keys = [len(repository.deploy_keys) for repository in world(Size(1000, 285, deploy_keys=300)).repositories]
    assert (sum(keys), max(keys), keys.count(0)) == (300, 2, 750)


@pytest.mark.whole
def test_keys_are_pressed_on_a_screen_and_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["screen", "--small"]) == 0
    shown = capsys.readouterr().out
    assert "a letter of a filter, until it is painted" in shown
    assert "12 repositories, 2 CI users" in shown


@pytest.mark.whole
def test_servers_forget_what_was_taken_from_them() -> None:
    with servers(SMALL, latency=0.0) as both:
        assert both.environment["AWS_ENDPOINT_URL"] != both.environment["GITHUB_API_URL"]
        assert both.aws.take().requests == Counter()


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/repos/o/r/actions/secrets/AWS_ACCESS_KEY_ID", "GET /repos/R/actions/secrets/NAME"),
        ("/repos/o/r/actions/secrets/public-key", "GET /repos/R/actions/secrets/public-key"),
        ("/repos/o/r/dependabot/secrets", "GET /repos/R/dependabot/secrets"),
        ("/orgs/o/actions/secrets", "GET /orgs/O/actions/secrets"),
        ("/graphql", "GET /graphql"),
    ],
)
def test_names_requests_by_their_kind(path: str, name: str) -> None:
    assert request_name("GET", path) == name


def test_discovery_is_what_is_not_about_one_repository() -> None:
    assert discovery_requests(Counter({"POST /graphql": 10, "GET /repos/R/actions/secrets": 30})) == 10


@pytest.mark.parametrize(("measured", "verdict"), [(24, "ok"), (24.1, "OVER")])
def test_a_figure_above_its_target_is_over(measured: float, verdict: str) -> None:
    assert Row("calls", measured, target=24).verdict == verdict
    assert Row("calls", measured).verdict == ""


def test_the_tool_is_measured_without_the_machines_own_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("GH_TOKEN", "x")
    assert not clean_environment({}).keys() & {"AWS_PROFILE", "GH_TOKEN"}
