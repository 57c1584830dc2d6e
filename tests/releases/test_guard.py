"""May this pull request change these files? The decision alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cellenics_ci.model.pulls import ChangedFile, Comparison, PullRequest, Push
from cellenics_ci.releases.guard import (
    MOST_COMPARED,
    MOST_FILES,
    Identities,
    Rules,
    Ruling,
    Verdict,
    judge_group,
    judge_pull,
)
from cellenics_ci.releases.patterns import matches

HEAD = "a" * 40
BOT = "pipelines[bot]"
PULL = PullRequest(1, "bob", HEAD, "acme/releases", "change", "master", open=True, changed_files=1)
OF_BOT = replace(PULL, author=BOT)
ACTORS = Rules(actors=(BOT,))
BY_BOT = Identities("acme/releases", BOT, (Push(BOT, HEAD, created=False), Push(BOT, "b" * 40, created=True)))


def judged(*files: ChangedFile, modes: dict[str, str] | None = None, rules: Rules | None = None) -> Verdict:
    usual = {file.path: "100644" for file in files if not file.removed}
    pull = replace(PULL, changed_files=len(files))
    return judge_pull(rules or Rules(), pull, files, usual | (modes or {}), None)


def refused(*files: ChangedFile, modes: dict[str, str] | None = None) -> dict[str, str]:
    verdict = judged(*files, modes=modes)
    assert verdict.ruling is Ruling.REFUSED
    return {each.path: each.reason for each in verdict.refused}


@pytest.mark.parametrize(
    "path", ["README.md", "production/README.md", "docs/a.yaml", "docs/é/ø.png", "LICENSE", ".github/CONTRIBUTING.md"]
)
def test_documentation_may_change_also_when_it_goes(path: str) -> None:
    assert judged(ChangedFile(path)).ruling is Ruling.ALLOWED
    assert judged(ChangedFile(path, removed=True)).ruling is Ruling.ALLOWED
    assert judged(ChangedFile(path), modes={path: "100755"}).ruling is Ruling.ALLOWED


@pytest.mark.parametrize(
    "path",
    [
        "production/ui.yaml",
        "staging-candidates/ui/refs-pull-1-merge.yaml",
        ".github/workflows/guard.yaml",
        "docs",
        "Docs/a.yaml",
        "DOCS/a.yaml",
        "README.MD",
        "README.MD/../production/ui.yaml",
        "docs/../production/ui.yaml",
        "docs//ui.yaml",
        "/docs/ui.yaml",
        "docs/",
        "docs\\..\\production\\ui.yaml",
        "production/docs/ui.yaml",
        "production/readme.md/ui.yaml",
        "production/ui.yaml\n.md",
        "docs/\u202eui.yaml",
        "do\u0441s/ui.yaml",
        "docs\u2215ui.yaml",
        "production/LICENSE",
        "LICENSE.yaml",
        "docs/CODEOWNERS",
        "CODEOWNERS",
        ".md/x",
        "",
    ],
)
def test_everything_else_may_not_whatever_its_name_plays_at(path: str) -> None:
    assert list(refused(ChangedFile("README.md"), ChangedFile(path))) == [path]
    assert list(refused(ChangedFile(path, removed=True))) == [path]


@pytest.mark.parametrize(
    ("file", "paths"),
    [
        (ChangedFile("docs/ui.md", before="production/ui.yaml"), ["production/ui.yaml"]),
        (ChangedFile("production/ui.yaml", before="docs/ui.md"), ["production/ui.yaml"]),
        (ChangedFile("production/b.yaml", before="production/a.yaml"), ["production/a.yaml", "production/b.yaml"]),
    ],
)
def test_both_names_of_a_renamed_file_count(file: ChangedFile, paths: list[str]) -> None:
    assert list(refused(file)) == paths


@pytest.mark.parametrize(
    ("mode", "told"),
    [("120000", "a symbolic link"), ("160000", "a submodule"), ("040000", "not among"), ("", "not among")],
)
def test_only_plain_files_are_documentation(mode: str, told: str) -> None:
    assert told in refused(ChangedFile("docs/a.md"), modes={"docs/a.md": mode})["docs/a.md"]


def test_a_file_that_its_commit_does_not_have_is_refused() -> None:
    verdict = judge_pull(Rules(), PULL, (ChangedFile("docs/a.md"),), {"docs/b.md": "100644"}, None)
    assert verdict.ruling is Ruling.REFUSED


def test_what_can_not_be_seen_whole_is_refused() -> None:
    one = (ChangedFile("docs/a.md"),)
    modes = {"docs/a.md": "100644"}
    assert judge_pull(Rules(), PULL, one, None, None).ruling is Ruling.REFUSED
    assert judge_pull(Rules(), replace(PULL, changed_files=2), one, modes, None).ruling is Ruling.REFUSED
    assert judge_pull(Rules(), replace(PULL, changed_files=0), one, modes, None).ruling is Ruling.REFUSED
    many = judge_pull(Rules(), replace(PULL, changed_files=MOST_FILES + 1), one * MOST_FILES, modes, None)
    assert "3,001 files" in many.reason
    assert judge_pull(Rules(), replace(PULL, changed_files=MOST_FILES), one * MOST_FILES, modes, None).ruling is (
        Ruling.ALLOWED
    )


def test_nothing_changed_is_fine_and_patterns_can_be_others() -> None:
    assert judged().ruling is Ruling.ALLOWED
    assert judged(ChangedFile("notes/a.txt"), rules=Rules(("notes/*.txt",))).ruling is Ruling.ALLOWED
    assert judged(ChangedFile("README.md"), rules=Rules(("notes/*.txt",))).ruling is Ruling.REFUSED


@pytest.mark.parametrize(
    ("pattern", "path", "yes"),
    [
        ("*.md", "a.md", True),
        ("*.md", "a/b.md", False),
        ("**/*.md", "b.md", True),
        ("**/*.md", "a/c/b.md", True),
        ("docs/**", "docs/", True),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("a.c", "abc", False),
        ("a+(b)", "a+(b)", True),
        ("[ab]", "a", False),
    ],
)
def test_a_pattern_is_all_of_a_path(pattern: str, path: str, yes: bool) -> None:
    assert matches(pattern, path) is yes


def test_a_pipelines_own_pull_request_passes_whatever_it_changes() -> None:
    verdict = judge_pull(
        ACTORS, replace(OF_BOT, changed_files=9000), (ChangedFile("production/ui.yaml"),), None, BY_BOT
    )
    assert verdict.ruling is Ruling.ALLOWED
    upper = replace(BY_BOT, sender=BOT.upper(), repository="Acme/Releases")
    assert judge_pull(ACTORS, OF_BOT, (ChangedFile("x"),), None, upper).ruling is Ruling.ALLOWED


@pytest.mark.parametrize(
    ("pull", "who", "told"),
    [
        (PULL, BY_BOT, "bob is not among the actors"),
        (replace(OF_BOT, author=""), BY_BOT, "not among the actors"),
        (replace(OF_BOT, source="eve/releases"), BY_BOT, "in a fork"),
        (replace(OF_BOT, source=None), BY_BOT, "in a fork"),
        (OF_BOT, replace(BY_BOT, sender=None), "nobody knows who started"),
        (OF_BOT, replace(BY_BOT, sender="bob"), "bob is not, who started"),
        (
            OF_BOT,
            replace(BY_BOT, pushes=(Push(BOT, HEAD, False), Push("bob", "c" * 40, False), *BY_BOT.pushes[1:])),
            "bob pushed",
        ),
        (OF_BOT, replace(BY_BOT, pushes=(Push("", HEAD, False), *BY_BOT.pushes[1:])), "gone pushed"),
        (OF_BOT, replace(BY_BOT, pushes=()), "does not tell who pushed"),
        (OF_BOT, replace(BY_BOT, pushes=BY_BOT.pushes[:1]), "does not tell who pushed"),
        (replace(OF_BOT, head="d" * 40), BY_BOT, "does not tell who pushed"),
    ],
)
def test_nobody_passes_by_a_name_behind_which_others_stand(pull: PullRequest, who: Identities, told: str) -> None:
    verdict = judge_pull(ACTORS, pull, (ChangedFile("production/ui.yaml"),), {"production/ui.yaml": "100644"}, who)
    assert verdict.ruling is Ruling.REFUSED
    assert told in verdict.reason


def test_a_merge_group_is_judged_by_its_files_alone() -> None:
    modes = {"docs/a.md": "100644"}
    good = Comparison(True, (ChangedFile("docs/a.md"),))
    assert judge_group(Rules(), good, modes).ruling is Ruling.ALLOWED
    assert judge_group(Rules(), replace(good, forward=False), modes).ruling is Ruling.REFUSED
    assert judge_group(Rules(), replace(good, files=good.files * MOST_COMPARED), modes).ruling is Ruling.REFUSED
    bad = replace(good, files=(*good.files, ChangedFile("production/ui.yaml")))
    assert judge_group(ACTORS, bad, modes | {"production/ui.yaml": "100644"}).ruling is Ruling.REFUSED
