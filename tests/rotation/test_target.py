"""From a surveyed repository to a target, or to the reason why it can't be one."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from cellenics_ci.model.keys import AccessKey, KeyUse
from cellenics_ci.model.names import PAIR_NAMES, AccessKeyId, PolicyName, Region, RepoName
from cellenics_ci.model.retirement_tag import Phase, Retirement, retirement_tags
from cellenics_ci.model.scopes import ACTIONS, DEPENDABOT, PairDates, Scope
from cellenics_ci.model.tags import Lock, lock_tags
from cellenics_ci.privileges.declaration import DENY_OLD_SESSIONS
from cellenics_ci.privileges.problems import Problem
from cellenics_ci.privileges.sessions import deny_document
from cellenics_ci.rotation.target import Prepared, prepare
from cellenics_ci.run.outcome import LeftOut
from cellenics_ci.survey.aws import Unreadable
from cellenics_ci.survey.github import Status, SurveyedRepository
from cellenics_ci.survey.workflows import UNKNOWN_WORKFLOWS, WorkflowFacts
from cellenics_ci.survey.world import Survey
from tests.rotation.memory import OWNER
from tests.rotation.surveys import (
    API,
    DAY,
    NEW,
    NOW,
    OLD,
    STAGING,
    USER,
    WRITTEN,
    declared,
    frame,
    repository,
    statement,
    survey,
    user,
)


def left_out(found: SurveyedRepository, taken: Survey | None = None, **fields: Any) -> LeftOut:
    result = prepare(found, frame(taken or survey(found, users=(user(),)), **fields))
    assert isinstance(result, LeftOut), result
    assert result.repo == found.name
    return result


def prepared(found: SurveyedRepository | None = None, taken: Survey | None = None, **fields: Any) -> Prepared:
    found = found or repository()
    result = prepare(found, frame(taken or survey(found, users=(user(),)), **fields))
    assert isinstance(result, Prepared), result
    return result


def test_a_target_has_all_that_was_read_of_its_repository() -> None:
    use = KeyUse(NOW - 60, "ecr", "us-east-1")
    target = prepared(uses={OLD: use, NEW: None}).target
    assert (target.repo, target.user, target.owner, target.region) == (API, USER, OWNER, "us-east-1")
    assert target.scopes == (ACTIONS,)
    assert target.seen.dates_by_scope() == {ACTIONS: WRITTEN}
    assert [key.id for key in target.seen.keys] == [OLD]
    assert target.uses == {OLD: use}
    assert target.seen.file_id == "blob"
    assert not target.policies


def test_a_user_that_is_not_there_yet_is_a_target_too() -> None:
    target = prepared(taken=survey(repository())).target
    assert not target.seen.exists
    assert [name for name, _ in target.policies.put_first] == ["push"]


def test_whether_the_locks_owner_is_gone_is_asked_only_where_there_is_a_lock() -> None:
    lock = Lock("beef", "here", "1.1", 1, 2)
    asked: list[Lock] = []

    def gone(found: Lock) -> bool:
        asked.append(found)
        return True

    assert not prepared(owner_gone=gone).target.lock_owner_gone
    locked = survey(repository(), users=(user(tags=lock_tags(lock)),))
    assert prepared(taken=locked, owner_gone=gone).target.lock_owner_gone
    assert asked == [lock]


# Repositories that declare nothing


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (Status.ARCHIVED, False),
        (Status.FORK, False),
        (Status.DISABLED, False),
        (Status.EMPTY, False),
        (Status.NOT_OURS, False),
        (Status.UNKNOWN, True),
    ],
)
def test_what_declares_nothing_is_left_out_with_the_surveys_reason(status: Status, fault: bool) -> None:
    refused = left_out(repository(status=status, declaration=None, reason="for this reason"))
    assert (refused.reason, refused.fault) == ("for this reason", fault)


def test_an_invalid_file_is_left_out_with_all_its_problems() -> None:
    problems = (Problem(".ci.yaml", 3, "one", "mend one"), Problem(".ci.yaml", 9, "two"))
    refused = left_out(repository(status=Status.INVALID, declaration=None, problems=problems, reason="one"))
    assert refused.reason == ".ci.yaml:3: one; mend one\n.ci.yaml:9: two"
    assert refused.fault
    assert refused.remedy


# Repositories that need no key, or can't have one


def test_a_repository_whose_workflows_only_assume_a_role_is_left_out_without_fault() -> None:
    found = repository(workflows=WorkflowFacts(False, False, True))
    refused = left_out(found)
    assert "assume a role" in refused.reason
    assert "--force" in refused.remedy
    assert "cellenics retire-ci api" in refused.remedy
    assert not refused.fault
    assert "retire-ci" not in left_out(found, survey(found)).remedy, "there is nobody to retire"
    assert prepared(found, force=True).target.repo == API


@pytest.mark.parametrize("compromised", [False, True])
def test_a_user_that_is_being_retired_is_left_alone_whatever_else_there_is_to_say(compromised: bool) -> None:
    found = repository(workflows=WorkflowFacts(False, False, True))
    leaving = user(tags=retirement_tags(Retirement(Phase.SOAKING, at=int(NOW))))
    refused = left_out(found, survey(found, users=(leaving,)), cuts_off=compromised, force=compromised)
    assert "is being retired" in refused.reason
    assert "retire-ci --undo" in refused.remedy
    assert (refused.fault, "--now" in refused.remedy) == (compromised, compromised)


@pytest.mark.parametrize("facts", [WorkflowFacts(True, False, True), WorkflowFacts(None, None, True)])
def test_a_repository_that_may_read_its_key_is_rotated_though_it_assumes_a_role(facts: WorkflowFacts) -> None:
    assert prepared(repository(workflows=facts)).target.repo == API


def test_a_repository_whose_workflows_read_no_key_and_assume_no_role_is_warned_of() -> None:
    assert "no workflow on its default branch reads the key" in " ".join(
        prepared(repository(workflows=WorkflowFacts(False, False, False))).warnings
    )
    assert not prepared(repository(workflows=UNKNOWN_WORKFLOWS)).warnings


def test_a_repository_whose_user_name_iam_refuses_is_left_out() -> None:
    found = repository(name=RepoName("a" * 57))
    refused = left_out(found, survey(found))
    assert "IAM allows 64" in refused.reason
    assert "rename" in refused.remedy


def test_a_user_that_can_not_be_read_leaves_its_repository_out() -> None:
    found = repository()
    unread = survey(found, unreadable_users={USER: Unreadable("iam:GetUser is not allowed")})
    assert "iam:GetUser is not allowed" in left_out(found, unread).reason


def test_keys_that_can_not_be_read_leave_the_repository_out() -> None:
    found = repository()
    unread = survey(found, users=(user(),), keys=Unreadable("throttled"))
    assert left_out(found, unread).reason == "the keys of ci-user-api can't be read: throttled"


@pytest.mark.parametrize("permission", ["READ", "TRIAGE"])
def test_a_repository_that_the_token_may_not_write_is_left_out(permission: str) -> None:
    refused = left_out(repository(permission=permission))
    assert permission in refused.reason
    assert "write access" in refused.remedy


@pytest.mark.parametrize("permission", ["WRITE", "MAINTAIN", "ADMIN"])
def test_a_repository_that_the_token_may_write_has_no_warning(permission: str) -> None:
    assert not prepared(repository(permission=permission)).warnings


def test_an_unknown_permission_is_a_warning() -> None:
    assert "does not tell what your token may do" in " ".join(prepared(repository(permission=None)).warnings)


# Scopes


EVERYWHERE = "ci-secrets: {actions: true, environments: [staging], dependabot: true}"


def test_declared_scopes_are_the_targets_and_their_dates_alone_are_observed() -> None:
    found = repository(declared(EVERYWHERE))
    target = prepared(found).target
    assert set(target.scopes) == {ACTIONS, STAGING, DEPENDABOT}
    assert set(target.seen.dates_by_scope()) == {ACTIONS, STAGING, DEPENDABOT}


@pytest.mark.parametrize(("scope", "label"), [(STAGING, "staging"), (DEPENDABOT, "dependabot")])
@pytest.mark.parametrize("pair", [WRITTEN, PairDates(5, None), PairDates(None, 5)])
def test_a_scope_that_holds_the_pair_undeclared_is_somebody_elses_until_decided(
    scope: Scope, label: str, pair: PairDates
) -> None:
    found = repository()
    taken = survey(found, users=(user(),), scopes={scope: pair})
    refused = left_out(found, taken)
    assert f"its {scope} holds" in refused.reason
    assert "declare it under ci-secrets in .ci.yaml" in refused.remedy
    assert f"--ignore-scope {label}" in refused.remedy
    ignoring = prepared(found, taken, ignored_scopes=frozenset([label]))
    assert ignoring.target.scopes == (ACTIONS,)
    assert ACTIONS in ignoring.target.seen.dates_by_scope()


def test_ignoring_one_scope_does_not_ignore_another() -> None:
    found = repository()
    taken = survey(found, users=(user(),), scopes={STAGING: WRITTEN, DEPENDABOT: WRITTEN})
    assert "dependabot" in left_out(found, taken, ignored_scopes=frozenset(["staging"])).reason


def test_the_repositorys_own_secrets_can_be_ignored_by_name() -> None:
    found = repository(declared("ci-secrets: {actions: false, environments: [staging]}"))
    refused = left_out(found)
    assert "--ignore-scope repository" in refused.remedy
    assert prepared(found, ignored_scopes=frozenset(["repository"])).target.scopes == (STAGING,)


def test_an_undeclared_scope_that_can_not_be_read_is_undecided_too() -> None:
    found = repository()
    taken = survey(found, users=(user(),), scopes={DEPENDABOT: Unreadable("not allowed")})
    refused = left_out(found, taken)
    assert "nobody can tell" in refused.reason
    assert "not allowed" in refused.reason
    assert "--ignore-scope dependabot" in refused.remedy


@pytest.mark.parametrize("answer", [Unreadable("not allowed"), None])
def test_a_declared_scope_that_can_not_be_read_leaves_the_repository_out(answer: Unreadable | None) -> None:
    found = repository()
    scopes = {} if answer is None else {ACTIONS: answer}
    taken = replace(survey(found, users=(user(),)), secrets={API: scopes})
    assert "the secrets of its repository can't be read" in left_out(found, taken).reason


def test_a_declared_environment_that_does_not_exist_is_an_error_and_never_created() -> None:
    found = repository(declared("ci-secrets: {environments: [staging, production, qa]}"))
    refused = left_out(found)
    assert refused.reason == "it declares environments that do not exist: production, qa"
    assert "create them" in refused.remedy


def test_an_environments_name_is_the_same_in_any_case() -> None:
    found = repository(declared("ci-secrets: {environments: [staging]}"), environments=("Staging",))
    assert prepared(found).target.scopes == (ACTIONS, STAGING)


def test_declared_environments_that_can_not_be_listed_leave_the_repository_out() -> None:
    listed = repository(declared("ci-secrets: {environments: [staging]}"), environments=None)
    refused = left_out(listed, ignored_scopes=frozenset(["environments"]))
    assert "can't be listed" in refused.reason
    assert "Actions: read" in refused.remedy


def test_environments_that_can_not_be_listed_may_hold_the_pair_until_decided() -> None:
    found = repository(environments=None, unlisted="GitHub refused that: 403.")
    refused = left_out(found)
    assert refused.reason.startswith(
        "nobody can tell whether one of its environments holds the pair too: GitHub refused"
    )
    assert "Actions: read" in refused.remedy
    assert "--ignore-scope environments" in refused.remedy
    assert prepared(found, ignored_scopes=frozenset(["environments"])).target.scopes == (ACTIONS,)


def test_ignoring_environments_that_can_not_be_listed_ignores_none_that_is() -> None:
    taken = survey(repository(), users=(user(),), scopes={STAGING: WRITTEN})
    assert "holds" in left_out(repository(), taken, ignored_scopes=frozenset(["environments"])).reason


# Policies and their order


def changes(old: dict[str, Any], new: dict[str, Any], *, quota: int = 2048) -> Prepared:
    found = repository(declared(**new))
    taken = survey(found, users=(replace(user(), policies=old),), user_policy_quota=quota)
    return prepared(found, taken)


def test_rights_are_added_first_and_taken_when_the_old_key_has_gone() -> None:
    policies = changes(
        {"wide": statement("s3:*"), "narrow": statement("sqs:SendMessage"), "gone": statement("sns:Publish")},
        {"wide": statement("s3:GetObject"), "narrow": statement("sqs:*"), "added": statement("ecr:PutImage")},
    ).target.policies
    assert sorted(name for name, _ in policies.put_first) == ["added", "narrow"]
    assert [name for name, _ in policies.put_after] == ["wide"]
    assert (policies.delete_first, policies.delete_after) == ((), ("gone",))


def test_where_the_quota_has_no_room_for_both_rights_are_taken_first_and_that_is_said() -> None:
    found = changes(
        {"gone": statement("sns:Publish", "arn:aws:sns:*:*:" + "x" * 150), "wide": statement("s3:*")},
        {"wide": statement("s3:GetObject"), "added": statement("ecr:PutImage")},
        quota=300,
    )
    policies = found.target.policies
    assert policies.delete_first == ("gone",)
    # What shrinks goes in before what grows.
    assert [name for name, _ in policies.put_first] == ["wide", "added"]
    assert (policies.put_after, policies.delete_after) == ((), ())
    assert "rights are taken away first" in " ".join(found.warnings)


def test_a_policy_declared_in_other_capitals_stays_until_both_are_seen_unless_there_is_no_room() -> None:
    found = changes({"push": statement("ecr:*")}, {"Push": statement("ecr:PutImage")})
    policies = found.target.policies
    assert ([name for name, _ in policies.put_first], policies.delete_first, policies.delete_after) == (
        ["Push"],
        (),
        (),
    )
    assert "push is declared in other capitals" in " ".join(found.warnings)
    full = changes({"push": statement("ecr:*")}, {"Push": statement("ecr:PutImage")}, quota=120)
    assert full.target.policies.delete_first == ("push",)


DENIED = {
    "Version": "2012-10-17",
    "Statement": [*statement("s3:*")["Statement"], {"Effect": "Deny", "Action": "ecr:*", "Resource": "*"}],
}


def put(policies: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    return {name: json.loads(text) for name, text in policies}


def test_what_a_policy_gains_is_there_at_once_and_what_it_loses_goes_with_the_old_key() -> None:
    old, new = statement("s3:PutObject"), statement("s3:GetObject")
    found = changes({"bucket": old}, {"bucket": new})
    both = {"Version": "2012-10-17", "Statement": [*new["Statement"], *old["Statement"]]}
    assert put(found.target.policies.put_first) == {"bucket": both}
    assert put(found.target.policies.put_after) == {"bucket": new}
    assert "are in force together until the old key has gone" in " ".join(found.warnings)
    # A run that died in between leaves what the next one only has to narrow.
    again = changes({"bucket": both}, {"bucket": new}).target.policies
    assert (again.put_first, put(again.put_after)) == ((), {"bucket": new})


@pytest.mark.parametrize(("old", "quota"), [(statement("s3:PutObject"), 120), (DENIED, 2048)])
def test_rights_that_can_not_be_had_together_wait_for_the_old_key_to_go_and_that_is_said(
    old: dict[str, Any], quota: int
) -> None:
    found = changes({"bucket": old}, {"bucket": statement("sqs:*")}, quota=quota)
    assert found.target.policies.put_first == ()
    assert [name for name, _ in found.target.policies.put_after] == ["bucket"]
    assert "as declared only when the old key has gone" in " ".join(found.warnings)


def test_policies_over_the_quota_leave_the_repository_out_with_both_numbers() -> None:
    found = repository(declared(big=statement("s3:*", "arn:aws:s3:::" + "x" * 200)))
    refused = left_out(found, survey(found, users=(user(),), user_policy_quota=100))
    assert "IAM allows a user 100" in refused.reason
    assert ".ci.yaml:" in refused.reason


def test_a_region_that_is_none_leaves_the_repository_out_instead_of_ending_the_plan() -> None:
    refused = left_out(repository(), region=Region("us east"))
    assert "can't be resolved" in refused.reason


def test_the_files_own_region_beats_the_commands() -> None:
    plain = prepared(repository(declared("ci-region: eu-west-1\n")))
    assert plain.target.region == "eu-west-1"
    assert prepared(region=Region("ap-south-1")).target.region == "ap-south-1"


def denying(document: dict[str, Any]) -> tuple[SurveyedRepository, Survey]:
    found = repository()
    policies = {"push": statement("ecr:Push*"), DENY_OLD_SESSIONS: document}
    return found, survey(found, users=(replace(user(), policies=policies),))


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (deny_document(NOW - 36 * 3600 + 1), "the next run then takes it away"),
        (deny_document(NOW - DAY) | {"Id": "by hand"}, "was edited, and stays"),
        ({"Version": "2012-10-17", "Statement": []}, "was edited, and stays"),
    ],
)
def test_the_deny_policy_of_a_compromised_key_is_left_in_peace(document: dict[str, Any], told: str) -> None:
    found = prepared(*denying(document))
    assert not found.target.policies
    assert told in " ".join(found.warnings)


def test_the_deny_policy_goes_when_the_last_session_that_it_refuses_has_ended() -> None:
    found, taken = denying(deny_document(NOW - 36 * 3600))
    spent = prepared(found, taken)
    assert spent.target.policies.delete_after == (DENY_OLD_SESSIONS,)
    assert spent.comparison.removed == (DENY_OLD_SESSIONS,)
    assert "has outlived its use" in " ".join(spent.warnings)
    # Cutting off again writes it anew.
    assert not prepared(found, taken, cuts_off=True).target.policies


TOKEN = statement("ecr:GetAuthorizationToken")


@pytest.mark.parametrize(
    ("live", "new", "asked"),
    [
        ({}, {"auth": TOKEN}, True),
        ({"auth": TOKEN}, {"auth": TOKEN}, True),
        ({}, {"all": statement("ecr:*")}, True),
        ({}, {"push": statement("ecr:PutImage")}, False),
        ({"auth": statement("s3:*")}, {"auth": TOKEN}, True),
        # In force only after the old key has gone: asked before, the new one would be refused.
        ({"auth": DENIED}, {"auth": TOKEN}, False),
        ({"auth": TOKEN}, {"push": statement("ecr:PutImage")}, False),
    ],
)
def test_the_new_key_is_tried_at_the_registry_where_its_policies_let_it_in(
    live: dict[str, Any], new: dict[str, Any], asked: bool
) -> None:
    assert changes(live, new).target.registry is asked


def test_a_new_user_that_may_do_everything_is_seen() -> None:
    assert changes({}, {"admin": statement("*")}).grants_everything
    assert not changes({}, {"push": statement("ecr:*")}).grants_everything


# Warnings


def test_a_pair_that_will_hide_the_organisations_is_warned_of() -> None:
    found = repository()
    shadows = {API: frozenset([*PAIR_NAMES, "NPM_TOKEN"])}
    first = survey(found, users=(user(),), scopes={ACTIONS: PairDates()}, organization_secrets=shadows)
    assert any("hide the organisation's secrets" in text for text in prepared(found, first).warnings)
    again = survey(found, users=(user(),), organization_secrets=shadows)
    assert not prepared(found, again).warnings


def test_a_repository_that_could_not_be_asked_for_the_organisations_secrets_is_no_problem() -> None:
    found = repository()
    assert not prepared(found, survey(found, users=(user(),), organization_secrets={})).warnings


@pytest.mark.parametrize(
    "fields",
    [
        {"attached": ("AWSCompromisedKeyQuarantineV3",)},
        {"policies": {"push": statement("ecr:Push*"), PolicyName("AWSCompromisedKeyQuarantineV2"): statement("s3:*")}},
    ],
)
def test_a_key_that_aws_has_quarantined_is_warned_of(fields: dict[str, Any]) -> None:
    found = repository()
    taken = survey(found, users=(replace(user(), **fields),))
    assert any("quarantined" in text for text in prepared(found, taken).warnings)


def test_an_inactive_key_is_named() -> None:
    found = repository()
    keys = (AccessKey(OLD, True, NOW - DAY), AccessKey(AccessKeyId("AKIA00000000000GONE3"), False, NOW - 2 * DAY))
    warnings = prepared(found, survey(found, users=(user(),), keys=keys)).warnings
    assert warnings == ("inactive key left over: AKIA…ONE3",)


def test_the_files_own_warnings_are_passed_on() -> None:
    warning = Problem(".ci.yaml", 4, "ecs is an unknown service", severity="warning")
    assert str(warning) in prepared(repository(warnings=(warning,))).warnings
