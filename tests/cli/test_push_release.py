"""`cellenics push-release` and `deployments` as pipelines and people run them, against the sandbox's organisation."""

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
from cellenics_ci.sandbox.github import BranchRule, Repository, trees
from cellenics_ci.sandbox.running import Sandbox
from cellenics_ci.sandbox.world import load_world

VIEWS = Path(cellenics_ci.__file__).parent / "cli/views"
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
def sandbox(shipped: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Sandbox]:
    os.environ.update(shipped.environment())
    # A copy, so that a test may change it.
    service = Path(os.environ["CELLENICS_SERVICES"]) / "ui"
    for name in (".ci.yaml", ".flux.yaml"):
        (tmp_path / name).write_text((service / name).read_text())
    monkeypatch.chdir(tmp_path)
    occasion(shipped, "master")
    yield shipped
    releases(shipped).rules.clear()


def occasion(sandbox: Sandbox, name: str) -> None:
    """Set the variables of a workflow."""
    file = Path(os.environ["CELLENICS_SERVICES"]) / "ui/actions" / f"{name}.env"
    for line in file.read_text().splitlines():
        variable, _, value = line.removeprefix("export ").partition("=")
        os.environ[variable] = value.strip("'")


def releases(sandbox: Sandbox) -> Repository:
    found = sandbox.github.state.repository(ORG, "releases")
    assert found is not None
    return found


def tip(sandbox: Sandbox) -> str:
    commit = trees.head(releases(sandbox))
    assert commit is not None
    return commit.oid


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(list(words))
    told = capsys.readouterr()
    return code, told.out, told.err


def push(capsys: pytest.CaptureFixture[str], environment: str, *words: str) -> tuple[int, str, str]:
    """Push; AWS, which takes its time, is asked only where the words want it."""
    tag = () if "--image-tag" in words else ("--image-tag", os.environ["IMAGE_TAG"])
    aws = () if "--check-image" in words else ("--no-check-image", "--registry", REGISTRY)
    return run(capsys, "push-release", "--environment", environment, *tag, *aws, *words)


