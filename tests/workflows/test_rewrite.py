"""Rewriting on files like real ones: what changes, what stays byte for byte, what is left and why."""

from __future__ import annotations

import difflib
import json
import re
import subprocess
from functools import cache
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from cellenics_ci.model.names import PAIR_NAMES
from cellenics_ci.model.repositories import WorkflowFile
from cellenics_ci.workflows.changes import Wanted
from cellenics_ci.workflows.patch import patch_text
from cellenics_ci.workflows.reading import read_pipeline
from cellenics_ci.workflows.rewrite import Rewrite, rewrite
from tests.needs import needs
from tests.workflows.corpus import CASES, files, left_text, names, rewritten, wanted
from tests.workflows.loading import load

NOT_YAML = "broken"
OURS = re.compile(
    r"""\s*(-\ )?(
        "?aws-(access-key-id|secret-access-key)"?:.* | "?AWS-Access-Key-Id"?:.* | (access-key-id|secret-access-key):.*
        | AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY):.* | \$\{\{\ secrets\.\w+\ \}\}
        | role-to-assume:.* | role-duration-seconds:.* | aws-region:\ .* | description:.* | required:\ (true|false)
        | permissions:.* | (contents|packages):\ (read|write) | id-token:\ write | (secrets|env|with):( .*)?
        | name:\ Configure\ AWS\ credentials | if:.* | uses:\ aws-actions/configure-aws-credentials@v6
        | (push|other):\ \{.* | )\r?""",
    re.VERBOSE,
)


@cache
def schema(name: str) -> Any:
    folder = package_files("check_jsonschema") / "builtin_schemas" / "vendor"
    found = json.loads((folder / f"github-{name}.json").read_text())
    return jsonschema.validators.validator_for(found)(found)


def check_schema(path: str, text: str) -> None:
    kind = "actions" if path.endswith(("action.yml", "action.yaml")) else "workflows"
    schema(kind).validate(load(text))


def after(name: str, outcome: Rewrite) -> list[WorkflowFile]:
    """The case's files as they are after its change."""
    changed = {file.path: file.after for file in outcome.files}
    return [WorkflowFile(file.name, changed.get(file.path, file.text), file.folder) for file in files(name)]


def test_there_are_enough_files() -> None:
    assert sum(len([file for file in files(name) if "workflows" in file.folder]) for name in names()) >= 30


@pytest.mark.parametrize("name", names())
def test_a_repository_is_changed_as_expected(name: str) -> None:
    outcome = rewritten(name)
    assert patch_text(outcome.files).encode() == (CASES / name / "expected.patch").read_bytes()
    assert left_text(outcome) == (CASES / name / "left.txt").read_text()


@pytest.mark.parametrize("name", names())
def test_only_lines_about_keys_roles_and_permissions_change(name: str) -> None:
    for file in rewritten(name).files:
        for line in difflib.ndiff(file.before.splitlines(keepends=True), file.after.splitlines(keepends=True)):
            if line[0] in "+-":
                assert OURS.fullmatch(line[2:].rstrip("\n")), line


@pytest.mark.parametrize("name", [name for name in names() if name != NOT_YAML])
def test_files_are_valid_by_githubs_schema_before_and_after(name: str) -> None:
    for file in (*files(name), *after(name, rewritten(name))):
        assert file.text is not None
        check_schema(file.path, file.text)


@pytest.mark.parametrize("name", names())
def test_a_second_rewriting_changes_nothing(name: str) -> None:
    first = rewritten(name)
    second = rewrite(after(name, first), wanted(name))
    assert second.files == ()
    assert [problem.sentence for problem in second.left] == [problem.sentence for problem in first.left]


@pytest.mark.parametrize("name", names())
def test_every_reading_is_gone_or_named(name: str) -> None:
    outcome = rewritten(name)
    before, now = read_pipeline(files(name)), read_pipeline(after(name, outcome))
    named = {problem.place for problem in outcome.left}
    kept = [read for read in before.key_reads if read.place in named]
    assert len(now.key_reads) == len(kept)
    assert bool(outcome.files) or len(kept) == len(before.key_reads)


