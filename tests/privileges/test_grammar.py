"""IAM's policy grammar: what is refused, what is warned of, and what passes."""

from __future__ import annotations

import pytest

from cellenics_ci.privileges.conditions import OPERATORS
from tests.privileges.reading import declared, only_problem, problems, with_resource, with_statement

FINE = "Effect: Allow, Action: ecr:PutImage, Resource: '*'"


def document(text: str) -> str:
    """Return a file of one policy with this document, given as a flow mapping."""
    return f"ci-policies:\n  - PolicyName: push\n    PolicyDocument: {text}\n"


@pytest.mark.parametrize(
    "statement",
    [
        f"{{{FINE}}}",
        f"[{{{FINE}}}, {{Effect: Deny, NotAction: 'iam:*', NotResource: ['arn:aws:s3:::a/*']}}]",
        "{Sid: Push1, Effect: Allow, Action: ['ecr:*', 's3:Get?bject'], Resource: 'arn:aws:s3:::${aws:username}/*'}",
        "{Sid: '', Effect: Allow, Action: 's3:GetObject', Resource: 'arn:aws:ecr:*:*:repository/*'}",
        f"{{{FINE}, Condition: {{'ForAnyValue:StringLikeIfExists': {{'aws:TagKeys': [a, b]}}}}}}",
        f"{{{FINE}, Condition: {{Bool: {{'aws:SecureTransport': true}}, 'Null': {{'aws:x': 'false'}}}}}}",
        "{Effect: Allow, Action: 's3:*', Resource: 'arn:*:s3:::a'}",
        "{Effect: Allow, Action: 's3:*', Resource: 'arn:aws:s3:us-east-1:111122223333:accesspoint/a'}",
        "{Effect: Allow, Action: 'iam:Get*', Resource: ['arn:aws:iam::*:role/a', 'arn:aws:iam::111122223333:*']}",
        f"{{{FINE}, Condition: {{DateLessThan: {{'aws:x': [2026-12-31, '2026-12-31T23:59:59Z', 1798761600]}}}}}}",
        f"{{{FINE}, Condition: {{DateLessThan: {{'aws:CurrentTime': '${{aws:x}}'}}}}}}",
        f"{{{FINE}, Condition: {{StringEquals: {{'token.actions.githubusercontent.com:aud': x}}}}}}",
    ],
)
def test_takes_what_iam_takes_without_a_word(statement: str) -> None:
    assert declared(with_statement(statement)).warnings == ()


@pytest.mark.parametrize("operator", OPERATORS)
def test_knows_every_condition_operator(operator: str) -> None:
    value = "2026-12-31" if operator.startswith("Date") else "'true'"
    declared(with_statement(f"{{{FINE}, Condition: {{{operator!r}: {{'aws:x': {value}}}}}}}"))


@pytest.mark.parametrize(
    ("statement", "words", "remedy"),
    [
        ("x", "a statement is no mapping", ""),
        ("[]", "`Statement` is an empty list", ""),
        ("[[]]", "a statement is no mapping", ""),
        ("{Action: 's3:*', Resource: '*'}", "no `Effect`", ""),
        ("{Effect: allow, Action: 's3:*', Resource: '*'}", "neither Allow nor Deny", ""),
        ("{Effect: [Allow], Action: 's3:*', Resource: '*'}", "neither Allow nor Deny", ""),
        ("{Effect: Allow, Resource: '*'}", "neither `Action` nor `NotAction`", ""),
        ("{Effect: Allow, Action: 's3:*'}", "neither `Resource` nor `NotResource`", ""),
        ("{Effect: Allow, Action: 's3:*', NotAction: 's3:*', Resource: '*'}", "both `Action` and `NotAction`", ""),
        ("{Effect: Allow, Action: 's3:*', Resource: '*', NotResource: '*'}", "both `Resource`", ""),
        ("{Effect: Allow, Action: [], Resource: '*'}", "`Action` is an empty list", ""),
        ("{Effect: Allow, Action: [['s3:*']], Resource: '*'}", "`Action` holds something", ""),
        ("{Effect: Allow, Action: s3, Resource: '*'}", "`s3` is no action", ""),
        ("{Effect: Allow, Action: 's*:Get', Resource: '*'}", "`s*:Get` is no action", ""),
        ("{Effect: Allow, Action: 's3:Get Object', Resource: '*'}", "is no action", ""),
        ("{Effect: Allow, Action: '', Resource: '*'}", "is no action", ""),
        (f"{{{FINE}, Principal: '*'}}", "`Principal` is not for", ""),
        (f"{{{FINE}, NotPrincipal: '*'}}", "`NotPrincipal` is not for", ""),
        (f"{{{FINE}, Conditions: {{}}}}", "`Conditions` is not known", "did you mean `Condition`?"),
        (f"{{{FINE}, Sid: not good}}", "`Sid` has other characters", ""),
        (f"{{{FINE}, Sid: [a]}}", "`Sid` has other characters", ""),
        (f"[{{{FINE}, Sid: a}}, {{{FINE.replace('Put', 'Get')}, Sid: a}}]", "the Sid `a` is there twice", ""),
        (f"{{{FINE}, Condition: x}}", "`Condition` is no mapping", ""),
        (f"{{{FINE}, Condition: {{StringEqual: {{'a:b': c}}}}}}", "`StringEqual`", "did you mean `StringEquals`?"),
        (f"{{{FINE}, Condition: {{'ForSome:Bool': {{'a:b': c}}}}}}", "`ForSome:Bool`", ""),
        (f"{{{FINE}, Condition: {{NullIfExists: {{'a:b': 'true'}}}}}}", "`NullIfExists`", "write Null"),
        (f"{{{FINE}, Condition: {{Bool: x}}}}", "`Bool` has no condition keys", ""),
        (f"{{{FINE}, Condition: {{Bool: {{}}}}}}", "`Bool` has no condition keys", ""),
        (f"{{{FINE}, Condition: {{Bool: {{MultiFactor: 'true'}}}}}}", "`MultiFactor` is no condition key", ""),
        (f"{{{FINE}, Condition: {{StringLike: {{'a:b': []}}}}}}", "`a:b` has no value", ""),
        (f"{{{FINE}, Condition: {{DateLessThan: {{'a:b': tomorrow}}}}}}", "`tomorrow` is no date", ""),
        (f"{{{FINE}, Condition: {{DateLessThan: {{'a:b': 31-12-2026}}}}}}", "`31-12-2026` is no date", ""),
        (f"{{{FINE}, Condition: {{StringLike: {{'a:b': {{}}}}}}}}", "`a:b` holds something", ""),
    ],
)  # fmt: skip
def test_refuses_a_statement_that_iam_refuses(statement: str, words: str, remedy: str) -> None:
    problem = only_problem(with_statement(statement))
    assert words in problem.sentence
    assert remedy in problem.remedy
    assert problem.remedy
    assert problem.line == 5


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        ("repository/api", "neither an ARN nor `*`"),
        ("arn:aws:s3", "neither an ARN nor `*`"),
        ("'arn:aws:s3:::'", "neither an ARN nor `*`"),
        ("'arn:a*:s3:::a'", "`a*` in `arn:a*:s3:::a` is no partition"),
        ("'arn:aws:s3:us-east-1::a'", "has a region, and s3 has none"),
        ("'arn:aws:s3:*:*:a/*'", "has a region, and s3 has none"),
        ("'arn:aws:iam:us-east-1:111122223333:role/a'", "has a region, and iam has none"),
        ("'arn:aws:iam::111122223333:root'", "is nothing that IAM has"),
        ("'arn:amazon:s3:::a'", "is no partition"),
        ("'arn:aws:*:::a'", "is not named in full"),
        ("'*a'", "neither an ARN nor `*`"),
        ("[['*']]", "`Resource` holds something"),
    ],
)
def test_refuses_a_resource_that_iam_refuses(resource: str, words: str) -> None:
    problem = only_problem(with_resource(resource))
    assert words in problem.sentence
    assert problem.remedy


