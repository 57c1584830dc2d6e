"""`cellenics adopt-oidc` as people and scripts run it, against an organisation on its way from keys to roles."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import cellenics_ci
from cellenics_ci.cli.app import main
from cellenics_ci.sandbox.aws.calls import AwsCall, Refusal
from cellenics_ci.sandbox.running import Sandbox
from cellenics_ci.sandbox.world import load_world
from tests.needs import needs

SCHEMA = json.loads((Path(cellenics_ci.__file__).parent / "cli/views/adoption.schema.json").read_text("utf-8"))
SCRIPT = "import sys; from cellenics_ci.cli.app import main; sys.exit(main())"
ORG = "hms-dbmi-cellenics"
MOVING = ("api", "docs", "iac", "pipeline", "preview", "ui", "worker")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(load_world(Path("moving"))) as running:
        os.environ.update(running.environment())
        yield running


def adopt(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["adopt-oidc", *words])
    told = capsys.readouterr()
    return code, told.out, told.err


def document(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    _, out, err = adopt(capsys, "--format", "json", *words)
    assert out, err
    found: dict[str, Any] = json.loads(out)
    jsonschema.validate(found, SCHEMA)
    return found


def roles(sandbox: Sandbox) -> dict[str, Any]:
    """Return the server's own roles by name: trust, inline policies, tags, sessions."""
    iam = sandbox.aws.account.iam
    return {
        role.name: (
            json.loads(role.assume_role_policy_document),
            {name: json.loads(text) for name, text in role.policies.items()},
            {tag["Key"]: tag["Value"] for tag in role.tags},
            int(role.max_session_duration),
        )
        for role in iam.roles.values()
    }


def apply(sandbox: Sandbox, repo: str, patch: Path, folder: Path) -> None:
    """Apply a patch with git to what the repository holds, as a person with a clone would."""
    files = sandbox.github.state.repositories[ORG, repo].files
    for path, data in files.items():
        assert isinstance(data, bytes)
        (folder / repo / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / repo / path).write_bytes(data)
    subprocess.run([needs("git"), "apply", "--whitespace=error", str(patch)], cwd=folder / repo, check=True)
    for path in files:
        files[path] = (folder / repo / path).read_bytes()


def test_an_organisation_moves_from_keys_to_roles(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    keys = {user: sandbox.aws.account.keys(user) for user in sandbox.aws.account.users()}
    first = document(capsys, "--yes", "--patch", str(tmp_path / "patches"))
    found = {each["repository"]: each for each in first["outcomes"]}
    assert {name for name, each in found.items() if each["outcome"] == "adopted"} == set(MOVING)
    assert "may read the key" in found["notebooks"]["reason"]
    assert set(roles(sandbox)) == {f"ci-role-{name}" for name in MOVING}
    for name in MOVING:
        if found[name]["patch_file"]:
            apply(sandbox, name, Path(found[name]["patch_file"]), tmp_path)
    second = document(capsys, "--yes")
    assert {each["repository"] for each in second["outcomes"] if each["outcome"] == "unchanged"} == set(MOVING)
    assert [each["patch"] for each in second["outcomes"]] == [None] * 8
    # Nothing was taken away.
    assert {user: sandbox.aws.account.keys(user) for user in sandbox.aws.account.users()} == keys
    # Nothing reads a key any more, but for the one that nobody can tell of.
    capsys.readouterr()
    main(["rotate-ci", "--dry-run", "--format", "json"])
    planned = [each for each in json.loads(capsys.readouterr().out)["outcomes"] if each["outcome"] == "planned"]
    assert [each["repository"] for each in planned] == ["notebooks"]


def test_a_dry_run_shows_the_plan_and_changes_nothing(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    before = roles(sandbox)
    code, out, err = adopt(capsys, "--dry-run")
    assert code == 1 and err == ""
    out = " ".join(out.split())
    assert "This is a dry run: nothing is changed." in out
    assert "repo:hms-dbmi-cellenics@1001/worker@" in out
    assert "pull_request_target reaches AWS credentials at .github/workflows/preview.yaml:6" in out
    assert "the subjects repo:hms-dbmi-cellenics/*" in out
    assert "+ id-token: write" in out
    assert roles(sandbox) == before
    planned = document(capsys, "--dry-run", "ui")
    trust = next(each for each in planned["outcomes"] if each["repository"] == "ui")["plan"]["trust"]
    assert trust["branches"] == ["master"] and trust["tags"] == ["*"] and trust["pull_requests"]
    assert roles(sandbox) == before


def test_without_a_terminal_it_wants_a_yes(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    before = roles(sandbox)
    code, _, err = adopt(capsys, "ui")
    assert code == 2 and "--yes" in err
    assert roles(sandbox) == before


def test_a_provider_that_may_not_be_made_stops_everything(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    sandbox.aws.account.iam.open_id_providers.clear()
    before = roles(sandbox)

    def refuse(call: AwsCall) -> None:
        if call.action == "CreateOpenIDConnectProvider":
            raise Refusal("AccessDenied", "no")

    sandbox.aws.before_call.append(refuse)
    found = document(capsys, "--yes", "docs", "ui")
    assert found["provider_change"] == "create"
    told = found["outcomes"]
    assert [each["outcome"] for each in told] == ["skipped", "skipped"]
    assert "iam:CreateOpenIDConnectProvider" in told[0]["reason"]
    assert roles(sandbox) == before


@pytest.mark.parametrize("action", ["PutRolePolicy"])
def test_a_process_killed_in_the_middle_is_finished_by_the_next(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str], action: str
) -> None:
    process: list[subprocess.Popen[bytes]] = []

    def kill(call: AwsCall) -> None:
        if call.action == action and process:
            process[0].kill()

    begun: list[AwsCall] = []
    ended: list[AwsCall] = []
    sandbox.aws.before_call.extend([begun.append, kill])
    sandbox.aws.after_call.append(lambda call, _: ended.append(call))
    command = [sys.executable, "-c", SCRIPT, "adopt-oidc", "--yes", "--jobs", "2", "api", "ui"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as started:
        process.append(started)
        assert started.wait(timeout=60) == -signal.SIGKILL
    # What was on its way when the process died is carried out: only then does the next run look.
    while len(ended) < len(begun):
        threading.Event().wait(0.01)
    sandbox.aws.before_call.clear()
    assert {each["outcome"] for each in document(capsys, "--yes", "api", "ui")["outcomes"]} <= {"adopted", "unchanged"}
    trust, policies, tags, session = roles(sandbox)["ci-role-api"]
    assert set(policies) == {"get-ecr-auth-token", "push-image"} and session == 7200
    assert "repo:hms-dbmi-cellenics/api:*" not in json.dumps(trust)
    assert tags["team"] == "imaging" and tags["cellenics-ci:repository"].startswith("hms-dbmi-cellenics/api@")
