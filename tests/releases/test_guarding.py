"""A guard at work on the embedded GitHub: what it reads, what it says, and what others do meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from github.Auth import Token

from cellenics_ci.clients.github.pulls import PullRequests
from cellenics_ci.clients.github.transport import Transport
from cellenics_ci.model.names import OrgName, RepoName
from cellenics_ci.releases.guard import Rules, Ruling
from cellenics_ci.releases.guard_event import GroupEvent, PullEvent
from cellenics_ci.releases.guarding import MARKER, Judged, judge, respond
from cellenics_ci.sandbox.github import (
    GitHubServer,
    GitHubState,
    Repository,
    Request,
    Response,
    Submodule,
    Symlink,
    trees,
)
from cellenics_ci.sandbox.github.pull_records import Comment, PullRequest
from cellenics_ci.sandbox.github.pulls import Changes, commit_of, open_pull, push

BODY = f"{MARKER}\nNo."
BOT = "pipelines[bot]"


@pytest.fixture
def pulls(transport: Transport) -> PullRequests:
    return PullRequests(transport, OrgName("acme"), RepoName("releases"))


@pytest.fixture
def opened(state: GitHubState, releases: Repository) -> Callable[..., PullRequest]:
    def make(changes: Changes, by: str = "bob", fork: str | None = None) -> PullRequest:
        return open_pull(state, releases, by, changes, fork=fork)

    return make


def judged(pulls: PullRequests, pull: PullRequest, *actors: str, sender: str | None = None) -> Judged:
    event = PullEvent(pull.number, commit_of(pull).oid, sender or pull.author)
    return judge(pulls, event, Rules(actors=actors), "acme/releases")


Open = Callable[..., PullRequest]


def test_documentation_passes_from_a_fork_too(pulls: PullRequests, opened: Open) -> None:
    changes = {"README.md": b"new\n", "docs/a.png": b"\0", "docs/\u00e9\U0001f600.txt": b"x\n"}
    for fork in (None, "eve"):
        found = judged(pulls, opened(changes, by="eve", fork=fork))
        assert (found.verdict.ruling, found.verdict.files) == (Ruling.ALLOWED, 3)


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"production/api.yaml": b"a: 2\n"}, ["production/api.yaml"]),
        ({"README.md": b"x", "production/api.yaml": None}, ["production/api.yaml"]),
        ({"production/api.yaml": None, "docs/api.md": b"a: 1\n"}, ["production/api.yaml"]),
        ({"README.md": None, "production/new.yaml": b"# releases\n"}, ["production/new.yaml"]),
        ({"docs/link.md": Symlink("../production/api.yaml")}, ["docs/link.md"]),
        ({"README.md": Symlink("production/api.yaml")}, ["README.md"]),
        ({"docs/vendor": Submodule("https://example.invalid/x.git")}, ["docs/vendor"]),
        ({"docs": b"a file\n"}, ["docs"]),
    ],
)
def test_what_is_no_documentation_is_named(
    pulls: PullRequests, opened: Open, changes: Changes, refused: list[str]
) -> None:
    for fork in (None, "eve"):
        verdict = judged(pulls, opened(changes, fork=fork)).verdict
        assert [each.path for each in verdict.refused] == refused


def test_a_file_that_becomes_a_folder_is_a_change_of_the_file(
    pulls: PullRequests, opened: Open, releases: Repository
) -> None:
    releases.files["docs"] = b"a file\n"
    verdict = judged(pulls, opened({"docs": None, "docs/x.md": b"new\n"})).verdict
    assert [each.path for each in verdict.refused] == ["docs"]


def test_all_pages_are_read_and_the_last_file_counts(pulls: PullRequests, opened: Open, server: GitHubServer) -> None:
    changes: dict[str, bytes] = {f"docs/{number:03}.txt": b"x\n" for number in range(201)}
    assert judged(pulls, opened(changes)).verdict.files == 201
    verdict = judged(pulls, opened(changes | {"zzz.yaml": b"a: 1\n"})).verdict
    assert [each.path for each in verdict.refused] == ["zzz.yaml"]
    assert sum("/pulls/1/files" in request.path for request in server.requests) == 3


def test_more_files_than_github_tells_are_refused(pulls: PullRequests, opened: Open) -> None:
    verdict = judged(pulls, opened({f"docs/{number:04}.txt": b"x\n" for number in range(3001)})).verdict
    assert (verdict.ruling, verdict.files) == (Ruling.REFUSED, 3000)
    assert "3,001 files" in verdict.reason


def test_a_push_meanwhile_leaves_the_decision_to_its_own_run(
    pulls: PullRequests, opened: Open, state: GitHubState, releases: Repository
) -> None:
    pull = opened({"production/api.yaml": b"a: 2\n"})
    bad = commit_of(pull).oid
    event = PullEvent(pull.number, bad, "bob")

    def sneak(request: Request) -> Response | None:
        # The list of files is already the next push's, which is harmless: it must not be a verdict on this one.
        if request.path.endswith("/files") and commit_of(pull).oid == bad:
            push(state, releases, pull, {"production/api.yaml": b"a: 1\n", "README.md": b"x"}, by="bob")
        return None

    state.before_request.append(sneak)
    assert judge(pulls, event, Rules(), "acme/releases").verdict.ruling is Ruling.MOVED
    # So does one that came before anything was read.
    found = judge(pulls, event, Rules(), "acme/releases")
    assert found.verdict.ruling is Ruling.MOVED
    assert found.pull is not None
    assert list(respond(pulls, found.pull, Ruling.MOVED, BODY, close=True)) == []
    assert (pull.state, pull.comments) == ("open", [])


def test_a_pipelines_pull_request_passes_until_somebody_else_pushes(
    pulls: PullRequests, opened: Open, state: GitHubState, releases: Repository
) -> None:
    pull = opened({"production/api.yaml": b"a: 2\n"}, by=BOT)
    assert judged(pulls, pull, BOT).verdict.ruling is Ruling.ALLOWED
    assert judged(pulls, pull).verdict.ruling is Ruling.REFUSED
    assert judged(pulls, pull, BOT, sender="bob").verdict.ruling is Ruling.REFUSED
    push(state, releases, pull, {"production/api.yaml": b"a: 3\n"}, by=BOT)
    assert judged(pulls, pull, BOT).verdict.ruling is Ruling.ALLOWED
    push(state, releases, pull, {"production/api.yaml": b"evil: 1\n"}, by="bob")
    # The pipeline's next push does not wash it clean.
    push(state, releases, pull, {"production/ui.yaml": b"a: 3\n"}, by=BOT)
    assert "bob pushed to its branch" in judged(pulls, pull, BOT).verdict.reason
    fork = opened({"production/api.yaml": b"a: 2\n"}, by=BOT, fork="eve")
    assert judged(pulls, fork, BOT).verdict.ruling is Ruling.REFUSED


def test_a_merge_group_is_compared_commit_by_commit(pulls: PullRequests, opened: Open, releases: Repository) -> None:
    base = trees.head(releases)
    assert base is not None
    good, bad = commit_of(opened({"docs/a.md": b"a\n"})), commit_of(opened({"production/x.yaml": b"a: 1\n"}))
    many = commit_of(opened({f"docs/{number:03}.txt": b"x\n" for number in range(300)}))
    rulings = [
        judge(pulls, GroupEvent(base.oid, head.oid), Rules(), "acme/releases").verdict.ruling
        for head in (good, bad, many, base)
    ]
    assert rulings == [Ruling.ALLOWED, Ruling.REFUSED, Ruling.REFUSED, Ruling.ALLOWED]
    backwards = judge(pulls, GroupEvent(good.oid, base.oid), Rules(), "acme/releases")
    assert backwards.verdict.ruling is Ruling.REFUSED


def test_a_refusal_is_said_once_and_closed_and_taken_back_when_it_is_mended(
    pulls: PullRequests, opened: Open, state: GitHubState, server: GitHubServer
) -> None:
    pull = opened({"production/api.yaml": b"a: 2\n"})
    # Others' comments with the marker are nobody's business but theirs.
    pull.comments.append(Comment(1, "bob", f"{MARKER} fine!", 0, 0))
    seen = pulls.pull(pull.number)
    assert len(list(respond(pulls, seen, Ruling.REFUSED, BODY, close=True))) == 2
    assert pull.state == "closed"
    again = pulls.pull(pull.number)
    assert list(respond(pulls, again, Ruling.REFUSED, BODY, close=True)) == []
    assert list(respond(pulls, again, Ruling.REFUSED, BODY + " Really.", close=True)) == [
        "Brought the comment up to date."
    ]
    list(respond(pulls, again, Ruling.ALLOWED, f"{MARKER}\nFine.", close=True))
    assert [(each.login, each.body) for each in pull.comments] == [
        ("bob", f"{MARKER} fine!"),
        ("ada", f"{MARKER}\nFine."),
    ]


def test_nothing_is_said_where_all_is_well_or_nobody_wants_it(pulls: PullRequests, opened: Open) -> None:
    pull = opened({"README.md": b"x"})
    seen = pulls.pull(pull.number)
    assert list(respond(pulls, seen, Ruling.ALLOWED, BODY, close=True)) == []
    assert list(respond(pulls, seen, Ruling.REFUSED, None, close=False)) == []
    assert (pull.state, pull.comments) == ("open", [])


def test_a_token_that_may_not_speak_still_closes_and_says_what_failed(
    state: GitHubState, server: GitHubServer, pulls: PullRequests, opened: Open
) -> None:
    pull = opened({"production/api.yaml": b"a: 2\n"})

    def mute(request: Request) -> Response | None:
        return Response(403, {"message": "Resource not accessible"}) if request.path.endswith("/comments") else None

    state.before_request.append(mute)
    told = list(respond(pulls, pulls.pull(pull.number), Ruling.REFUSED, BODY, close=True))
    assert told[0].startswith("The comment could not be written: GitHub refused")
    assert told[1] == "Closed the pull request."
    assert pull.state == "closed"


def test_a_workflows_own_token_finds_its_comment(state: GitHubState, server: GitHubServer, opened: Open) -> None:
    state.add_token(
        "ghs_x", "github-actions[bot]", kind="installation", permissions={"contents": "read", "pull_requests": "write"}
    )
    transport = Transport(Token("ghs_x"), base_url=server.url)
    pulls = PullRequests(transport, OrgName("acme"), RepoName("releases"))
    pull = opened({"production/api.yaml": b"a: 2\n"})
    for body in (BODY, BODY + "!"):
        list(respond(pulls, pulls.pull(pull.number), Ruling.REFUSED, body, close=True))
    assert [(each.login, each.body) for each in pull.comments] == [("github-actions[bot]", BODY + "!")]
