"""A template filled by kind: placeholders get their values, what is not there yet is added, all else stays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import yaml
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, ScalarString, SingleQuotedScalarString

from cellenics_ci.privileges.problems import Problem, shown
from cellenics_ci.releases.declaration import Quoted, Value
from cellenics_ci.releases.kinds import PLACEHOLDER, Kind
from cellenics_ci.releases.marker import mark
from cellenics_ci.releases.resolve import Release
from cellenics_ci.releases.template import Template

CHART_IMAGE: Final = "filter.fluxcd.io/chart-image"
"""The Helm operator's annotation for the image under `values.image` (Flux 1, "Automated deployment")."""


def fill(template: Template, release: Release) -> tuple[Problem, ...]:
    """Fill a template's documents in place. Returns what could not be done; then the documents are of no use."""
    return tuple(_Filling(template, release).run())


class _Filling:
    def __init__(self, template: Template, release: Release) -> None:
        self._template = template
        self._release = release
        self._policies = list(release.images)

    def run(self) -> Iterator[Problem]:
        ways = {
            Kind.NAMESPACE: self._namespace,
            Kind.GIT_REPOSITORY: self._git_repository,
            Kind.IMAGE_REPOSITORY: self._image_repository,
            Kind.IMAGE_POLICY: self._image_policy,
            Kind.IMAGE_UPDATE: self._image_update,
            Kind.HELM_RELEASE: self._helm_release,
            Kind.OLD_HELM_RELEASE: self._old_helm_release,
        }
        for kind, document in self._template.documents:
            yield from ways[kind](document) or ()
        has_policies = any(kind is Kind.IMAGE_POLICY for kind, _ in self._template.documents)
        if has_policies and self._policies:
            names = ", ".join(image.policy for image in self._policies)
            yield Problem(self._template.file, 1, f"the template has no ImagePolicy for {names}", "one for each image")

    def _named(self, document: CommentedMap, name: str, *, labelled: bool = False) -> None:
        metadata = _child(document, "metadata")
        _ensure(metadata, "name", name)
        _ensure(metadata, "namespace", self._release.namespace)
        if labelled:
            _ensure(_child(metadata, "labels"), "sandboxId", self._release.sandbox_id)

    def _namespace(self, document: CommentedMap) -> None:
        metadata = _child(document, "metadata")
        _ensure(metadata, "name", self._release.namespace)
        _ensure(_child(metadata, "labels"), "sandboxId", self._release.sandbox_id)

    def _git_repository(self, document: CommentedMap) -> None:
        self._named(document, f"{self._release.name}-chart")
        spec, chart = _child(document, "spec"), self._release.chart_ref
        if self._release.chart_url is not None:
            _ensure(spec, "url", self._release.chart_url)
        if chart is None:
            return
        kind, value = chart
        ref = _child(spec, "ref")
        for other in [key for key in ref if key != kind and ref[key] == PLACEHOLDER]:
            del ref[other]
        _ensure(ref, kind, value)

    def _image_repository(self, document: CommentedMap) -> None:
        self._named(document, self._release.name)
        _ensure(_child(document, "spec"), "image", f"{self._release.registry}/{self._release.repository}")

    def _image_policy(self, document: CommentedMap) -> Iterator[Problem]:
        name = _child(document, "metadata").get("name")
        at = 0
        if name != PLACEHOLDER:
            at = next((at for at, image in enumerate(self._policies) if image.policy == name), len(self._policies))
        if at >= len(self._policies):
            line = document.lc.line + 1
            remedy = "declare the images under `release.images`"
            yield Problem(self._template.file, line, "there is an ImagePolicy for which no image is declared", remedy)
            return
        image = self._policies.pop(at)
        self._named(document, image.policy)
        spec, policy = _child(document, "spec"), self._release.policy
        reference = _child(spec, "imageRepositoryRef")
        _ensure(reference, "name", self._release.name)
        _fill(reference, "namespace", self._release.namespace)
        tags = _child(spec, "filterTags")
        _ensure(tags, "pattern", image.pattern)
        if image.extract is not None:
            _ensure(tags, "extract", image.extract)
        if spec.get("policy") in (None, PLACEHOLDER):
            spec["policy"] = CommentedMap()
        if not spec["policy"]:
            spec["policy"][policy.kind] = CommentedMap({policy.field: _styled(policy.value, None)})
        else:
            _fill(_child(spec["policy"], policy.kind), policy.field, policy.value)

    def _image_update(self, document: CommentedMap) -> None:
        self._named(document, f"{self._release.name}-image-update")
        _ensure(_child(_child(document, "spec"), "update"), "path", self._release.update_path)

    def _helm_release(self, document: CommentedMap) -> Iterator[Problem]:
        self._named(document, self._release.name, labelled=True)
        spec = _child(document, "spec")
        _ensure(spec, "releaseName", self._release.name)
        source = _child(_child(_child(spec, "chart"), "spec"), "sourceRef")
        _ensure(source, "name", f"{self._release.name}-chart")
        _ensure(source, "namespace", self._release.namespace)
        yield from self._values(spec)
        for image in self._release.images:
            at = _walk(spec["values"], image.values)
            if at is not None and not mark(at, "tag", f"{self._release.namespace}:{image.policy}:tag"):
                line = self._template.line(at, "tag")
                sentence = f"the line of {image.values}.tag has a comment, and Flux needs that place for its own"
                yield Problem(self._template.file, line, sentence, "put the comment on a line above")

    def _old_helm_release(self, document: CommentedMap) -> Iterator[Problem]:
        self._named(document, self._release.name, labelled=True)
        annotations = document["metadata"].get("annotations")
        if isinstance(annotations, CommentedMap):
            _fill(annotations, CHART_IMAGE, self._release.old_filter)
        spec = _child(document, "spec")
        _ensure(spec, "releaseName", self._release.name)
        chart = _child(spec, "chart")
        if self._release.chart_url is not None:
            _fill(chart, "git", self._release.chart_url)
        if self._release.chart_ref is not None:
            _ensure(chart, "ref", self._release.chart_ref[1])
        yield from self._values(spec)

    def _values(self, spec: CommentedMap) -> Iterator[Problem]:
        values = _child(spec, "values")
        for path, value in self._release.values:
            *folders, last = path.split(".")
            node = values
            for folder in folders:
                inner = node.get(folder)
                if inner is not None and inner != PLACEHOLDER and not isinstance(inner, CommentedMap):
                    line = self._template.line(node, folder)
                    sentence = f"{shown(folder)} is no mapping, and {path} was to be filled in"
                    yield Problem(self._template.file, line, sentence, "mend the template, or `release.values`")
                    break
                node = _child(node, folder)
            else:
                # Declared values hold, whatever the template has there.
                node[last] = _styled(value, node.get(last))


