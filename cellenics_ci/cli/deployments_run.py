"""Deployments from the command line, seen whole: the tree, what happened to it, the cluster, shown, exit code."""

from __future__ import annotations

import typer

from cellenics_ci.cli import rim
from cellenics_ci.cli.compose_releases import connect_deployments, read_cluster
from cellenics_ci.cli.views.console import consoles
from cellenics_ci.cli.views.deployments_document import deployments_document
from cellenics_ci.cli.views.deployments_table import show_deployments
from cellenics_ci.cli.views.json_text import document_text
from cellenics_ci.cli.views.reading import reading
from cellenics_ci.errors import UsageProblem
from cellenics_ci.model.names import RepoName
from cellenics_ci.releases.deployments import Wanted, narrowed, survey, with_behind, with_changes, with_flux
from cellenics_ci.run.interruption import Interruption
from cellenics_ci.settings import Settings


def run(settings: Settings, repo: str, wanted: Wanted, context: str | None, *, as_json: bool) -> int:
    """The way of the data. Returns 1 where a manifest is broken or nobody's."""
    screens = consoles()
    interruption = Interruption()
    readers = connect_deployments(settings, RepoName(repo), interruption)
    with reading(screens.err, "Reading the releases repository …"):
        found = survey(f"{settings.org}/{repo}", readers.tree.tree())
        asked = narrowed(found, wanted)
        if not asked.deployments and not asked.strange and (wanted.services or wanted.environments):
            raise UsageProblem(
                f"Nothing like that is deployed, as far as {settings.org}/{repo} says.",
                remedy="`cellenics deployments` lists what there is.",
            )
        # Production is measured by staging, whether that is to be shown or not.
        found = narrowed(found, Wanted(services=wanted.services))
        paths = sorted({each.path for each in found.deployments})
        found = with_changes(found, readers.tree.changes(paths) if paths else {})
        found = narrowed(with_behind(found, settings.org, readers.counter), wanted)
        if context is not None:
            found = with_flux(found, read_cluster(context, interruption))
    code = 1 if found.strange else 0
    # Whoever reads only the first lines gets this code all the same.
    rim.mark_code(code)
    if as_json:
        typer.echo(document_text(deployments_document(found)))
    else:
        show_deployments(screens.out, found, now=readers.now())
    return code
