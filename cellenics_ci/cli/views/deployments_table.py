"""Deployments as text: a row for each service, environment and sandbox, readable at 80 columns."""

from __future__ import annotations

from collections import Counter

from rich.console import Console
from rich.text import Text

from cellenics_ci.cli.views.console import heading, point, stacked, table, words
from cellenics_ci.cli.views.wording import counted
from cellenics_ci.model.flux import FluxObject
from cellenics_ci.model.moments import span_text
from cellenics_ci.releases.deployed import DEFAULT, Deployment, Deployments

_SHORT = 7


def show_deployments(console: Console, found: Deployments, *, now: float) -> None:
    """Show it all. `now` (UTC epoch seconds) is what ages are told by."""
    console.print(words(f"{found.repository}, {found.branch or 'no branch'} at {found.commit[:_SHORT]}", "bold"))
    console.print()
    if found.deployments:
        _show_rows(console, found, now)
    else:
        console.print(words("Nothing is deployed."))
    if found.candidates:
        counts = Counter(each.service for each in found.candidates)
        told = ", ".join(f"{service} {count}" for service, count in sorted(counts.items()))
        console.print()
        console.print(words(f"To be staged: {counted(len(found.candidates), 'candidate')} ({told})."))
    if found.strange:
        heading(console, "Broken, or nobody's", "bold yellow")
    for strange in found.strange:
        for problem in strange.problems:
            point(console, strange.path, problem)
    if found.flux is not None:
        _show_flux(console, found)
    if found.notes:
        heading(console, "To be known")
    for note in found.notes:
        point(console, "", note)


def _show_rows(console: Console, found: Deployments, now: float) -> None:
    headers = ["Service", "Where", "Image", "Chart", "Source", "Changed", "Behind"]
    if found.flux is not None:
        headers.append("Flux")
    made = table(console, *headers)
    made.columns[0].no_wrap = made.columns[4].no_wrap = True
    last = ""
    for each in found.deployments:
        row = [
            words(each.service if each.service != last else "", "bold"),
            words(each.environment if each.sandbox == DEFAULT else f"{each.environment}/{each.sandbox}"),
            stacked(_images(each)),
            words(each.manifest.chart.strip("/").rpartition("/")[2] or "-"),
            _source(each),
            words(_changed(each, now)),
            _behind(each),
        ]
        last = each.service
        made.add_row(*row, *([_flux(each.flux)] if found.flux is not None else []))
    console.print(made)


def _images(each: Deployment) -> list[str]:
    """Return the tags without their commit and timestamp, which have columns of their own."""
    told = []
    for _, tag in each.manifest.tags:
        ref, found, rest = tag.partition(f"-{each.source}-")
        ref, suffix = ref.removeprefix("refs-").removeprefix("heads-"), rest.partition("-")[2]
        told.append((f"{ref} {suffix}" if suffix else ref) if found else tag)
    return told


def _source(each: Deployment) -> Text:
    lines = [each.source[:_SHORT]] if each.source else []
    if each.manifest.pull_request is not None:
        lines.append(f"#{each.manifest.pull_request}")
    return stacked(lines)


def _changed(each: Deployment, now: float) -> str:
    return "-" if each.changed is None else f"{span_text(now - each.changed.at)} {each.changed.by}"


def _behind(each: Deployment) -> Text:
    if each.behind is None:
        return words("-" if each.environment == "production" else "")
    if each.behind.commits is None:
        return words("?", "yellow")
    told = "even" if each.behind.commits == 0 and not each.behind.reason else str(each.behind.commits)
    return words(
        told if not each.behind.reason else f"{told}, {each.behind.reason}", "yellow" if told != "even" else ""
    )


def _flux(state: FluxObject | None) -> Text:
    if state is None:
        return words("-")
    if state.suspended:
        return words("suspended", "yellow")
    told = {True: "ready", False: "not ready", None: "unknown"}[state.ready]
    return words(told, "green" if state.ready else "bold red" if state.ready is False else "yellow")


def _show_flux(console: Console, found: Deployments) -> None:
    view = found.flux
    assert view is not None, "asked for beforehand"
    heading(console, f"Flux in the cluster {view.context}")
    objects = [("source", view.source)] if view.source else []
    objects += [(path or each.name, each) for path, each in sorted(view.kustomizations.items())]
    for label, each in objects:
        assert each is not None, "left out above"
        told = "suspended" if each.suspended else {True: "ready", False: "not ready", None: "unknown"}[each.ready]
        at = f", applied {each.revision}" if each.revision else ""
        point(console, label, f"{told}{at}{_against(each, found)}")
    for deployment in found.deployments:
        state = deployment.flux
        if state is not None and state.ready is False:
            point(console, f"{state.namespace}/{state.name}", state.message, style="red")


def _against(state: FluxObject, found: Deployments) -> str:
    if not state.revision or not found.commit:
        return ""
    return ", the newest" if state.revision.endswith(found.commit) else f" (the newest is {found.commit[:_SHORT]})"