def _child(node: CommentedMap, key: str) -> CommentedMap:
    """Return the mapping at a key; a new one where nothing, or a placeholder, is there."""
    inner = node.get(key)
    if not isinstance(inner, CommentedMap):
        if inner is not None and inner != PLACEHOLDER:
            # Something else stands there: what is written into this is lost, and the check names what is there.
            return CommentedMap()
        inner = node[key] = CommentedMap()
    return inner


def _fill(node: CommentedMap, key: str, value: Value) -> None:
    if node.get(key) == PLACEHOLDER:
        node[key] = _styled(value, node[key])


def _ensure(node: CommentedMap, key: str, value: Value) -> None:
    if node.get(key) is None:
        node[key] = _styled(value, None)
    else:
        _fill(node, key, value)


def _walk(node: Any, path: str) -> CommentedMap | None:
    for key in path.split("."):
        node = node.get(key) if isinstance(node, CommentedMap) else None
    return node if isinstance(node, CommentedMap) else None


def _styled(value: Value, old: Any) -> Any:
    """Return a value as it is to be written: in the quotes of what it replaces, or in some where it needs them."""
    if isinstance(value, tuple):
        items = CommentedSeq(_styled(item, None) for item in value)
        items.fa.set_flow_style()
        return items
    if isinstance(value, Quoted):
        return DoubleQuotedScalarString(value.text)
    if isinstance(old, (SingleQuotedScalarString, DoubleQuotedScalarString)):
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return type(old)(text)
    if isinstance(value, str) and not isinstance(old, ScalarString) and _is_misread(value):
        return DoubleQuotedScalarString(value)
    return value


def _is_misread(text: str) -> bool:
    """Whether a text without quotes would be something else to Kubernetes, which reads YAML 1.1: `no`, `1_000`."""
    try:
        return not isinstance(yaml.safe_load(text), str)
    except yaml.YAMLError:
        # The writer puts quotes around what is no plain scalar.
        return False
