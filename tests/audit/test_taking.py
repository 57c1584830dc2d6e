"""A snapshot over HTTP, against the embedded AWS and GitHub: what it holds, what it costs, and what refusals leave."""

from __future__ import annotations

import os
import threading
from collections import Counter
from dataclasses import replace

import pytest

from cellenics_ci.audit.ports import AuditReaders
from cellenics_ci.audit.rows import make_listing
from cellenics_ci.audit.rules.table import RULES
from cellenics_ci.audit.snapshot import PolicyFacts, Snapshot, Unreadable
from cellenics_ci.audit.taking import Wanted, take_snapshot
from cellenics_ci.cli.compose_audit import connect_audit
from cellenics_ci.cli.options import settings_of
from cellenics_ci.errors import CallFailed, Interrupted, UsageProblem
from cellenics_ci.model.names import OrgName, Region, RepoName, RoleName, UserName
from cellenics_ci.model.scopes import ACTIONS, DEPENDABOT, environment_scope
from cellenics_ci.run.interruption import Interruption
from cellenics_ci.sandbox.aws.calls import AwsCall, Refusal
from cellenics_ci.sandbox.github.http import Request, Response
from cellenics_ci.sandbox.loopback import Response as AwsResponse
from cellenics_ci.sandbox.running import Sandbox
from cellenics_ci.sandbox.worldfile import read_world
from cellenics_ci.survey.selection import Selection
from tests.audit.making import LIMITS
from tests.sampling import whole

ORG = OrgName("hms-dbmi-cellenics")
ALL = Wanted(ORG, Region("us-east-1"))
UI = RepoName("ui")
ELSEWHERE = {"source-unreadable", "cluster-key-unknown", "cluster-not-ready"}
"""What shows to those alone who lack rights, or look at a cluster, too: `test_elsewhere.py`."""
IN_TIME = {"retirement-unwanted"}
"""What takes a push in the middle of something: `tests/cli/test_retire_ci.py` makes one."""


def of(*names: str) -> Wanted:
    return replace(ALL, selection=Selection(names))


def deny(sandbox: Sandbox, *actions: str, code: str = "AccessDenied") -> None:
    def refuse(call: AwsCall) -> AwsResponse | None:
        return Refusal(code, "no").response(call) if call.name in actions else None

    sandbox.aws.before_call.append(refuse)


def refuse(sandbox: Sandbox, part: str, status: int = 403) -> None:
    def answer(request: Request) -> Response | None:
        told = part in request.path or (request.path.endswith("/graphql") and part in request.body.decode())
        return Response(status, {"message": "no"}) if told else None

    sandbox.github.state.before_request.append(answer)


def rules_of(snapshot: Snapshot) -> set[str]:
    return {finding.rule for finding in make_listing(snapshot, replace(LIMITS, now=snapshot.at)).findings}


def test_a_snapshot_holds_what_there_is(readers: AuditReaders) -> None:
    taken = take_snapshot(readers, ALL)
    assert taken.complete
    assert taken.listing is taken.account is True
    assert len(taken.repositories) == 17
    ui = taken.user_of(UI)
    assert ui is not None
    assert len(ui.active_keys) == 1
    assert all(use is not None for use in ui.uses.values())
    assert ui.password is False
    policies = taken.repositories[UI].policies
    assert isinstance(policies, PolicyFacts)
    assert policies.comparison is not None
    assert not policies.comparison.drifted
    written = (taken.repositories[UI].secrets or {})[ACTIONS]
    assert not isinstance(written, Unreadable)
    assert set(written) == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "API_TOKEN_GITHUB"}
    assert UserName("grafana") not in taken.users
    assert taken.members == frozenset({"ada-operator"})
    assert taken.registries[Region("us-east-1")] == frozenset({"ui", "api", "worker", "pipeline"})
    assert isinstance(taken.roles, dict)
    assert set(taken.roles) == {RoleName("ci-role-experiment-store"), RoleName("ci-role-notebooks")}
    assert taken.roles[RoleName("ci-role-experiment-store")].last_used_at is not None


