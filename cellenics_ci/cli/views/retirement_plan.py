"""The plan of a retirement on a terminal: where, who goes, one step at a time, and what speaks for it."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console

from cellenics_ci.cli.views.console import heading, point, stacked, table, words
from cellenics_ci.cli.views.left_out import show_left_out
from cellenics_ci.cli.views.plan_head import show_head
from cellenics_ci.cli.views.wording import counted, key_shown
from cellenics_ci.model.moments import span_text, utc_text
from cellenics_ci.retirement.looks import places_text
from cellenics_ci.retirement.order import Order, Step, Whereabouts
from cellenics_ci.retirement.plan import Plan, Planned
from cellenics_ci.retirement.target import Target, reads_key
from cellenics_ci.retirement.watch import watched_until
from cellenics_ci.run.outcome import Status

_STEPS = {
    Step.WATCH: "watch it: the key stays active",
    Step.DEACTIVATE: "make its key inactive",
    Step.DELETE: "DELETE it",
    Step.NOW: "DEACTIVATE and DELETE it now",
    Step.UNDO: "give it back",
}


def show_plan(console: Console, plan: Plan, *, org_defaulted: bool, show_ids: bool, now: float, dry_run: bool) -> None:
    """Show a plan. `now` (UTC epoch seconds) is what last uses are told by."""
    show_head(
        console,
        f"Plan: {counted(len(plan.planned), 'user')} to work on",
        caller=plan.caller,
        org=plan.org,
        login=plan.login,
        org_defaulted=org_defaulted,
        dry_run=dry_run,
    )
    if plan.planned:
        _show_table(console, plan, show_ids=show_ids, now=now)
    else:
        heading(console, "There is nothing to retire now.")
    _show_settled(console, plan, show_ids=show_ids, now=now)
    started_over = [each for each in plan.planned if each.order.why]
    if started_over:
        heading(console, "Warnings", "bold yellow")
    for each in started_over:
        point(console, each.repo, each.order.why)
    show_failed_runs(console, plan)
    typed = [each for each in plan.planned if each.consents]
    if typed:
        heading(console, "These want their name typed, --yes is not enough", "bold red")
    for each in typed:
        point(console, each.repo, "whatever uses its key fails at once, and nothing brings the key back", style="red")
    if plan.notes:
        heading(console, "Also to be known")
    for note in plan.notes:
        point(console, "", note)
    show_left_out(console, plan.left_out)
    console.print()


def question(plan: Plan) -> str:
    """Return what is asked before anything is changed."""
    gone = sum(each.order.step in (Step.DELETE, Step.NOW) for each in plan.planned)
    deleted = f", {gone} of them to be deleted for good," if gone else ""
    account = f"AWS account {plan.caller.account}, GitHub organisation {plan.org}"
    return f"Work on {counted(len(plan.planned), 'user')}{deleted} in {account}? [y/N] "


def typed_with(planned: Planned) -> str:
    """Return what to run where somebody can type a name."""
    return f"retire-ci --now {planned.repo}"


def show_failed_runs(console: Console, plan: Plan) -> None:
    """Show what hints that a key was needed after all."""
    if plan.failed_runs:
        heading(console, "Runs that failed since the key is inactive: was it needed after all?", "bold yellow")
    for repo, runs in plan.failed_runs.items():
        first = runs[0]
        more = f" and {len(runs) - 1} more" if len(runs) > 1 else ""
        told = f"{first.name or 'a workflow'}, {utc_text(first.created_at)}{more}: {first.url}"
        point(console, repo, told, then=f"if it was: cellenics retire-ci --undo {repo}")


def evidence(target: Target, *, show_ids: bool, now: float, roles_known: bool = True) -> list[str]:
    """Return what speaks for a user not being needed, a line each: workflows, the keys' last uses, the role's."""
    lines = [workflows_line(target)]
    for key in target.seen.keys:
        use = target.uses.get(key.id)
        state = "" if key.active else "inactive, "
        when = f"last used {span_text(now - use.at)} ago" if use is not None else "never used"
        where = f" ({use.service} in {use.region})" if use is not None and use.service else ""
        lines.append(f"{key_shown(key.id, show_ids=show_ids)} {state}{when}{where}")
    if not target.seen.keys:
        lines.append("it has no key")
    if target.role is not None:
        at = target.role.last_used_at
        used = "never used" if at is None else f"last used {span_text(now - at)} ago"
        lines.append(f"{target.role.name} {used}")
    elif not roles_known:
        lines.append("roles may not be read")
    lines += target.unread
    return lines


def workflows_line(target: Target) -> str:
    """Return what is known of the repository's workflows."""
    home = target.home
    name = f"{home.name} (its name now)" if home.name != target.repo else str(home.name)
    if target.pipeline is not None and reads_key(target):
        return f"a workflow of {name} reads a key: {places_text(target.pipeline)}"
    match home.whereabouts:
        case Whereabouts.GONE:
            return f"there is no repository {name}"
        case Whereabouts.ARCHIVED:
            return f"{name} is archived: its workflows don't run"
        case Whereabouts.SERVED:
            return f"{name} has a key of its own user"
        case Whereabouts.THERE:
            return f"no workflow of {name} reads a key"


