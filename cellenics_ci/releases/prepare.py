"""A template and a release to a manifest that may leave: filled, with nothing left to fill, and whole. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cellenics_ci.privileges.problems import Problem
from cellenics_ci.releases.check import check_documents, placeholders
from cellenics_ci.releases.decide import Manifested
from cellenics_ci.releases.fill import fill
from cellenics_ci.releases.kinds import PLACEHOLDER
from cellenics_ci.releases.marker import markers
from cellenics_ci.releases.resolve import Release
from cellenics_ci.releases.template import Template, read_template


def prepare(file: str, text: str, release: Release) -> Manifested | tuple[Problem, ...]:
    """Return the manifest of a template's text, or all that is wrong with it."""
    template = read_template(file, text)
    if not isinstance(template, Template):
        return template
    if problems := fill(template, release):
        return problems
    if problems := tuple(_unfilled(template)):
        return problems
    filled = template.write()
    documents = [document for _, document in template.documents]
    wrong = check_documents(documents, markers(filled), release.namespace)
    if wrong:
        return tuple(Problem(file, 1, sentence) for sentence in wrong)
    return Manifested(release.path, filled, release.source.repository, release.source.commit, release.message)


def _unfilled(template: Template) -> Iterator[Problem]:
    for kind, document in template.documents:
        for path in placeholders(document):
            node: Any = document
            for key in path[:-1]:
                node = node[int(key)] if isinstance(node, list) else node[key]
            told = ".".join(path)
            remedy = "write the value into the template, or declare it in the `release` section of .ci.yaml"
            if path[:2] == ("spec", "values"):
                remedy = f"declare it: release: {{values: {{{'.'.join(path[2:])}: …}}}}"
            elif path[:2] in (("spec", "url"), ("spec", "ref")):
                remedy = "declare the chart: release: {chart: {repository: …, branch: …}}"
            yield Problem(
                template.file, template.line(node, path[-1]), f"{told} of the {kind} is {PLACEHOLDER}", remedy
            )