def document(out: str, schema: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(out)
    jsonschema.validate(found, json.loads((VIEWS / schema).read_text("utf-8")))
    return found


def test_a_look_changes_nothing_and_a_push_is_one_commit(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    before = tip(sandbox)
    code, out, _ = push(capsys, "develop", "--dry-run")
    assert (code, tip(sandbox)) == (0, before)
    assert "would be pushed staging/ui.yaml in hms-dbmi-cellenics/releases" in out
    code, out, _ = push(capsys, "develop", "--diff")
    assert (code, tip(sandbox)) == (0, before)
    assert out.startswith("--- deployed/staging/ui.yaml\n+++ released/staging/ui.yaml\n")
    assert f"+      tag: {os.environ['IMAGE_TAG']} # " in out
    code, out, err = push(capsys, "develop", "--check-image")
    assert f"{REGISTRY}/ui:{os.environ['IMAGE_TAG']}" in "".join(err.split())
    assert (code, out.splitlines()[0]) == (0, "pushed staging/ui.yaml in hms-dbmi-cellenics/releases")
    after = trees.head(releases(sandbox))
    assert after is not None and after.parents == (before,)
    assert tip(sandbox) in out
    code, out, _ = push(capsys, "develop")
    assert (code, out.split()[0], tip(sandbox)) == (0, "unchanged", after.oid)


def test_a_pull_request_may_stage_its_head_and_nothing_else(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    occasion(sandbox, "pull-request")
    code, out, _ = push(capsys, "staging", "--format", "json")
    told = document(out, "push-release.schema.json")
    assert (code, told["path"]) == (0, "staging-candidates/ui/refs-pull-12-merge.yaml")
    assert told["source"]["commit"] in os.environ["IMAGE_TAG"]
    assert "staging-candidates/ui/refs-pull-12-merge.yaml" in releases(sandbox).files
    for environment in ("develop", "production"):
        code, _, err = push(capsys, environment)
        assert (code, "may only be staged" in err) == (2, True)
    # A pull request may change this file, too.
    Path(".ci.yaml").write_text("release: {environments: {production: {path: production/NAME/REF_ID.yaml}}}\n")
    code, _, err = push(capsys, "production")
    assert (code, "may only be staged" in err) == (2, True)


def test_a_release_needs_no_tag(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    occasion(sandbox, "release")
    code, out, _ = run(capsys, "push-release", "-e", "production", "--format", "json", "--dry-run")
    told = document(out, "push-release.schema.json")
    assert (code, told["outcome"], told["dry_run"]) == (0, "pushed", True)
    assert told["images"][0]["tag"] == "1.4.0"
    assert '+      tag: 1.4.0 # {"$imagepolicy": "ui-default:ui:tag"}' in told["diff"]


def test_a_manifest_goes_to_stdout_and_nowhere_else(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    asked = len(sandbox.github.requests)
    code, out, err = push(capsys, "develop", "--output", "-")
    assert (code, err, len(sandbox.github.requests)) == (0, "", asked)
    assert out.startswith("apiVersion: v1\nkind: Namespace\n") and out.endswith("iamRole: ui-role-staging\n")
    assert push(capsys, "develop", "--output", str(tmp_path / "out.yaml"))[0] == 0
    assert (tmp_path / "out.yaml").read_text() == out
    assert push(capsys, "develop", "--output", str(tmp_path / "no/where"))[0] == 2


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (
            ("--check-image", "--image-tag", "refs-heads-master-" + "a" * 40 + "-1800000000"),
            2,
            "The image is not in 123456789012.dkr",
        ),
        (("--image-tag", "latest"), 2, "does not look like ${REF_ID}-${SHA}-${TIMESTAMP}"),
        (("--image-tag", "a b"), 2, "is no image tag"),
        (("--check-image", "--registry", "ghcr.io"), 2, "is no registry of ECR"),
        (("--repo", "nowhere"), 1, "There is no repository hms-dbmi-cellenics/nowhere"),
        (("--repo", "../x"), 2, "is no name of a repository"),
        (("--ref", "refs/heads/../../production/api"), 2, "can't become a file's name"),
        (("--repository", f"{ORG}/.."), 2, "can't be a service's name"),
        (("--sandbox-id", "../x"), 2, "is no sandbox id"),
        (("--author", "me"), 2, "is no author"),
        (("--template", "none.yaml"), 2, "can't be read: No such file"),
        (("--template", "."), 2, "can't be read"),
    ],
)
def test_bad_options_are_one_clear_sentence(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, told: str
) -> None:
    before = tip(sandbox)
    got, out, err = push(capsys, "develop", *words)
    assert (got, tip(sandbox)) == (code, before)
    assert told in " ".join((out + err).split())


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        (".flux.yaml", None, "There is no template here"),
        (".flux.ci", "a: 1\n", "more than one template here: .flux.ci, .flux.yaml"),
        (".flux.yaml", "", ".flux.yaml, line 1: the template is empty"),
        (".flux.yaml", "a:\n\tb: 1\n", ".flux.yaml, line 2: the file is not YAML: a tab indents this line"),
        (".flux.yaml", "a: &b 1\n", "has an anchor"),
        (".flux.yaml", "kind: Pod\napiVersion: v1\n", "a `Pod` of `v1`"),
        (".ci.yaml", "release: {charts: 1}\n", ".ci.yaml, line 1: the key `charts` is not known in `release`"),
        (".ci.yaml", "ci-policies: []\n", "declare the chart"),
        (".ci.yml", "", "are both there"),
    ],
)
def test_bad_files_are_one_clear_message(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str, text: str | None, told: str
) -> None:
    before = tip(sandbox)
    if text is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_text(text)
    code, out, err = push(capsys, "develop")
    assert (code, out, tip(sandbox)) == (2, "", before)
    assert told in err


def test_a_file_that_is_no_text_is_named(sandbox: Sandbox, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / ".flux.yaml").write_bytes(b"\xff\xfe")
    code, _, err = push(capsys, "develop")
    assert (code, "is no text in UTF-8" in err) == (2, True)


def test_an_environment_that_nobody_declared_lists_those_that_are_there(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = push(capsys, "prod")
    assert (code, "There are develop, production, staging." in err) == (2, True)


def test_a_protected_branch_is_named_in_the_outcome_and_on_the_runs_page(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cellenics_ci.cli.compose_releases.RealPace.wait", lambda self, seconds: None)
    os.environ["GITHUB_STEP_SUMMARY"] = str(tmp_path / "summary")
    releases(sandbox).rules.append(BranchRule("pull_request"))
    code, out, _ = push(capsys, "staging")
    assert code == 1
    assert "changes must come by pull request (ruleset 42 of hms-dbmi-cellenics/releases)" in " ".join(out.split())
    summary = (tmp_path / "summary").read_text()
    assert "| Outcome | failed |" in summary and "changes must come by pull request" in summary


def test_the_organisation_is_the_pipelines_own_unless_it_is_said(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    del os.environ["GITHUB_CELLENICS_ORG"]
    os.environ["GITHUB_REPOSITORY"] = "acme/ui"
    code, _, err = push(capsys, "develop", "--dry-run")
    assert (code, "There is no repository acme/releases" in err) == (2, True)


def test_the_token_is_never_seen(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    token = os.environ["GITHUB_API_TOKEN"]
    for words in (("--dry-run",), ("--format", "json"), ("--repo", "nowhere", "--debug")):
        _, out, err = push(capsys, "staging", *words)
        assert token not in out + err


# deployments


def test_deployments_are_a_table_that_fits_eighty_columns(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    os.environ["COLUMNS"] = "80"
    code, out, err = run(capsys, "deployments")
    assert (code, err) == (1, "")
    assert max(map(len, out.splitlines())) <= 80
    assert "staging/worker.yaml: no line carries the marker $imagepolicy" in " ".join(out.split())
    assert "staging/notes.yaml: it holds no HelmRelease: it is nobody's manifest" in " ".join(out.split())
    assert "#11" in out and "ada-operator" in " ".join(out.split())
    assert "To be staged:" in out


def test_deployments_as_json_fit_the_schema(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "deployments", "--service", "api", "--format", "json")
    told = document(out, "deployments.schema.json")
    assert code == 0
    production, staging = told["deployments"]
    assert (production["version"], production["behind"]) == ("0.70.2", {"commits": 0, "reason": ""})
    assert production["source_commit"] == staging["source_commit"]
    assert staging["changed"]["by"] == "Pipelines"


def test_production_is_behind_by_commits_even_where_staging_is_not_shown(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = run(capsys, "deployments", "-e", "production", "--service", "ui", "--format", "json")
    (production,) = document(out, "deployments.schema.json")["deployments"]
    assert production["behind"]["commits"] >= 8


def test_what_is_not_deployed_is_a_wrong_question(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "deployments", "--service", "nothing")
    assert (code, "Nothing like that is deployed" in err) == (2, True)
    code, _, err = run(capsys, "deployments", "--repo", "nowhere")
    assert (code, "There is no repository" in err) == (2, True)