def test_the_shipped_organisation_shows_every_rule_of_its_own(readers: AuditReaders) -> None:
    assert rules_of(take_snapshot(readers, ALL)) == {rule.id for rule in RULES} - ELSEWHERE - IN_TIME


def test_the_account_is_read_at_once(sandbox: Sandbox, readers: AuditReaders) -> None:
    before = sandbox.aws.counts()
    taken = take_snapshot(readers, ALL)
    asked: Counter[str] = sandbox.aws.counts() - before
    users = len(taken.users)
    keys = sum(len(user.known_keys) for user in taken.users.values())
    assert asked["iam:GetAccountAuthorizationDetails"] == asked["iam:GetCredentialReport"] == 1
    assert asked["iam:ListAccessKeys"] == users
    assert asked["iam:GetAccessKeyLastUsed"] == keys
    assert asked["iam:GetLoginProfile"] == 0
    assert asked.total() <= users + keys + 8


def test_only_secrets_and_deploy_keys_that_matter_are_asked_for(sandbox: Sandbox, readers: AuditReaders) -> None:
    seen = len(sandbox.github.requests)
    take_snapshot(readers, ALL)
    asked = [request.path for request in sandbox.github.requests[seen:]]
    assert sum(path.endswith("/keys") for path in asked) == 2
    assert asked.count("/graphql") == 3
    assert not [path for path in asked if "/seurat/" in path or "/scratch/" in path]
    assert [path for path in asked if "/iac/environments/staging/secrets" in path]


def test_keys_of_users_that_could_not_be_read_are_unknown(sandbox: Sandbox, readers: AuditReaders) -> None:
    deny(sandbox, "iam:GetAccountAuthorizationDetails", code="ExpiredToken")
    taken = take_snapshot(readers, ALL)
    rows = {row.name: row for row in make_listing(taken, replace(LIMITS, now=taken.at)).repositories}
    assert [each.split(":")[0] for each in rows[UI].unknown] == ["the access keys"]
    assert rows[RepoName("scratch")].unknown == ()


def test_a_selection_reads_nobody_elses_keys(sandbox: Sandbox, readers: AuditReaders) -> None:
    before = sandbox.aws.counts()
    taken = take_snapshot(readers, of("ui", "docs"))
    assert set(taken.repositories) == {"ui", "docs"}
    assert set(taken.users) == {"ci-user-ui", "ci-user-docs"}
    assert (sandbox.aws.counts() - before)["iam:ListAccessKeys"] == 2
    assert taken.narrowed
    assert "user-without-repository" not in rules_of(taken)


def test_a_selection_that_fits_nothing_is_refused(readers: AuditReaders) -> None:
    with pytest.raises(UsageProblem, match="uii"):
        take_snapshot(readers, of("uii"))


def test_partial_snapshots_are_handed_out_while_the_rest_is_read(sandbox: Sandbox, readers: AuditReaders) -> None:
    enough = threading.Event()
    seen: list[Snapshot] = []

    def hold(call: AwsCall) -> None:
        if call.name == "iam:GetAccessKeyLastUsed":
            enough.wait(60)

    def listen(snapshot: Snapshot) -> None:
        make_listing(snapshot, LIMITS)
        known = UI in snapshot.repositories and snapshot.repositories[UI].policies is not None
        if known and "last uses" in snapshot.read and not enough.is_set():
            seen.append(snapshot)
            enough.set()

    sandbox.aws.before_call.append(hold)
    taken = take_snapshot(readers, ALL, listen)
    assert taken.complete
    (early,) = seen
    assert not early.complete
    done, total = early.read["last uses"]
    assert done == 0 < total


