"""From files to facts: who reads the key, who takes credentials, and what is not known."""

from __future__ import annotations

import pytest

from cellenics_ci.model.repositories import WorkflowFile
from cellenics_ci.workflows.facts import PAIR, UNKNOWN_PIPELINE, PipelineFacts, Via
from cellenics_ci.workflows.reading import read_pipeline
from tests.workflows.corpus import files, names

HEAD = "on: push\njobs:\n  push:\n    runs-on: ubuntu-latest\n"
ID = "${{ secrets.AWS_ACCESS_KEY_ID }}"


def facts(*texts: str | None, **more: str) -> PipelineFacts:
    found = [WorkflowFile(f"{number}.yaml", text) for number, text in enumerate(texts)]
    actions = [WorkflowFile("action.yml", text, f".github/actions/{name}") for name, text in more.items()]
    return read_pipeline([*found, *actions], default_branch="master", role="ci-role-ui")


@pytest.mark.parametrize(
    ("text", "line", "via"),
    [
        (f"{HEAD}    steps:\n      - run: x\n        env:\n          K: {ID}\n", 8, Via.STEP_ENV),
        (f"{HEAD}    env:\n      K: {ID}\n    steps: []\n", 6, Via.JOB_ENV),
        (f"{HEAD}    steps:\n      - run: |\n          one\n          two {ID}\n", 8, Via.SCRIPT),
        (f"{HEAD}    steps:\n      - uses: a/b@v1\n        with: {{k: '{ID}'}}\n", 7, Via.OTHER_ACTION),
        (
            f"{HEAD}    steps:\n      - uses: ./.github/actions/x\n        with:\n          k: {ID}\n",
            8,
            Via.LOCAL_ACTION,
        ),
        (f"{HEAD}    steps:\n      - uses: a/b@v1\n        if: {ID} != ''\n", 7, Via.TEXT),
        (f"{HEAD}    container:\n      image: x\n      env: {{K: '{ID}'}}\n    steps: []\n", 7, Via.TEXT),
        (
            f"on: push\njobs:\n  push:\n    uses: a/b/.github/workflows/c.yml@v1\n    secrets:\n      k: {ID}\n",
            6,
            Via.CALL,
        ),
    ],
)
def test_a_reading_has_its_line_its_job_and_its_way(text: str, line: int, via: Via) -> None:
    (read,) = facts(text).key_reads
    assert (str(read.place), read.secret, read.job, read.via) == (
        f".github/workflows/0.yaml:{line}", "AWS_ACCESS_KEY_ID", "push", via,
    )  # fmt: skip


def test_an_env_of_the_whole_workflow_belongs_to_no_job() -> None:
    found = facts(
        f"on: push\nenv:\n  K: {ID}\njobs:\n  a:\n    runs-on: x\n    steps: []\n  b:\n    steps:\n    - run: y\n"
    )
    assert [(read.job, read.via) for read in found.key_reads] == [(None, Via.WORKFLOW_ENV)]
    assert [place.line for place in found.key_jobs] == [8]


def test_what_may_be_any_secret_counts_as_the_pair() -> None:
    found = facts(f"{HEAD}    steps:\n      - run: echo '${{{{ toJSON(secrets) }}}}'\n")
    assert [(read.secret, read.via) for read in found.key_reads] == [(PAIR, Via.ANYTHING)]
    assert found.reads_ci_token is True
    assert found.key_jobs == ()


def test_handing_on_everything_counts_unless_the_called_workflow_is_read_too() -> None:
    call = "on: push\njobs:\n  a:\n    uses: ./.github/workflows/1.yaml\n    secrets: inherit\n"
    elsewhere = call.replace("./.github/workflows/1.yaml", "o/r/.github/workflows/1.yaml@main")
    assert facts(elsewhere, "on: workflow_call\n").key_reads[0].via is Via.INHERIT
    assert facts(call, "on: workflow_call\njobs: {}\n").reads_pair is False
    assert facts(call).reads_pair is True
    assert facts(call, None).reads_pair is True
    reader = f"on: workflow_call\njobs:\n  x:\n    runs-on: y\n    steps:\n      - run: {ID}\n"
    assert [read.place.file for read in facts(call, reader).key_reads] == [".github/workflows/1.yaml"]


def test_a_missing_file_leaves_what_it_may_do_unknown() -> None:
    found = facts(HEAD, None)
    assert (found.reads_pair, found.assumes_role, found.reads_ci_token) == (None, None, None)
    assert not found.complete
    assert read_pipeline(None) is UNKNOWN_PIPELINE
    assert facts(HEAD).reads_pair is False


