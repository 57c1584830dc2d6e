"""Declared policies against live ones: drift, direction and the diff that people read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cellenics_ci.model.names import PolicyName
from cellenics_ci.privileges.compare import DENY_OLD_SESSIONS, compare, diff_lines, same_meaning
from cellenics_ci.privileges.declaration import Policy


def statement(**changes: Any) -> dict[str, Any]:
    """Return a statement, with changes; None takes an element out."""
    made = {"Effect": "Allow", "Action": ["ecr:PutImage", "ecr:GetImage"], "Resource": "arn:aws:s3:::a"} | changes
    return {key: value for key, value in made.items() if value is not None}


def document(*statements: Any, version: str = "2012-10-17") -> dict[str, Any]:
    """Return a policy document of these statements."""
    return {"Version": version, "Statement": list(statements)}


def policy(name: str, content: dict[str, Any]) -> Policy:
    """Return a resolved policy."""
    return Policy(PolicyName(name), content, json.dumps(content))


BASE = document(statement())


@pytest.mark.parametrize(
    "live",
    [
        document(statement(Action=["ecr:GetImage", "ecr:PutImage"])),
        document(statement(Action=["ECR:getimage", "ecr:PutImage", "ecr:PutImage"])),
        {"Statement": statement(), "Version": "2012-10-17"},
        document(statement(Resource=["arn:aws:s3:::a"])),
        document(statement(), statement()),
    ],
    ids=["order", "case and repetition", "one statement without a list", "one resource in a list", "said twice"],
)
def test_differences_of_form_are_no_drift(live: dict[str, Any]) -> None:
    found = compare([policy("push", BASE)], {"push": live})
    assert found.unchanged == ("push",)
    assert not found.drifted
    assert diff_lines("push", live, BASE) == ()


def test_values_of_conditions_are_texts_to_iam() -> None:
    one = document(statement(Condition={"Bool": {"aws:SecureTransport": True}, "NumericEquals": {"aws:x": 5}}))
    other = document(statement(Condition={"NumericEquals": {"AWS:X": ["5"]}, "Bool": {"aws:securetransport": "true"}}))
    assert same_meaning(one, other)
    assert not same_meaning(one, document(statement(Condition={"Bool": {"aws:SecureTransport": False}})))


@pytest.mark.parametrize(
    "live",
    [
        document(statement(Resource="arn:aws:s3:::A")),
        document(statement(Effect="Deny")),
        document(statement(Sid="x")),
        document(statement(), version="2008-10-17"),
        document(statement(), statement(Action="s3:*")),
        BASE | {"Id": "x"},
        {"Version": "2012-10-17"},
        {},
        {"Version": "2012-10-17", "Statement": ["nonsense", 5, None]},
    ],
)
def test_differences_of_meaning_are_drift(live: dict[str, Any]) -> None:
    found = compare([policy("push", BASE)], {"push": live})
    assert [change.name for change in found.changed] == ["push"]
    assert found.drifted
    assert diff_lines("push", live, BASE)


def test_sorts_policies_into_added_changed_removed_and_unchanged() -> None:
    other = document(statement(Action="s3:*"))
    found = compare(
        [policy("new", BASE), policy("same", BASE), policy("other", BASE)],
        {"same": BASE, "other": other, "old": BASE, DENY_OLD_SESSIONS: other},
    )
    assert [added.name for added in found.added] == ["new"]
    assert [(change.name, change.old) for change in found.changed] == [("other", other)]
    assert found.removed == ("old",)
    assert found.unchanged == ("same",)


def test_the_policy_that_denies_old_sessions_is_no_drift() -> None:
    assert not compare([], {DENY_OLD_SESSIONS: document(statement(Effect="Deny"))}).drifted


MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


@pytest.mark.parametrize(
    ("old", "new", "widens", "narrows"),
    [
        ([statement()], [statement(), statement(Action="s3:Get*")], True, False),
        ([statement(Action="ecr:PutImage")], [statement(Action="ecr:Put*")], True, False),
        ([statement()], [statement(Action="ecr:*")], True, False),
        ([statement()], [statement(Action="*", Resource="*")], True, False),
        ([statement()], [statement(Resource="arn:aws:s3:::*")], True, False),
        ([statement(Condition=MFA)], [statement()], True, False),
        ([statement(), statement(Effect="Deny", Resource="*")], [statement()], True, False),
        ([statement()], [statement(Action="ecr:GetImage")], False, True),
        ([statement(Action="ecr:*")], [statement(Action=["ecr:Get*", "ecr:Put*"])], False, True),
        ([statement()], [statement(), statement(Effect="Deny", Action="s3:*")], False, True),
        ([statement()], [statement(Condition=MFA)], False, True),
        ([statement(Effect="Deny", Condition=MFA)], [statement(Effect="Deny")], False, True),
        ([statement()], [statement(Resource="arn:aws:s3:::b")], True, True),
        ([statement(NotAction="s3:*", Action=None)], [statement()], True, True),
        ([statement(NotAction="s3:*", Action=None)], [statement(NotAction="s3:Get*", Action=None)], True, True),
        ([statement()], [statement(Action="ecr:GetImage"), statement(Action="ecr:PutImage")], False, False),
        ([statement()], [statement(Sid="named")], False, False),
        ([statement(Action="s?:Get*")], [statement(Action="s*:Get*")], True, False),
    ],
)  # fmt: skip
def test_tells_which_way_a_change_goes(old: list[Any], new: list[Any], widens: bool, narrows: bool) -> None:
    (change,) = compare([policy("p", document(*new))], {"p": document(*old)}).changed
    assert (change.widens, change.narrows) == (widens, narrows)


def test_another_version_may_mean_anything() -> None:
    (change,) = compare([policy("p", BASE)], {"p": document(statement(), version="2008-10-17")}).changed
    assert (change.widens, change.narrows) == (True, True)


def test_what_takes_something_away_is_put_after_the_old_key_has_gone() -> None:
    narrow, wide = document(statement(Action="ecr:GetImage")), document(statement(Action="ecr:*"))
    found = compare([policy("n", narrow), policy("w", wide), policy("new", BASE)], {"n": BASE, "w": BASE})
    assert [put.name for put in found.before_retiring] == ["new", "w"]
    assert [put.name for put in found.after_retiring] == ["n"]


def test_the_diff_shows_only_what_matters() -> None:
    live = {
        "Statement": statement(Action=["ecr:PutImage", "ecr:GetImage", "ecr:DeleteRepository"]),
        "Version": "2012-10-17",
    }
    assert diff_lines("push", live, BASE) == (
        "--- live push",
        "+++ declared push",
        "@@ -4,7 +4,6 @@",
        "     {",
        '       "Effect": "Allow",',
        '       "Action": [',
        '-        "ecr:DeleteRepository",',
        '         "ecr:GetImage",',
        '         "ecr:PutImage"',
        "       ],",
    )


def test_the_diff_shows_letters_as_they_are_and_escapes_what_steers_a_terminal() -> None:
    strange = {"Version": "2012-10-17", "Statement": statement(Sid="büro日\x1b[2J\x7f\u202e\u2028\ud800\n")}
    lines = diff_lines("bü\u202ero", None, strange)
    assert lines[1] == "+++ declared bü\\u202ero"
    assert any("büro日\\u001b[2J\\u007f\\u202e\\u2028\\ud800\\n" in line for line in lines)
    assert all(line.isprintable() for line in lines)


def test_the_diff_of_a_new_and_of_a_removed_policy_is_all_of_it() -> None:
    added, removed = diff_lines("push", None, BASE), diff_lines("push", BASE, None)
    assert added[:2] == ("--- /dev/null", "+++ declared push")
    assert removed[:2] == ("--- live push", "+++ /dev/null")
    assert {line[0] for line in added[3:]} == {"+"}
    assert {line[0] for line in removed[3:]} == {"-"}
    assert diff_lines("push", None, None) == ()


def test_the_diff_carries_nothing_that_a_terminal_obeys() -> None:
    lines = diff_lines("p\x1b", document(statement(Sid="\x1b[31m\x9b\x7f")), None)
    assert all(line.isascii() and line.isprintable() for line in lines)


def test_a_policy_of_a_name_in_another_case_goes_only_when_both_are_seen_to_be_there() -> None:
    declared = [policy("Push", BASE)]
    first = compare(declared, {"push": BASE})
    assert ([each.name for each in first.added], first.removed, first.renamed) == (["Push"], (), ("push",))
    assert compare(declared, {"push": BASE, "Push": BASE}).removed == ("push",)
    assert not compare(declared, {"Push": BASE}).drifted
