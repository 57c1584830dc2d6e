"""The JSON that scripts read. Its form is `outcomes.schema.json`; a change that breaks readers is a new number.

Every repository that declares privileges, or was left out for a fault, is one outcome. Repositories that
declare nothing are listed under `not_ours`. A dry run has the same form: what would be done is an outcome
"planned" with its `plan`, and `retired_keys` are those that would go.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from cellenics_ci.cli.views.json_text import Json
from cellenics_ci.cli.views.plan_rows import is_adopted, leaving, outage
from cellenics_ci.cli.views.results import Results, results_of
from cellenics_ci.cli.views.wording import in_one_line, key_shown
from cellenics_ci.model.keys import Caller
from cellenics_ci.model.names import OrgName, RepoName
from cellenics_ci.rotation.plan import Plan, Planned
from cellenics_ci.run.outcome import Outcome, Status

SCHEMA: Final = 1
COMMAND: Final = "rotate-ci"
PLANNED: Final = "planned"


def outcomes_document(
    plan: Plan, outcomes: Sequence[Outcome], *, declaring: Collection[RepoName], show_ids: bool
) -> Json:
    """Return the result of a run as a JSON document. Keys' ids are in full only with `show_ids`."""
    results = results_of(plan, outcomes, declaring)
    listed = [_outcome(outcome, show_ids=show_ids) for outcome in results.outcomes]
    return _document(plan, results, listed, dry_run=False)


def plan_document(plan: Plan, *, declaring: Collection[RepoName], show_ids: bool) -> Json:
    """Return a plan as a JSON document of the same form."""
    results = results_of(plan, (), declaring)
    listed = [_planned(planned, show_ids=show_ids) for planned in plan.planned]
    listed += [_outcome(outcome, show_ids=show_ids) for outcome in results.outcomes]
    return _document(plan, results, listed, dry_run=True)


def document_head(command: str, caller: Caller, org: OrgName, login: str | None, *, dry_run: bool) -> Json:
    """Return what every document of this family begins with."""
    return {
        "schema": SCHEMA,
        "command": command,
        "dry_run": dry_run,
        "account": caller.account,
        "account_alias": caller.alias,
        "caller": caller.arn,
        "organization": org,
        "login": login,
    }


def reason_fields(outcome: Outcome) -> Json:
    """Return an outcome's reason, and its lines one by one where it was left out: a line for each problem."""
    left_out = outcome.status is Status.SKIPPED and outcome.reason
    return {
        "reason": in_one_line(outcome.reason),
        "problems": outcome.reason.split("\n") if left_out else [],
    }


def _document(plan: Plan, results: Results, listed: list[Json], *, dry_run: bool) -> Json:
    return document_head(COMMAND, plan.caller, plan.org, plan.login, dry_run=dry_run) | {
        "region": plan.region,
        "outcomes": listed,
        "not_ours": [{"repository": left.repo, "reason": left.reason} for left in results.not_ours],
        "notes": list(plan.notes),
        "summary": {
            PLANNED: len(plan.planned) if dry_run else 0,
            **{status.value: count for status, count in results.counts.items()},
            "retirement_pending": results.pending,
            "not_ours": len(results.not_ours),
        },
    }


def _outcome(outcome: Outcome, *, show_ids: bool) -> Json:
    return {
        "repository": outcome.repository,
        "outcome": outcome.status.value,
        **reason_fields(outcome),
        "next_step": outcome.next_step,
        "scopes": [str(scope) for scope in outcome.scopes],
        "live_key": key_shown(outcome.live_key, show_ids=show_ids) if outcome.live_key else None,
        "retired_keys": [key_shown(key, show_ids=show_ids) for key in outcome.retired_keys],
        "retirement_pending": outcome.retirement_pending,
        "plan": None,
    }


def _planned(planned: Planned, *, show_ids: bool) -> Json:
    order, comparison = planned.order, planned.comparison
    going = [(key_shown(key, show_ids=show_ids), why) for key, why in leaving(planned)]
    # A dead run's key is the only one that is known to be live before anything is done.
    known = order.ground.promote or (order.ground.retire if not planned.writes else None)
    outcome = Outcome(order.repo, Status.UNCHANGED, live_key=known)
    return _outcome(outcome, show_ids=show_ids) | {
        "outcome": PLANNED,
        "scopes": [str(scope) for scope in order.scopes] if planned.writes else [],
        "retired_keys": [key for key, _ in going],
        "plan": {
            "mode": order.mode.value,
            "user": order.user,
            "user_change": "adopt" if is_adopted(order) else "none" if order.seen.exists else "create",
            "region": order.region,
            "region_before": order.seen.region,
            "policies": {
                "added": [policy.name for policy in comparison.added],
                "changed": [change.name for change in comparison.changed],
                "removed": list(comparison.removed),
            },
            "keys_to_go": [{"key": key, "why": why} for key, why in going],
            "outage": outage(planned) or None,
            "writes": planned.writes,
            "warnings": list(planned.warnings),
            "consents": [consent.value for consent in planned.consents],
        },
    }
