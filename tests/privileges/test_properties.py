"""What holds for any text: reading never raises, and what is read as valid can be resolved, counted and compared."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from cellenics_ci.model.names import AccountId, PolicyName, Region
from cellenics_ci.privileges.check import check_account, inline_size
from cellenics_ci.privileges.compare import compare, diff_lines, same_meaning
from cellenics_ci.privileges.coverage import gives_more
from cellenics_ci.privileges.declaration import Declaration, Invalid, NotOurs, Policy, SourceFile
from cellenics_ci.privileges.escalation import grants_everything
from cellenics_ci.privileges.parse import read_declaration
from cellenics_ci.privileges.resolve import resolve
from tests.privileges.reading import source, with_resource
from tests.privileges.test_parse import USUAL

# Pieces of which files are made, so that random ones get past the first line.
PIECES = [
    "ci-policies:", "ci-secrets:", "ci-region:", "PolicyName:", "PolicyDocument:", "Version: 2012-10-17",
    "Statement:", "Effect: Allow", "Action:", "Resource:", "Condition:", "StringEquals:", "aws:x:", "- ", "  ",
    "    ", "\n", "\n  - ", "\n      ", "\t", "{", "}", "[", "]", ",", ":", "'*'", "ecr:PutImage", "!Sub ", "!Ref ",
    "!Join ", "${AWS::Region}", "AWS::Region", "Fn::Sub:", "&a ", "*a", "<<: ", "|\n", ">-\n", "'", '"', "#", "---\n",
    "...", "? ", "!!binary ", "~", "\r\n", "\ufeff", "\x00", "\x85", "é", "\U0001f600", "%YAML 1.1\n", "\\",
]  # fmt: skip

ANY_TEXT = st.one_of(
    st.text(max_size=200),
    st.lists(st.sampled_from(PIECES), max_size=40).map("".join),
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join).map(lambda tail: USUAL + tail),
    st.tuples(st.integers(0, len(USUAL)), st.sampled_from(PIECES)).map(
        lambda at: USUAL[: at[0]] + at[1] + USUAL[at[0] :]
    ),
    st.binary(max_size=200).map(lambda data: data.decode("utf-8", "surrogateescape")),
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["Version", "Statement", "Effect", "Action", "Resource", "NotAction", "Condition", "Sid", "x"]
            ),
            inner | st.sampled_from(["Allow", "Deny", "*", "s3:*"]),
            max_size=4,
        )
    ),
    max_leaves=15,
)
DOCUMENTS = st.dictionaries(st.sampled_from(["Version", "Id", "Statement", "x"]), JSON, max_size=4)


def put_to_use(declaration: Declaration) -> None:
    """Do with a valid declaration all that is done with one."""
    policies = resolve(declaration, region=Region("us-east-1"), account=AccountId("111122223333"), partition="aws")
    assert policies
    for policy in policies:
        assert json.loads(policy.text) == policy.document
        assert re.fullmatch(r"[\w+=,.@-]{1,128}", policy.name)
    check_account(declaration, policies, quota=2048, partition="aws")
    assert inline_size(policy.document for policy in policies) <= sum(len(policy.text) for policy in policies)
    grants_everything(policies)
    assert not compare(policies, {policy.name: policy.document for policy in policies}).drifted
    assert declaration.ci_secrets.scopes


@settings(max_examples=400, deadline=None)
@given(ANY_TEXT)
@example(with_resource("['*', !Sub 'arn:aws:s3:::${AWS::Region}']"))
@example("? [a]\n: b\nci-policies: []")
@example("ci-policies: [{? {a: b} : c}]")
@example("ci-policies: [{<<: [[], ~]}]")
@example('ci-policies: ["\\ud800"]')
def test_any_text_is_read_as_one_of_three_things(text: str) -> None:
    reading = read_declaration(source(text))
    if isinstance(reading, Declaration):
        put_to_use(reading)
    elif isinstance(reading, Invalid):
        assert reading.problems
        last = (
            text.count("\n") + text.count("\r") + text.count("\x85") + text.count("\u2028") + text.count("\u2029") + 1
        )
        for problem in reading.problems:
            assert problem.sentence
            assert 1 <= problem.line <= last + 1
            assert str(problem).isprintable()
    else:
        assert isinstance(reading, NotOurs)
        assert reading.reason


@given(
    st.builds(
        SourceFile,
        name=st.just(".ci.yaml"),
        text=st.none() | st.just("ci-policies: []") | st.just("x: 1"),
        byte_size=st.integers(0, 20_000_000),
        is_binary=st.booleans(),
        is_truncated=st.booleans(),
        kind=st.sampled_from(["file", "directory", "submodule"]),
    )
)
def test_whatever_github_gives_is_read_as_something(file: SourceFile) -> None:
    reading = read_declaration(file)
    assert isinstance(reading, Invalid | NotOurs)


@settings(deadline=None)
@given(DOCUMENTS, DOCUMENTS)
def test_any_two_documents_can_be_compared(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert same_meaning(one, one)
    assert same_meaning(one, other) is same_meaning(other, one)
    assert bool(diff_lines("p", one, other)) is not same_meaning(one, other)
    found = compare([Policy(PolicyName("p"), other, "")], {"p": one})
    assert found.drifted is not same_meaning(one, other)
    assert inline_size([one, other]) == inline_size([one]) + inline_size([other])
    assert not gives_more(one, one)
