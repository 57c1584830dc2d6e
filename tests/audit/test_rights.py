"""The least rights that docs/audit.md prints: enough to read everything, and each of them needed.

The embedded AWS enforces policies, the embedded GitHub a fine-grained token's permissions for REST and a classic
token's scopes; what a fine-grained token needs for GraphQL it does not know.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest

from cellenics_ci.audit.rules.unread import gaps, whole_source
from cellenics_ci.audit.snapshot import Snapshot
from cellenics_ci.audit.taking import Wanted, take_snapshot
from cellenics_ci.cli.compose_audit import connect_audit
from cellenics_ci.cli.options import settings_of
from cellenics_ci.model.names import OrgName, Region
from cellenics_ci.run.interruption import Interruption
from cellenics_ci.sandbox.github.records import Level, TokenKind
from cellenics_ci.sandbox.running import Sandbox
from tests.audit.making import LIMITS

PAGE: Final = (Path(__file__).parents[2] / "docs/audit.md").read_text("utf-8")
POLICY: Final[Mapping[str, Any]] = json.loads(re.findall(r"^```json\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)[0])
ALL: Final = Wanted(OrgName("hms-dbmi-cellenics"), Region("us-east-1"))
WITHOUT: Final = {
    "iam:GetAccountAuthorizationDetails": "the CI users",
    "iam:GetAccountSummary": "how long policies may be",
    "iam:GenerateCredentialReport": "the console passwords",
    "iam:GetCredentialReport": "the console passwords",
    "ecr:DescribeRepositories": "the ECR repositories in us-east-1",
    "iam:ListAccessKeys": "the access keys",
    "iam:GetAccessKeyLastUsed": "the last use of keys",
}
"""What is unknown without each right."""
HARMLESS: Final = {"iam:ListAccountAliases", "iam:GetLoginProfile"}
"""Without the one the account has no name, the other is for users that are newer than the credential report."""
PERMISSIONS: Final[Mapping[str, Level]] = {
    **dict.fromkeys(("contents", "actions", "environments", "secrets", "dependabot_secrets", "administration"), "read"),
    **dict.fromkeys(("members", "organization_secrets"), "read"),
}
WITHOUT_PERMISSION: Final = {
    "environments": "the secrets of the scope environment staging",
    "secrets": "the secrets of the scope repository",
    "dependabot_secrets": "the secrets of the scope dependabot",
    "administration": "the deploy keys",
    "organization_secrets": "the organisation's secrets",
}
"""What is unknown to a fine-grained token without each permission."""
NOT_FOR_THIS_TOKEN: Final = "the organisation's secrets"

Signed: TypeAlias = Callable[[Mapping[str, Any]], Snapshot]


@pytest.fixture
def signed(sandbox: Sandbox) -> Iterator[Signed]:
    """Return how to take a snapshot as a user with one policy and nothing else."""
    account = sandbox.aws.account

    def take(policy: Mapping[str, Any]) -> Snapshot:
        account.add_user("auditor", policies={"audit": policy}, created_at=0)
        pair = account.add_key("auditor", created_at=0)
        os.environ.update(AWS_ACCESS_KEY_ID=pair.id, AWS_SECRET_ACCESS_KEY=pair.secret.reveal())
        return take_snapshot(connect_audit(settings_of(), None, Interruption()), ALL)

    yield take
    user = account.iam.users.pop("auditor")
    for key in user.access_keys:
        account.iam.access_keys.pop(key.access_key_id)


def actions(policy: Mapping[str, Any]) -> list[str]:
    listed: list[str] = []
    for statement in policy["Statement"]:
        listed += [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
    return listed


def without(policy: Mapping[str, Any], action: str) -> Mapping[str, Any]:
    denied: Sequence[Any] = [{"Effect": "Deny", "Action": action, "Resource": "*"}]
    return {**policy, "Statement": [*policy["Statement"], *denied]}


def unknown(snapshot: Snapshot) -> set[str]:
    """Return what could not be read, but for what this token of GitHub's may not see."""
    found = {f"{what}: {reason}" for what, reason, _ in gaps(snapshot) if what != NOT_FOR_THIS_TOKEN}
    return found | {hit.sentence for hit in whole_source(snapshot, LIMITS)}


def test_with_the_rights_in_the_docs_nothing_of_aws_is_unknown(sandbox: Sandbox, signed: Signed) -> None:
    before = len(sandbox.aws.calls)
    assert unknown(signed(POLICY)) == set()
    assert {call.error for call in sandbox.aws.calls[before:]} == {""}


@pytest.mark.parametrize("action", WITHOUT)
def test_without_a_right_its_part_is_unknown_and_says_why(signed: Signed, action: str) -> None:
    told = [text for text in unknown(signed(without(POLICY, action))) if text.startswith(WITHOUT[action])]
    assert told
    assert all(action in text for text in told)


def audited_with(sandbox: Sandbox, kind: TokenKind, scopes: Sequence[str], permissions: Any = None) -> set[str]:
    """Return what a token could not read, without the reasons."""
    sandbox.github.state.add_token("least", "ada-operator", scopes, kind=kind, permissions=permissions)
    os.environ["GITHUB_API_TOKEN"] = "least"
    taken = take_snapshot(connect_audit(settings_of(), None, Interruption()), ALL)
    return {what for what, _, _ in gaps(taken)}


def test_a_classic_token_with_the_scopes_in_the_docs_reads_everything(sandbox: Sandbox) -> None:
    assert audited_with(sandbox, "classic", ["repo", "read:org", "admin:org"]) == set()


def test_a_fine_grained_token_with_the_permissions_in_the_docs_reads_everything(sandbox: Sandbox) -> None:
    assert audited_with(sandbox, "fine-grained", (), PERMISSIONS) == set()


@pytest.mark.parametrize("permission", WITHOUT_PERMISSION)
def test_without_a_permission_its_part_is_unknown(sandbox: Sandbox, permission: str) -> None:
    held = {name: level for name, level in PERMISSIONS.items() if name != permission}
    assert WITHOUT_PERMISSION[permission] in audited_with(sandbox, "fine-grained", (), held)


def test_every_right_in_the_docs_is_one_that_was_taken_away_here() -> None:
    assert set(actions(POLICY)) == WITHOUT.keys() | HARMLESS


def test_no_right_in_the_docs_can_change_anything() -> None:
    verbs = {action.partition(":")[2] for action in actions(POLICY)}
    assert all(verb.startswith(("Get", "List", "Describe", "GenerateCredentialReport")) for verb in verbs)


def test_an_account_that_may_not_be_read_at_all_is_an_error(signed: Signed) -> None:
    told = unknown(signed({"Version": "2012-10-17", "Statement": []}))
    assert any(sentence.startswith("the CI users could not be read: ") for sentence in told)
    assert any("ecr:DescribeRepositories" in text for text in told)
