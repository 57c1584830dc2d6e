"""The JSON of rotate-deploy-key. Its form is `deploy-key.schema.json`; a change that breaks readers is a new number.

A dry run has the same form: what would be done is an outcome "planned", with its `plan`.
"""

from __future__ import annotations

from typing import Final

from cellenics_ci.cli.views.deploy_key_plan import Facts, steps
from cellenics_ci.cli.views.json_text import Json
from cellenics_ci.deploykeys.outcome import KeyOutcome
from cellenics_ci.deploykeys.plan import KeyPlan
from cellenics_ci.run.outcome import Status

SCHEMA: Final = 1
COMMAND: Final = "rotate-deploy-key"
PLANNED: Final = "planned"


def outcome_document(plan: KeyPlan, outcome: KeyOutcome) -> Json:
    """Return the result of a run as a JSON document."""
    return _document(plan, _outcome(outcome), dry_run=False)


def plan_document(plan: KeyPlan) -> Json:
    """Return a plan as a JSON document of the same form."""
    side, order = plan.survey.cluster, plan.order
    told = _outcome(
        KeyOutcome(
            repository=plan.survey.github.repo,
            status=Status.SKIPPED if plan.refusals else Status.UNCHANGED,
            reason="; ".join(refusal.reason for refusal in plan.refusals) or plan.idle,
            next_step="; ".join(refusal.remedy for refusal in plan.refusals),
            cluster=side.name.context if side else None,
            old=order.old_fingerprint if order else side.held.public.fingerprint if side and side.held.public else None,
            read_only=order.read_only if order else None,
        )
    )
    if order is not None:
        told |= {
            "outcome": PLANNED,
            "plan": {
                "mode": order.mode.value,
                "algorithm": order.algorithm.value,
                "title": order.title,
                "host": order.address.known_host,
                "branch": order.branch,
                "steps": list(steps(order, Facts(False, True, None if side else ""))),
            },
        }
    return _document(plan, told, dry_run=True)


def _document(plan: KeyPlan, outcome: Json, *, dry_run: bool) -> Json:
    github, side = plan.survey.github, plan.survey.cluster
    return {
        "schema": SCHEMA,
        "command": COMMAND,
        "dry_run": dry_run,
        "organization": github.org,
        "login": github.login,
        "cluster": None
        if side is None
        else {
            "context": side.name.context,
            "server": side.name.server,
            "namespace": side.name.namespace,
            "secret": side.name.secret,
            "source": side.name.source,
        },
        "outcomes": [outcome],
        "warnings": list(plan.warnings),
        "notes": list(plan.notes),
    }


def _outcome(outcome: KeyOutcome) -> Json:
    return {
        "repository": outcome.repository,
        "cluster": outcome.cluster,
        "outcome": outcome.status.value,
        "reason": outcome.reason,
        "next_step": outcome.next_step,
        "old_fingerprint": outcome.old,
        "new_fingerprint": outcome.new,
        "read_only": outcome.read_only,
        "notes": list(outcome.notes),
        "plan": None,
    }