def test_git_applies_every_patch(tmp_path: Path) -> None:
    git = needs("git")
    patches = b""
    expected: dict[Path, bytes] = {}
    for name in names():
        outcome = rewritten(name)
        for file in files(name):
            target = tmp_path / name / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((file.text or "").encode())
        expected |= {tmp_path / name / file.path: file.after.encode() for file in outcome.files}
        patches += re.sub(
            rb"^(diff --git a/|--- a/|\+\+\+ b/)", rb"\g<1>" + name.encode() + b"/", patch_text(outcome.files).encode(),
            flags=re.MULTILINE,
        ).replace(b" b/.github", b" b/" + name.encode() + b"/.github")  # fmt: skip
    subprocess.run([git, "apply", "-"], input=patches, cwd=tmp_path, check=True)
    assert {path: path.read_bytes() for path in expected} == expected


def workflow(steps: str, *, job: str = "") -> WorkflowFile:
    """A workflow with one job of these steps."""
    head = "on: push\njobs:\n  push:\n    runs-on: ubuntu-latest\n"
    return WorkflowFile("ci.yaml", f"{head}{job}    steps:\n{steps}")


CREDENTIALS = """\
      - uses: aws-actions/configure-aws-credentials@v4
        with:
          aws-access-key-id: ${{ secrets.AWS_ACCESS_KEY_ID }}
          aws-secret-access-key: ${{ secrets.AWS_SECRET_ACCESS_KEY }}
"""
WANTED = Wanted(role="ci-role-ui")


def test_the_variables_that_are_used_are_told() -> None:
    assert rewrite([workflow(CREDENTIALS)], WANTED).variables == ("AWS_ACCOUNT_ID", "AWS_REGION")
    region = "          aws-region: eu-west-1\n"
    assert rewrite([workflow(CREDENTIALS + region)], WANTED).variables == ("AWS_ACCOUNT_ID",)
    assert rewrite([workflow("      - run: make\n")], WANTED).variables == ()


def test_a_region_in_variables_is_enough() -> None:
    found = rewrite([workflow(CREDENTIALS, job="    env:\n      AWS_REGION: eu-west-1\n")], WANTED)
    assert "aws-region" not in found.files[0].after


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("          aws-session-token: ${{ secrets.T }}\n", "session token"),
        ("          web-identity-token-file: /t\n", "web identity token"),
        ("          role-chaining: true\n", "chains roles"),
        ("          role-duration-seconds: 10800\n", "7200 s at most"),
    ],
)
def test_inputs_that_a_role_has_no_use_for_stand_in_the_way(line: str, sentence: str) -> None:
    found = rewrite([workflow(CREDENTIALS + line)], WANTED)
    assert not found.files
    assert any(sentence in problem.sentence for problem in found.left)


@pytest.mark.parametrize(
    "step",
    [
        "      - run: ./deploy\n        env:\n          AWS_ACCESS_KEY_ID: ${{ secrets.OTHER }}\n",
        '      - run: docker run -e AWS_SECRET_ACCESS_KEY="$AWS_SECRET_ACCESS_KEY" x\n',
        "      - run: make\n        if: env.AWS_ACCESS_KEY_ID != ''\n",
        "      - uses: a/b@v1\n        with:\n          secret-envs: AWS_ACCESS_KEY_ID\n",
    ],
)
def test_whoever_calls_the_key_by_name_keeps_it(step: str) -> None:
    found = rewrite([workflow(CREDENTIALS + step)], WANTED)
    assert not found.files
    assert any("by its name" in problem.sentence for problem in found.left)


def test_a_script_that_knows_the_session_token_is_no_hindrance() -> None:
    step = "      - run: docker run -e AWS_ACCESS_KEY_ID -e AWS_SECRET_ACCESS_KEY -e AWS_SESSION_TOKEN x\n"
    assert rewrite([workflow(CREDENTIALS + step)], WANTED).files


def test_a_step_may_be_named_after_the_key() -> None:
    step = "      - name: Use AWS_ACCESS_KEY_ID\n        run: make\n"
    assert rewrite([workflow(CREDENTIALS + step)], WANTED).files


def test_line_ends_that_git_does_not_know_are_left_alone() -> None:
    file = workflow(CREDENTIALS)
    assert file.text is not None
    found = rewrite([WorkflowFile("ci.yaml", file.text.replace("\n", "\r"))], WANTED)
    assert not found.files
    assert len(found.left) >= 1


