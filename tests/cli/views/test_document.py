"""The JSON: one form for plans and results, held by its schema."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from cellenics_ci.cli.views.document import outcomes_document, plan_document
from cellenics_ci.cli.views.json_text import document_text
from cellenics_ci.cli.views.results import ORDER
from cellenics_ci.model.names import RepoName
from cellenics_ci.model.scopes import ACTIONS, DEPENDABOT, environment_scope
from cellenics_ci.model.secret import Secret
from cellenics_ci.rotation.ground import Ground
from cellenics_ci.rotation.order import Mode
from cellenics_ci.rotation.plan import Consent, Plan
from cellenics_ci.run.outcome import Outcome
from tests.cli.views.making import HOSTILE, NEW, OLD, OTHER, drift, left, outcome, plan, planned

LEFT = (
    left("broken", "no YAML", "mend it"),
    left("young", "its key is 2 d old, younger than 60 d", fault=False),
    left("old", "is archived", fault=False),
)
DECLARING = {RepoName("young"), RepoName("api")}


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = json.loads(files("cellenics_ci.cli.views").joinpath("outcomes.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def of_run(*outcomes: Outcome, made: Plan | None = None, show_ids: bool = False) -> dict[str, Any]:
    document = outcomes_document(made or plan(left_out=LEFT), outcomes, declaring=DECLARING, show_ids=show_ids)
    back: dict[str, Any] = json.loads(json.dumps(document))
    return back


def test_every_outcome_validates(validator: jsonschema.Draft202012Validator) -> None:
    ends = [outcome(status.value, status, reason=HOSTILE, next_step="x") for status in ORDER]
    pending = outcome("p", retirement_pending="waits", scopes=(ACTIONS, DEPENDABOT, environment_scope("é/1")))
    made = plan(left_out=LEFT, login=None, notes=(HOSTILE,))
    validator.validate(of_run(*ends, pending, made=made))
    validator.validate(of_run(made=plan()))


def test_every_kind_of_plan_validates(validator: jsonschema.Draft202012Validator) -> None:
    made = plan(
        planned(comparison=drift(), warnings=(HOSTILE,), consents=tuple(Consent), seen={"owner": None}),
        planned("new", keys=(), seen={"exists": False, "owner": None, "region": None}),
        planned("two", keys=(OLD, OTHER), ground=Ground(make_room=OTHER, retire=OLD, outage=(DEPENDABOT,), why="old")),
        planned("promoted", keys=(OLD, OTHER), ground=Ground(promote=OTHER, retire=OLD)),
        planned("finish", keys=(OLD, OTHER), ground=Ground(finish=OTHER, retire=OLD), mode=Mode.FINISH),
        planned("stolen", mode=Mode.COMPROMISED),
        planned("leftover", keys=(OLD, OTHER), ground=Ground(discard=((OTHER, "never delivered"),), retire=OLD)),
        left_out=LEFT,
    )
    validator.validate(json.loads(json.dumps(plan_document(made, declaring=DECLARING, show_ids=True))))


def test_the_schema_notices_a_key_that_is_missing(validator: jsonschema.Draft202012Validator) -> None:
    document = of_run(outcome())
    del document["outcomes"][0]["live_key"]
    assert not validator.is_valid(document)


def test_a_result_has_the_promised_keys() -> None:
    document = of_run(outcome())
    assert (document["schema"], document["command"]) == (1, "rotate-ci")
    assert (document["account"], document["organization"]) == ("123456789012", "acme")
    assert document["dry_run"] is False
    assert document["outcomes"][0] == {
        "repository": "api",
        "outcome": "rotated",
        "reason": "",
        "problems": [],
        "next_step": "",
        "scopes": ["repository"],
        "live_key": "AKIA…NEW3",
        "retired_keys": ["AKIA…OLD1"],
        "retirement_pending": None,
        "plan": None,
    }


def test_what_the_plan_left_out_is_an_outcome_but_for_strangers() -> None:
    document = of_run(outcome())
    found = {each["repository"]: (each["outcome"], each["next_step"]) for each in document["outcomes"]}
    assert found == {"api": ("rotated", ""), "young": ("unchanged", ""), "broken": ("skipped", "mend it")}
    assert document["not_ours"] == [{"repository": "old", "reason": "is archived"}]


def test_the_problems_of_a_file_are_told_one_by_one_and_in_a_sentence() -> None:
    made = plan(left_out=(left("ui", "1: one\n2: two", "mend it"),))
    (told,) = plan_document(made, declaring=(), show_ids=False)["outcomes"]
    assert (told["reason"], told["problems"]) == ("1: one; 2: two", ["1: one", "2: two"])


def test_the_summary_counts_every_outcome() -> None:
    document = of_run(outcome(), outcome("ui", retirement_pending="waits"))
    assert document["summary"] == {
        "planned": 0,
        "rotated": 2,
        "unchanged": 1,
        "skipped": 1,
        "rolled-back": 0,
        "needs-attention": 0,
        "retirement_pending": 1,
        "not_ours": 1,
    }


def test_ids_are_in_full_only_when_they_are_asked_for() -> None:
    assert NEW not in json.dumps(of_run(outcome()))
    assert of_run(outcome(), show_ids=True)["outcomes"][0]["live_key"] == NEW
    made = plan(planned(keys=(OLD, OTHER), ground=Ground(make_room=OTHER, retire=OLD)))
    assert OLD not in json.dumps(plan_document(made, declaring=(), show_ids=False))
    assert OLD in json.dumps(plan_document(made, declaring=(), show_ids=True))


def test_a_plan_has_the_same_form_as_a_result() -> None:
    made = plan(planned(comparison=drift()), left_out=LEFT)
    planned_one = plan_document(made, declaring=DECLARING, show_ids=False)
    result = of_run(outcome(), made=made)
    assert planned_one.keys() == result.keys()
    assert planned_one["dry_run"] is True
    assert planned_one["summary"]["planned"] == 1
    first = planned_one["outcomes"][0]
    assert first.keys() == result["outcomes"][0].keys()
    assert first["outcome"] == "planned"
    assert first["plan"]["policies"] == {"added": ["logs"], "changed": ["registry"], "removed": ["old-one"]}
    assert first["retired_keys"] == ["AKIA…OLD1"]


def test_keys_to_go_are_in_their_order_with_their_reasons() -> None:
    made = plan(planned(keys=(OLD, OTHER), ground=Ground(make_room=OTHER, retire=OLD, why="agreed")))
    entry = plan_document(made, declaring=(), show_ids=True)["outcomes"][0]["plan"]["keys_to_go"]
    assert entry == [{"key": OTHER, "why": "first, agreed"}, {"key": OLD, "why": "the key in use"}]


def test_a_token_to_write_is_counted_and_never_told() -> None:
    made = plan(planned(ci_token=Secret("ghp_canary")))
    document = plan_document(made, declaring=(), show_ids=True)
    assert document["outcomes"][0]["plan"]["writes"] == 3
    assert "canary" not in json.dumps(document)


def test_the_text_is_readable_harmless_on_a_terminal_and_the_same_document() -> None:
    document = of_run(outcome(reason=f"{HOSTILE} \x7f \x9b2J \ud800 \U000e0041 ünï…"))
    text = document_text(document)
    assert json.loads(text) == document
    assert "ünï…" in text
    assert all(character.isprintable() or character == "\n" for character in text)
