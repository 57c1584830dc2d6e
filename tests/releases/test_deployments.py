"""What the releases repository says is running, read over real HTTP from the embedded GitHub."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cellenics_ci.clients.github.comparing import Comparing
from cellenics_ci.clients.github.releases_tree import CommitsBetween, ReleasesRepositoryTree
from cellenics_ci.clients.github.transport import Transport
from cellenics_ci.model.flux import FluxObject, FluxView
from cellenics_ci.model.git import Change
from cellenics_ci.model.names import OrgName, RepoName
from cellenics_ci.model.releases import Behind, ReleasesTree, TreeFile
from cellenics_ci.releases.deployed import Deployments
from cellenics_ci.releases.deployments import (
    Wanted,
    narrowed,
    survey,
    with_behind,
    with_changes,
    with_flux,
)
from cellenics_ci.sandbox.github import GitHubServer, GitHubState, Repository, trees
from tests.releases.making import OLD, OLD_DECLARED, SHA, TAG, manifest, released, source
from tests.releases.worlds import pushing, wanted

STAGED = manifest()
SANDBOXED = STAGED.replace("shop-default", "shop-try").replace("sandboxId: default", "sandboxId: try")
RELEASED = manifest(released("production", origin=source("refs/tags/1.2.3"), tag=None))
BASE = "a" * 40


def tree(**files: str) -> ReleasesTree:
    paths = {name.replace("__", "/") + ".yaml": text for name, text in files.items()}
    return ReleasesTree("master", "c" * 40, tuple(TreeFile(path, text) for path, text in sorted(paths.items())))


def found(**files: str) -> Deployments:
    return survey("acme/releases", tree(**files))


class Counter:
    """Knows how far a base is behind, and what it was asked."""

    def __init__(self, behind: Behind) -> None:
        self.answer, self.asked = behind, list[tuple[str, str, str]]()

    def behind(self, repository: str, base: str, head: str) -> Behind:
        self.asked.append((repository, base, head))
        return self.answer


def test_each_service_is_told_by_environment_and_sandbox() -> None:
    told = found(production__shop=RELEASED, staging__shop=STAGED, **{"staging__try-colours": SANDBOXED})
    assert [(each.service, each.environment, each.sandbox) for each in told.deployments] == [
        ("shop", "production", "default"),
        ("shop", "staging", "default"),
        ("shop", "staging", "try"),
    ]
    production, staging, _ = told.deployments
    assert (production.manifest.version, production.source) == ("1.2.3", None)
    assert (staging.manifest.tags, staging.source) == ((("image", TAG),), SHA)
    assert (staging.manifest.chart, staging.manifest.chart_source) == ("charts/web", "https://github.com/acme/charts")
    assert told.strange == ()


def test_a_sandbox_with_several_services_in_one_file_is_a_row_for_each() -> None:
    both = SANDBOXED + "---\n" + SANDBOXED.replace("shop", "web")
    told = found(staging__try=both)
    assert [each.service for each in told.deployments] == ["shop", "web"]
    assert told.strange == ()


def test_the_helm_operators_form_is_read_too() -> None:
    text = manifest(
        released(declaration=OLD_DECLARED, tag=f"refs-pull-9-merge-{SHA}", origin=source("refs/pull/9/merge")), OLD
    )
    (each,) = found(staging__shop=text).deployments
    assert (each.source, each.manifest.pull_request) == (SHA, 9)
    assert (each.manifest.chart, each.manifest.chart_ref) == ("charts/web", "main")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "it is not YAML (line "),
        ("\tb", "it is not YAML"),
        ("who: is this\n", "it is nobody's manifest"),
        ("", "it is nobody's manifest"),
        (STAGED.replace("replicaCount: 2", "replicaCount: FILLED_IN_BY_CI"), "replicaCount was never filled in"),
        (STAGED.replace("name: shop-chart\n  namespace", "name: chart\n  namespace"), "no such GitRepository here"),
        (STAGED.replace("-default", "-STAGING_SANDBOX_ID").replace(": default", ": STAGING_SANDBOX_ID"),
         "STAGING_SANDBOX_ID was never replaced"),
        (STAGED.replace("shop", "web"), "it holds the release web"),
        ("x" * 200_001, "are read"),
    ],
)  # fmt: skip
def test_broken_and_foreign_files_are_named(text: str, words: str) -> None:
    (strange,) = found(staging__shop=text).strange
    assert strange.path == "staging/shop.yaml"
    assert any(words in problem for problem in strange.problems)


def test_files_that_belong_there_are_not_strange_and_other_folders_are_not_looked_at() -> None:
    files = [
        "production/.gitkeep",
        "staging/README.md",
        "docs/x.yaml",
        ".github/workflows/x.yaml",
        "deployments/a.yaml",
    ]
    told = survey("acme/releases", ReleasesTree("master", "c", tuple(TreeFile(path, "a: 1") for path in files)))
    assert (told.strange, told.deployments) == ((), ())


def test_a_folder_of_an_environment_of_ones_own_is_found() -> None:
    assert [each.environment for each in found(demo__shop=STAGED).deployments] == ["demo"]


def test_candidates_are_counted_and_not_read() -> None:
    told = survey(
        "acme/releases",
        ReleasesTree("master", "c", (TreeFile("staging-candidates/shop/refs-pull-12-merge.yaml"),)),
    )
    (candidate,) = told.candidates
    assert (candidate.service, candidate.pull_request) == ("shop", 12)


def test_the_source_of_a_version_is_what_the_push_named_and_not_what_flux_wrote_since() -> None:
    changes = (
        Change("2" * 40, "Automated image update", 20.0, "Flux"),
        Change("1" * 40, f"Update from https://github.com/acme/shop/commit/{BASE}", 10.0, "Pipelines"),
    )
    (each,) = with_changes(found(production__shop=RELEASED), {"production/shop.yaml": changes}).deployments
    assert (each.source, each.changed) == (BASE, changes[0])


def test_production_is_measured_by_staging() -> None:
    push = Change("1" * 40, f"Update from https://github.com/acme/shop/commit/{BASE}", 10.0, "Pipelines")
    told = with_changes(found(production__shop=RELEASED, staging__shop=STAGED), {"production/shop.yaml": (push,)})
    counter = Counter(Behind(4))
    production, staging = with_behind(told, "acme", counter).deployments
    assert (production.behind, staging.behind) == (Behind(4), None)
    assert counter.asked == [("acme/shop", BASE, SHA)]


def test_a_name_that_no_repository_has_is_not_asked_for() -> None:
    push = Change("1" * 40, f"Update from https://github.com/acme/shop/commit/{BASE}", 10.0, "Pipelines")
    told = with_changes(found(production__shop=RELEASED, staging__shop=STAGED), {"production/shop.yaml": (push,)})
    forged = tuple(replace(each, service="../../other/shop") for each in told.deployments)
    counter = Counter(Behind(4))
    production, _ = with_behind(replace(told, deployments=forged), "acme", counter).deployments
    assert production.behind is not None and production.behind.commits is None
    assert counter.asked == []


def test_without_a_source_nobody_guesses_how_far_production_is_behind() -> None:
    counter = Counter(Behind(4))
    production, _ = with_behind(found(production__shop=RELEASED, staging__shop=STAGED), "acme", counter).deployments
    assert production.behind is not None and production.behind.commits is None
    assert counter.asked == []


@pytest.mark.parametrize(
    ("asked", "paths"),
    [
        (Wanted(), ["production/shop.yaml", "staging/shop.yaml", "staging/try.yaml"]),
        (Wanted(frozenset({"develop"})), ["staging/shop.yaml"]),
        (Wanted(frozenset({"staging"})), ["staging/shop.yaml", "staging/try.yaml"]),
        (Wanted(frozenset({"production"})), ["production/shop.yaml"]),
        (Wanted(services=frozenset({"web"})), []),
    ],
)
def test_what_is_asked_for_is_shown(asked: Wanted, paths: list[str]) -> None:
    told = narrowed(found(production__shop=RELEASED, staging__shop=STAGED, staging__try=SANDBOXED), asked)
    assert [each.path for each in told.deployments] == paths


def test_a_clusters_word_counts_for_the_folders_that_it_applies() -> None:
    told = found(production__shop=RELEASED, staging__shop=STAGED, staging__try=SANDBOXED)
    state = FluxObject("shop", "shop-default", ready=True)
    view = FluxView("eks", {("shop-default", "shop"): state}, {"deployments/HMS-staging": FluxObject("a", "b")})
    seen = with_flux(told, view)
    assert [each.flux for each in seen.deployments] == [None, state, None]
    assert seen.notes == ("the cluster eks has no HelmRelease shop-try/shop",)


def test_a_cluster_that_applies_none_of_the_folders_says_so() -> None:
    seen = with_flux(found(staging__shop=STAGED), FluxView("eks", {}, {"infrastructure": FluxObject("a", "b")}))
    assert seen.notes == ("the cluster eks has no Kustomization for any of these folders",)


def test_the_tree_is_one_request_and_its_history_another(
    transport: Transport, server: GitHubServer, releases: Repository
) -> None:
    for name in ("shop", "web"):
        assert pushing(transport, wanted(name)).run().exit_code == 0
    server.requests.clear()
    reader = ReleasesRepositoryTree(transport, OrgName("acme"), RepoName("releases"))
    told = survey("acme/releases", reader.tree())
    assert len(server.requests) == 1
    told = with_changes(told, reader.changes([each.path for each in told.deployments]))
    assert len(server.requests) == 2
    assert [(each.service, each.changed and each.changed.by) for each in told.deployments] == [
        ("shop", "ada"),
        ("web", "ada"),
    ]
    assert [each.path for each in told.strange] == ["production/api.yaml"]
    assert told.commit == trees.head(releases).oid  # type: ignore[union-attr]


def test_commits_between_are_counted_by_github(transport: Transport, state: GitHubState) -> None:
    repository = state.add_repository("acme", "shop", {"a": b"0"})
    root = trees.head(repository)
    assert root is not None
    first = trees.commit_on(root, root.tree, "One", at=root.at + 1)
    second = trees.commit_on(first, root.tree, "Two", at=root.at + 2)
    aside = trees.commit_on(root, root.tree, "Aside", at=root.at + 3)
    for commit in (first, second, aside):
        trees.keep(repository, commit)
    counter = CommitsBetween(Comparing(transport))
    assert counter.behind("acme/shop", root.oid, second.oid) == Behind(2)
    assert counter.behind("acme/shop", second.oid, root.oid) == Behind(0, "ahead of staging by 2")
    assert counter.behind("acme/shop", aside.oid, second.oid) == Behind(2, "and has 1 that staging has not")
    unknown = counter.behind("acme/shop", root.oid, "e" * 40)
    assert unknown.commits is None and unknown.reason
