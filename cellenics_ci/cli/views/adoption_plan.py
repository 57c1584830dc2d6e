"""The plan of an adoption on a terminal: where, which roles, whom they trust and why, and what to know before a yes."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from cellenics_ci.cli.views.adoption_patches import show_by_hand
from cellenics_ci.cli.views.console import heading, point, stacked, table, words
from cellenics_ci.cli.views.left_out import show_left_out, show_reasons
from cellenics_ci.cli.views.plan_head import show_head
from cellenics_ci.cli.views.policy_diff import show_diff, show_policy_diff
from cellenics_ci.cli.views.wording import counted, repositories
from cellenics_ci.oidc.order import Order, ProviderOrder
from cellenics_ci.oidc.plan import Plan
from cellenics_ci.oidc.target import Prepared
from cellenics_ci.privileges.compare import Comparison, diff_lines


def show_plan(console: Console, plan: Plan, *, org_defaulted: bool, diff: bool, dry_run: bool) -> None:
    """Show a plan. `diff`: policies in full, also those of new roles; of existing ones the changes always are."""
    show_head(
        console,
        f"Plan: {repositories(len(plan.planned))} to work on",
        caller=plan.caller,
        org=plan.org,
        login=plan.login,
        org_defaulted=org_defaulted,
        dry_run=dry_run,
        more=(
            ("AWS region", f"{plan.region} (where a file names none)"),
            ("Tokens of", f"{plan.provider.provider.issuer} ({provider_words(plan.provider)})"),
        ),
    )
    if plan.planned:
        _show_table(console, plan)
        _show_trust(console, plan)
    else:
        heading(console, "There is no role to make or change.")
    for each in plan.planned:
        if each.order.trust_first or each.order.trust_last or diff:
            show_diff(console, f"{each.repo}: trust", diff_lines("trust", each.trust.old, each.trust.new))
        if each.order.seen is not None or diff:
            show_policy_diff(console, each.repo, each.comparison)
    typed = [(each.repo, consent) for each in plan.planned for consent in each.consents]
    if typed:
        heading(console, "These want their repository's name typed, --yes is not enough", "bold red")
    for repo, consent in typed:
        point(console, repo, consent, style="red")
    if any(each.alarms for each in plan.planned):
        heading(console, "Look at these before you agree", "bold white on red")
    for each in plan.planned:
        for alarm in each.alarms:
            point(console, each.repo, alarm, style="bold red")
    warned = [(each.repo, warning, "") for each in plan.planned for warning in each.warnings]
    if warned:
        heading(console, "Warnings", "bold yellow")
    show_reasons(console, warned)
    show_by_hand(console, plan.patches)
    if plan.notes:
        heading(console, "Also to be known")
    for note in plan.notes:
        point(console, "", note)
    show_left_out(console, plan.left_out)
    console.print()


def question(plan: Plan) -> str:
    """Return what is asked before anything is changed."""
    account = f"AWS account {plan.caller.account}, GitHub organisation {plan.org}"
    return f"Work on {counted(len(plan.planned), 'role')} in {account}? [y/N] "


def typed_with(prepared: Any) -> str:
    """Return what to run where somebody can type a name."""
    return f"adopt-oidc {prepared.repo}"


def provider_words(order: ProviderOrder) -> str:
    """Return what is done about the account's identity provider."""
    if order.create:
        return "the identity provider will be created"
    if order.add_audience:
        return f"the identity provider will take the audience {order.provider.audiences[0]}, too"
    return "the identity provider is there"


def changes(order: Order, comparison: Comparison) -> list[str]:
    """Return what is done about a role, a line each."""
    lines = []
    if order.seen is None:
        lines.append(f"create {order.role}")
    elif order.untagged:
        lines.append(f"adopt {order.role}")
    elif order.changes_role:
        lines.append(f"change {order.role}")
    if order.trust_first or order.trust_last:
        lines.append("trust")
    counts = (("+", comparison.added), ("~", comparison.changed), ("-", comparison.removed))
    counted_policies = " ".join(f"{sign}{len(names)}" for sign, names in counts if names)
    if counted_policies:
        lines.append(f"policies {counted_policies}")
    if order.max_session is not None:
        lines.append(f"sessions of up to {order.max_session // 3600} h")
    return lines or [f"{order.role} is as declared"]


def _show_table(console: Console, plan: Plan) -> None:
    console.print()
    made = table(console, "Repository", "Role", "Who may assume it", "Variables", "Workflows")
    for each in plan.planned:
        made.add_row(
            words(each.repo, "bold red" if each.consents else "bold"),
            stacked(changes(each.order, each.comparison)),
            stacked(each.trust.words),
            stacked([name for name, _ in each.order.variables]),
            stacked([f"{len(each.patch.files)} to patch"] if each.patch.files else []),
        )
    console.print(made)
    if any(each.comparison.drifted for each in plan.planned):
        console.print(words("policies: + added, ~ changed, - removed (--diff shows them)"))


def _show_trust(console: Console, plan: Plan) -> None:
    heading(console, "Where the trust comes from")
    for each in plan.planned:
        point(console, each.repo, origin(each))
        for subject in each.trust.subjects:
            point(console, "", f"  {subject}")


def origin(prepared: Prepared) -> str:
    """Return where it was read who is trusted."""
    if prepared.trust.declared:
        return "declared: ci-trust"
    return f"derived from {'; '.join(prepared.trust.origins)}"