def test_somebody_who_wants_to_stop_does_not_wait(readers: AuditReaders) -> None:
    with pytest.raises(Interrupted):
        take_snapshot(readers, ALL, stopped=lambda: True)


@pytest.mark.parametrize(
    ("action", "told"),
    [
        ("iam:ListAccessKeys", "the access keys of"),
        whole("iam:GetAccessKeyLastUsed", "the last use of keys of"),
        whole("iam:GenerateCredentialReport", "the console passwords of"),
        whole("ecr:DescribeRepositories", "the ECR repositories in us-east-1"),
        ("iam:GetAccountAuthorizationDetails", "the roles"),
    ],
)
def test_a_right_that_is_missing_in_aws_leaves_its_part_unknown(
    sandbox: Sandbox, readers: AuditReaders, action: str, told: str
) -> None:
    deny(sandbox, action)
    taken = take_snapshot(readers, ALL)
    listing = make_listing(taken, replace(LIMITS, now=taken.at))
    sentences = [finding.sentence for finding in listing.findings if finding.rule == "part-unreadable"]
    assert [sentence for sentence in sentences if sentence.startswith(told) and action in sentence]
    assert len(listing.repositories) == 17


def test_users_are_read_one_by_one_where_the_account_may_not_be_read(sandbox: Sandbox, readers: AuditReaders) -> None:
    whole = take_snapshot(readers, ALL)
    deny(sandbox, "iam:GetAccountAuthorizationDetails")
    taken = take_snapshot(readers, ALL)
    assert set(taken.users) == set(whole.users)
    assert taken.users[UserName("ci-user-api")].user.policies == whole.users[UserName("ci-user-api")].user.policies
    assert isinstance(taken.roles, Unreadable)


def test_users_of_declaring_repositories_are_read_where_none_may_be_listed(
    sandbox: Sandbox, readers: AuditReaders
) -> None:
    deny(sandbox, "iam:GetAccountAuthorizationDetails", "iam:ListUsers")
    taken = take_snapshot(readers, ALL)
    assert isinstance(taken.account, Unreadable)
    assert UserName("ci-user-ui") in taken.users
    found = rules_of(taken)
    assert "source-unreadable" in found
    assert not found & {"user-missing", "secret-without-user"}


@pytest.mark.parametrize(
    ("part", "told"),
    [
        whole("/dependabot/secrets", "the secrets of the scope dependabot of"),
        ("/ui/actions/secrets", "the secrets of the scope repository"),
        whole("/releases/keys", "the deploy keys"),
        ("deployKeys", "the deploy keys of 17 repositories"),
        ("membersWithRole", "the organisation's members"),
        whole("/orgs/hms-dbmi-cellenics/actions/secrets", "the organisation's secrets"),
    ],
)
def test_what_github_refuses_is_unknown_and_the_rest_is_there(
    sandbox: Sandbox, readers: AuditReaders, part: str, told: str
) -> None:
    refuse(sandbox, part)
    taken = take_snapshot(readers, ALL)
    listing = make_listing(taken, replace(LIMITS, now=taken.at))
    sentences = [finding.sentence for finding in listing.findings if finding.rule == "part-unreadable"]
    assert [sentence for sentence in sentences if sentence.startswith(told)]
    assert taken.user_of(UI) is not None


def test_without_the_repositories_no_user_is_called_orphaned(sandbox: Sandbox, readers: AuditReaders) -> None:
    refuse(sandbox, "/")
    taken = take_snapshot(readers, ALL)
    assert isinstance(taken.listing, Unreadable)
    assert taken.users
    found = rules_of(taken)
    assert "source-unreadable" in found
    assert not found & {"user-without-repository", "user-undeclared"}


def test_an_audit_that_can_read_neither_side_fails(sandbox: Sandbox, readers: AuditReaders) -> None:
    refuse(sandbox, "/", 401)
    deny(sandbox, "iam:GetAccountAuthorizationDetails", code="InvalidClientTokenId")
    with pytest.raises(CallFailed):
        take_snapshot(readers, ALL)


