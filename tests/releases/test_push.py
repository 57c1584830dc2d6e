"""Pushing over real HTTP to the embedded GitHub, whose branch moves forward only."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from cellenics_ci.clients.github.budget import Budget
from cellenics_ci.clients.github.transport import Transport
from cellenics_ci.model.git import Author
from cellenics_ci.releases.outcome import Pushed
from cellenics_ci.releases.push import PATIENCE
from cellenics_ci.sandbox.github import (
    BranchRule,
    ConnectionDropped,
    GitHubServer,
    GitHubState,
    Repository,
    Request,
    Response,
    trees,
)
from tests.clients.github.conftest import transport_to
from tests.releases.making import SHA, TAG
from tests.releases.worlds import Pace, pushing, wanted

OLDER = "refs-heads-master-" + "a" * 40 + "-1799999999"
NEWER = "refs-heads-master-" + "b" * 40 + "-1800000001"


def commits(repository: Repository) -> list[trees.Commit]:
    """Return the repository's commits, the newest first."""
    tip = trees.head(repository)
    assert tip is not None
    return list(trees.ancestors(repository, tip))


def moves_branch(request: Request) -> bool:
    return request.method == "PATCH" and "/git/refs/" in request.path


def test_a_manifest_becomes_one_commit_that_changes_its_own_path_alone(
    transport: Transport, releases: Repository
) -> None:
    before = dict(releases.files)
    outcome = pushing(transport, author=Author("Shop CI", "ci@example.com")).run()
    assert (outcome.status, outcome.exit_code, outcome.path) == (Pushed.PUSHED, 0, "staging/shop.yaml")
    assert releases.files == before | {"staging/shop.yaml": wanted().text.encode()}
    tip, root = commits(releases)
    assert (tip.oid, tip.parents) == (outcome.commit, (root.oid,))
    assert tip.message == f"Update from https://github.com/acme/shop/commit/{SHA}"
    assert tip.person("author")[:2] == tip.person("committer")[:2] == ("Shop CI", "ci@example.com")


def test_a_push_takes_four_requests(transport: Transport, server: GitHubServer) -> None:
    pushing(transport).run()
    assert [(each.method, each.path.rpartition("/git/")[2]) for each in server.requests] == [
        ("POST", "/graphql"),
        ("POST", "trees"),
        ("POST", "commits"),
        ("PATCH", "refs/heads/master"),
    ]


def test_without_an_author_the_commit_is_the_tokens(transport: Transport, releases: Repository) -> None:
    pushing(transport).run()
    assert commits(releases)[0].person("author")[0] == "ada"


def test_what_is_deployed_already_makes_no_commit(transport: Transport, releases: Repository) -> None:
    pushing(transport).run()
    again = pushing(transport).run()
    assert (again.status, again.exit_code, again.commit) == (Pushed.UNCHANGED, 0, None)
    assert len(commits(releases)) == 2


@pytest.mark.parametrize(("tag", "status"), [(OLDER, Pushed.SUPERSEDED), (NEWER, Pushed.PUSHED)])
def test_an_older_image_never_goes_over_a_newer_one(
    transport: Transport, releases: Repository, tag: str, status: Pushed
) -> None:
    pushing(transport).run()
    outcome = pushing(transport, wanted(tag=tag)).run()
    assert outcome.status is status
    assert (tag.encode() in bytes(releases.files["staging/shop.yaml"])) is (status is Pushed.PUSHED)  # type: ignore[arg-type]


def test_an_older_image_goes_over_a_newer_one_where_that_is_asked_for(
    transport: Transport, releases: Repository
) -> None:
    pushing(transport).run()
    outcome = pushing(transport, wanted(tag=OLDER), allow_older=True).run()
    assert outcome.status is Pushed.PUSHED
    assert outcome.notes and "older" in outcome.notes[0]


def service_with_history(state: GitHubState) -> list[str]:
    """Add the service's repository with four commits; return their ids, the oldest first."""
    repository = state.add_repository("acme", "shop", {"a": b"0"})
    tip = trees.head(repository)
    assert tip is not None
    oids = [tip.oid]
    for number in range(3):
        tip = trees.commit_on(tip, tip.tree, f"Change {number}", at=tip.at + 1)
        trees.advance(repository, tip, now=tip.at)
        oids.append(tip.oid)
    return oids


def test_a_commit_that_the_deployed_one_comes_from_is_older_whatever_its_tag_says(
    transport: Transport, state: GitHubState
) -> None:
    first, *_, last = service_with_history(state)
    # The same second: the tags tell nothing.
    newer = wanted(tag=f"refs-heads-master-{last}-1800000000", commit=last)
    older = wanted(tag=f"refs-heads-master-{first}-1800000000", commit=first)
    assert pushing(transport, newer).run().status is Pushed.PUSHED
    outcome = pushing(transport, older).run()
    assert outcome.status is Pushed.SUPERSEDED
    assert "later commit" in outcome.reason


