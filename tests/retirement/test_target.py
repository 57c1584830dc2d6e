"""From the survey to a target: whose the user is, what became of its repository, and which secrets are its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from cellenics_ci.model.keys import AccessKey, KeyUse, User
from cellenics_ci.model.names import AccessKeyId, OrgName, RepoName, UserName
from cellenics_ci.model.repositories import WorkflowFile
from cellenics_ci.model.retirement_tag import Phase, Retirement, retirement_tags
from cellenics_ci.model.scopes import ACTIONS, PairDates, Scope
from cellenics_ci.model.tags import REPOSITORY_TAG, KeyNote, Stage, key_tags
from cellenics_ci.retirement.frame import Extras, Frame
from cellenics_ci.retirement.order import Whereabouts
from cellenics_ci.retirement.target import Target, prepare
from cellenics_ci.run.outcome import LeftOut
from cellenics_ci.survey.aws import Unreadable
from cellenics_ci.survey.github import Status, SurveyedRepository
from cellenics_ci.survey.workflows import UNKNOWN_WORKFLOWS, workflow_facts
from cellenics_ci.survey.world import Survey
from tests.retirement.memory import READS, READS_NOT
from tests.rotation.surveys import API, DAY, NOW, OLD, STAGING, USER, WRITTEN, repository, survey, user

QUIET = workflow_facts([WorkflowFile("ci.yaml", READS_NOT)])
LOUD = workflow_facts([WorkflowFile("ci.yaml", READS)])
LIVE = KeyNote(Stage.LIVE, at=int(NOW), dates=(("a", WRITTEN),))
SINCE = PairDates(int(NOW - DAY), int(NOW - DAY))


def taken(found: SurveyedRepository | None = None, of: User | None = None, **fields: Any) -> Survey:
    return survey(found or repository(workflows=QUIET), users=(of or user(),), **fields)


def prepared(
    taken: Survey, of: User | None = None, *, ignored: frozenset[str] = frozenset(), **frame: Any
) -> Target | LeftOut:
    plain = Frame(taken, Extras(), OrgName("acme"), ignored, lambda name: False, lambda lock: False)
    return prepare(of or taken.users[USER], API, replace(plain, **frame))


def target(*arguments: Any, **frame: Any) -> Target:
    found = prepared(*arguments, **frame)
    assert isinstance(found, Target), found
    return found


def left(*arguments: Any, **frame: Any) -> LeftOut:
    found = prepared(*arguments, **frame)
    assert isinstance(found, LeftOut), found
    return found


def test_a_user_is_noted_as_the_repositorys_whose_secrets_go_with_it() -> None:
    found = target(taken())
    assert (found.home.whereabouts, found.owner) == (Whereabouts.THERE, "acme/api@7")
    assert (found.scopes, found.policies) == ((ACTIONS,), ("push",))


def test_a_reader_is_refused_before_anybody_asks_whose_its_secrets_are() -> None:
    found = target(taken(repository(workflows=LOUD), scopes={STAGING: WRITTEN}))
    assert found.pipeline is not None
    assert (found.pipeline.reads_pair, found.scopes) == (True, ())


@pytest.mark.parametrize(
    ("scopes", "reason"),
    [
        ({STAGING: WRITTEN}, "environment staging holds"),
        ({STAGING: Unreadable("no right")}, "nobody can tell whether its environment staging"),
    ],
)
def test_a_scope_that_nobody_declared_or_noted_has_to_be_decided(scopes: Mapping[Scope, Any], reason: str) -> None:
    assert reason in left(taken(scopes=scopes)).reason
    assert target(taken(scopes=scopes), ignored=frozenset({"staging"})).scopes == (ACTIONS,)


def test_environments_that_can_not_be_listed_have_to_be_decided() -> None:
    found = repository(workflows=QUIET, environments=None, unlisted="GitHub refused that: 403.")
    refused = left(taken(found))
    assert refused.reason == "nobody can tell whether one of its environments holds the pair: GitHub refused that: 403."
    assert "Actions: read" in refused.remedy
    assert target(taken(found), ignored=frozenset({"environments"})).scopes == (ACTIONS,)
    assert target(taken(replace(found, status=Status.ARCHIVED))).scopes == ()


def test_a_scope_that_a_rotation_noted_is_ours_without_a_declaration() -> None:
    undeclared = repository(workflows=QUIET, status=Status.NOT_OURS)
    found = replace(undeclared, declaration=None)
    assert "nothing says that they are this user's" in left(taken(found)).reason
    assert target(taken(found, user(tags=key_tags(OLD, LIVE)))).scopes == (ACTIONS,)


@pytest.mark.parametrize(
    "tags",
    [
        key_tags(OLD, LIVE),
        retirement_tags(Retirement(Phase.SOAKING, at=int(NOW - 2 * DAY), until=int(NOW))),
    ],
    ids=["since it was delivered", "since its key is inactive"],
)
def test_a_pair_that_somebody_wrote_since_is_not_ours(tags: dict[str, str]) -> None:
    found = taken(of=user(tags=tags), scopes={ACTIONS: SINCE})
    assert "written by somebody else" in left(found).reason
    assert target(found, ignored=frozenset({"repository"})).scopes == ()
    assert target(found, undo=True).scopes == ()


def test_a_pair_beside_a_user_without_keys_is_dead_or_somebody_elses() -> None:
    assert "has no key" in left(taken(keys=())).reason
    assert target(taken(keys=()), ignored=frozenset({"repository"})).scopes == ()
    halfway = user(tags=retirement_tags(Retirement(Phase.DELETING, at=int(NOW))))
    assert target(taken(of=halfway, keys=())).scopes == (ACTIONS,)


def test_half_a_pair_that_a_killed_run_left_is_still_ours() -> None:
    half = PairDates(None, WRITTEN.secret_at)
    assert target(taken(of=user(tags=key_tags(OLD, LIVE)), scopes={ACTIONS: half})).scopes == (ACTIONS,)


@pytest.mark.parametrize(
    ("of", "extras", "line"),
    [
        (user(attached=("arn:aws:iam::aws:policy/P",)), Extras(), "detach-user-policy"),
        (user(), Extras(groups={USER: ("admins",)}), "remove-user-from-group"),
        (user(), Extras(passwords={USER: True}), "delete-login-profile"),
    ],
)
def test_what_is_not_ours_to_take_away_leaves_the_user_out_but_can_not_keep_it_from_being_given_back(
    of: User, extras: Extras, line: str
) -> None:
    assert line in left(taken(of=of), extras=extras).remedy
    assert target(taken(of=of), extras=extras, undo=True).user == USER


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (repository(workflows=UNKNOWN_WORKFLOWS), "workflows can't be read"),
        (repository(workflows=QUIET, status=Status.DISABLED), "disabled by GitHub"),
        (repository(workflows=QUIET, status=Status.UNKNOWN, reason="no answer"), "no answer"),
        (repository(workflows=QUIET, permission="READ"), "may not delete its secrets"),
    ],
)
def test_what_can_not_be_told_or_done_leaves_the_user_out(found: SurveyedRepository, reason: str) -> None:
    assert reason in left(taken(found)).reason


def test_keys_and_last_uses_that_can_not_be_read_leave_the_user_out() -> None:
    assert "keys of ci-user-api" in left(taken(keys=Unreadable("denied"))).reason
    unknown = Extras(uses={OLD: Unreadable("denied")})
    assert "last used can't be read" in left(taken(), extras=unknown).reason
    known = Extras(uses={OLD: KeyUse(NOW - DAY, "ecr", "us-east-1")})
    assert target(taken(), extras=known).uses[OLD] is not None


def test_a_user_of_another_organisation_is_left_alone() -> None:
    other = user(tags={REPOSITORY_TAG: "other/api@7"})
    assert "belongs to other/api@7" in left(taken(of=other)).reason


def renamed(**workflows: Any) -> tuple[Survey, User]:
    """A repository that is called `web` now, and the user of the time when it was called `api`."""
    old = user(tags={REPOSITORY_TAG: "acme/api@7"})
    found = taken(repository(name=RepoName("web"), workflows=workflows.get("of", QUIET)), old)
    return found, old


def test_a_renamed_repository_counts_for_the_user_of_its_old_name() -> None:
    found, old = renamed(of=LOUD)
    home = target(found, old)
    assert (home.home.name, home.home.whereabouts) == ("web", Whereabouts.THERE)
    assert home.pipeline is not None
    assert home.pipeline.reads_pair


def test_a_renamed_repository_whose_own_user_has_delivered_its_pair_needs_the_old_one_no_more() -> None:
    found, old = renamed(of=LOUD)
    new = replace(user(tags=key_tags(OLD, LIVE)), name=UserName("ci-user-web"))
    key = AccessKey(AccessKeyId(OLD), True, NOW)
    served = replace(found, users={**found.users, new.name: new}, keys={**found.keys, new.name: (key,)})
    home = target(served, old)
    assert (home.home.whereabouts, home.pipeline, home.scopes) == (Whereabouts.SERVED, None, ())
    moved = replace(served, secrets={RepoName("web"): {ACTIONS: SINCE}})
    assert target(moved, old).home.whereabouts is Whereabouts.THERE


def test_a_new_repository_under_the_old_name_holds_none_of_our_secrets() -> None:
    old = user(tags={REPOSITORY_TAG: "acme/api@3"})
    found = target(taken(of=old))
    assert (found.home.whereabouts, found.scopes) == (Whereabouts.THERE, ())


@pytest.mark.parametrize("owner", [{}, {REPOSITORY_TAG: "acme/api@3"}])
def test_a_repository_out_of_sight_is_taken_for_gone_only_by_a_person_who_names_it(owner: dict[str, str]) -> None:
    def tags(*, gone: bool) -> dict[str, str]:
        return owner | retirement_tags(Retirement(Phase.SOAKING, at=int(NOW), off=(OLD,), gone=gone))

    unnamed = left(replace(taken(of=user(tags=owner)), repositories={}), user(tags=owner))
    assert "your token does not see it" in unnamed.reason
    assert unnamed.remedy.endswith("cellenics retire-ci api")
    # Begun while it was to be seen, a retirement does not go on blindly; but it can be taken back.
    seen_then = user(tags=tags(gone=False))
    nowhere = replace(taken(of=seen_then), repositories={})
    assert "your token does not see it" in left(nowhere, seen_then).reason
    assert target(nowhere, seen_then, undo=True).home.whereabouts is Whereabouts.GONE
    named_then = user(tags=tags(gone=True))
    assert target(replace(taken(of=named_then), repositories={}), named_then).home.whereabouts is Whereabouts.GONE


def test_a_repository_that_is_gone_holds_nothing() -> None:
    old = user(tags={REPOSITORY_TAG: "acme/api@3"})
    found = target(replace(taken(of=old), repositories={}), old, named=lambda name: True)
    assert (found.home.whereabouts, found.scopes, found.owner) == (Whereabouts.GONE, (), None)


def test_what_may_not_be_read_and_keeps_iam_from_deleting_the_user_is_said() -> None:
    unknown = target(taken(), extras=Extras(groups=None)).unread
    assert [line.split(" may not be read")[0] for line in unknown] == [
        "its groups",
        "whether it has a password for the console",
    ]
    assert target(taken(), extras=Extras(passwords={USER: False})).unread == ()
    assert target(taken(), extras=Extras(groups=None), undo=True).unread == ()
