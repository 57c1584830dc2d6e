"""What a workflow's text tells about the secrets that it reads."""

from __future__ import annotations

import pytest

from cellenics_ci.model.repositories import WorkflowFile
from cellenics_ci.survey.workflows import WorkflowFacts, workflow_facts


def facts(*texts: str | None) -> WorkflowFacts:
    return workflow_facts([WorkflowFile(f"{number}.yaml", text) for number, text in enumerate(texts)])


@pytest.mark.parametrize(
    "text",
    [
        "aws-access-key-id: ${{ secrets.AWS_ACCESS_KEY_ID }}",
        "x: ${{secrets.aws_secret_access_key}}",
        "x: ${{ secrets['AWS_ACCESS_KEY_ID'] }}",
        'x: ${{ secrets[ "AWS_SECRET_ACCESS_KEY" ] }}',
        "x: ${{ secrets . AWS_ACCESS_KEY_ID }}",
        "    secrets: inherit",
        "    secrets: 'inherit'",
        "job: {uses: a/b, secrets: inherit}",
        "x: ${{ toJSON(secrets) }}",
        "x: ${{ toJson( secrets ) }}",
        "x: ${{ secrets.* }}",
        "x: ${{ secrets[format('AWS_{0}', matrix.half)] }}",
        "x: ${{ secrets[matrix.name] || 1 }}",
    ],
)
def test_every_way_to_read_the_pair_is_seen(text: str) -> None:
    assert facts(f"on: push\njobs:\n  {text}\n").reads_pair is True


@pytest.mark.parametrize(
    "text",
    [
        "x: ${{ secrets.AWS_ACCESS_KEY_ID_OLD }}",
        "x: ${{ secrets.OTHER }}",
        "x: ${{ secrets['OTHER'] }}",
        "# x: ${{ secrets.AWS_ACCESS_KEY_ID }}",
        "x: ${{ needs.a.outputs.secrets }}",
        "x: ${{ inputs.my-secrets }}",
        "x: secrets of all kinds",
        "secrets: {token: inherit-nothing}",
    ],
)
def test_what_is_no_reading_is_none(text: str) -> None:
    assert facts(f"on: push\njobs:\n  {text}\n").reads_pair is False


def test_a_missing_text_is_unknown_unless_another_file_reads_the_pair() -> None:
    assert facts("on: push", None).reads_pair is None
    assert facts("x: ${{ secrets.AWS_ACCESS_KEY_ID }}", None) == WorkflowFacts(True, None, None, ("0.yaml",))
    assert workflow_facts(None) == WorkflowFacts(None, None, None)
    assert facts() == WorkflowFacts(False, False, False)


def test_a_role_and_the_ci_token_are_seen() -> None:
    text = "with:\n  role-to-assume: arn:aws:iam::1:role/ci-role-ui\n  token: ${{ secrets.API_TOKEN_GITHUB }}\n"
    assert facts(text) == WorkflowFacts(False, True, True)


def test_the_places_and_what_sets_them_off_are_kept() -> None:
    text = "on: [schedule]\njobs:\n  a:\n    steps:\n      - run: ${{ secrets.AWS_ACCESS_KEY_ID }}\n"
    found = workflow_facts([WorkflowFile("ci.yaml", text)], "trunk").pipeline
    assert [str(read.place) for read in found.key_reads] == [".github/workflows/ci.yaml:5"]
    assert found.reach.branches == ("trunk",)


def test_a_local_action_reads_like_a_workflow() -> None:
    text = "runs:\n  steps:\n    - run: ${{ secrets.AWS_ACCESS_KEY_ID }}\n"
    found = workflow_facts([WorkflowFile("action.yml", text, ".github/actions/x")])
    assert (found.reads_pair, found.readers) == (True, ("action.yml",))