def test_the_commit_of_a_version_is_known_from_who_pushed_it(transport: Transport, state: GitHubState) -> None:
    first, *_, last = service_with_history(state)
    newer = wanted(tag="1.2.3", commit=last, environment="production")
    older = wanted(tag="1.2.3", commit=first, environment="production")
    assert pushing(transport, newer).run().status is Pushed.PUSHED
    changed = older.__class__(older.path, older.text + "# more\n", older.repository, older.commit, older.message)
    assert pushing(transport, changed).run().status is Pushed.SUPERSEDED


# Conflicts


def test_a_conflict_is_read_again_and_both_pushes_are_kept(
    transport: Transport, state: GitHubState, server: GitHubServer, releases: Repository
) -> None:
    others = ["first", "second"]

    def somebody_is_faster(request: Request) -> None:
        if moves_branch(request) and others:
            releases.files[f"staging/{others.pop(0)}.yaml"] = b"a: 1\n"

    state.before_request.append(somebody_is_faster)
    pace = Pace()
    outcome = pushing(transport, pace=pace).run()
    assert (outcome.status, outcome.conflicts) == (Pushed.PUSHED, 2)
    assert {"staging/first.yaml", "staging/second.yaml", "staging/shop.yaml"} <= releases.files.keys()
    assert len(pace.waits) == 2


