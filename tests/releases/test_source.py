"""What is released: from Actions' variables or options; names and refs that could lead astray are refused."""

from __future__ import annotations

import json

import pytest

from cellenics_ci.errors import UsageProblem
from cellenics_ci.releases.names import ref_id
from cellenics_ci.releases.source import Source, read_source
from cellenics_ci.releases.tags import TagFacts, TagForm, is_older, matches
from tests.releases.making import SHA

PUSH = {
    "GITHUB_REPOSITORY": "acme/shop",
    "GITHUB_REF": "refs/heads/master",
    "GITHUB_SHA": SHA,
    "GITHUB_EVENT_NAME": "push",
}
HEAD = "f" * 40


def read(environ: dict[str, str], event: str | None = None, **typed: str) -> Source:
    given: dict[str, str | None] = {"repository": None, "ref": None, "sha": None, **typed}
    return read_source(environ, event, **given)


def test_a_push_is_what_actions_says() -> None:
    found = read(PUSH)
    assert (found.repository, found.ref, found.commit) == ("acme/shop", "refs/heads/master", SHA)
    assert found.url == f"https://github.com/acme/shop/commit/{SHA}"
    assert found.version is None


def test_a_release_has_the_tag_as_its_version() -> None:
    assert read(PUSH | {"GITHUB_REF": "refs/tags/1.2.3"}).version == "1.2.3"


def test_under_pull_request_target_it_is_the_head_and_not_the_base() -> None:
    event = json.dumps({"pull_request": {"number": 12, "head": {"sha": HEAD}}})
    found = read(PUSH | {"GITHUB_EVENT_NAME": "pull_request_target"}, event)
    assert (found.ref, found.commit) == ("refs/pull/12/merge", HEAD)


@pytest.mark.parametrize("event", [None, "", "{", "[]", '{"pull_request": {"number": "12"}}'])
def test_an_event_that_does_not_tell_the_head_is_refused(event: str | None) -> None:
    with pytest.raises(UsageProblem, match="head is not known"):
        read(PUSH | {"GITHUB_EVENT_NAME": "pull_request_target"}, event)


def test_options_go_before_variables() -> None:
    found = read(PUSH, ref="refs/heads/next", sha=HEAD, repository="other/web")
    assert (found.repository, found.ref, found.commit) == ("other/web", "refs/heads/next", HEAD)


def test_what_is_missing_is_named_with_its_option_and_variable() -> None:
    with pytest.raises(UsageProblem, match=r"--ref \(GITHUB_REF\), --sha \(GITHUB_SHA\)"):
        read({"GITHUB_REPOSITORY": "acme/shop"})


@pytest.mark.parametrize(
    "wrong",
    [
        {"repository": "shop"},
        {"repository": "acme/.."},
        {"repository": "acme/Shop"},
        {"repository": "acme/a_b"},
        {"repository": "acme/a/b"},
        {"repository": f"acme/{'a' * 64}"},
        {"ref": "master"},
        {"ref": "refs/heads/../x"},
        {"ref": "refs/heads/a..b"},
        {"ref": "refs/heads//x"},
        {"ref": "refs/heads/x/"},
        {"ref": "refs/heads/a b"},
        {"ref": "refs/heads/a\nb"},
        {"ref": "refs/heads/-x"},
        {"ref": "refs/heads/.hidden"},
        {"ref": "refs/heads/x.lock"},
        {"ref": "refs/heads/ü"},
        {"ref": "refs/heads/a%2fb"},
        {"sha": "abc"},
        {"sha": SHA.upper()},
    ],
)
def test_names_refs_and_commits_that_could_lead_astray_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(UsageProblem):
        read(PUSH, **wrong)


def test_a_ref_becomes_one_name() -> None:
    assert ref_id("refs/pull/12/merge") == "refs-pull-12-merge"


# Tags


@pytest.mark.parametrize(
    ("form", "suffix", "pattern", "tag"),
    [
        ("${VERSION}", "", r"^(?P<version>[0-9]+\.[0-9]+\.[0-9]+)$", "1.2.3"),
        ("refs-tags-${VERSION}", "-r", r"^refs-tags-(?P<version>[0-9]+\.[0-9]+\.[0-9]+)-r$", "refs-tags-1.2.3-r"),
        (
            "${REF_ID}-${SHA}-${TIMESTAMP}",
            "",
            "^refs-heads-a\\.b-[a-f0-9]+-(?P<timestamp>[0-9]+)$",
            f"refs-heads-a.b-{SHA}-1",
        ),
    ],
)  # fmt: skip
def test_the_pattern_is_made_from_the_form_and_finds_its_tags(form: str, suffix: str, pattern: str, tag: str) -> None:
    made = TagForm(form).pattern("refs-heads-a.b", suffix)
    assert made == pattern
    assert matches(made, tag) is True
    assert matches(made, f"{tag}-x") is False


@pytest.mark.parametrize(
    ("tag", "facts"),
    [
        ("1.2.3", TagFacts(version=(1, 2, 3))),
        ("refs-tags-0.70.1-r", TagFacts(version=(0, 70, 1))),
        ("v1.2.3", TagFacts(version=(1, 2, 3))),
        (f"refs-heads-master-{SHA}-1785359314", TagFacts(timestamp=1785359314, commit=SHA)),
        (f"refs-heads-master-{SHA}-1785359314-python", TagFacts(timestamp=1785359314, commit=SHA)),
        (f"refs-heads-release-1.2.3-{SHA}-1785359314", TagFacts(timestamp=1785359314, commit=SHA)),
        (f"refs-heads-master-{SHA}", TagFacts(commit=SHA)),
        ("latest", TagFacts()),
        ("", TagFacts()),
    ],
)
def test_a_tag_tells_its_age_and_its_commit(tag: str, facts: TagFacts) -> None:
    assert TagFacts.of(tag) == facts


@pytest.mark.parametrize(
    ("tag", "than", "older"),
    [
        ("1.2.3", "1.10.0", True),
        ("1.10.0", "1.2.3", False),
        ("1.2.3", "1.2.3", False),
        (f"a-{SHA}-1800000000", f"b-{HEAD}-1800000001", True),
        ("1.2.3", f"a-{SHA}-1800000000", None),
        ("latest", "1.2.3", None),
    ],
)
def test_which_of_two_tags_is_older(tag: str, than: str, older: bool | None) -> None:
    assert is_older(tag, than) is older
