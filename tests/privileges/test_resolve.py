"""Policies as they are sent to IAM."""

from __future__ import annotations

import json

import pytest

from cellenics_ci.model.names import AccountId, Region
from cellenics_ci.privileges.resolve import resolve
from cellenics_ci.privileges.services import PARTITIONS
from tests.privileges.reading import declared, with_resource

EVERY = "!Sub 'arn:${AWS::Partition}:s3:::${AWS::AccountId}-${AWS::Region}.${AWS::URLSuffix}'"


def test_sends_compact_json_in_the_order_of_the_file_with_latin_characters_as_they_are() -> None:
    (policy,) = resolve(
        declared(with_resource("[arn:aws:s3:::é, '*']")),
        region=Region("us-east-1"),
        account=AccountId("111122223333"),
        partition="aws",
    )
    assert policy.text == (
        '{"Version":"2012-10-17","Statement":'
        '{"Effect":"Allow","Action":"ecr:PutImage","Resource":["arn:aws:s3:::é","*"]}}'
    )
    assert json.loads(policy.text) == policy.document


@pytest.mark.parametrize(("partition", "suffix"), PARTITIONS.items())
def test_fills_in_every_parameter(partition: str, suffix: str) -> None:
    (policy,) = resolve(
        declared(with_resource(EVERY)),
        region=Region("xx-west-9"),
        account=AccountId("000000000001"),
        partition=partition,
    )
    assert policy.document["Statement"]["Resource"] == f"arn:{partition}:s3:::000000000001-xx-west-9.{suffix}"


@pytest.mark.parametrize(
    ("region", "account", "partition"),
    [
        ("us-east-1", "1", "aws"),
        ("us-east-1", '111122223333","', "aws"),
        ("*", "111122223333", "aws"),
        ("us-east-1", "111122223333", "*"),
    ],
)
def test_refuses_values_that_are_no_names(region: str, account: str, partition: str) -> None:
    with pytest.raises(ValueError, match="AWS"):
        resolve(declared(with_resource("'*'")), region=Region(region), account=AccountId(account), partition=partition)