def test_a_file_that_is_no_yaml_is_searched_all_the_same() -> None:
    found = facts(f"on: push\njobs:\n\tx: {ID}\n")
    assert [str(read.place) for read in found.key_reads] == [".github/workflows/0.yaml:3"]
    assert [str(problem) for problem in found.problems] == [
        ".github/workflows/0.yaml:3: the file is not YAML: a tab indents this line"
    ]


def test_lines_are_counted_as_editors_do() -> None:
    found = facts(f"\ufeff# x\r\non: push\r\njobs:\r\n  a:\r\n    env:\r\n      K: {ID}\r\n    steps: []")
    assert [(read.place.line, read.via) for read in found.key_reads] == [(6, Via.JOB_ENV)]


def step(*inputs: str, version: str = "v4") -> str:
    lines = "".join(f"          {line}\n" for line in inputs)
    return f"{HEAD}    steps:\n      - uses: aws-actions/configure-aws-credentials@{version}\n        with:\n{lines}"


def test_steps_with_the_credentials_action_are_told_apart() -> None:
    arn = "arn:aws:iam::${{ vars.AWS_ACCOUNT_ID }}:role/ci-role-ui"
    found = facts(
        step(f"aws-access-key-id: {ID}"),
        step(f"role-to-assume: {arn}", version="0123456789abcdef0123456789abcdef01234567"),
        step(f"AWS-Access-Key-Id: {ID}", "role-to-assume: other"),
        step("aws-region: x").replace("aws-actions/", "someone/"),
    )
    assert [(taken.with_keys, taken.role) for taken in found.credential_steps] == [
        (True, None), (False, arn), (True, "other"),
    ]  # fmt: skip
    assert [place.file[-6:] for place in found.key_jobs] == ["0.yaml", "2.yaml"]
    assert [place.file[-6:] for place in found.role_jobs] == ["1.yaml"]
    assert found.assumes_role is True


COMPOSITE = """\
name: Log in
description: Logs in
inputs: {key: {required: false}, role: {required: false}}
runs:
  using: composite
  steps:
    - uses: aws-actions/configure-aws-credentials@v4
      with:
        aws-access-key-id: ${{ inputs.key }}
        role-to-assume: ${{ inputs.role }}
"""


def test_a_local_action_takes_what_its_user_gives() -> None:
    use = f"{HEAD}    steps:\n      - uses: ./.github/actions/login\n        with:\n          %s\n"
    by_key = facts(use % f"key: {ID}", login=COMPOSITE)
    by_role = facts(use % "role: ci-role-ui", login=COMPOSITE)
    assert (len(by_key.key_jobs), len(by_key.role_jobs)) == (1, 0)
    assert (len(by_role.key_jobs), len(by_role.role_jobs)) == (0, 1)
    assert by_role.reach.branches == ("**",)


def test_calls_of_other_repositories_are_told() -> None:
    found = facts(f"on: push\njobs:\n  a:\n    uses: o/r/.github/workflows/x.yml@v1\n    secrets:\n      k: {ID}\n")
    assert [(call.job, call.target, call.place.line) for call in found.calls] == [
        ("a", "o/r/.github/workflows/x.yml@v1", 4)
    ]


@pytest.mark.parametrize("name", names())
def test_every_place_shows_a_line_that_reads(name: str) -> None:
    texts = {file.path: (file.text or "").splitlines() for file in files(name)}
    for read in read_pipeline(files(name)).key_reads:
        assert "secrets" in texts[read.place.file][read.place.line - 1]


@pytest.mark.parametrize(
    ("steps", "reads"),
    [
        ("      - run: |\n          cat > key.h <<E\n          #define K %s\n          E\n", 1),
        ("      - run: >-  # folded\n          # %s\n", 1),
        ("      - run: |\n\n          make\n      # %s\n      - run: make\n", 0),
        ("      - run: |\n      # %s\n", 0),
        ("      - run: make ||\n          # %s\n          true\n", 0),
        ("      # - run: |\n      #    x %s\n      - run: make\n", 0),
    ],
)
def test_a_comment_of_the_file_reads_nothing_and_a_line_of_a_script_does(steps: str, reads: int) -> None:
    assert len(facts(f"{HEAD}    steps:\n{steps % ID}").key_reads) == reads


def test_what_concerns_nobody_is_not_parsed() -> None:
    assert facts("jobs: [unclosed", "uses: ./x\njobs: [unclosed").problems == ()


def test_a_step_that_an_alias_repeats_takes_the_key_in_both_jobs() -> None:
    steps = f"    steps: &s\n      - run: |\n          x {ID}\n"
    found = facts(f"{HEAD}{steps}  b:\n    environment: live\n    runs-on: x\n    steps: *s\n  c:\n    steps: []\n")
    assert [(read.job, read.place.line) for read in found.key_reads] == [("push", 7)]
    assert [place.line for place in found.key_jobs] == [3, 8]
    assert (found.reach.branches, found.reach.environments) == (("**",), ("live",))