def test_without_aws_the_rest_is_shown(sandbox: Sandbox, readers: AuditReaders) -> None:
    sandbox.aws.before_call.append(lambda call: Refusal("ExpiredToken", "no").response(call))
    taken = take_snapshot(readers, ALL)
    assert isinstance(taken.account, Unreadable)
    assert isinstance(taken.caller, Unreadable)
    found = rules_of(taken)
    assert {"source-unreadable", "deploy-key-old", "file-invalid"} <= found
    assert not found & {"user-missing", "secret-without-user", "key-old"}


def test_pages_are_followed_to_their_end() -> None:
    keys = "\n".join(f"      - {{title: key-{number}, age: 5d}}" for number in range(101))
    text = f"organization: acme\nrepositories:\n  ui:\n    files: {{README.md: x}}\n    deploy-keys:\n{keys}\n"
    with Sandbox(read_world(text, "w.yaml")) as running:
        for number in range(1000):
            running.aws.account.add_user(f"person-{number:04}")
        running.aws.account.add_user("ci-user-last", path="/ci-users/last/")
        organization = running.github.state.account("acme")
        assert organization is not None
        for number in range(101):
            organization.members[f"member-{number}"] = "member"
            running.github.state.add_account(f"member-{number}", person=True)
        os.environ.update(running.environment())
        taken = take_snapshot(connect_audit(settings_of(), None, Interruption()), replace(ALL, org=OrgName("acme")))
    found = taken.repositories[UI].deploy_keys
    assert isinstance(found, tuple)
    assert len(found) == 101
    assert set(taken.users) == {"ci-user-last"}
    assert isinstance(taken.members, frozenset)
    assert len(taken.members) == 102


def test_an_environment_whose_secrets_may_not_be_seen_is_unknown(sandbox: Sandbox, readers: AuditReaders) -> None:
    refuse(sandbox, "/environments/staging/secrets", 404)
    taken = take_snapshot(readers, of("iac"))
    scopes = taken.repositories[RepoName("iac")].secrets or {}
    assert isinstance(scopes[environment_scope("staging")], Unreadable)
    assert "part-unreadable" in rules_of(taken)


def test_an_environment_that_is_not_there_is_told_by_its_rule_alone(readers: AuditReaders) -> None:
    taken = take_snapshot(readers, of("experiment-store"))
    scopes = taken.repositories[RepoName("experiment-store")].secrets or {}
    assert scopes[environment_scope("review")] == {}
    assert "environment-missing" in rules_of(taken)


def test_deploy_keys_can_be_left_out(sandbox: Sandbox, readers: AuditReaders) -> None:
    seen = len(sandbox.github.requests)
    taken = take_snapshot(readers, replace(ALL, deploy_keys=False))
    assert not [request for request in sandbox.github.requests[seen:] if request.path.endswith("/keys")]
    assert not [rule for rule in rules_of(taken) if rule.startswith("deploy-key")]


def test_a_user_newer_than_the_report_is_asked_for_by_name(sandbox: Sandbox, readers: AuditReaders) -> None:
    passwords = readers.passwords

    class OldReport:
        def reported(self) -> dict[UserName, bool]:
            return {name: has for name, has in passwords.reported().items() if name != "ci-user-billing"}

        def has_password(self, name: UserName) -> bool:
            return passwords.has_password(name)

    taken = take_snapshot(replace(readers, passwords=OldReport()), ALL)
    assert taken.users[UserName("ci-user-billing")].password is True


def test_scopes_are_dependabot_and_every_environment_too(readers: AuditReaders) -> None:
    taken = take_snapshot(readers, of("iac"))
    scopes = taken.repositories[RepoName("iac")].secrets or {}
    assert set(scopes) == {ACTIONS, DEPENDABOT, environment_scope("production"), environment_scope("staging")}
