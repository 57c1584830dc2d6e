"""The plan of a deploy key's rotation on a terminal: where, which key goes, which comes, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cellenics_ci.cli.views.console import heading, point, words
from cellenics_ci.deploykeys.order import Mode, Order
from cellenics_ci.deploykeys.plan import KeyPlan
from cellenics_ci.model.deploy_keys import DeployKey, Fingerprint, PublicKey
from cellenics_ci.model.moments import span_text

_KINDS = {
    "ssh-ed25519": "Ed25519",
    "ecdsa-sha2-nistp256": "ECDSA P-256",
    "ecdsa-sha2-nistp384": "ECDSA P-384",
    "ecdsa-sha2-nistp521": "ECDSA P-521",
    "ssh-rsa": "RSA",
}
_MADE = {"ed25519": "Ed25519", "ecdsa-p384": "ECDSA P-384", "rsa-4096": "RSA 4096"}


@dataclass(frozen=True, slots=True)
class Facts:
    """What of the command line a person should see. `manifest`: where it goes, None for a cluster's key."""

    org_defaulted: bool
    context_named: bool
    manifest: str | None
    removal: bool = False


def show_plan(console: Console, plan: KeyPlan, facts: Facts, *, now: float, dry_run: bool) -> None:
    """Show a plan. `now` (UTC epoch seconds) is what the key's age is told by."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for label, text in _rows(plan, facts, now):
        grid.add_row(words(label), text)
    title = "Plan (a dry run: nothing will be changed)" if dry_run else "Plan"
    console.print(words(title, "bold"))
    console.print(grid)
    if plan.order is not None:
        heading(console, "What will be done")
        for number, step in enumerate(steps(plan.order, facts), 1):
            point(console, f"{number}", step)
    if plan.refusals:
        heading(console, "Nothing will be done", "bold yellow")
    for refusal in plan.refusals:
        point(console, "", refusal.reason, then=refusal.remedy)
    if plan.idle:
        heading(console, f"{plan.idle[0].upper()}{plan.idle[1:]}.")
    if plan.warnings:
        heading(console, "Warnings", "bold yellow")
    for warning in plan.warnings:
        point(console, "", warning)
    if plan.notes:
        heading(console, "Also to be known")
    for note in plan.notes:
        point(console, "", note)
    console.print()


def question(plan: KeyPlan, facts: Facts) -> str:
    """Return what is asked before anything is changed."""
    github = plan.survey.github
    where = f"{github.org}/{github.repo}"
    if facts.removal:
        return f"Remove this deploy key from {where}? [y/N] "
    if plan.survey.cluster is None:
        return f"Make a new deploy key for {where}? [y/N] "
    done = "Bring the rotation to its end" if plan.order and plan.order.mode is not Mode.ROTATE else "Rotate the key"
    return f"{done} of {where} in the cluster {plan.survey.cluster.name.context}? [y/N] "


def _rows(plan: KeyPlan, facts: Facts, now: float) -> Iterator[tuple[str, Text]]:
    github, side, order = plan.survey.github, plan.survey.cluster, plan.order
    repository = words(f"{github.org}/{github.repo}", "bold red" if facts.org_defaulted else "bold")
    if facts.org_defaulted:
        repository.append(" (nobody named the organisation: this is the default)", style="bold red")
    yield "Repository", repository
    yield "Signed in as", words(github.login)
    if side is not None:
        context = words(side.name.context, "bold" if facts.context_named else "bold red")
        if not facts.context_named:
            context.append(" (nobody named it: this is the current context)", style="bold red")
        yield "Cluster", context
        yield "  server", words(side.name.server)
        yield "  objects", words(f"{side.name.namespace}: Secret {side.name.secret}, GitRepository {side.name.source}")
    if facts.manifest is not None:
        yield "Manifest", words("stdout" if facts.manifest == "-" else facts.manifest, "bold")
    yield from _keys(plan, facts, now)
    if order is not None and facts.manifest is None and side is not None:
        yield "Read from", words(f"{order.address.known_host}, branch {order.branch}")


def _keys(plan: KeyPlan, facts: Facts, now: float) -> Iterator[tuple[str, Text]]:
    side, order = plan.survey.cluster, plan.order
    listed = next((key for key in plan.survey.github.keys if side and key.public == side.held.public), None)
    old = order.old if order else listed
    if old is not None:
        yield "Old key" if order else "Key in use", words(old.public.fingerprint, "bold")
        yield "", words(about(old, now))
    elif side is not None and side.held.public is not None:
        yield "Key in use", words(f"{side.held.public.fingerprint} (unknown to GitHub)", "bold")
    elif order is not None:
        yield "Old key", words("none")
    if order is None or facts.removal:
        return
    if order.mode is Mode.ROTATE:
        yield "New key", words(f"{_MADE[order.algorithm]}, {right(order.read_only)}", "bold")
        yield "", words(f"title {order.title}")
    elif order.seen.public is not None:
        yield "Key in use", words(f"{order.seen.public.fingerprint}, {right(order.read_only)}", "bold")


def steps(order: Order, facts: Facts) -> Iterator[str]:
    """Yield what will be done, step by step."""
    old = f"remove {_short(order.old.public.fingerprint)} from GitHub" if order.old else ""
    if facts.removal:
        yield old
        return
    if order.mode is Mode.ROTATE:
        for public in order.leftover:
            yield f"remove {_short(public.fingerprint)}, which an interrupted rotation left, from GitHub"
        yield f"register a new key on GitHub, {right(order.read_only)}"
        writes = "can't write" if order.read_only else "can write"
        yield f"prove over SSH, at {order.address.known_host}, that it reads the branch {order.branch} and {writes}"
    if facts.manifest is not None:
        yield "write the manifest; the old key stays until --finish"
        return
    if order.mode is Mode.ROTATE:
        yield "write it into the Secret, the old pair kept beside it"
    else:
        yield "prove the key that the Secret holds over SSH"
    yield f"have Flux fetch with it, and see that it is Ready (at most {span_text(order.timeout)})"
    if old:
        yield old
    back = order.mode is not Mode.REMOVE and order.old is not None
    yield "tidy up the Secret" + ("; a failure before the step above puts the old key back" if back else "")


def about(key: DeployKey, now: float) -> str:
    """Return what GitHub tells of a deploy key, in a line."""
    told = [kind_name(key.public), right(key.read_only)]
    if not key.verified:
        told.append("not verified")
    if key.created_at is not None:
        by = f" by {key.added_by}" if key.added_by else ""
        told.append(f"added {span_text(now - key.created_at)} ago{by}")
    told.append("never used" if key.last_used is None else f"last used {span_text(now - key.last_used)} ago")
    return f"{', '.join(told)}; title {key.title}"


def kind_name(public: PublicKey) -> str:
    """Return a key's kind as people call it."""
    return _KINDS.get(public.kind, public.kind)


def right(read_only: bool) -> str:
    """Return a key's right in words."""
    return "read-only" if read_only else "read-write"


def _short(fingerprint: Fingerprint) -> str:
    return f"{fingerprint[:15]}…"
