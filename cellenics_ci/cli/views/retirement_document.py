"""The JSON of retire-ci. Its form is `retirement.schema.json`; a change that breaks readers is a new number.

A dry run has the same form: what would be done is an outcome "planned", with its `plan`. Moments are ISO 8601.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from cellenics_ci.cli.views.document import PLANNED, document_head, reason_fields
from cellenics_ci.cli.views.json_text import Json
from cellenics_ci.cli.views.retirement_outcome import ORDER, in_order
from cellenics_ci.cli.views.retirement_plan import what_follows, what_is_done
from cellenics_ci.cli.views.wording import key_shown
from cellenics_ci.retirement.plan import Plan, Planned
from cellenics_ci.retirement.target import Target
from cellenics_ci.run.outcome import LeftOut, Outcome, Status

COMMAND: Final = "retire-ci"


def outcomes_document(plan: Plan, outcomes: Sequence[Outcome], *, show_ids: bool) -> Json:
    """Return the result of a run as a JSON document. Keys' ids are in full only with `show_ids`."""
    return _document(plan, outcomes, [], show_ids=show_ids, dry_run=False)


def plan_document(plan: Plan, *, show_ids: bool) -> Json:
    """Return a plan as a JSON document of the same form."""
    listed = [_planned(plan, planned, show_ids=show_ids) for planned in plan.planned]
    return _document(plan, plan.settled, listed, show_ids=show_ids, dry_run=True)


def _document(plan: Plan, outcomes: Sequence[Outcome], planned: list[Json], *, show_ids: bool, dry_run: bool) -> Json:
    faults = [_left_out(left) for left in plan.left_out if left.fault]
    together = [*outcomes, *faults]
    counts = Counter(outcome.status for outcome in together)
    return document_head(COMMAND, plan.caller, plan.org, plan.login, dry_run=dry_run) | {
        "outcomes": [*planned, *(_outcome(plan, each, show_ids=show_ids) for each in in_order(together))],
        "needed": [{"repository": left.repo, "reason": left.reason} for left in plan.left_out if not left.fault],
        "notes": list(plan.notes),
        "summary": {
            PLANNED: len(planned),
            **{status.value: counts[status] for status in ORDER},
            "retirement_pending": sum(outcome.retirement_pending is not None for outcome in together),
            "needed": sum(not left.fault for left in plan.left_out),
        },
    }


def _outcome(plan: Plan, outcome: Outcome, *, show_ids: bool) -> Json:
    target = plan.targets.get(outcome.repository)
    return {
        "repository": outcome.repository,
        "user": target.user if target is not None else None,
        "outcome": outcome.status.value,
        **reason_fields(outcome),
        "next_step": outcome.next_step,
        "deleted_secrets": [str(scope) for scope in outcome.scopes],
        "retired_keys": [key_shown(key, show_ids=show_ids) for key in outcome.retired_keys],
        "retirement_pending": outcome.retirement_pending,
        "until": _moment(outcome.until),
        "failed_runs": [run.url for run in plan.failed_runs.get(outcome.repository, ())],
        "evidence": _evidence(target, show_ids=show_ids) if target is not None else None,
        "plan": None,
    }


def _planned(plan: Plan, planned: Planned, *, show_ids: bool) -> Json:
    order = planned.order
    return _outcome(plan, Outcome(order.repo, Status.UNCHANGED, order.why), show_ids=show_ids) | {
        "outcome": PLANNED,
        "plan": {
            "step": order.step.value,
            "what": what_is_done(order, show_ids=show_ids),
            "then": what_follows(order, planned.target),
            "secrets": [str(scope) for scope in order.scopes],
            "policies": list(order.policies),
            "consents": [consent.value for consent in planned.consents],
        },
    }


def _evidence(target: Target, *, show_ids: bool) -> Json:
    uses = {key.id: target.uses.get(key.id) for key in target.seen.keys}
    return {
        "repository": target.home.name,
        "whereabouts": target.home.whereabouts.value,
        "key_reads": [str(read.place) for read in target.pipeline.key_reads] if target.pipeline is not None else [],
        "keys": [
            {
                "key": key_shown(key.id, show_ids=show_ids),
                "active": key.active,
                "last_used": _moment(use.at) if (use := uses[key.id]) is not None else None,
                "last_used_for": f"{use.service} in {use.region}" if use is not None else None,
            }
            for key in target.seen.keys
        ],
        "role": target.role.name if target.role is not None else None,
        "role_last_used": _moment(target.role.last_used_at) if target.role is not None else None,
    }


def _left_out(left: LeftOut) -> Outcome:
    return Outcome(left.repo, Status.SKIPPED, left.reason, left.remedy)


def _moment(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
