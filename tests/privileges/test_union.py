"""What two versions of a policy allow together, for as long as keys of both are in use."""

from __future__ import annotations

from typing import Any

import pytest

from cellenics_ci.privileges.coverage import gives_more
from cellenics_ci.privileges.union import union


def allow(action: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: str, **more: Any) -> dict[str, Any]:
    return allow(action, **more) | {"Effect": "Deny"}


def document(*statements: Any, version: str = "2012-10-17") -> dict[str, Any]:
    return {"Version": version, "Statement": list(statements)}


MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


@pytest.mark.parametrize(
    ("old", "new", "together"),
    [
        ([allow("s3:Put*")], [allow("sqs:*")], [allow("sqs:*"), allow("s3:Put*")]),
        ([allow("s3:Put*"), allow("sqs:Send*")], [allow("sqs:*")], [allow("sqs:*"), allow("s3:Put*")]),
        ([allow("s3:*", Sid="A")], [allow("sqs:*", Sid="A")], [allow("sqs:*", Sid="A"), allow("s3:*")]),
        (
            [allow("s3:*"), deny("s3:D*")],
            [allow("sqs:*"), deny("s3:D*", Sid="no")],
            [allow("sqs:*"), deny("s3:D*", Sid="no"), allow("s3:*")],
        ),
        ([allow("s3:*")], [allow("s3:*", Condition=MFA)], [allow("s3:*", Condition=MFA), allow("s3:*")]),
        ([allow("s3:*", "b")], [allow("s3:*", "c")], [allow("s3:*", "c"), allow("s3:*", "b")]),
    ],
)
def test_both_versions_rights_are_there_and_nothing_twice(old: list[Any], new: list[Any], together: list[Any]) -> None:
    found = union(document(*old), document(*new))
    assert found is not None
    assert found["Statement"] == together
    assert not gives_more(document(*old), found)
    assert not gives_more(document(*new), found)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ([allow("*"), deny("s3:*")], [allow("*"), deny("sqs:*")]),
        ([allow("*"), deny("s3:*")], [allow("s3:*")]),
        ([allow("sqs:*")], [allow("*"), deny("s3:*")]),
        ([allow("*"), deny("s3:*")], [allow("s3:*"), deny("s3:*", Condition=MFA)]),
    ],
)
def test_what_one_denies_and_the_other_does_not_is_never_put_together(old: list[Any], new: list[Any]) -> None:
    assert union(document(*old), document(*new)) is None


def test_another_version_of_the_language_is_put_together_only_where_it_means_the_same() -> None:
    elder, variable = document(allow("s3:*", "b"), version="2008-10-17"), allow("s3:*", "${aws:username}")
    found = union(elder, document(allow("sqs:*")))
    assert found == document(allow("sqs:*"), allow("s3:*", "b"))
    assert union(document(variable, version="2008-10-17"), document(allow("sqs:*"))) is None
    assert union(elder, document(variable)) is None


@pytest.mark.parametrize("old", [{}, {"Statement": ["nonsense", 5]}, {"Statement": {"Effect": "Deny", "Action": 5}}])
def test_whatever_a_live_policy_holds_is_no_error(old: dict[str, Any]) -> None:
    found = union(old, document(allow("sqs:*")))
    assert found is None or found["Statement"] == [allow("sqs:*")]
