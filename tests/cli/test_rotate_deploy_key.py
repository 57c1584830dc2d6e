"""`cellenics rotate-deploy-key` as people and scripts run it, in this process, over real SSH."""

from __future__ import annotations

import base64
import json
import os
import signal
import stat
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from cellenics_ci.cli import deploy_key_run
from cellenics_ci.cli import rotate_deploy_key as command_line
from cellenics_ci.cli.manifest_file import ManifestFile
from cellenics_ci.errors import UsageProblem
from cellenics_ci.model.claims import REPLACES
from cellenics_ci.model.deploy_keys import PublicKey
from cellenics_ci.sandbox.cluster import Rule
from cellenics_ci.sandbox.cluster.kinds import GIT_REPOSITORY, SECRET
from cellenics_ci.sandbox.flux import FLUX
from tests.faults.cluster_kinds import SPOTS
from tests.faults.cluster_stage import CONTEXT, TITLE, ClusterStage
from tests.faults.running import Ended, QuickClock, run_here
from tests.needs import needs

COMMAND = ("rotate-deploy-key",)
HERE = ("--context", CONTEXT)
READ_ONLY_ROLE = (
    Rule(("get",), ("secrets",)),
    Rule(("get",), ("gitrepositories",), "source.toolkit.fluxcd.io"),
)


@pytest.fixture(scope="module")
def shared() -> Iterator[ClusterStage]:
    needs("git")
    with ClusterStage(QuickClock()) as running:
        yield running


@pytest.fixture
def stage(shared: ClusterStage) -> Iterator[ClusterStage]:
    yield shared
    shared.cluster.state.tokens.clear()
    shared.begin()
    shared.assert_innocent()


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = json.loads(files("cellenics_ci.cli.views").joinpath("deploy-key.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def run(stage: ClusterStage, *options: str) -> Ended:
    ended = run_here(stage, *options, command=COMMAND)
    assert "PRIVATE KEY" not in ended.err
    return ended


def fingerprint(key: str) -> str:
    return PublicKey.parse(key).fingerprint


def outcome(ended: Ended) -> Mapping[str, Any]:
    assert ended.outcomes is not None, ended.story()
    return ended.outcomes["releases"]


def change_source(stage: ClusterStage, **spec: Any) -> None:
    source = stage.cluster.state.get(GIT_REPOSITORY, FLUX, FLUX)
    assert source is not None
    source["spec"] |= spec
    stage.cluster.state.write(GIT_REPOSITORY, FLUX, source, status=False)


def test_a_dry_run_names_where_what_goes_and_what_comes_and_changes_nothing(stage: ClusterStage) -> None:
    held, keys = stage.held(), list(stage.repository.deploy_keys)
    ended = run(stage, *HERE, "--dry-run", "--read-only")
    assert ended.code == 0
    told = " ".join(ended.out.split())
    for part in (
        "acme/releases",
        "Signed in as ada",
        "Cluster staging server http://127.0.0.1:",
        f"Old key {fingerprint(held)} ECDSA P-384, read-write, added 330 d ago by ada",
        f"New key Ed25519, read-only title {TITLE}",
        "the image automation flux-system/flux-system will not be able to push any more",
        "GitHub deletes the new key with ada's token",
        "has the same title, and stays: added by grace",
        "HMS-production) stays: added by ada",
    ):
        assert part in told, part
    assert max(map(len, ended.out.splitlines())) <= 80
    assert stage.held() == held and stage.repository.deploy_keys == keys


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--yes",), "--yes needs a cluster that is named"),
        (("--output", "x", *HERE), "it takes no --context"),
        (("--output", "x", "--finish"), "don't go together"),
        (("--output", "-", "--format", "json"), "to stdout"),
        (("--finish",), "no terminal to type it on"),
        (HERE, "no terminal to ask on"),
        (("--context", "nope"), "no context nope"),
    ],
)
def test_what_is_not_said_well_ends_with_2_and_changes_nothing(
    stage: ClusterStage, options: tuple[str, ...], words: str
) -> None:
    before = stage.held()
    stage.begin()
    ended = run(stage, *options)
    assert ended.code == 2 and words in ended.err
    assert stage.held() == before and not [spot for spot in stage.spots if not spot.name.startswith(("GET", "ssh"))]


