"""`cellenics guard-releases` as a workflow and a person run it, against the sandbox's organisation."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

import cellenics_ci
from cellenics_ci.cli.app import main
from cellenics_ci.sandbox.github import Repository
from cellenics_ci.sandbox.github.pulls import open_pull
from cellenics_ci.sandbox.running import Sandbox
from cellenics_ci.sandbox.world import load_world

SCHEMA = json.loads((Path(cellenics_ci.__file__).parent / "cli/views/guard-releases.schema.json").read_text("utf-8"))
ORG = "hms-dbmi-cellenics"


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    sandbox = Sandbox(load_world(), folder=tmp_path_factory.mktemp("sandbox"))
    # No cluster is asked here, and sshd takes its time.
    sandbox.flux = None
    with sandbox as running:
        yield running


@pytest.fixture
def sandbox(shipped: Sandbox) -> Sandbox:
    os.environ.update(shipped.environment())
    return shipped


def releases(sandbox: Sandbox) -> Repository:
    found = sandbox.github.state.repository(ORG, "releases")
    assert found is not None
    return found


def workflow(number: int) -> None:
    """Set the variables of a workflow on a pull request."""
    file = Path(os.environ["CELLENICS_SERVICES"]) / "releases/actions" / f"pull-{number}.env"
    for line in file.read_text().splitlines():
        variable, _, value = line.removeprefix("export ").partition("=")
        os.environ[variable] = value.strip("'")


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["guard-releases", *words])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_a_workflow_lets_documentation_pass_and_closes_the_rest(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    os.environ["GITHUB_STEP_SUMMARY"] = str(tmp_path / "summary")
    results = []
    for number in (1, 2, 3):
        workflow(number)
        code, out, _ = run(capsys, "--format", "json")
        told = json.loads(out)
        jsonschema.validate(told, SCHEMA)
        results.append((code, told["ruling"], [each["path"] for each in told["refused"]], len(told["done"])))
    assert results == [
        (0, "allowed", [], 0),
        (1, "refused", ["production/ui.yaml"], 2),
        (1, "refused", ["staging/notes.yaml"], 2),
    ]
    found = releases(sandbox).pulls[:3]
    assert [(pull.state, len(pull.comments)) for pull in found] == [("open", 0), ("closed", 1), ("closed", 1)]
    assert "staging/notes.yaml" in (tmp_path / "summary").read_text()


def test_a_dry_run_and_both_noes_leave_everything_as_it_is(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    pull = open_pull(sandbox.github.state, releases(sandbox), "bob", {"production/`@ada` <b>.yaml": b"a: 1\n"})
    by_hand = ("--repository", f"{ORG}/releases", "--pull-request", str(pull.number))
    for options in (("--dry-run",), ("--no-comment", "--no-close")):
        code, out, _ = run(capsys, *by_hand, *options)
        assert code == 1
        assert "refused" in out
    assert (pull.state, pull.comments) == ("open", [])
    run(capsys, *by_hand, "--no-close")
    (comment,) = pull.comments
    assert pull.state == "open"
    # A file's name is neither a mention nor markup.
    assert "<code>production/&#96;&#64;ada&#96; &#60;b&#62;.yaml</code>" in comment.body
    assert run(capsys, *by_hand, "--dry-run", "--allow", "production/*")[0] == 0


def test_a_merge_group_fails_its_check_and_nobody_is_spoken_to(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pull = open_pull(sandbox.github.state, releases(sandbox), "bob", {"production/x.yaml": b"a: 1\n"})
    group = {"base_sha": pull.head.parents[0], "head_sha": pull.head.oid}
    (tmp_path / "event.json").write_text(json.dumps({"merge_group": group}))
    os.environ |= {
        "GITHUB_EVENT_NAME": "merge_group",
        "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
        "GITHUB_REPOSITORY": f"{ORG}/releases",
    }
    code, out, _ = run(capsys, "--format", "json")
    told = json.loads(out)
    jsonschema.validate(told, SCHEMA)
    assert (code, told["ruling"], told["pull_request"], told["done"]) == (1, "refused", None, [])
    assert pull.state == "open"


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("push", {}),
        ("", {}),
        ("pull_request_target", {}),
        ("pull_request_target", []),
        ("pull_request", {"pull_request": {"number": True, "head": {"sha": "a" * 40}}}),
        ("pull_request", {"pull_request": {"number": 1, "head": {"sha": "../../x"}}}),
        ("pull_request", {"pull_request": {"number": 1}}),
        ("merge_group", {"merge_group": {"base_sha": "a" * 40, "head_sha": "main"}}),
    ],
)
def test_an_event_that_is_not_understood_lets_nothing_pass(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str, event: object
) -> None:
    (tmp_path / "event.json").write_text(json.dumps(event))
    os.environ |= {
        "GITHUB_EVENT_NAME": name,
        "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
        "GITHUB_REPOSITORY": f"{ORG}/releases",
    }
    code, out, err = run(capsys)
    assert (code, out) == (2, "")
    assert "--pull-request" in err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--allow-actor", "GitHub-Actions[bot]"), "can't be let pass"),
        (("--allow", " "), "are empty"),
        (("--repository", "releases"), "is no repository"),
        (("--pull-request", "1"), "Which repository is guarded is not known"),
        (("--repository", f"{ORG}/releases"), "GITHUB_EVENT_PATH is not set"),
        (("--repository", f"{ORG}/releases", "--pull-request", "999"), "404"),
    ],
)
def test_wrong_usage_lets_nothing_pass(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], told: str
) -> None:
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "")
    assert told in " ".join(err.split())
