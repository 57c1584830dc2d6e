"""Every rule has a case that triggers it and one that does not, and says what to type in words that a shell takes."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest

from cellenics_ci.audit.findings import Finding, Limits, Rule, Severity
from cellenics_ci.audit.rows import make_listing
from cellenics_ci.audit.rules.table import RULES, chosen
from cellenics_ci.audit.snapshot import Snapshot
from cellenics_ci.cli.app import root_command
from cellenics_ci.errors import UsageProblem
from cellenics_ci.model.cluster import Automation
from cellenics_ci.model.retirement_tag import Phase, Retirement, retirement_tags
from cellenics_ci.model.scopes import ACTIONS
from cellenics_ci.survey.aws import Unreadable
from tests.audit.cases import CASES, STAGING
from tests.audit.making import (
    ASSUMES_ROLE,
    CI_YAML,
    KEY,
    LIMITS,
    PUBLIC,
    SECOND,
    ago,
    cluster,
    deploy_key,
    key,
    pair,
    releases,
    repository,
    snapshot,
    user,
    with_secrets,
)

POLICY = "arn:aws:iam::aws:policy/P"
BY_ID = {rule.id: rule for rule in RULES}
PROGRAMS = {"cellenics", "aws", "gh", "kubectl", "ssh-keygen"}


def found(rule: str, snapshot: Snapshot, limits: Limits = LIMITS) -> list[Finding]:
    return list(BY_ID[rule](snapshot, limits))


def test_every_rule_has_a_case_that_triggers_it_and_one_that_does_not() -> None:
    assert list(CASES) == [rule.id for rule in RULES]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_case_of_the_rule_is_found(rule: Rule) -> None:
    findings = list(rule(CASES[rule.id][0](), LIMITS))
    assert findings
    for finding in findings:
        assert finding.rule == rule.id
        assert finding.severity is rule.severity
        assert finding.sentence
        assert not finding.sentence.endswith(".")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_what_is_near_a_case_is_none(rule: Rule) -> None:
    assert list(rule(CASES[rule.id][1](), LIMITS)) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_remedy_is_commands_that_exist(rule: Rule) -> None:
    ours = root_command().commands
    for finding in rule(CASES[rule.id][0](), LIMITS):
        assert finding.remedy
        for line in finding.remedy.replace("\\\n", "").split(" && "):
            program, *words = shlex.split(line)
            assert program in PROGRAMS
            if program == "cellenics":
                command = ours[words[0]].entry.load()  # type: ignore[attr-defined]
                with command.make_context(words[0], words[1:], resilient_parsing=False):
                    pass


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_no_key_id_is_shown_in_full_unless_asked_for(rule: Rule) -> None:
    for finding in rule(CASES[rule.id][0](), LIMITS):
        told = " ".join((finding.sentence, finding.remedy, *finding.evidence))
        assert KEY not in told
        assert SECOND not in told


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_nothing_is_found_in_what_was_not_read_yet(rule: Rule) -> None:
    bare = replace(snapshot(), repositories={}, users={}, caller=None, listing=None, account=None, members=None)
    empty = replace(bare, organization_secrets=None, registries={}, complete=False)
    assert list(rule(empty, LIMITS)) == []


def test_nothing_is_found_where_all_is_as_it_should_be() -> None:
    assert [finding for rule in RULES for finding in rule(snapshot(), LIMITS)] == []


def test_key_ids_are_shown_in_full_where_that_was_asked_for() -> None:
    limits = replace(LIMITS, show_ids=True)
    (finding,) = found("key-unused", CASES["key-unused"][0](), limits)
    assert KEY in finding.sentence
    assert finding.remedy.endswith(f"--access-key-id {KEY}")


def test_a_remedy_repeats_the_options_that_the_audit_was_given() -> None:
    said = ("--org", "acme", "--profile", "my profile")
    limits = replace(LIMITS, said=said, aws_said=("--profile", "my profile"))
    (old,) = found("key-old", CASES["key-old"][0](), limits)
    assert old.remedy == "cellenics rotate-ci --org acme --profile 'my profile' ui"
    (deploy_key,) = found("deploy-key-old", CASES["deploy-key-old"][0](), limits)
    assert deploy_key.remedy == "cellenics rotate-deploy-key --org acme"
    (password,) = found("user-password", CASES["user-password"][0](), limits)
    assert password.remedy.startswith("aws --profile 'my profile' iam delete-login-profile")


def test_the_limits_decide_what_is_old_and_what_is_unused() -> None:
    there = snapshot(repository(), user("ui", key(40), used=30))
    assert found("key-old", there) == found("key-unused", there) == []
    strict = replace(LIMITS, max_age=39 * 86400, unused=29 * 86400)
    assert found("key-old", there, strict)
    assert found("key-unused", there, strict)


def test_the_old_key_of_a_repository_that_needs_none_is_retired_not_made_inactive_by_hand() -> None:
    there = snapshot(repository(workflow=ASSUMES_ROLE), user("ui", key(100), used=95))
    findings = [found(rule, there)[0] for rule in ("key-old", "key-unused", "key-not-needed")]
    assert {finding.remedy for finding in findings} == {"cellenics retire-ci ui"}


def test_a_key_that_is_younger_than_our_clock_is_new() -> None:
    early = snapshot(repository(), user("ui", key(-0.1), used=None))
    assert found("key-old", early) == found("key-unused", early) == []
    soon = snapshot(releases(deploy_key(age=-0.1, last_used=None)))
    assert found("deploy-key-old", soon) == found("deploy-key-unused", soon) == []


def test_an_inactive_key_is_left_over_and_neither_old_nor_unused() -> None:
    there = snapshot(repository(), user("ui", key(400, active=False), key(10, SECOND), used=None))
    (left,) = found("key-inactive", there)
    assert "AKIA…UIUI" in left.sentence
    assert found("key-old", there) == []
    assert [finding.sentence for finding in found("key-unused", there)] == ["its key AKIA…SECO was never used"]
    assert found("key-two-active", there) == []


def test_a_quarantined_users_key_is_cut_off_before_awss_policy_is_taken_away() -> None:
    (finding,) = found("key-quarantined", CASES["key-quarantined"][0]())
    verbs = [line.split()[2] for line in finding.remedy.replace("\\\n", "").split(" && ")]
    assert verbs == ["update-access-key", "detach-user-policy", "--compromised"]


def test_a_deploy_key_is_deleted_once_there_is_a_newer_one_in_its_place() -> None:
    old = deploy_key("mirror", age=100)
    (first,) = found("deploy-key-old", snapshot(releases(old)))
    assert "ssh-keygen" in first.remedy
    heir = deploy_key("mirror", id_=2, age=0, last_used=None, public=PUBLIC[1])
    (then,) = found("deploy-key-old", snapshot(releases(old, heir)))
    assert then.remedy == "gh repo deploy-key delete 1 --repo acme/releases"
    assert "the newer key 2 of this title was never used: put it where the old one is used, first" in then.evidence


def test_a_newer_deploy_key_with_another_right_takes_no_place() -> None:
    old, other = deploy_key("mirror", age=100), deploy_key("mirror", id_=2, age=1, read_only=False)
    (finding,) = found("deploy-key-old", snapshot(releases(old, other)))
    assert "ssh-keygen" in finding.remedy


def test_of_deploy_keys_with_one_title_the_new_one_is_not_called_stale() -> None:
    keys = deploy_key("mirror", age=100), deploy_key("mirror", id_=2, age=0, last_used=None)
    (finding,) = found("deploy-key-same-title", snapshot(releases(*keys)))
    assert finding.remedy.startswith("gh repo deploy-key delete 1 ")


def test_a_key_may_write_where_flux_updates_images_and_nowhere_else() -> None:
    held = deploy_key("by hand", read_only=False)
    (finding,) = found("deploy-key-writable", snapshot(releases(held), cluster()))
    assert finding.sentence == "it may write, and staging only needs to read"
    assert finding.remedy == "cellenics rotate-deploy-key --context staging --read-only"
    updates = cluster(automations=(Automation("flux-system", "flux-system", ready=True),))
    for unlike in (updates, cluster(automations=None), cluster(fingerprint=PUBLIC[1].fingerprint)):
        assert found("deploy-key-writable", snapshot(releases(held), unlike)) == []


def test_a_deploy_key_that_the_cluster_holds_is_exchanged_not_deleted() -> None:
    held = deploy_key("by hand", last_used=None)
    (finding,) = found("deploy-key-unused", snapshot(releases(held), cluster()))
    assert finding.remedy == "cellenics rotate-deploy-key --context staging"


@pytest.mark.parametrize("title", ["Schlüssel für 東京", "it's $(touch owned)", "`id`; rm -rf ~", "-rf", "=1+1"])
def test_a_title_is_one_word_of_the_command_whatever_it_holds(title: str) -> None:
    (finding,) = found("deploy-key-old", snapshot(releases(deploy_key(title, age=100))))
    words = shlex.split(finding.remedy.replace("\\\n", "").split(" && ")[1])
    assert words[words.index("--title") + 1] == title


def test_a_user_that_no_repository_needs_goes_step_by_step() -> None:
    (first,) = found("user-without-repository", snapshot(repository(), user("gone")))
    assert first.remedy == "cellenics retire-ci gone"


def test_a_retirement_settles_what_else_would_be_said_of_keys_and_secrets() -> None:
    tags = retirement_tags(Retirement(Phase.SOAKING, at=ago(3), until=ago(-4), off=(KEY,)))
    facts = with_secrets(repository(workflow=ASSUMES_ROLE), {ACTIONS: pair(400)})
    leaving = snapshot(facts, user("ui", key(500, active=False), tags=tags))
    assert [finding.rule for finding in make_listing(leaving, LIMITS).findings] == ["retirement-pending"]
    staying = snapshot(facts, user("ui", key(500, active=False)))
    assert {finding.rule for finding in make_listing(staying, LIMITS).findings} >= {
        "key-inactive",
        "secret-without-key",
    }


def test_the_keys_of_a_user_that_is_not_ours_are_deactivated_before_it_is_deleted() -> None:
    (first,) = found("user-without-repository", snapshot(repository(), user("gone", path="/")))
    assert "--status Inactive" in first.remedy
    assert "delete-user" not in first.remedy
    gone = user("gone", key(10, active=False), password=True, groups=("g",), attached=(POLICY,), path="/")
    (then,) = found("user-without-repository", snapshot(repository(), gone))
    lines = [shlex.split(line)[2] for line in then.remedy.replace("\\\n", "").split(" && ")]
    assert lines == [
        "delete-access-key",
        "delete-user-policy",
        "detach-user-policy",
        "remove-user-from-group",
        "delete-login-profile",
        "delete-user",
    ]


def test_an_environment_that_does_not_exist_lacks_no_pair() -> None:
    facts = repository(ci_yaml=CI_YAML + "ci-secrets: {environments: [staging]}\n")
    there = snapshot(with_secrets(facts, {**(facts.secrets or {}), STAGING: {}}), user())
    assert found("environment-missing", there)
    assert found("secret-missing", there) == []


def test_half_a_pair_in_an_environment_is_told_to_be_half() -> None:
    facts = repository(environments=("staging",))
    half = {"AWS_ACCESS_KEY_ID": ago(3)}
    there = snapshot(with_secrets(facts, {**(facts.secrets or {}), STAGING: half}), user())
    (finding,) = found("secret-shadowed", there)
    assert "only half of it" in finding.sentence
    assert "AWS_SECRET_ACCESS_KEY" not in finding.remedy


def test_the_organisations_token_is_measured_too() -> None:
    (finding,) = found("token-old", snapshot(organization_secrets={"API_TOKEN_GITHUB": ago(100)}))
    assert str(finding.subject) == "acme"
    assert finding.remedy == "gh secret set API_TOKEN_GITHUB --org acme"


def test_what_could_not_be_read_for_the_same_reason_is_told_once() -> None:
    names = ("api", "ui")
    repositories = [
        replace(repository(name), deploy_keys=Unreadable(f"GitHub refused GET /repos/acme/{name}/keys: 403."))
        for name in names
    ]
    (finding,) = found("part-unreadable", snapshot(*repositories, user("api"), user("ui")))
    assert "of 2 repositories" in finding.sentence
    assert finding.evidence == ("repositories: api, ui",)


def test_whoever_looks_again_looks_at_the_cluster_too() -> None:
    (finding,) = found("part-unreadable", snapshot(cluster(fingerprint=Unreadable("The cluster did not answer."))))
    assert finding.sentence == "the cluster's key could not be read: The cluster did not answer"
    assert finding.remedy == "cellenics audit --debug --context staging"


def test_a_drift_is_shown_as_a_diff() -> None:
    (finding,) = found("policy-drift", CASES["policy-drift"][0]())
    assert finding.evidence == ("debug is there and not declared",)
    assert "--- live debug" in finding.diff
    assert "+++ /dev/null" in finding.diff


def test_rules_are_chosen_by_id_and_by_glob() -> None:
    assert [rule.id for rule in chosen(["key-old", "user-p*"])] == ["key-old", "user-password"]
    assert "key-old" not in [rule.id for rule in chosen(ignore=["key-*"])]
    assert chosen() == RULES


def test_an_unknown_rule_is_refused_with_the_nearest_ones() -> None:
    with pytest.raises(UsageProblem) as refused:
        chosen(ignore=["key-olde"])
    assert refused.value.sentence == "--ignore key-olde: there is no such rule."
    assert "key-old" in refused.value.remedy


def test_severities_are_ordered() -> None:
    assert Severity.ERROR > Severity.WARNING > Severity.INFO
    assert pair(1)["AWS_ACCESS_KEY_ID"] == ago(1)