def what_is_done(order: Order, *, show_ids: bool) -> list[str]:
    """Return what is done now, a line each, and what will be later."""
    lines = [_STEPS[order.step]]
    if order.step is Step.UNDO:
        off = order.seen.retirement.off if order.seen.retirement else ()
        return [*lines, *(f"activate {key_shown(key, show_ids=show_ids)}" for key in off)]
    if order.step in (Step.DELETE, Step.NOW):
        lines += [f"secrets: {scope}" for scope in order.scopes]
        lines += [f"key {key_shown(key.id, show_ids=show_ids)}" for key in order.seen.keys]
        lines += [counted(len(order.policies), "policy", "policies")] if order.policies else []
        return [*lines, f"user {order.user}"]
    return [*lines, f"key {', '.join(key_shown(key, show_ids=show_ids) for key in order.seen.active) or '-'}"]


def what_follows(order: Order, target: Target) -> str:
    """Return what happens after this run."""
    if order.step is Step.WATCH:
        until = watched_until(target.seen.keys, target.uses, since=order.since, span=order.unused_for)
        return f"inactive from {utc_text(until)} on, if it stays unused"
    if order.step is Step.DEACTIVATE:
        return f"deleted after {span_text(order.soak)}, by the next run"
    return "rotate-ci works again" if order.step is Step.UNDO else "-"


def _show_table(console: Console, plan: Plan, *, show_ids: bool, now: float) -> None:
    console.print()
    made = table(console, "Repository", "Evidence", "What is done now", "Then")
    for planned in plan.planned:
        order = planned.order
        loud = order.step in (Step.DELETE, Step.NOW)
        made.add_row(
            words(planned.repo, "bold red" if loud else "bold"),
            stacked(evidence(planned.target, show_ids=show_ids, now=now, roles_known=plan.roles_known)),
            stacked(what_is_done(order, show_ids=show_ids)),
            words(what_follows(order, planned.target)),
        )
    console.print(made)


def _show_settled(console: Console, plan: Plan, *, show_ids: bool, now: float) -> None:
    urgent = [each for each in plan.settled if each.status is Status.NEEDS_ATTENTION]
    quiet = [each for each in plan.settled if each.status is not Status.NEEDS_ATTENTION]
    for title, style, outcomes in (
        ("ACT NOW: a key that is needed is inactive", "bold white on red", urgent),
        ("Being retired, and nothing to do now", "bold", quiet),
    ):
        if outcomes:
            heading(console, title, style)
        for outcome in outcomes:
            told = "; ".join(text for text in (outcome.reason, outcome.retirement_pending) if text)
            point(console, outcome.repository, told, then=outcome.next_step)
            for line in _lines(plan, outcome.repository, show_ids=show_ids, now=now):
                point(console, "", f"  {line}")


def _lines(plan: Plan, repo: str, *, show_ids: bool, now: float) -> Iterator[str]:
    target = next((found for name, found in plan.targets.items() if name == repo), None)
    if target is not None:
        yield from evidence(target, show_ids=show_ids, now=now, roles_known=plan.roles_known)
