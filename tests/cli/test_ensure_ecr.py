"""`cellenics ensure-ecr` as pipelines and people run it, against the sandbox's organisation."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

import cellenics_ci
from cellenics_ci.cli.app import main
from cellenics_ci.sandbox.running import Sandbox
from cellenics_ci.sandbox.world import load_world
from tests.needs import needs

SCHEMA = json.loads((Path(cellenics_ci.__file__).parent / "cli/views/ensure-ecr.schema.json").read_text("utf-8"))
ORG = "hms-dbmi-cellenics"
REGISTRY = "123456789012.dkr.ecr.us-east-1.amazonaws.com"


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    sandbox = Sandbox(load_world(), folder=tmp_path_factory.mktemp("sandbox"))
    # No cluster is asked here, and sshd takes its time.
    sandbox.flux = None
    with sandbox as running:
        yield running


@pytest.fixture
def sandbox(shipped: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Sandbox:
    os.environ.update(shipped.environment())
    monkeypatch.chdir(tmp_path)
    return shipped


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["ensure-ecr", *words])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_a_workflow_gets_its_repository_and_reads_where_it_is(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    os.environ |= {"GITHUB_REPOSITORY": f"{ORG}/Fresh", "GITHUB_OUTPUT": str(tmp_path / "out")}
    (tmp_path / "out").write_text("earlier=1\n")
    # The pipeline's own repository is declared by the file here: no token of GitHub's is needed.
    for name in ("GITHUB_API_TOKEN", "GITHUB_TOKEN", "GH_TOKEN"):
        os.environ.pop(name)
    asked = len(sandbox.github.requests)
    assert run(capsys, "--dry-run")[0] == 0
    code, out, err = run(capsys)
    assert (code, out) == (0, f"{REGISTRY}/fresh\n")
    assert "created" in err
    assert (tmp_path / "out").read_text().splitlines() == [
        "earlier=1",
        f'uris={{"Fresh":"{REGISTRY}/fresh"}}',
        f"uri={REGISTRY}/fresh",
        f"registry={REGISTRY}",
        "repository=fresh",
    ]
    assert len(sandbox.github.requests) == asked


def test_a_person_gets_the_repository_of_the_git_remote(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    needs("git")
    for line in ("init -q", f"remote add origin git@github.com:{ORG}/ui.git"):
        subprocess.run(["git", *line.split()], check=True)
    Path(".ci.yaml").write_text("image: {encryption: kms}\n")
    code, out, err = run(capsys)
    assert (code, out) == (0, f"{REGISTRY}/ui\n")
    assert "leave, since it would be stricter (--reconcile)" in " ".join(err.split())
    assert "can't be changed once a repository is there" in " ".join(err.split())


def test_json_says_what_would_happen_and_what_did(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    os.environ["GITHUB_REPOSITORY"] = f"{ORG}/dry"
    before = sandbox.aws.counts()["ecr:CreateRepository"]
    code, out, _ = run(capsys, "--dry-run", "--format", "json")
    told = json.loads(out)
    jsonschema.validate(told, SCHEMA)
    assert (code, told["dry_run"], told["repositories"][0]["outcome"], told["repositories"][0]["uri"]) == (
        0, True, "created", None,
    )  # fmt: skip
    assert sandbox.aws.counts()["ecr:CreateRepository"] == before
    code, out, _ = run(capsys, "worker", "nowhere", "we/ird", "--reconcile", "--format", "json")
    told = json.loads(out)
    jsonschema.validate(told, SCHEMA)
    assert [(each["repository"], each["outcome"]) for each in told["repositories"]] == [
        ("worker", "changed"), ("nowhere", "failed"), ("we/ird", "failed"),
    ]  # fmt: skip
    assert code == 1


def test_a_declaration_that_can_not_be_used_leaves_the_repository_out(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    os.environ["GITHUB_REPOSITORY"] = f"{ORG}/broken"
    Path(".ci.yaml").write_text("image: {tags: both}\n")
    before = sandbox.aws.counts()["ecr:CreateRepository"]
    code, out, err = run(capsys)
    assert (code, out) == (1, "")
    assert ".ci.yaml:1: `image.tags` can't be `both`" in " ".join(err.split())
    Path(".ci.yaml").write_text("image:\n  tags: both\n  scan-on-push: maybe\n")
    lines = [line.strip() for line in run(capsys)[2].splitlines()]
    assert "broken is left out: 2 problems" in lines
    assert [line[:12] for line in lines if line.startswith(".ci.yaml:")] == [".ci.yaml:2: ", ".ci.yaml:3: "]
    assert sandbox.aws.counts()["ecr:CreateRepository"] == before


def test_the_region_of_the_file_goes_before_the_options_and_another_one_around_is_told(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    os.environ |= {"GITHUB_REPOSITORY": f"{ORG}/far", "AWS_REGION": "us-east-1"}
    Path(".ci.yaml").write_text("ci-policies: []\nci-region: eu-west-1\n")
    code, out, err = run(capsys, "--region", "us-west-2")
    assert (code, out) == (0, "123456789012.dkr.ecr.eu-west-1.amazonaws.com/far\n")
    assert "the environment's region is us-east-1" in " ".join(err.split())


@pytest.mark.parametrize("told", ["", "no-slash", "a/b/c"])
def test_nothing_is_guessed_where_no_repository_is_known(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str], told: str
) -> None:
    os.environ["GITHUB_REPOSITORY"] = told
    code, out, err = run(capsys)
    assert (code, out) == (2, "")
    assert "Name a repository, or set GITHUB_REPOSITORY" in " ".join(err.split())


def test_an_output_that_can_not_be_written_fails_the_step(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    os.environ |= {"GITHUB_REPOSITORY": f"{ORG}/ui", "GITHUB_OUTPUT": str(tmp_path)}
    code, _, err = run(capsys)
    assert code == 1
    assert "could not be written to GITHUB_OUTPUT" in err
