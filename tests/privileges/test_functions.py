"""Scalars kept as they were written, and CloudFormation's functions in their short and long forms."""

from __future__ import annotations

from typing import Any

import pytest

from cellenics_ci.model.names import AccountId, Region
from cellenics_ci.privileges.resolve import resolve
from tests.privileges.reading import declared, problems, with_resource, with_statement

SUB = "arn:aws:ecr:eu-west-1:000000000042:repository/api"


def statement_of(text: str) -> dict[str, Any]:
    """Resolve a file's only statement in one account."""
    (policy,) = resolve(declared(text), region=Region("eu-west-1"), account=AccountId("000000000042"), partition="aws")
    statement: dict[str, Any] = policy.document["Statement"]
    return statement


@pytest.mark.parametrize(
    "written",
    [
        "2012-10-17",
        "012345678901",
        "yes",
        "0x10",
        "1e3",
        "1_000",
        "true",
        "0o7",
        "12:30:00",
        ".5",
        "=",
        "!!int 007",
        "! text",
    ],
)
def test_keeps_a_plain_scalar_as_it_was_written(written: str) -> None:
    condition = f"Condition: {{StringEquals: {{'aws:x': {written}}}}}"
    statement = statement_of(with_statement(f"{{Effect: Allow, Action: s3:Get*, Resource: '*', {condition}}}"))
    assert statement["Condition"] == {"StringEquals": {"aws:x": written.rpartition(" ")[2]}}


@pytest.mark.parametrize("nothing", ["", "~", "null", "NULL"])
def test_an_empty_value_is_a_problem_that_names_its_key(nothing: str) -> None:
    start = "ci-policies:\n  - PolicyName: a\n    PolicyDocument:\n      Version: 2012-10-17\n"
    statement = f"        Effect: Allow\n        Action: '*'\n        Resource: {nothing}\n"
    (problem,) = problems(f"{start}      Statement:\n{statement}")
    assert problem.line == 8
    assert problem.sentence == "there is no value after `Resource`"


def test_a_quoted_null_is_a_text() -> None:
    condition = "Condition: {StringEquals: {'aws:x': ['null', '']}}"
    statement = statement_of(with_statement(f"{{Effect: Allow, Action: s3:Get*, Resource: '*', {condition}}}"))
    assert statement["Condition"] == {"StringEquals": {"aws:x": ["null", ""]}}


@pytest.mark.parametrize(
    "written",
    [
        '!Sub "arn:${AWS::Partition}:ecr:${AWS::Region}:${AWS::AccountId}:repository/api"',
        '{"Fn::Sub": "arn:aws:ecr:${AWS::Region}:${AWS::AccountId}:repository/api"}',
        '!Sub ["arn:aws:ecr:${Where}:${AWS::AccountId}:repository/${Name}", {Where: !Ref AWS::Region, Name: api}]',
        '{"Fn::Sub": ["arn:aws:ecr:eu-west-1:${A}:repository/api", {A: {Ref: "AWS::AccountId"}}]}',
        '!Join [":", [arn, aws, ecr, !Ref "AWS::Region", !Ref AWS::AccountId, repository/api]]',
        '{"Fn::Join": ["", ["arn:aws:ecr:", {Ref: AWS::Region}, !Sub ":${AWS::AccountId}:", "repository/api"]]}',
        '!Join ["/", [!Join [":", [arn, aws, ecr, !Ref AWS::Region, "000000000042", repository]], api]]',
    ],
)
def test_resolves_functions_in_every_form(written: str) -> None:
    assert statement_of(with_resource(written))["Resource"] == SUB


def test_resolves_a_function_inside_a_list_and_in_a_policy_name() -> None:
    text = with_resource('["*", !Sub "arn:aws:s3:::${AWS::AccountId}.${AWS::URLSuffix}"]')
    declaration = declared(text.replace("PolicyName: push", 'PolicyName: !Sub "push-${AWS::Region}"'))
    (policy,) = resolve(declaration, region=Region("cn-north-1"), account=AccountId("111122223333"), partition="aws-cn")
    assert policy.name == "push-cn-north-1"
    assert policy.document["Statement"]["Resource"] == ["*", "arn:aws:s3:::111122223333.amazonaws.com.cn"]