def test_twenty_services_that_push_at_the_same_second_all_land_and_nothing_is_lost(
    server: GitHubServer, releases: Repository
) -> None:
    names = [f"service-{number}" for number in range(20)]
    gate = threading.Barrier(len(names))
    outcomes = {}
    seen = dict(releases.files)

    def push(name: str) -> None:
        own = pushing(transport_to(server.url), wanted(name), Pace())
        gate.wait()
        outcomes[name] = own.run()

    threads = [threading.Thread(target=push, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {outcome.status for outcome in outcomes.values()} == {Pushed.PUSHED}, outcomes
    assert releases.files == seen | {wanted(name).path: wanted(name).text.encode() for name in names}
    # One commit each, one on the other, each with one file more than the one before.
    chain = commits(releases)
    assert len(chain) == len(names) + 1
    assert {each.oid for each in chain[:-1]} == {outcome.commit for outcome in outcomes.values()}
    counts = [len(list(trees._entries(each.tree))) for each in chain]
    assert counts == sorted(counts, reverse=True) and len(set(counts)) == len(counts)
    refused = sum(each.status == 422 for each in server.requests)
    assert refused == sum(outcome.conflicts for outcome in outcomes.values()) > 0


def test_who_loses_against_a_newer_run_of_the_same_service_leaves_it(
    transport: Transport, state: GitHubState, releases: Repository
) -> None:
    newer = [wanted(tag=NEWER)]

    def a_newer_run_is_faster(request: Request) -> None:
        if moves_branch(request) and newer:
            releases.files["staging/shop.yaml"] = newer.pop().text.encode()

    state.before_request.append(a_newer_run_is_faster)
    outcome = pushing(transport).run()
    assert (outcome.status, outcome.conflicts) == (Pushed.SUPERSEDED, 1)
    assert NEWER.encode() in bytes(releases.files["staging/shop.yaml"])  # type: ignore[arg-type]


def test_the_waits_grow_and_are_bounded_and_so_is_the_whole(
    server: GitHubServer, state: GitHubState, releases: Repository
) -> None:
    # GitHub's minute would be waited for otherwise: here no time passes.
    transport = transport_to(server.url, budget=Budget(points_per_minute=10**6))

    def somebody_is_always_faster(request: Request) -> None:
        if moves_branch(request):
            releases.files["staging/other.yaml"] = str(len(state.before_request)).encode() + request.body

    state.before_request.append(somebody_is_always_faster)
    pace = Pace()
    outcome = pushing(transport, pace=pace).run()
    assert (outcome.status, outcome.exit_code) == (Pushed.FAILED, 1)
    assert "conflicts" in outcome.reason
    assert PATIENCE <= pace.at < PATIENCE + 10
    assert max(pace.waits) <= 8.0 and pace.waits[0] <= 0.25
    assert len(set(pace.waits)) > 20
    assert "staging/shop.yaml" not in releases.files


# Answers that get lost


@pytest.mark.parametrize("after", [True, False], ids=["after the effect", "before the effect"])
@pytest.mark.parametrize("what", ["/git/trees", "/git/commits", "/git/refs/", "/graphql"])
def test_a_lost_answer_is_looked_for_and_never_doubles_the_commit(
    transport: Transport, state: GitHubState, releases: Repository, what: str, after: bool
) -> None:
    left = [1]

    def lose(request: Request, *_: Response) -> None:
        if what in request.path and left:
            left.pop()
            raise ConnectionDropped

    hooks: list[Callable[..., None]] = state.after_request if after else state.before_request  # type: ignore[assignment]
    hooks.append(lose)
    outcome = pushing(transport).run()
    assert (outcome.status, left) == (Pushed.PUSHED, [])
    tip, _ = commits(releases)
    assert outcome.commit == tip.oid


def test_a_commit_whose_answer_got_lost_is_found_below_what_others_pushed(
    transport: Transport, state: GitHubState, releases: Repository
) -> None:
    left = [1]

    def lose(request: Request, _: Response) -> None:
        if moves_branch(request) and left:
            left.pop()
            with state.lock:
                newer = wanted(tag=NEWER).text.encode()
                releases.files["staging/shop.yaml"] = newer
                releases.pushed_at += 1
            raise ConnectionDropped

    state.after_request.append(lose)
    outcome = pushing(transport).run()
    assert outcome.status is Pushed.PUSHED
    assert NEWER.encode() in bytes(releases.files["staging/shop.yaml"])  # type: ignore[arg-type]
    assert len(commits(releases)) == 3


def test_where_no_answer_comes_any_more_it_is_said_that_nobody_knows(
    transport: Transport, state: GitHubState, releases: Repository
) -> None:
    dead: list[int] = []

    def die(request: Request, _: Response) -> None:
        if dead or moves_branch(request):
            dead.append(1)
            raise ConnectionDropped

    state.after_request.append(die)
    outcome = pushing(transport).run()
    assert (outcome.status, outcome.exit_code) == (Pushed.UNKNOWN, 3)
    assert "run this again" in outcome.next_step
    state.after_request.clear()
    assert pushing(transport).run().status is Pushed.UNCHANGED
    assert len(commits(releases)) == 2


def test_a_wish_to_stop_is_heard_between_the_tries(
    transport: Transport, state: GitHubState, releases: Repository
) -> None:
    state.before_request.append(lambda request: Response(422, {"message": "no"}) if moves_branch(request) else None)
    outcome = pushing(transport, pace=Pace(stop_at=0.3)).run()
    assert (outcome.status, outcome.exit_code, outcome.interrupted) == (Pushed.FAILED, 130, True)
    assert "staging/shop.yaml" not in releases.files


# What a push can't get past


def test_a_protected_branch_names_the_rule(transport: Transport, releases: Repository) -> None:
    releases.rules.append(BranchRule("pull_request"))
    outcome = pushing(transport).run()
    assert (outcome.status, outcome.exit_code) == (Pushed.FAILED, 1)
    assert "changes must come by pull request (ruleset 42 of acme/releases)" in outcome.reason
    assert len(commits(releases)) == 1


def test_the_older_branch_protection_is_named_with_its_checks(transport: Transport, releases: Repository) -> None:
    releases.protected = ("guard",)
    outcome = pushing(transport).run()
    assert "the branch protection of master, with the checks guard" in outcome.reason


def test_a_branch_that_does_not_move_for_no_reason_is_given_up(
    transport: Transport, state: GitHubState, server: GitHubServer
) -> None:
    state.before_request.append(lambda request: Response(422, {"message": "no"}) if moves_branch(request) else None)
    outcome = pushing(transport).run()
    assert outcome.status is Pushed.FAILED
    assert "no rule can be read" in outcome.reason
    assert outcome.conflicts == 8


@pytest.mark.parametrize(
    ("token", "repo", "words"),
    [
        ({"scopes": ["public_repo"]}, "releases", "There is no repository acme/releases"),
        ({}, "nowhere", "There is no repository acme/nowhere"),
        ({"kind": "fine-grained", "permissions": {"contents": "read"}}, "releases", "and not write to it"),
        ({"login": "reader"}, "releases", "and not write to it"),
    ],
)
def test_a_repository_that_is_not_there_or_not_ours_is_one_clear_message(
    server: GitHubServer, state: GitHubState, releases: Repository, token: dict[str, object], repo: str, words: str
) -> None:
    releases.collaborators["reader"] = "READ"
    state.add_token("ghp_other", **{"login": "ada", "scopes": ["repo"], **token})  # type: ignore[arg-type]
    outcome = pushing(transport_to(server.url, "ghp_other"), repo=repo).run()
    assert (outcome.status, outcome.exit_code) == (Pushed.FAILED, 1)
    assert words in outcome.reason and outcome.next_step
    assert len(commits(releases)) == 1


def test_an_empty_repository_says_what_it_needs(transport: Transport, state: GitHubState) -> None:
    state.add_repository("acme", "fresh")
    outcome = pushing(transport, repo="fresh").run()
    assert "is empty" in outcome.reason


def test_a_file_that_is_no_text_is_not_written_over(transport: Transport, releases: Repository) -> None:
    releases.files["staging/shop.yaml"] = b"\0\1"
    outcome = pushing(transport).run()
    assert (outcome.status, releases.files["staging/shop.yaml"]) == (Pushed.FAILED, b"\0\1")


def test_what_is_broken_there_is_replaced_and_named(transport: Transport, releases: Repository) -> None:
    releases.files["staging/shop.yaml"] = b"a: [\n"
    outcome = pushing(transport).run()
    assert outcome.status is Pushed.PUSHED
    assert "what is deployed there is broken" in outcome.notes[0]
    assert TAG.encode() in bytes(releases.files["staging/shop.yaml"])  # type: ignore[arg-type]
