"""From who is trusted to the subjects of tokens, in whatever form a repository has them."""

from __future__ import annotations

import pytest

from cellenics_ci.model.names import RepoName
from cellenics_ci.model.oidc import Owner, SubjectSetting
from cellenics_ci.oidc.subjects import Refused, Repo, SubjectForm, exact, form_of, subjects
from cellenics_ci.privileges.declaration import CiTrust

API = Repo(Owner("acme", 5), RepoName("api"), 7)
EVERYTHING = CiTrust(("master", "release/*"), ("v*",), ("production",), True)
NONE_OF_ITS_OWN = SubjectSetting()


def form(own: SubjectSetting | None, organization: SubjectSetting | None = NONE_OF_ITS_OWN) -> SubjectForm:
    found = form_of(API, own, organization)
    assert isinstance(found, SubjectForm), found
    return found


def made(own: SubjectSetting, trust: CiTrust = EVERYTHING) -> tuple[str, ...]:
    found = subjects(form(own), trust)
    assert not isinstance(found, Refused), found
    return found


def test_names_branches_tags_environments_and_pull_requests() -> None:
    assert made(SubjectSetting(prefix="repo:acme/api", immutable=False)) == (
        "repo:acme/api:ref:refs/heads/master",
        "repo:acme/api:ref:refs/heads/release/*",
        "repo:acme/api:ref:refs/tags/v*",
        "repo:acme/api:environment:production",
        "repo:acme/api:pull_request",
    )


@pytest.mark.parametrize(
    ("own", "organization", "names"),
    [
        (SubjectSetting(prefix="repo:acme/api", immutable=False), NONE_OF_ITS_OWN, ["acme/api"]),
        (SubjectSetting(prefix="repo:acme@5/api@7", immutable=True), NONE_OF_ITS_OWN, ["acme@5/api@7"]),
        (SubjectSetting(immutable=True), NONE_OF_ITS_OWN, ["acme@5/api@7"]),
        # Enterprise Server knows nothing of ids.
        (SubjectSetting(), NONE_OF_ITS_OWN, ["acme/api"]),
        # What a repository does not say, its organisation does.
        (SubjectSetting(), SubjectSetting(immutable=True), ["acme@5/api@7"]),
        (SubjectSetting(immutable=False), SubjectSetting(immutable=True), ["acme/api"]),
        # The setting has changed, and tokens have not yet; or nobody may look.
        (SubjectSetting(prefix="repo:acme/api", immutable=True), NONE_OF_ITS_OWN, ["acme/api", "acme@5/api@7"]),
        (None, NONE_OF_ITS_OWN, ["acme/api", "acme@5/api@7"]),
    ],
)
def test_reads_the_form_that_the_repository_has(
    own: SubjectSetting | None, organization: SubjectSetting, names: list[str]
) -> None:
    found = form(own, organization)
    assert list(found.names) == names
    assert bool(found.remark) is (len(names) > 1)


def test_trusts_both_forms_when_asked_to() -> None:
    found = form_of(API, SubjectSetting(prefix="repo:acme/api"), NONE_OF_ITS_OWN, both=True)
    assert isinstance(found, SubjectForm)
    assert subjects(found, CiTrust(branches=("master",))) == (
        "repo:acme/api:ref:refs/heads/master",
        "repo:acme@5/api@7:ref:refs/heads/master",
    )


def test_refuses_a_beginning_that_is_not_this_repository() -> None:
    found = form_of(API, SubjectSetting(prefix="repo:acme/api-old", immutable=False), NONE_OF_ITS_OWN)
    assert isinstance(found, Refused)
    assert "repo:acme/api-old" in found.reason


def custom(*claims: str) -> SubjectSetting:
    return SubjectSetting(claims=claims, prefix="repo:acme/api", immutable=False, use_default=False)


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        (("repo", "context"), "repo:acme/api:ref:refs/heads/master"),
        (("repository_id", "context"), "repository_id:7:ref:refs/heads/master"),
        (("repository_owner", "repo", "ref"), "repository_owner:acme:repo:acme/api:ref:refs/heads/master"),
        (("repo", "context", "job_workflow_ref"), "repo:acme/api:ref:refs/heads/master:job_workflow_ref:*"),
        (("repository_owner_id", "repository_id"), "repository_owner_id:5:repository_id:7"),
        (("repo",), "repo:acme/api"),
    ],
)
def test_follows_a_customised_subject(claims: tuple[str, ...], expected: str) -> None:
    assert made(custom(*claims), CiTrust(branches=("master",))) == (expected,)


def test_a_repository_may_follow_its_organisations_template() -> None:
    own = SubjectSetting(use_default=False)
    assert form(own, SubjectSetting(claims=("repo", "ref"))).claims == ("repo", "ref")
    # The organisation's template counts only where the repository opted in.
    assert form(SubjectSetting(), SubjectSetting(claims=("repository_owner",))).claims == ("repo", "context")
    unknown = form_of(API, own, None)
    assert isinstance(unknown, Refused)
    assert "may not read" in unknown.reason


@pytest.mark.parametrize("claims", [("repository_owner",), ("actor", "context"), ("job_workflow_ref",)])
def test_refuses_subjects_that_other_repositories_have_too(claims: tuple[str, ...]) -> None:
    found = form_of(API, custom(*claims), NONE_OF_ITS_OWN)
    assert isinstance(found, Refused)
    assert "other repositories" in found.reason
    assert "use_default=true" in found.remedy


@pytest.mark.parametrize("claims", [("actor", "repo", "context"), ("repo", "workflow", "context")])
def test_refuses_what_comes_after_something_unknown(claims: tuple[str, ...]) -> None:
    found = subjects(form(custom(*claims)), CiTrust(branches=("master",)))
    assert isinstance(found, Refused)
    assert "can't be told for certain" in found.reason


def test_refuses_runs_without_an_environment_where_the_subject_wants_one() -> None:
    found = subjects(form(custom("repo", "environment")), CiTrust(branches=("master",)))
    assert isinstance(found, Refused)
    assert made(custom("repo", "environment"), CiTrust(environments=("production",))) == (
        "repo:acme/api:environment:production",
    )


@pytest.mark.parametrize(
    ("name", "written"),
    [("a b", "a b"), ("prod:eu", "prod%3Aeu"), ("100%*?", "100%${*}${?}"), ("${x}", "${$}{x}"), ("*", "*")],
)
def test_an_environments_name_is_a_name_and_no_pattern(name: str, written: str) -> None:
    found = made(SubjectSetting(), CiTrust(environments=(name,)))
    assert found == (f"repo:acme/api:environment:{written}",)
    assert exact(found[0]) is (name != "*")