def test_a_rotation_is_said_in_the_form_of_its_schema(
    stage: ClusterStage, validator: jsonschema.Draft202012Validator
) -> None:
    before = stage.held()
    planned = run(stage, *HERE, "--dry-run", "--format", "json")
    validator.validate(json.loads(planned.out))
    assert outcome(planned)["outcome"] == "planned" and not planned.err

    stage.begin()
    ended = run(stage, *HERE, "--yes", "--format", "json")
    validator.validate(json.loads(ended.out))
    assert ended.code == 0 and set(SPOTS) <= set(stage.spots)
    assert {name: outcome(ended)[name] for name in ("outcome", "old_fingerprint", "new_fingerprint", "cluster")} == {
        "outcome": "rotated",
        "old_fingerprint": fingerprint(before),
        "new_fingerprint": fingerprint(stage.held()),
        "cluster": CONTEXT,
    }
    assert [key.title for key in stage.mine()] == [TITLE]
    stage.assert_converged()


def test_a_refusal_is_skipped_with_a_reason_and_what_to_do_instead(
    stage: ClusterStage, validator: jsonschema.Draft202012Validator
) -> None:
    change_source(stage, suspend=True)
    ended = run(stage, *HERE, "--yes", "--format", "json")
    change_source(stage, suspend=False)
    validator.validate(json.loads(ended.out))
    assert ended.code == 1 and outcome(ended)["outcome"] == "skipped"
    assert "suspended" in outcome(ended)["reason"] and "flux resume" in outcome(ended)["next_step"]


def test_a_missing_right_shows_the_role_as_it_can_be_applied(stage: ClusterStage) -> None:
    stage.cluster.state.tokens["sandbox"] = READ_ONLY_ROLE
    ended = run(stage, *HERE, "--yes")
    assert ended.code == 1 and "rolled-back" in ended.out
    role = yaml.safe_load(ended.out[ended.out.index("apiVersion:") :])
    assert role["kind"] == "Role" and role["rules"][0]["verbs"] == ["get", "patch"]
    assert [key.key for key in stage.mine()] == [stage.held()]


def test_a_manifest_is_written_once_for_its_owner_alone_applied_and_finished(
    stage: ClusterStage, tmp_path: Path
) -> None:
    before, file = stage.held(), tmp_path / "new-key.yaml"
    # With two keys of the same title nobody could say which one goes.
    stage.mine()[0].title = "only-one"
    ended = run(stage, "--output", str(file), "--title", "only-one", "--yes")
    assert ended.code == 0 and "the old key stays" in ended.out and "PRIVATE KEY" not in ended.out
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    content = file.read_bytes()
    assert run(stage, "--output", str(file), "--yes").code == 2
    assert file.read_bytes() == content and len(stage.mine()) == 2

    made = yaml.safe_load(content)
    assert made["metadata"]["annotations"] == {REPLACES: fingerprint(before)}
    secret = stage.secret()
    secret["data"] = {name: base64.b64encode(text.encode()).decode() for name, text in made["stringData"].items()}
    secret["metadata"]["annotations"] = made["metadata"]["annotations"]
    stage.cluster.state.write(SECRET, FLUX, secret, status=False)
    ended = run(stage, *HERE, "--finish", "--yes")
    assert ended.code == 0, ended.story()
    stage.assert_converged()


def test_a_manifest_on_stdout_is_all_that_is_there(stage: ClusterStage) -> None:
    ended = run(stage, "--output", "-", "--yes", "--title", "piped")
    made = yaml.safe_load(ended.out)
    (key,) = (key for key in stage.mine() if key.title == "piped")
    assert made["stringData"]["identity.pub"].strip() == key.key
    stage.repository.deploy_keys.remove(key)
    stage.sandbox.github.state.deploy_keys_changed()


def test_a_manifest_goes_to_a_terminal_only_by_force(monkeypatch: pytest.MonkeyPatch) -> None:
    outer, inner = os.openpty()
    with os.fdopen(outer, "rb"), os.fdopen(inner, "w") as terminal:
        monkeypatch.setattr("sys.stdout", terminal)
        with pytest.raises(UsageProblem, match="does not belong on a terminal"):
            ManifestFile("-", force=False).check()
        ManifestFile("-", force=True).check()


def test_a_manifest_is_never_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageProblem, match="is there already"):
        ManifestFile(str(tmp_path / "link"), force=True).check()


def test_a_missing_extra_is_one_sentence(stage: ClusterStage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_line, "find_spec", lambda name: None)
    ended = run(stage, *HERE, "--dry-run")
    assert ended.code == 2
    assert ended.err.splitlines() == [
        "Error: What talks to clusters is not installed (lightkube, paramiko can't be found).",
        "Install it with: pip install 'cellenics-ci[flux]'",
    ]


def test_a_rotation_that_was_cancelled_at_its_end_still_says_so(
    stage: ClusterStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cancelled(*arguments: Any) -> None:
        # Actions sends a second signal some seconds after the first.
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(deploy_key_run, "append_key_summary", cancelled)
    ended = run(stage, *HERE, "--yes")
    assert ended.code == 0, ended.story()
    assert "rotated" in ended.out