def test_a_missing_text_is_passed_over() -> None:
    found = rewrite([WorkflowFile("a.yaml", None), workflow(CREDENTIALS)], WANTED)
    assert [file.path for file in found.files] == [".github/workflows/ci.yaml"]


def test_the_pair_is_never_half_changed() -> None:
    half = CREDENTIALS.replace("${{ secrets.AWS_SECRET_ACCESS_KEY }}", "${{ secrets.OTHER }}")
    found = rewrite([workflow(half)], WANTED)
    assert not found.files
    assert PAIR_NAMES[0] in half


def test_an_alias_in_the_way_of_a_new_line_is_gone_around() -> None:
    text = workflow(CREDENTIALS).text or ""
    plain = text.replace("on: push\n", "on: push\nenv: {X: &os ubuntu-latest}\n").replace("ubuntu-latest\n ", "*os\n ")
    (changed,) = rewrite([WorkflowFile("ci.yaml", plain)], WANTED).files
    assert "    runs-on: *os\n    permissions:\n      id-token: write\n    steps:\n" in changed.after
    listed = plain.replace("runs-on: *os\n", "runs-on:\n      - x\n      - *os # the usual\n")
    (changed,) = rewrite([WorkflowFile("ci.yaml", listed)], WANTED).files
    assert "      - *os # the usual\n    permissions:\n      id-token: write\n" in changed.after


def test_steps_that_two_jobs_share_are_left() -> None:
    text = (workflow(CREDENTIALS).text or "").replace("    steps:\n", "    steps: &steps\n")
    found = rewrite([WorkflowFile("ci.yaml", f"{text}  b:\n    runs-on: x\n    steps: *steps\n")], WANTED)
    assert not found.files
    assert "by an alias" in found.left[0].sentence


ENV = """\
    env:
      AWS_ACCESS_KEY_ID: ${{ secrets.AWS_ACCESS_KEY_ID }}
      AWS_SECRET_ACCESS_KEY: ${{ secrets.AWS_SECRET_ACCESS_KEY }}
"""
ACTION = "name: x\ndescription: x\nruns:\n  using: composite\n  steps:\n    - uses: %s\n"


@pytest.mark.parametrize(
    ("job", "steps", "sentence"),
    [
        ("", "      - uses: someone/s3-sync@v1\n", "someone/s3-sync gets the key"),
        ("", "      - uses: docker://alpine:3\n", "docker://alpine:3 gets the key"),
        ("", "      - uses: ./tools/sync\n", "was not found"),
        ("", "      - uses: ./.github/actions/x\n", "someone/inner gets the key"),
        ("", "      - uses: actions/checkout@v4\n", "no step of the job"),
        ("", "      - run: make\n      - uses: aws-actions/configure-aws-credentials@v4\n", "other credentials"),
        ("    timeout-minutes: 200\n", "      - run: make\n", "120 min at most"),
        ("", "      - run: make\n        env: {AWS_PROFILE: x, AWS_REGION: y}\n", None),
    ],
)
def test_keys_in_the_env_of_a_job_are_left_where_they_may_be_needed(job: str, steps: str, sentence: str | None) -> None:
    action = WorkflowFile("action.yml", ACTION % "someone/inner@v1", ".github/actions/x")
    found = rewrite([workflow(steps, job=ENV + job), action], WANTED)
    assert bool(found.files) is (sentence is None)
    assert sentence is None or any(sentence in problem.sentence for problem in found.left)


@pytest.mark.parametrize("name", ["deploy to prod.yml", "déploiement.yaml", 'a"b\\c.yml', "tab\there.yml"])
def test_git_applies_patches_of_strangely_named_files(name: str, tmp_path: Path) -> None:
    outcome = rewrite([WorkflowFile(name, workflow(CREDENTIALS).text)], WANTED)
    target = tmp_path / outcome.files[0].path
    target.parent.mkdir(parents=True)
    target.write_bytes(outcome.files[0].before.encode())
    subprocess.run([needs("git"), "apply", "-"], input=patch_text(outcome.files).encode(), cwd=tmp_path, check=True)
    assert target.read_bytes() == outcome.files[0].after.encode()
