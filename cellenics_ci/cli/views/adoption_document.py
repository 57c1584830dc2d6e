"""The JSON of adopt-oidc. Its form is `adoption.schema.json`; a change that breaks readers is a new number.

The same family as rotate-ci's: one outcome for each repository that declares privileges, or was left out for a fault.
A dry run has the same form: what would be done is an outcome "planned".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

from cellenics_ci.cli.views.adoption_outcome import ORDER
from cellenics_ci.cli.views.document import PLANNED, document_head, reason_fields
from cellenics_ci.cli.views.json_text import Json
from cellenics_ci.cli.views.results import Results, results_of
from cellenics_ci.model.names import RepoName, ci_role_name
from cellenics_ci.oidc.patching import Patch
from cellenics_ci.oidc.plan import Plan
from cellenics_ci.oidc.target import Prepared
from cellenics_ci.run.outcome import Outcome, Status

COMMAND: Final = "adopt-oidc"


def outcomes_document(
    plan: Plan, outcomes: Sequence[Outcome], written: Mapping[RepoName, Path], *, declaring: Collection[RepoName]
) -> Json:
    """Return the result of a run as a JSON document. `written`: the patches that were written as files."""
    results = results_of(plan, outcomes, declaring, ORDER)
    listed = [_outcome(plan, outcome, written) for outcome in results.outcomes]
    return _document(plan, results, listed, dry_run=False)


def plan_document(plan: Plan, written: Mapping[RepoName, Path], *, declaring: Collection[RepoName]) -> Json:
    """Return a plan as a JSON document of the same form."""
    results = results_of(plan, (), declaring, ORDER)
    listed = [_planned(plan, prepared, written) for prepared in plan.planned]
    listed += [_outcome(plan, outcome, written) for outcome in results.outcomes]
    return _document(plan, results, listed, dry_run=True)


def _document(plan: Plan, results: Results, listed: list[Json], *, dry_run: bool) -> Json:
    provider = plan.provider
    change = "create" if provider.create else "add audience" if provider.add_audience else "none"
    return document_head(COMMAND, plan.caller, plan.org, plan.login, dry_run=dry_run) | {
        "region": plan.region,
        "issuer": provider.provider.issuer,
        "provider_change": change,
        "outcomes": listed,
        "not_ours": [{"repository": left.repo, "reason": left.reason} for left in results.not_ours],
        "notes": list(plan.notes),
        "summary": {
            PLANNED: len(plan.planned) if dry_run else 0,
            **{status.value: count for status, count in results.counts.items()},
            "not_ours": len(results.not_ours),
        },
    }


def _outcome(plan: Plan, outcome: Outcome, written: Mapping[RepoName, Path]) -> Json:
    patch = dict(plan.patches).get(outcome.repository, Patch())
    file = written.get(outcome.repository)
    return {
        "repository": outcome.repository,
        "outcome": outcome.status.value,
        **reason_fields(outcome),
        "next_step": outcome.next_step,
        "role": ci_role_name(outcome.repository),
        "patch": patch.text or None,
        "patch_file": None if file is None else str(file),
        "by_hand": list(patch.by_hand),
        "plan": None,
    }


def _planned(plan: Plan, prepared: Prepared, written: Mapping[RepoName, Path]) -> Json:
    order, trust, comparison = prepared.order, prepared.trust, prepared.comparison
    seen = order.seen
    change = "create" if seen is None else "adopt" if order.untagged else "change" if order.changes_role else "none"
    told = _outcome(plan, Outcome(order.repo, Status.UNCHANGED), written)
    return told | {
        "outcome": PLANNED,
        "plan": {
            "role_change": change,
            "trust": {
                "change": trust.old is None or bool(order.trust_first or order.trust_last),
                "declared": trust.declared,
                "derived_from": list(trust.origins),
                "branches": list(trust.runs.branches),
                "tags": list(trust.runs.tags),
                "environments": list(trust.runs.environments),
                "pull_requests": trust.runs.pull_requests,
                "subjects": list(trust.subjects),
            },
            "policies": {
                "added": [policy.name for policy in comparison.added],
                "changed": [each.name for each in comparison.changed],
                "removed": list(comparison.removed),
            },
            "max_session": order.max_session,
            "variables": dict(order.variables),
            "alarms": list(prepared.alarms),
            "warnings": list(prepared.warnings),
            "consents": list(prepared.consents),
        },
    }
