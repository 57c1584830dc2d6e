"""What is planned for a repository, what is shown of it, and why one is left out."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from cellenics_ci.model.names import ci_role_name
from cellenics_ci.model.oidc import Provider, SubjectSetting
from cellenics_ci.model.repositories import WorkflowFile
from cellenics_ci.model.roles import Role, RoleQuotas
from cellenics_ci.model.scopes import PairDates, environment_scope
from cellenics_ci.oidc.plan import AS_DECLARED, Choices
from cellenics_ci.privileges.declaration import CiTrust
from cellenics_ci.survey.aws import Unreadable
from tests.oidc.memory import document, trusting
from tests.oidc.surveys import (
    ISSUER,
    KEY_WORKFLOW,
    MASTER,
    PULLS,
    REPO,
    ROLE,
    declared,
    plan,
    prepared,
    reason,
    survey,
)

ROLE_WORKFLOW = KEY_WORKFLOW.replace(
    """          aws-access-key-id: ${{ secrets.AWS_ACCESS_KEY_ID }}
          aws-secret-access-key: ${{ secrets.AWS_SECRET_ACCESS_KEY }}
""",
    "          role-to-assume: arn:aws:iam::123456789012:role/ci-role-api\n",
)


UNTOLD = KEY_WORKFLOW.replace("    steps:", "    environment: ${{ github.actor }}\n    steps:")


def role(trust: Any = None, **fields: Any) -> Role:
    """Return a role as declared, but for what is said."""
    plain = Role(
        ROLE,
        f"arn:aws:iam::123456789012:role/{ROLE}",
        0.0,
        trusting(MASTER, PULLS) if trust is None else trust,
        {"push": document("ecr:PutImage")},
        tags={"cellenics-ci:repository": "acme/api@7"},
        max_session=7200,
    )
    return replace(plain, **fields)


def test_a_new_role_has_its_whole_trust_from_the_beginning() -> None:
    made = prepared(survey())
    new = made.order.new
    assert new is not None
    assert (new.name, new.path, new.max_session) == ("ci-role-api", "/", 7200)
    assert new.tags == {"cellenics-ci:repository": "acme/api@7"}
    condition = json.loads(new.trust)["Statement"][0]["Condition"]
    assert condition == {
        "StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": [PULLS, MASTER]},
    }
    assert made.order.policies.put_first == (("push", made.comparison.added[0].text),)


def test_trust_is_derived_from_what_sets_the_keys_jobs_off() -> None:
    made = prepared(survey())
    assert made.trust.runs == CiTrust(branches=("master",), pull_requests=True)
    assert made.trust.origins == (".github/workflows/ci.yaml:7 (push, pull_request)",)
    assert made.trust.words == ("branch master", "pull requests")


def test_what_is_declared_goes_before_what_is_derived() -> None:
    made = prepared(survey(declared("{environments: [production]}")))
    assert made.trust.subjects == ("repo:acme/api:environment:production",)
    assert made.trust.declared
    assert any("not trusted by ci-trust: branch master, pull requests" in each for each in made.warnings)


def test_one_pattern_makes_all_subjects_patterns() -> None:
    made = prepared(survey(declared("{branches: [master, 'release/*']}")))
    condition = made.trust.new["Statement"][0]["Condition"]
    assert condition["StringEquals"] == {f"{ISSUER}:aud": "sts.amazonaws.com"}
    assert condition["StringLike"][f"{ISSUER}:sub"] == [MASTER, "repo:acme/api:ref:refs/heads/release/*"]


def test_nothing_is_planned_where_all_is_as_declared_but_the_patch_is_made() -> None:
    made = plan(survey(role=role(), variables={REPO: {"AWS_ACCOUNT_ID": "123456789012"}}))
    assert made.planned == ()
    assert [(left.reason, left.fault) for left in made.left_out] == [(AS_DECLARED, False)]
    assert [repo for repo, patch in made.patches if patch.text] == ["api"]


def test_variables_alone_change_no_role() -> None:
    order = prepared(survey(role=role())).order
    assert order and not order.changes_role
    assert order.variables == (("AWS_ACCOUNT_ID", "123456789012"),)


def test_a_repository_that_has_moved_keeps_its_trust() -> None:
    made = plan(survey(role=role(), workflow=ROLE_WORKFLOW))
    assert made.planned == () and made.patches == ()


def test_a_role_is_of_no_use_without_the_provider() -> None:
    made = plan(survey(role=role(), workflow=ROLE_WORKFLOW, provider=None))
    assert made.provider.create
    assert [each.repo for each in made.planned] == ["api"] and not made.planned[0].order
    other = plan(survey(role=role(), provider=Provider(ISSUER, ("api://other",))))
    assert other.provider.add_audience and not other.provider.create


@pytest.mark.parametrize(
    ("trust", "first", "last"),
    [
        (trusting(MASTER), None, [PULLS, MASTER]),
        (trusting("repo:acme/api:*"), [PULLS, MASTER], None),
        (trusting(MASTER, "repo:acme/api:ref:refs/heads/dev"), MASTER, [PULLS, MASTER]),
        (trusting("repo:acme/api:ref:refs/heads/dev"), [PULLS, MASTER], None),
    ],
)
def test_who_is_trusted_is_narrowed_first_and_widened_last(trust: Any, first: Any, last: Any) -> None:
    order = prepared(survey(role=role(trust))).order

    def subjects(text: str | None) -> Any:
        return None if text is None else json.loads(text)["Statement"][0]["Condition"]["StringEquals"][f"{ISSUER}:sub"]

    assert (subjects(order.trust_first), subjects(order.trust_last)) == (first, last)


def test_a_role_of_the_template_is_adopted_with_its_stack_named() -> None:
    tags = {"aws:cloudformation:stack-name": "ci-role-api"}
    made = prepared(survey(role=role(trusting("repo:acme/api:*"), tags=tags, max_session=3600)))
    assert made.order.untagged and made.order.max_session == 7200
    assert any("CloudFormation stack ci-role-api" in each for each in made.warnings)
    assert made.alarms == ()


@pytest.mark.parametrize(
    ("trust", "words"),
    [
        (trusting("repo:acme/*"), "the subjects repo:acme/*"),
        (trusting(MASTER, principals={"AWS": "arn:aws:iam::1:root"}), "the principal arn:aws:iam::1:root"),
        (trusting(MASTER, audience=""), "any audience"),
    ],
)
def test_a_trust_wider_than_the_repository_is_an_alarm(trust: Any, words: str) -> None:
    assert words in prepared(survey(role=role(trust))).alarms[0]


def test_pull_request_target_is_an_alarm() -> None:
    workflow = KEY_WORKFLOW.replace("  pull_request:\n", "  pull_request_target:\n")
    made = prepared(survey(workflow=workflow))
    assert "pull_request_target reaches AWS credentials at .github/workflows/ci.yaml:7" in made.alarms[0]


def test_managed_policies_stay_and_are_named() -> None:
    made = prepared(survey(role=role(trusting(MASTER), attached=("arn:aws:iam::aws:policy/ReadOnlyAccess",))))
    assert any("ReadOnlyAccess" in each for each in made.warnings)


def test_a_role_of_others_is_refused() -> None:
    foreign = role(tags={"cellenics-ci:repository": "other/api@9"})
    assert "belongs to other/api@9, not to acme/api@7" in reason(survey(role=foreign))
    untagged = role(trusting("repo:other/api:*"), tags={})
    assert "may be somebody else's" in reason(survey(role=untagged))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"roles": {ROLE: Unreadable("denied")}}, "can't be read: denied"),
        ({"files": {REPO: None}}, "could not be read whole"),
        ({"workflow": None}, "no workflow of it takes AWS credentials"),
        ({"settings": {REPO: SubjectSetting(claims=("actor",), use_default=False)}}, "other repositories"),
        ({"quotas": RoleQuotas(policies=50)}, "IAM allows a role 50"),
        ({"quotas": RoleQuotas(trust=100)}, "its trust policy would have"),
        (
            {"workflow": KEY_WORKFLOW.replace("    steps:", "    environment: ${{ github.actor }}\n    steps:")},
            "can't be told",
        ),
        (
            {"workflow": KEY_WORKFLOW.replace("    steps:", "    environment: '*'\n    steps:")},
            "an environment is called *",
        ),
    ],
)
def test_what_is_left_out_has_its_reason(fields: dict[str, Any], words: str) -> None:
    assert words in reason(survey(**fields))


def test_a_name_too_long_for_iam_is_left_out() -> None:
    long = "a" * 57
    assert f"the role name {ci_role_name(long)} has 65 characters" in reason(survey(repository={"name": long}))  # type: ignore[arg-type]


def test_declared_trust_needs_subjects_that_tell_runs_apart() -> None:
    settings = {REPO: SubjectSetting(claims=("repo",), use_default=False, immutable=False)}
    assert "do not tell one run from another" in reason(survey(declared("{tags: [v*]}"), settings=settings))
    made = prepared(survey(settings=settings))
    assert made.trust.subjects == ("repo:acme/api",)
    assert any("every run of the repository is trusted" in each for each in made.warnings)


def test_both_forms_of_subjects_are_trusted_when_asked_to() -> None:
    made = prepared(survey(), Choices(both_forms=True))
    assert len(made.trust.subjects) == 4
    assert "repo:acme@5/api@7:pull_request" in made.trust.subjects


def test_a_new_role_that_may_do_everything_wants_its_name_typed() -> None:
    everything = declared(all=["*"])
    assert prepared(survey(everything)).consents
    assert not prepared(survey(everything, role=role(trusting(MASTER)))).consents


def test_no_room_for_old_and_new_policies_together_is_told() -> None:
    big = {"old": document(*(f"s3:Get{number}" for number in range(30)))}
    made = prepared(survey(role=role(policies=big), quotas=RoleQuotas(policies=480)))
    assert made.order.policies.delete_first == ("old",) and made.order.cuts_off
    assert any("no room" in each for each in made.warnings)


@pytest.mark.parametrize(
    ("fields", "variables", "words"),
    [
        ({}, (("AWS_ACCOUNT_ID", "123456789012"),), ""),
        ({"variables": {REPO: {"AWS_ACCOUNT_ID": "123456789012"}}}, (), ""),
        ({"variables": {REPO: {"AWS_ACCOUNT_ID": "9"}}}, (), "its variable AWS_ACCOUNT_ID is 9"),
        ({"secret_names": {REPO: frozenset({"AWS_ACCOUNT_ID"})}}, (), "a secret has that name"),
        ({"secret_names": {REPO: Unreadable("denied")}}, (), "there may be a secret of that name"),
        ({"variables": {REPO: Unreadable("denied")}}, (), "its variables can't be read: denied"),
        ({"repository": {"permission": "READ"}}, (), "your permission there is READ"),
    ],
)
def test_variables_are_set_only_where_nothing_has_their_name(
    fields: dict[str, Any], variables: tuple[tuple[str, str], ...], words: str
) -> None:
    made = prepared(survey(**fields))
    assert made.order.variables == variables
    assert words in " ".join(made.patch.by_hand)
    assert bool(made.patch.text) is ("its variable" not in words)


def test_a_patch_leaves_alone_what_holds_another_accounts_pair() -> None:
    scope = environment_scope("partner")
    workflow = KEY_WORKFLOW.replace("    steps:", "    environment: partner\n    steps:")
    made = prepared(survey(workflow=workflow, secrets={scope: PairDates(1, 1)}))
    assert made.patch.text == "" and made.patch.by_hand


def test_nothing_is_changed_where_environments_can_not_be_listed() -> None:
    made = prepared(survey(repository={"environments": None, "unlisted": "denied"}))
    assert made.patch.text == ""
    assert any("environments can't be listed" in each and "denied" in each for each in made.patch.by_hand)


def test_a_workflow_that_was_not_read_is_named() -> None:
    files = (WorkflowFile("ci.yaml", KEY_WORKFLOW), WorkflowFile("big.yaml", None))
    made = prepared(survey(declared("{branches: [master]}"), files={REPO: files}))
    assert any("big.yaml" in each for each in made.patch.by_hand)
