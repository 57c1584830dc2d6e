"""What a plan shows before anybody says yes."""

from __future__ import annotations

import re

import pytest
from rich.cells import cell_len
from rich.console import Console

from cellenics_ci.cli.views.plan_view import show_plan
from cellenics_ci.model.scopes import ACTIONS, DEPENDABOT, environment_scope
from cellenics_ci.rotation.ground import Ground
from cellenics_ci.rotation.order import Mode
from cellenics_ci.rotation.plan import Consent, Plan
from tests.cli.views.making import HOSTILE, NOW, OLD, OTHER, drift, left, on_terminal, piped, plan, planned, shown

STAGING = environment_scope("staging")


def view(
    plan: Plan, console: Console | None = None, *, org_defaulted: bool = False, show_ids: bool = False,
    diff: bool = False, dry_run: bool = False,
) -> str:  # fmt: skip
    console = console or piped(environ={"COLUMNS": "200"})
    show_plan(console, plan, org_defaulted=org_defaulted, show_ids=show_ids, diff=diff, now=NOW, dry_run=dry_run)
    return shown(console)


def flat(text: str) -> str:
    return " ".join(re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text).split())


def test_says_where_it_will_work_and_as_whom() -> None:
    text = view(plan(planned()))
    for part in ("123456789012 (cellenics-dev)", "arn:aws:iam::123456789012:user/admin", "acme", "admin", "us-east-1"):
        assert part in text
    assert "2 secrets, about 15 s" in text


def test_an_organisation_that_nobody_named_is_red() -> None:
    console = on_terminal()
    text = view(plan(planned()), console, org_defaulted=True)
    line = next(line for line in text.splitlines() if "acme" in line)
    assert "nobody named it" in line
    assert "\x1b[1;31m" in line
    assert "nobody" not in view(plan(planned()))


def test_says_whether_it_is_a_dry_run() -> None:
    assert "nothing is changed" in view(plan(planned()), dry_run=True)
    assert "dry run" not in view(plan(planned()))


def test_names_the_key_that_goes_its_age_and_why() -> None:
    why = "last use and the secrets' dates agree that AKIA…OLD1 is in use"
    text = flat(view(plan(planned(keys=(OLD, OTHER), ground=Ground(make_room=OTHER, retire=OLD, why=why)))))
    assert "AKIA…HER2 (120 d)" in text
    assert f"first, {why}" in text
    assert "the key in use" in text


def test_tells_a_leftover_of_a_run_from_a_second_key() -> None:
    second = planned("two", keys=(OLD, OTHER), ground=Ground(make_room=OTHER, retire=OLD))
    leftover = planned("left", keys=(OLD, OTHER), ground=Ground(discard=((OTHER, "never delivered"),), retire=OLD))
    text = view(plan(second, leftover))
    assert text.count("give up one of two keys") == 1
    assert text.count("repair what a run left") == 1
    assert "never delivered" in text


def test_a_key_without_a_rival_is_the_only_one() -> None:
    assert "its only key" in view(plan(planned()))


def test_key_ids_are_shortened_unless_they_are_asked_for() -> None:
    made = plan(planned())
    assert OLD not in view(made)
    assert OLD in view(made, show_ids=True)


def test_tells_new_users_from_adopted_ones_and_ours() -> None:
    new = planned("ui", keys=(), seen={"exists": False, "owner": None, "region": None})
    adopted = planned("worker", seen={"owner": None})
    lines = {line.split()[0]: line for line in view(plan(planned(), new, adopted)).splitlines() if line}
    assert "create user" in lines["ui"]
    assert "adopt user" in lines["worker"]
    assert "user" not in lines["api"]


def test_counts_what_changes_in_policies_and_shows_it_on_demand() -> None:
    made = plan(planned(comparison=drift()))
    assert "policies +1 ~1 -1" in view(made)
    assert "ecr:PutImage" not in view(made)
    text = view(made, diff=True)
    assert '-      "Action": "ecr:GetImage"' in text
    assert '+      "Action": "ecr:PutImage"' in text
    assert "--- live old-one" in text


def test_an_outage_is_announced_with_its_scope_and_length() -> None:
    ground = Ground(make_room=OTHER, retire=OLD, outage=(STAGING,), why="fewer scopes hold it")
    text = view(plan(planned(keys=(OLD, OTHER), scopes=(ACTIONS, STAGING), ground=ground)))
    assert "api: no working key in environment staging for about 15 s" in text


def test_a_compromised_key_is_an_outage_and_wants_consent() -> None:
    text = view(plan(planned(mode=Mode.COMPROMISED, scopes=(ACTIONS, DEPENDABOT), consents=(Consent.COMPROMISED,))))
    assert "CUT OFF" in text
    assert "no working key in repository, dependabot" in text
    assert "its keys stop working at once" in text