@pytest.mark.parametrize("version", ["2012-10-18", "2012-10-7", "1", "[2012-10-17]"])
def test_refuses_another_version(version: str) -> None:
    problem = only_problem(with_statement(f"{{{FINE}}}", version=version))
    assert problem.sentence == "`Version` is not 2012-10-17"
    assert problem.line == 4


def test_refuses_the_old_version_and_none_with_what_they_mean() -> None:
    old = only_problem(with_statement(f"{{{FINE}}}", version="2008-10-17"))
    none = only_problem(document(f"{{Statement: {{{FINE}}}}}"))
    assert "plain text" in old.sentence
    assert none.sentence == "the policy has no `Version`, so it would be taken for 2008-10-17"
    assert old.remedy == none.remedy == "write Version: 2012-10-17"


def test_refuses_a_document_without_a_statement_and_with_unknown_elements() -> None:
    sentences = [problem.sentence for problem in problems(document("{Version: 2012-10-17, statement: {}}"))]
    assert "the element `statement` is not known in a policy document" in sentences
    assert "the policy document has no `Statement`" in sentences


@pytest.mark.parametrize("text", ['"caf\\u0113"', '"a\\u0001"', '"\\U0001F600"', "“x”"])
def test_refuses_characters_that_iam_refuses(text: str) -> None:
    condition = f"{{{FINE}, Condition: {{StringEquals: {{'aws:x': {text}}}}}}}"
    problem = only_problem(with_statement(condition))
    assert "U+" in problem.sentence


def test_names_every_character_of_a_text_that_iam_refuses() -> None:
    several = only_problem(with_statement(f"{{{FINE}, Condition: {{StringEquals: {{'aws:x': '“日x”“'}}}}}}"))
    assert several.sentence.endswith("has the characters U+201C, U+65E5 and U+201D")
    one = only_problem(with_statement(f"{{{FINE}, Condition: {{StringEquals: {{'aws:x': '“x“'}}}}}}"))
    assert one.sentence.endswith("has the character U+201C")
    many = only_problem(with_statement(f"{{{FINE}, Condition: {{StringEquals: {{'aws:x': 'ᄀᄁᄂᄃᄄᄅᄆᄇᄈᄉ'}}}}}}"))
    assert many.sentence.endswith("U+1107 and 2 more")


def test_takes_latin_characters_and_line_ends() -> None:
    declared(with_statement(f"{{{FINE}, Condition: {{StringEquals: {{'aws:x': \"café\\t\\r\\n\\xff\"}}}}}}"))


def test_warns_of_an_unknown_service_with_the_nearest_one() -> None:
    (warning,) = declared(with_statement("{Effect: Allow, Action: 'eks2:X', Resource: '*'}")).warnings
    assert warning.sentence == "no service `eks2` is known here"
    assert warning.remedy == "did you mean `eks`?"


def test_knows_a_service_in_any_case() -> None:
    assert declared(with_statement("{Effect: Allow, Action: 'ECR:PutImage', Resource: '*'}")).warnings == ()


def test_warns_of_a_boolean_that_never_matches() -> None:
    statement = f"{{{FINE}, Condition: {{Bool: {{'aws:SecureTransport': yes}}}}}}"
    (warning,) = declared(with_statement(statement)).warnings
    assert warning.sentence == "`Bool` never matches `yes`"
