"""Counts and likenesses in words."""

from __future__ import annotations

from cellenics_ci.cli.views.wording import alike, counted, named, reason_lines, repositories, the_same
from cellenics_ci.model.names import RepoName


def items(*reasons: tuple[str, str]) -> list[tuple[RepoName, str, str]]:
    return [(RepoName(f"r{number}"), reason, hint) for number, (reason, hint) in enumerate(reasons)]


def test_counts_are_words_that_fit() -> None:
    assert counted(1, "secret") == "1 secret"
    assert counted(1200, "secret") == "1,200 secrets"
    assert repositories(0) == "0 repositories"


def test_the_thirteenth_name_is_told_rather_than_counted() -> None:
    names = [f"n{number}" for number in range(13)]
    assert named(names).endswith("n11, n12")
    assert named([*names, "last"]).endswith("n11 and 2 more")
    assert named([*names, "last"], limit=None).endswith("n12, last")


def test_reasons_that_differ_in_figures_and_units_are_one_group() -> None:
    (group,) = alike(items(("its key is 3 d old", ""), ("its key is 45 min old", "")))
    assert (group.reason, group.names) == ("its key is … old", ("r0", "r1"))


def test_a_figure_that_all_share_is_kept() -> None:
    (group,) = alike(items(("3 d old, limit 60 d", ""), ("4 d old, limit 60 d", "")))
    assert group.reason == "… d old, limit 60 d"


def test_what_to_do_is_shared_but_for_names() -> None:
    (group,) = alike(items(("a role", "use --force (api)"), ("a role", "use --force (ui)")))
    assert group.hint == "use --force …"


def test_what_to_type_for_each_of_a_few_is_one_line_for_all_of_them() -> None:
    few = items(*[("no key", f"type: retire-ci r{number}; or wait") for number in range(3)])
    assert alike(few)[0].hint == "type: retire-ci r0 r1 r2; or wait"
    many = items(*[("no key", f"type: retire-ci r{number}; or wait") for number in range(13)])
    assert alike(many)[0].hint == "type: retire-ci … or wait"


def test_different_remedies_are_different_groups() -> None:
    groups = alike(items(("no right", "ask an owner"), ("no right", "use another token of yours")))
    assert [group.hint for group in groups] == ["ask an owner", "use another token of yours"]


def test_the_largest_group_is_first() -> None:
    groups = alike(items(("is a fork", ""), ("is archived", ""), ("is archived", "")))
    assert [group.reason for group in groups] == ["is archived", "is a fork"]


def test_a_reason_of_no_words_is_still_a_group() -> None:
    (group,) = alike(items(("", ""), ("", "")))
    assert group.reason == ""


def test_the_same_is_the_same_to_the_letter() -> None:
    groups = the_same(items(("line 3", "mend"), ("line 4", "mend"), ("line 4", "mend")))
    assert [(group.reason, len(group.names)) for group in groups] == [("line 4", 2), ("line 3", 1)]


def test_a_shared_reason_keeps_its_lines() -> None:
    (group,) = the_same(items(("one\ntwo", "mend it"), ("one\ntwo", "mend it")))
    assert group.reason == "one\ntwo"


def test_of_many_problems_ten_are_told_and_the_rest_is_counted() -> None:
    assert len(reason_lines("\n".join(map(str, range(11))))) == 11
    assert reason_lines("\n".join(map(str, range(36))))[-2:] == ("9", "and 26 more")
