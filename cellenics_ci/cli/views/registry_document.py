"""The JSON of ensure-ecr. Its form is `ensure-ecr.schema.json`; a change that breaks readers is a new number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from cellenics_ci.cli.views.json_text import Json
from cellenics_ci.cli.views.registry_view import Facts
from cellenics_ci.cli.views.wording import in_one_line
from cellenics_ci.registry.outcome import Ensured, EnsureOutcome
from cellenics_ci.registry.plan import Difference, Order

SCHEMA: Final = 1
COMMAND: Final = "ensure-ecr"


def registry_document(facts: Facts, outcomes: Sequence[EnsureOutcome], *, dry_run: bool) -> Json:
    """Return it all as a JSON document. In a dry run there are no outcomes: what would happen is told."""
    return {
        "schema": SCHEMA,
        "command": COMMAND,
        "dry_run": dry_run,
        "account": facts.caller.account,
        "caller": facts.caller.arn,
        "repositories": [*_repositories(facts, outcomes)],
        "notes": [*facts.notes],
    }


def _repositories(facts: Facts, outcomes: Sequence[EnsureOutcome]) -> Iterator[Json]:
    by_name = {each.repo: each for each in outcomes}
    for order in facts.plan.orders:
        yield _repository(order, by_name.get(order.wanted.repo) or _expected(order))
    for left in facts.plan.left_out:
        outcome = EnsureOutcome(left.repo, Ensured.FAILED, reason=in_one_line(left.reason), next_step=left.remedy)
        yield {"repository": left.repo, "name": None, "region": None, **_end(outcome)}


def _repository(order: Order, outcome: EnsureOutcome) -> Json:
    wanted = order.wanted
    return {"repository": wanted.repo, "name": wanted.name, "region": wanted.region, **_end(outcome)}


def _expected(order: Order) -> EnsureOutcome:
    if order.found is None:
        return EnsureOutcome(order.wanted.repo, Ensured.CREATED)
    status = Ensured.CHANGED if order.changes else Ensured.UNCHANGED
    return EnsureOutcome(order.wanted.repo, status, order.found.uri, order.differences)


def _end(outcome: EnsureOutcome) -> Json:
    return {
        "uri": outcome.uri,
        "outcome": outcome.status.value,
        "differences": [_difference(each) for each in outcome.differences],
        "reason": outcome.reason,
        "next_step": outcome.next_step,
    }


def _difference(difference: Difference) -> Json:
    return {
        "setting": difference.setting.value,
        "now": difference.now,
        "wanted": difference.wanted,
        "fate": difference.fate.value,
    }
