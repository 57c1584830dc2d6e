"""The plan of several repositories: what is in it, what it asks a person, how long it says it takes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cellenics_ci.errors import UsageProblem
from cellenics_ci.model.keys import AccessKey, User
from cellenics_ci.model.names import AccessKeyId, OrgName, Region, RepoName, ci_user_name, ci_user_path
from cellenics_ci.model.scopes import ACTIONS, DEPENDABOT
from cellenics_ci.model.secret import Secret
from cellenics_ci.model.tags import REGION_TAG, KeyNote, Lock, Stage, key_tags, lock_tags, note_dates
from cellenics_ci.rotation.choices import Choices, Place
from cellenics_ci.rotation.decide import Wishes
from cellenics_ci.rotation.order import Mode
from cellenics_ci.rotation.plan import Consent, Plan, make_plan
from cellenics_ci.survey.aws import Unreadable
from cellenics_ci.survey.github import Status, SurveyedRepository
from cellenics_ci.survey.workflows import WorkflowFacts
from cellenics_ci.survey.world import Survey
from tests.rotation.surveys import (
    API,
    DAY,
    NEW,
    NOW,
    OLD,
    USER,
    WRITTEN,
    declared,
    repository,
    statement,
    survey,
    user,
)

PLACE = Place(OrgName("acme"), "ada", Region("us-east-1"), NOW, lambda lock: False)
TWO = (AccessKey(OLD, True, NOW - 200 * DAY), AccessKey(NEW, True, NOW - 10 * DAY))


def planned(taken: Survey, *, place: Place = PLACE, retire: tuple[str, ...] = (), **wishes: Any) -> Plan:
    return make_plan(taken, {}, Choices(Wishes(**wishes), retire), place)


def one(found: SurveyedRepository | None = None, *, users: tuple[User, ...] | None = None, **fields: Any) -> Survey:
    return survey(found or repository(), users=(user(),) if users is None else users, **fields)


def several(count: int, **wrong: SurveyedRepository) -> Survey:
    """A survey of `count` sound repositories, and those that are given by name."""
    repos = {name: replace(found, name=RepoName(name)) for name, found in wrong.items()}
    repos |= {f"s{number}": repository(name=RepoName(f"s{number}"), id=number) for number in range(count)}
    users = {ci_user_name(RepoName(name)): user() for name in repos}
    return replace(
        one(),
        repositories={RepoName(name): found for name, found in repos.items()},
        selected=tuple(sorted(map(RepoName, repos))),
        users={
            name: replace(found, name=name, path=ci_user_path(RepoName(name.removeprefix("ci-user-"))))
            for name, found in users.items()
        },
        keys={name: (AccessKey(AccessKeyId(f"AKIA{name}"), True, NOW - 100 * DAY),) for name in users},
        secrets={RepoName(name): {ACTIONS: WRITTEN} for name in repos},
        organization_secrets={},
    )


def test_every_selected_repository_is_planned_or_left_out_and_no_other_is() -> None:
    archived = repository(status=Status.ARCHIVED, declaration=None, reason="archived")
    reader = repository(permission="READ")
    taken = several(3, old=archived, closed=reader)
    taken = replace(taken, selected=tuple(name for name in taken.selected if name != "s1"))
    plan = planned(taken)
    assert [each.repo for each in plan.planned] == ["s0", "s2"]
    assert [each.repo for each in plan.left_out] == ["closed", "old"]
    assert plan.faults


def test_what_nobody_needs_to_mend_is_no_fault() -> None:
    archived = repository(status=Status.ARCHIVED, declaration=None, reason="archived")
    assert not planned(several(1, old=archived)).faults


def test_a_plan_says_where_it_will_act() -> None:
    plan = planned(one(), settle=3.0)
    assert (plan.org, plan.login, plan.region, plan.settle) == ("acme", "ada", "us-east-1", 3.0)
    assert plan.caller.account == "123456789012"


# What --yes alone does not agree to


ADMIN = repository(declared(admin=statement("*")))


def consents(taken: Survey, **wishes: Any) -> tuple[Consent, ...]:
    (each,) = planned(taken, **wishes).planned
    return each.consents


def test_an_ordinary_rotation_needs_no_consent() -> None:
    assert consents(one()) == ()
    assert consents(one(users=())) == ()


def test_a_new_user_that_may_do_everything_needs_consent() -> None:
    assert consents(one(ADMIN, users=())) == (Consent.GRANTS_EVERYTHING,)


def test_a_user_that_may_do_everything_already_needs_none() -> None:
    assert consents(one(ADMIN)) == ()


@pytest.mark.parametrize(("noted", "wanted"), [("eu-west-1", (Consent.REGION_CHANGE,)), ("us-east-1", ()), (None, ())])
def test_another_region_than_the_noted_one_needs_consent(noted: str | None, wanted: tuple[Consent, ...]) -> None:
    tags = {} if noted is None else {REGION_TAG: noted}
    assert consents(one(users=(user(tags=tags),))) == wanted


def test_a_compromised_keys_outage_needs_consent_beside_all_others() -> None:
    moved = user(tags={REGION_TAG: "eu-west-1"})
    assert consents(one(users=(moved,)), mode=Mode.COMPROMISED) == (Consent.COMPROMISED, Consent.REGION_CHANGE)


def test_who_is_not_agreed_to_is_left_out_as_a_fault() -> None:
    plan = planned(several(2)).without([RepoName("s0")], "nobody agreed to it")
    assert [each.repo for each in plan.planned] == ["s1"]
    assert [(each.repo, each.reason) for each in plan.left_out] == [("s0", "nobody agreed to it")]
    assert plan.faults


def test_a_compromised_repository_is_rotated_though_its_workflows_only_assume_a_role() -> None:
    found = repository(workflows=WorkflowFacts(False, False, True))
    assert not planned(one(found)).planned
    assert planned(one(found), mode=Mode.COMPROMISED).planned


@pytest.mark.parametrize("status", [Status.ARCHIVED, Status.NOT_OURS])
def test_a_compromised_key_of_a_repository_that_needs_none_is_a_fault_and_retire_ci_takes_it(status: Status) -> None:
    found = SurveyedRepository(API, 7, status=status, reason="it is no place for a key")
    assert not planned(one(found)).faults
    (left,) = planned(one(found), mode=Mode.COMPROMISED).left_out
    assert left.fault
    assert "nothing was cut off" in left.reason
    assert f"cellenics retire-ci --now {API}" in left.remedy


def test_a_compromised_key_behind_a_broken_file_is_cut_off_by_hand() -> None:
    found = SurveyedRepository(API, 7, status=Status.INVALID, reason="it is broken")
    (left,) = planned(one(found), mode=Mode.COMPROMISED).left_out
    assert f"aws iam update-access-key --user-name {USER} --status Inactive" in left.remedy


def test_nobody_is_sent_to_cut_off_a_key_that_is_not_there() -> None:
    found = SurveyedRepository(API, 7, status=Status.ARCHIVED, reason="it is archived")
    (left,) = planned(one(found, users=()), mode=Mode.COMPROMISED).left_out
    assert (left.fault, left.remedy) == (True, "")


def test_it_is_said_why_a_young_key_is_replaced_and_what_is_not_written() -> None:
    live = KeyNote(Stage.LIVE, 1, "aa", note_dates({ACTIONS: replace(WRITTEN, secret_at=5)}))
    other = planned(one(users=(user(tags=key_tags(OLD, live)),)), max_age=1e9).planned[0]
    assert "repository may hold another key than the one that was delivered last" in other.warnings
    token = Secret("ghp_forPipelines")
    lock = Lock("dead", "there", "1.1", 1, 2, (OLD,))
    finished = planned(one(users=(user(tags=lock_tags(lock)),)), max_age=1e9, ci_token=token).planned[0]
    assert finished.order.mode is Mode.FINISH
    assert any("API_TOKEN_GITHUB is not written" in text for text in finished.warnings)


# Keys that the admin gives up by their endings


@pytest.mark.parametrize("ending", ["NEW2", "new2", "AKIA…NEW2", NEW])
def test_any_unique_ending_names_the_key_to_retire(ending: str) -> None:
    (each,) = planned(one(keys=TWO), retire=(ending,)).planned
    assert (each.order.ground.make_room, each.order.ground.retire) == (NEW, OLD)


@pytest.mark.parametrize("ending", ["ZZZZ", "", "…"])
def test_an_ending_that_names_no_key_is_wrong_usage_and_shows_the_keys(ending: str) -> None:
    with pytest.raises(UsageProblem) as refused:
        planned(one(keys=TWO), retire=(ending,))
    assert f"--retire {ending}" in refused.value.sentence
    assert "AKIA…OLD1" in refused.value.remedy
    assert "AKIA…NEW2" in refused.value.remedy


def test_an_ending_is_looked_for_only_among_keys_that_could_be_read() -> None:
    with pytest.raises(UsageProblem) as refused:
        planned(one(keys=Unreadable("throttled")), retire=("NEW2",))
    assert "no key of the chosen repositories" in refused.value.sentence
    assert refused.value.remedy == "They have none."


def test_an_ending_of_several_keys_says_so() -> None:
    alike = (AccessKey(AccessKeyId("AKIA1SAME"), True, NOW), AccessKey(AccessKeyId("AKIA2SAME"), True, NOW))
    with pytest.raises(UsageProblem) as refused:
        planned(one(keys=alike), retire=("same",))
    assert "2 keys of the chosen repositories end like that" in refused.value.sentence


def test_the_keys_of_many_repositories_are_not_all_listed() -> None:
    with pytest.raises(UsageProblem) as refused:
        planned(several(40), retire=("ZZZZ",))
    assert refused.value.remedy == ""


# What the admin chose and can't have


def test_a_permissions_boundary_of_another_account_is_wrong_usage() -> None:
    with pytest.raises(UsageProblem) as refused:
        planned(one(), boundary="arn:aws:iam::999999999999:policy/ci")
    assert "999999999999" in refused.value.sentence
    for account in ("123456789012", "aws"):
        assert planned(one(), boundary=f"arn:aws:iam::{account}:policy/ci").planned


def test_a_token_that_sees_no_repository_is_no_quiet_night() -> None:
    plan = planned(several(0))
    assert plan.faults
    assert any("no repository of acme" in note for note in plan.notes)
    assert not planned(several(1)).faults


def test_a_scope_to_ignore_that_is_nowhere_is_said() -> None:
    choices = Choices(ignored_scopes=frozenset({"staging", "prode"}))
    notes = make_plan(one(), {}, choices, PLACE).notes
    assert any(note.startswith("--ignore-scope prode:") for note in notes)


# What it costs


def test_two_secrets_are_written_for_each_scope_and_one_for_the_ci_token() -> None:
    everywhere = repository(declared("ci-secrets: {environments: [staging], dependabot: true}"))
    assert planned(one()).writes == 2
    assert planned(one(everywhere)).writes == 6
    assert planned(one(everywhere), ci_token=Secret("t")).writes == 7
    assert planned(several(5)).writes == 10


def test_what_is_only_finished_writes_no_secret() -> None:
    live, retired = KeyNote(Stage.LIVE, 1, "aa", note_dates({ACTIONS: WRITTEN})), KeyNote(Stage.RETIRED, 1, "aa")
    finishing = one(users=(user(tags=key_tags(NEW, live) | key_tags(OLD, retired)),), keys=TWO)
    (each,) = planned(finishing, mode=Mode.FINISH).planned
    assert (each.writes, each.order.ground.finish) == (0, OLD)
    assert planned(finishing, mode=Mode.FINISH, ci_token=Secret("t")).writes == 0


def test_what_an_interrupted_run_delivered_is_not_written_again() -> None:
    delivering = KeyNote(Stage.DELIVERING, 1, "aa", note_dates({ACTIONS: replace(WRITTEN, key_id_at=1, secret_at=1)}))
    (each,) = planned(one(users=(user(tags=key_tags(NEW, delivering)),), keys=TWO)).planned
    assert (each.writes, each.order.ground.promote) == (0, NEW)


def test_up_to_three_repositories_settle_once_and_more_of_them_twice() -> None:
    assert planned(several(3), settle=10.0).seconds == planned(several(1), settle=10.0).seconds == 15.0
    assert planned(several(4), settle=10.0).seconds == 30.0


def test_githubs_limits_are_counted_in() -> None:
    few, many = planned(several(30), settle=10.0), planned(several(200), settle=10.0)
    assert few.seconds == 30.0
    # 200 repositories of 2 writes at 5 points and 8 reads: 3,600 points at 15 a second, a minute's worth at once.
    assert many.seconds == pytest.approx(30.0 + 3600 / 15 - 60)


def test_a_plan_without_writes_takes_seconds() -> None:
    assert planned(several(0)).seconds == 5.0


# Notes


def test_a_plan_says_what_can_not_be_known_of_rights() -> None:
    (told,) = planned(one()).notes
    assert "AWS only tells when it is tried" in told
    (both,) = planned(one(), place=replace(PLACE, rights_told=False)).notes
    assert "this kind of GitHub token" in both
    assert "AWS only tells" not in " ".join(planned(several(0, old=SurveyedRepository(API, 7, Status.ARCHIVED))).notes)


def test_the_surveys_notes_and_the_old_stack_are_told() -> None:
    notes = planned(one(notes=("The quota is taken to be 2048.",), old_stack=True)).notes
    assert notes[0] == "The quota is taken to be 2048."
    assert "biomage-ci-users" in notes[-1]
    assert "do not delete it" in notes[-1]


def test_a_dead_owners_lock_is_asked_about_and_a_living_ones_is_obeyed() -> None:
    lock = Lock("beef", "here", "1.1", int(NOW) - 60, int(NOW) + 840, (OLD,))
    locked = one(users=(user(tags=lock_tags(lock)),))
    assert "another rotation" in planned(locked).left_out[0].reason
    assert planned(locked, place=replace(PLACE, owner_gone=lambda found: found == lock)).planned[0].repo == API


def test_a_repositorys_warnings_and_policies_are_shown_with_its_order() -> None:
    (each,) = planned(one(repository(declared(extra=statement("s3:*")), permission=None))).planned
    assert any("does not tell" in text for text in each.warnings)
    assert [policy.name for policy in each.comparison.added] == ["extra"]
    assert each.comparison.removed == ("push",)
    assert each.order.scopes == (ACTIONS,)
    assert DEPENDABOT not in each.order.scopes
    assert each.order.user == USER
