"""The shipped JSON Schema agrees with the parser, seen as an editor sees a file: tags taken off."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
import yaml

from cellenics_ci.privileges.declaration import Invalid
from cellenics_ci.privileges.schema import ci_yaml_schema, schema_text
from tests.privileges.reading import read, with_resource, with_statement
from tests.privileges.test_parse import USUAL

VALID = with_resource("'*'")
FINE = "Effect: Allow, Action: ecr:PutImage, Resource: '*'"

GOOD = [
    USUAL,
    "ci-policies: []\n",
    VALID + "ci-secrets: {actions: false, environments: [staging, 2024], dependabot: true}\nci-region: us-east-1\n",
    VALID + "ci-trust: {branches: [master, release/*], tags: [v*, 2024], environments: [a b:c], pull-requests: true}\n",
    VALID + "ci-secrets: {}\nci-trust: {pull-requests: true}\nimage: {}\nrelease: {}\nsomebody: else\n",
    with_resource("!Join ['', ['arn:aws:s3:::', !Ref AWS::AccountId]]"),
    with_resource("{'Fn::Join': [':', [arn, aws, s3, '', '', {Ref: AWS::AccountId}]]}"),
    with_resource("[!Sub ['arn:aws:s3:::${A}', {A: x}], {'Fn::Sub': 'arn:aws:s3:::${AWS::Region}'}]"),
    with_statement(f"[{{{FINE}, Sid: A1}}, {{Effect: Deny, NotAction: ['s3:*', '*'], NotResource: 'arn:aws:s3:::a'}}]"),
    with_statement(f"{{{FINE}, Condition: {{'ForAnyValue:StringLikeIfExists': {{'aws:TagKeys': [a, 1, true]}}}}}}"),
    VALID.replace("PolicyName: push", "PolicyName: 007"),
]

BAD = [
    "- a\n",
    "text\n",
    "ci-policies:\n",
    "ci-policies: push\n",
    "ci-policies: [push]\n",
    "ci-policies: [{PolicyName: a}]\n",
    "ci-policies: [{PolicyDocument: {}}]\n",
    "ci-policies: [{PolicyName: a, PolicyDocument: '{}'}]\n",
    "ci-policies: [{PolicyName: a, PolicyDocument: {Version: 2012-10-17}}]\n",
    "ci-policies: [{PolicyName: '', PolicyDocument: {Statement: []}}]\n",
    "ci-secrets: {}\n",
    with_statement("[]"),
    with_statement("x"),
    with_statement(f"{{{FINE}, Principal: '*'}}"),
    with_statement(f"{{{FINE}, NotAction: 's3:*'}}"),
    with_statement(f"{{{FINE}, Sid: a b}}"),
    with_statement(f"{{{FINE}, Condition: {{StringEqual: {{'aws:x': a}}}}}}"),
    with_statement(f"{{{FINE}, Condition: {{Bool: {{x: a}}}}}}"),
    with_statement(f"{{{FINE}, Condition: {{Bool: {{'aws:x': []}}}}}}"),
    with_statement(f"{{{FINE}, Condition: {{Bool: {{}}}}}}"),
    with_statement("{Effect: allow, Action: 's3:*', Resource: '*'}"),
    with_statement("{Effect: Allow, Action: s3, Resource: '*'}"),
    with_statement("{Effect: Allow, Action: [], Resource: '*'}"),
    with_statement("{Effect: Allow, Action: 's3:*'}"),
    with_statement("{Effect: Allow, Resource: '*'}"),
    with_statement(f"{{{FINE}}}", version="2012-10-18"),
    with_statement(f"{{{FINE}}}", version="2008-10-17"),
    f"ci-policies: [{{PolicyName: a, PolicyDocument: {{Statement: {{{FINE}}}}}}}]\n",
    with_resource("repository/api"),
    with_resource("~"),
    with_resource("{'Fn::If': [a, b, c]}"),
    with_resource("{Ref: Bucket}"),
    VALID + "ci-region: virginia\n",
    VALID + "ci-trust: {}\n",
    VALID + "ci-trust: [master]\n",
    VALID + "ci-trust: {branches: []}\n",
    VALID + "ci-trust: {pull-requests: false}\n",
    VALID + "ci-trust: {branch: [master]}\n",
    VALID + "ci-trust: {branches: master}\n",
    VALID + "ci-trust: {branches: [a, a]}\n",
    VALID + "ci-trust: {branches: ['refs/heads/master']}\n",
    VALID + "ci-trust: {tags: ['v 1']}\n",
    VALID + "ci-trust: {environments: ['']}\n",
    VALID + "ci-trust: {pull-requests: 'true'}\n",
    VALID + "ci-secrets: [staging]\n",
    VALID + "ci-secrets: {action: true}\n",
    VALID + "ci-secrets: {actions: 'true'}\n",
    VALID + "ci-secrets: {actions: false}\n",
    VALID + "ci-secrets: {actions: false, environments: []}\n",
    VALID + "ci-secrets: {environments: staging}\n",
    VALID + "ci-secrets: {environments: ['']}\n",
    VALID + "ci-secrets: {environments: [a, a]}\n",
]


class EditorLoader(yaml.SafeLoader):
    """Reads as an editor does: dates are texts, and a tag leaves its argument."""


EditorLoader.yaml_implicit_resolvers = {
    first: [(tag, expression) for tag, expression in resolvers if not tag.endswith(("timestamp", ":value"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def untagged(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    """Construct what a tagged node holds."""
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    return node.value


EditorLoader.add_multi_constructor("!", untagged)


def errors(text: str) -> list[str]:
    """Return what the schema says against a file."""
    validator = jsonschema.Draft7Validator(ci_yaml_schema())
    data = yaml.load(text, Loader=EditorLoader)
    return [error.message for error in validator.iter_errors(data)]


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft7Validator.check_schema(ci_yaml_schema())
    assert schema_text().startswith("{")


@pytest.mark.parametrize("text", GOOD)
def test_schema_and_parser_both_take_a_good_file(text: str) -> None:
    assert not isinstance(read(text), Invalid)
    assert errors(text) == []


@pytest.mark.parametrize("text", BAD)
def test_schema_and_parser_both_refuse_a_bad_file(text: str) -> None:
    assert isinstance(read(text), Invalid)
    assert errors(text)


def test_the_schema_marks_an_unknown_key_of_ours_which_the_parser_warns_of() -> None:
    assert errors(VALID + "ci-secret: {}\n")
    assert not isinstance(read(VALID + "ci-secret: {}\n"), Invalid)