def test_sub_leaves_an_escaped_variable_to_iam() -> None:
    statement = statement_of(with_resource('!Sub "arn:aws:s3:::${AWS::AccountId}/${!aws:username}/$x"'))
    assert statement["Resource"] == "arn:aws:s3:::000000000042/${aws:username}/$x"


def test_a_block_text_can_be_substituted() -> None:
    text = with_resource("X").replace("{Effect: Allow, Action: ecr:PutImage, Resource: X}", "")
    text += "        Effect: Allow\n        Action: ecr:PutImage\n        Resource: !Sub >-\n"
    text += "          arn:aws:ecr:${AWS::Region}:${AWS::AccountId}:repository/api\n"
    assert statement_of(text)["Resource"] == SUB


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("!GetAtt Role.Arn", "the function `!GetAtt` is not supported"),
        ("!ImportValue x", "`!ImportValue`"),
        ("{'Fn::If': [a, b, c]}", "`Fn::If`"),
        ("{'Fn::Select': [0, [a]]}", "`Fn::Select`"),
        ("!sub x", "`!sub`"),
        ("!Ref Bucket", "the parameter `Bucket` is not known"),
        ("!Ref AWS::NoValue", "`AWS::NoValue`"),
        ("!Ref AWS::StackName", "`AWS::StackName`"),
        ("!Ref [a]", "argument of the wrong kind"),
        ("!Sub {a: b}", "argument of the wrong kind"),
        ("!Join x", "argument of the wrong kind"),
        ("!Join ['', a]", "a separator and a list"),
        ("!Join ['']", "a separator and a list"),
        ("!Join [!Ref AWS::Region, [a]]", "separator must be a plain text"),
        ("!Join ['', [[a]]]", "needs a text in Join's list"),
        ("!Sub ['${A}']", "two items"),
        ("!Sub ['${A}', [A]]", "a plain text and a mapping"),
        ("!Sub ['${A}', {A: [x]}]", "needs a text after `A`"),
        ("!Sub ['${B}', {A: x}]", "the parameter `B`"),
        ("!Sub 'x${AWS::Region'", "never closed"),
        ("!Sub '${a${AWS::Region}'", "never closed"),
        # With a search for each of them to the text's end this alone would take minutes.
        ("!Sub '" + "${" * 100_000 + "'", "never closed"),
        ("!Sub '${AWS::region}'", "the parameter `AWS::region`"),
        ("!Sub '${}'", "the parameter ``"),
        ("{'Fn::Sub': !Ref AWS::Region}", "a function as its argument"),
        ("{'Ref': AWS::Region, x: y}", "`Ref` stands beside other keys"),
        ("!!binary aGk=", "the tag `!!binary`"),
        ("!!set {a, b}", "the tag `!!set`"),
        ("!<tag:example.org,2026:x> y", "is not supported"),
    ],
)  # fmt: skip
def test_names_what_cannot_be_resolved(written: str, words: str) -> None:
    (problem,) = problems(with_resource(written))
    assert words in problem.sentence
    assert problem.line == 5


def test_tells_all_that_is_wrong_with_one_text_in_sub() -> None:
    (problem,) = problems(with_resource("!Sub '${Env}-${AWS::StackName}-${Env}-${aws:username}-${AWS::Region}'"))
    assert problem.sentence == "the parameters `Env`, `AWS::StackName` and `aws:username` in Sub are not known here"
    assert "${!aws:username}" in problem.remedy
    unclosed, unknown = problems(with_resource("!Sub '${Env}-${AWS::Region'"))
    assert "never closed" in unclosed.sentence
    assert "`Env`" in unknown.sentence


def test_tells_how_to_write_a_variable_of_iam_in_sub() -> None:
    (problem,) = problems(with_resource("!Sub 'arn:aws:s3:::${aws:username}'"))
    assert "${!aws:username}" in problem.remedy


def test_suggests_the_nearest_parameter() -> None:
    (problem,) = problems(with_resource("!Ref AWS::AcountId"))
    assert problem.remedy == "did you mean `AWS::AccountId`?"


def test_a_function_as_a_key_is_a_problem() -> None:
    text = with_statement("{Effect: Allow, Action: s3:Get*, Resource: '*', !Ref AWS::Region : x}")
    assert any("a key is not a plain text" in problem.sentence for problem in problems(text))
