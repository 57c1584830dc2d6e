"""`cellenics retire-ci` as people and scheduled workflows run it, with the servers' clock moved on for days."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import cellenics_ci
from cellenics_ci.cli.app import main
from cellenics_ci.model.names import UserName
from cellenics_ci.model.retirement_tag import Phase, read_retirement
from cellenics_ci.model.scopes import ACTIONS
from cellenics_ci.model.tags import LOCK_TAG, REPOSITORY_TAG
from cellenics_ci.sandbox.aws.calls import AwsCall, Refusal
from cellenics_ci.sandbox.clock import Clock
from cellenics_ci.sandbox.github.state import store_of
from cellenics_ci.sandbox.loopback import Response
from cellenics_ci.sandbox.running import Sandbox
from cellenics_ci.sandbox.world import load_world

SCHEMA = json.loads((Path(cellenics_ci.__file__).parent / "cli/views/retirement.schema.json").read_text("utf-8"))
DAY = 86_400.0
READER = """name: CI
on: push
jobs:
  push:
    steps:
      - run: push
        env: {K: "${{ secrets.AWS_ACCESS_KEY_ID }}"}
"""


CLOCK = Clock()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(load_world(Path(__file__).parent / "retirement.yaml"), clock=CLOCK) as running:
        os.environ.update(running.environment() | {"CELLENICS_SETTLE_SECONDS": "0"})
        yield running


def retire(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict[str, dict[str, Any]]:
    """Run it as a script does; returns the outcomes by repository."""
    ended = main(["retire-ci", "--yes", "--format", "json", *words])
    told = capsys.readouterr()
    assert ended == code, f"{told.out}\n{told.err}"
    found: dict[str, Any] = json.loads(told.out)
    jsonschema.validate(found, SCHEMA)
    return {each["repository"]: each for each in found["outcomes"]}


def phase(sandbox: Sandbox, user: str) -> Phase | None:
    noted = read_retirement(sandbox.aws.account.tags(user))
    return None if noted is None else noted.phase


def secrets(sandbox: Sandbox, repo: str) -> set[str]:
    repository = sandbox.github.state.repository("acme", repo)
    assert repository is not None
    return set(store_of(repository, ACTIONS).entries)


def test_a_user_is_watched_made_inactive_given_back_and_in_the_end_deleted(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    account, user = sandbox.aws.account, UserName("ci-user-moved")
    (key,) = account.active_keys(user)
    watched = retire(capsys, "moved")["moved"]
    assert watched["outcome"] == "waiting"
    assert watched["until"] is not None
    assert watched["evidence"]["role"] == "ci-role-moved"
    assert (account.active_keys(user), phase(sandbox, user)) == ((key,), Phase.WATCHING)
    # A rotation keeps its hands off, and a second run waits.
    assert main(["rotate-ci", "--yes", "moved"]) == 0
    assert "being retired" in capsys.readouterr().out
    assert retire(capsys, "moved")["moved"]["outcome"] == "waiting"
    CLOCK.advance(8 * DAY)
    assert retire(capsys, code=1)["moved"]["outcome"] == "waiting"
    assert (account.active_keys(user), phase(sandbox, user)) == ((), Phase.SOAKING)
    assert retire(capsys, "--undo", "moved")["moved"]["outcome"] == "restored"
    assert (account.active_keys(user), phase(sandbox, user)) == ((key,), Phase.KEPT)
    # No schedule begins it again; a person does, and the watch begins anew.
    assert "moved" not in retire(capsys, "--exclude", "attic", "--exclude", "gone", "--exclude", "shed")
    assert retire(capsys, "moved")["moved"]["outcome"] == "waiting"
    assert phase(sandbox, user) is Phase.WATCHING
    CLOCK.advance(8 * DAY)
    assert retire(capsys, "moved")["moved"]["retirement_pending"].startswith("inactive")
    CLOCK.advance(8 * DAY)
    gone = retire(capsys, "moved")["moved"]
    assert (gone["outcome"], gone["deleted_secrets"]) == ("retired", ["repository"])
    assert user not in account.users()
    assert secrets(sandbox, "moved") == {"DOCKERHUB_TOKEN"}


def test_a_schedule_takes_away_what_nothing_needs_and_nothing_else(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    first = retire(capsys, "--ignore-scope", "repository", "--exclude", "moved")
    assert "gone" not in first
    # A repository that nobody sees is for a person to begin with; the schedule goes on.
    retire(capsys, "gone")
    for _ in range(4):
        outcomes = retire(capsys, "--ignore-scope", "repository", "--exclude", "moved")
        assert "needs-attention" not in {each["outcome"] for each in outcomes.values()}
        CLOCK.advance(8 * DAY)
    left = {user for user in sandbox.aws.account.users() if user.startswith("ci-user-")}
    assert left == {"ci-user-moved", "ci-user-reader", "ci-user-stranger", "ci-user-other"}
    # Where the pair was to be left alone, or may not be changed, it is still there.
    assert secrets(sandbox, "shed") == secrets(sandbox, "attic") == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}


def test_secrets_that_nobody_has_noted_as_ours_leave_the_user_out(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    left = retire(capsys, "shed", code=1)["shed"]
    assert "--ignore-scope repository" in left["next_step"]
    assert sandbox.aws.account.active_keys("ci-user-shed")


def test_a_repository_that_reads_its_key_is_refused_with_the_place(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    left = retire(capsys, "reader", "--now", code=1)["reader"]
    assert ".github/workflows/ci.yaml:10" in left["reason"]
    assert sandbox.aws.account.active_keys("ci-user-reader")
    assert LOCK_TAG not in sandbox.aws.account.tags("ci-user-reader")


def test_a_push_that_brings_the_key_back_while_it_is_inactive_calls_a_person(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    retire(capsys, "moved", "--unused-for", "0")
    repository = sandbox.github.state.repository("acme", "moved")
    assert repository is not None
    repository.files[".github/workflows/new.yaml"] = READER.encode()
    CLOCK.advance(8 * DAY)
    urgent = retire(capsys, "moved", code=3)["moved"]
    assert ".github/workflows/new.yaml:7" in urgent["reason"]
    assert urgent["next_step"] == "cellenics retire-ci --undo moved"
    main(["retire-ci", "--dry-run", "moved"])
    told = capsys.readouterr().out
    assert "a workflow of moved reads a key: .github/workflows/new.yaml:7" in " ".join(told.split())
    assert "no workflow of moved reads" not in told
    assert main(["audit", "--only", "retirement-*", "--fail-on", "error", "moved"]) == 1
    assert "cellenics retire-ci --undo moved" in capsys.readouterr().out
    assert main([*urgent["next_step"].split()[1:], "--yes"]) == 0
    assert sandbox.aws.account.active_keys("ci-user-moved")
    assert len(secrets(sandbox, "moved")) == 3


def test_runs_that_failed_since_the_key_is_inactive_are_shown(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    retire(capsys, "moved", "--unused-for", "0")
    CLOCK.advance(DAY)
    repository = sandbox.github.state.repository("acme", "moved")
    assert repository is not None
    now = int(CLOCK())
    sandbox.github.state.add_run(repository, created_at=now, status="completed", conclusion="failure")
    assert len(retire(capsys, "moved")["moved"]["failed_runs"]) == 1
    main(["retire-ci", "--dry-run", "moved"])
    assert "was it needed after all" in capsys.readouterr().out


def test_a_key_that_was_made_active_by_hand_is_watched_anew(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    account = sandbox.aws.account
    retire(capsys, "moved", "--unused-for", "0")
    (key,) = account.keys("ci-user-moved")
    account.iam.update_access_key("ci-user-moved", key.id, "Active")
    CLOCK.advance(8 * DAY)
    begun = retire(capsys, "moved")["moved"]
    assert "active again" in begun["reason"]
    assert (account.active_keys("ci-user-moved"), phase(sandbox, "ci-user-moved")) == ((key.id,), Phase.WATCHING)


def test_deleting_at_once_wants_the_name_typed(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    left = retire(capsys, "--now", "gone", code=1)["gone"]
    assert "retire-ci --now gone on a terminal" in left["reason"]
    assert sandbox.aws.account.active_keys("ci-user-gone")


def test_a_user_that_nobody_noted_as_ours_goes_only_when_it_is_named(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "stranger" not in retire(capsys, "strang*")
    assert retire(capsys, "stranger")["stranger"]["outcome"] == "waiting"
    assert retire(capsys, "other", code=1)["other"]["outcome"] == "skipped"
    assert sandbox.aws.account.active_keys("ci-user-other")


def test_a_renamed_repository_is_found_by_its_id(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    repository = sandbox.github.state.repository("acme", "reader")
    assert repository is not None
    sandbox.aws.account.add_tags("ci-user-gone", {REPOSITORY_TAG: f"acme/gone@{repository.id}"})
    left = retire(capsys, "gone", code=1)["gone"]
    assert "(reader by now)" in left["reason"]
    assert sandbox.aws.account.active_keys("ci-user-gone")


def test_a_right_that_is_missing_ends_a_step_and_the_next_run_goes_on(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    def denied(call: AwsCall) -> Response | None:
        if call.name == "iam:DeleteAccessKey":
            return Refusal("AccessDenied", "no", 403).response(call)
        return None

    retire(capsys, "gone")
    CLOCK.advance(8 * DAY)
    sandbox.aws.before_call.append(denied)
    ended = retire(capsys, "gone", code=1)["gone"]
    assert ended["outcome"] == "unfinished"
    assert "iam:DeleteAccessKey" in ended["next_step"]
    assert LOCK_TAG not in sandbox.aws.account.tags("ci-user-gone")
    sandbox.aws.before_call.clear()
    assert retire(capsys, "gone")["gone"]["outcome"] == "retired"


def test_the_plan_shows_what_speaks_for_it(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    os.environ["COLUMNS"] = "200"
    assert main(["retire-ci", "--dry-run", "moved"]) == 0
    told = capsys.readouterr().out
    for evidence in (
        "no workflow of moved reads a key",
        "last used 1 d ago (ecr in us-east-1)",
        "ci-role-moved last used",
    ):
        assert evidence in told
    assert phase(sandbox, "ci-user-moved") is None