@pytest.mark.parametrize("consent", list(Consent))
def test_every_consent_is_explained(consent: Consent) -> None:
    text = view(plan(planned(consents=(consent,))))
    assert "--yes is not enough" in text
    assert re.search(r"^  api: .{20,}", text, re.MULTILINE)


def test_finishing_writes_no_secret() -> None:
    text = view(plan(planned(keys=(OLD, OTHER), ground=Ground(finish=OTHER, retire=OLD), mode=Mode.FINISH)))
    assert "finish retirement of AKIA…HER2" in text
    assert re.search(r"GitHub writes +none", text)
    assert "AKIA…OLD1" not in text


def test_a_region_change_shows_both_regions() -> None:
    assert "eu-west-1 → us-east-1" in view(plan(planned(seen={"region": "eu-west-1"})))


def test_warnings_and_notes_are_shown() -> None:
    text = view(plan(planned(warnings=("IAM's quota is short",)), notes=("the old stack is there",)))
    assert "api: IAM's quota is short" in text
    assert "the old stack is there" in text


def test_faults_come_before_what_is_as_it_should_be() -> None:
    text = view(plan(planned(), left_out=(left("old", "is archived", fault=False), left("bad", "no YAML", "mend it"))))
    assert text.index("bad: no YAML") < text.index("→ mend it") < text.index("is archived (1): old")


def test_four_hundred_repositories_that_need_nothing_take_a_few_lines() -> None:
    young = [left(f"young-{n}", f"its key is {n} d old, younger than 500 d", fault=False) for n in range(2, 200)]
    archived = [left(f"old-{n}", "is archived", fault=False) for n in range(202)]
    text = view(plan(planned(), left_out=(*young, *archived)), piped())
    assert "its key is … d old, younger than 500 d (198)" in text
    assert "is archived (202)" in text
    assert len(text.splitlines()) < 25


def test_faults_that_are_alike_are_told_once_but_each_is_named() -> None:
    faults = tuple(left(f"repo-{n}", "your token may not write its secrets", "use another") for n in range(400))
    text = view(plan(left_out=faults))
    assert text.count("your token may not") == 1
    assert text.count("use another") == 1
    assert all(f"repo-{n}," in text for n in range(399))


def test_remedies_that_differ_are_told_in_full_however_many() -> None:
    faults = tuple(left(f"repo-{n}", "two keys", f"rotate-ci repo-{n} --retire AKIA…{n:04}") for n in range(20))
    text = view(plan(left_out=faults))
    assert all(f"→ rotate-ci repo-{n} --retire AKIA…{n:04}" in text for n in range(20))


def test_four_hundred_planned_repositories_are_all_there() -> None:
    text = view(plan(*(planned(f"service-{n}") for n in range(400))), piped())
    assert all(f"service-{n} " in text for n in range(400))
    assert "800 secrets" in text


@pytest.mark.parametrize("width", [80, 200])
@pytest.mark.parametrize("plain", [True, False])
def test_nothing_is_wider_than_the_terminal_or_cut(width: int, plain: bool) -> None:
    long = "a-repository-" + "x" * 80
    made = plan(
        planned(long, scopes=(ACTIONS, environment_scope("e" * 120), DEPENDABOT), comparison=drift()),
        planned("ünï-wörker", warnings=(HOSTILE, "y" * 300), consents=(Consent.REGION_CHANGE,)),
        left_out=(left("z" * 100, "w" * 200, "v" * 200),),
        notes=(HOSTILE,),
    )
    environ = {"NO_COLOR": "1"} if plain else {}
    text = view(made, on_terminal(width=width, environ=environ), org_defaulted=True, show_ids=True)
    bare = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert max(map(cell_len, bare.splitlines())) <= width
    assert "\x1b" not in bare
    assert (bare == text) is plain
    assert bare.count("x") >= 80
    assert bare.count("w") >= 200
    assert bare.count("e") >= 120


def test_a_plan_with_nothing_to_do_says_so() -> None:
    assert "There is nothing to rotate." in view(plan())


def test_each_problem_of_a_file_has_a_line_of_its_own() -> None:
    text = view(plan(left_out=(left("ui", ".ci.yaml:3: one; mend one\n.ci.yaml:9: two", "mend the file"),)))
    assert "  ui: 2 problems\n    .ci.yaml:3: one; mend one\n    .ci.yaml:9: two\n    → mend the file\n" in text


def test_problems_that_many_files_share_are_told_once() -> None:
    text = view(plan(left_out=tuple(left(f"r{number}", "1: one\n2: two", "mend it") for number in range(5))))
    assert "  2 problems, the same (5): r0, r1, r2, r3, r4\n    1: one\n    2: two\n    → mend it\n" in text
