"""Whether a manifest's documents are whole: required fields, names, and references that lead somewhere. Pure.

The fields are those that the kinds' own schemas require (Flux's API references; Helm operator 1.x, HelmRelease).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from cellenics_ci.releases.kinds import PLACEHOLDER, STAGED_LATER, Kind, kind_of, mapping, part
from cellenics_ci.releases.names import is_label
from cellenics_ci.releases.tags import is_tag, matches

_REQUIRED: Final[Mapping[Kind, tuple[tuple[str, ...], ...]]] = {
    Kind.NAMESPACE: (),
    Kind.GIT_REPOSITORY: (("spec", "url"), ("spec", "interval"), ("spec", "ref")),
    Kind.IMAGE_REPOSITORY: (("spec", "image"), ("spec", "interval")),
    Kind.IMAGE_POLICY: (("spec", "imageRepositoryRef", "name"), ("spec", "policy")),
    Kind.IMAGE_UPDATE: (
        ("spec", "interval"),
        ("spec", "sourceRef", "name"),
        ("spec", "git", "commit", "author", "email"),
        ("spec", "update", "path"),
    ),
    Kind.HELM_RELEASE: (
        ("spec", "interval"),
        ("spec", "chart", "spec", "chart"),
        ("spec", "chart", "spec", "sourceRef", "name"),
    ),
    Kind.OLD_HELM_RELEASE: (("spec", "releaseName"), ("spec", "chart", "ref"), ("spec", "values")),
}
_REFS: Final = ("branch", "tag", "semver", "name", "commit")
_POLICIES: Final = ("semver", "numerical", "alphabetical")
_FILTERS: Final = ("glob:", "semver:", "regex:", "regexp:")
_GROUP: Final = re.compile(r"\(\?P<(\w+)>")
OUTSIDE: Final = ("flux-system", "flux-system")
"""The one object that a manifest may refer to and not hold: Flux's own GitRepository."""

Name = tuple[str, str]
"""A namespace and a name."""


def check_documents(documents: Sequence[Any], markers: Sequence[str], namespace: str | None = None) -> tuple[str, ...]:
    """Return all that is wrong, in sentences. `markers` as they stand in the text; `namespace` where it is known."""
    return tuple(dict.fromkeys(_Check(documents, markers, namespace).run()))


def placeholders(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the paths of all values and keys in which a placeholder is left."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            if PLACEHOLDER in str(key):
                yield (*path, str(key))
            yield from placeholders(value, (*path, str(key)))
    elif isinstance(node, (list, tuple)):
        for at, value in enumerate(node):
            yield from placeholders(value, (*path, str(at)))
    elif PLACEHOLDER in str(node):
        yield path


class _Check:
    def __init__(self, documents: Sequence[Any], markers: Sequence[str], namespace: str | None) -> None:
        self._kinds = [(kind_of(document), document) for document in documents]
        self._markers = markers
        self._namespace = namespace
        self._named: dict[Kind, set[Name]] = {}
        for kind, document in self._kinds:
            if kind is not None:
                self._named.setdefault(kind, set()).add(_name(document))

    def run(self) -> Iterator[str]:
        seen: set[tuple[Kind, Name]] = set()
        for kind, document in self._kinds:
            if kind is None:
                yield f"a document of kind {part(document, 'kind')!r} is not known here"
                continue
            called = f"{kind} {_name(document)[1] or '(without a name)'}"
            if (kind, _name(document)) in seen:
                yield f"{called} is there twice"
            seen.add((kind, _name(document)))
            for problem in (*self._metadata(kind, document), *self._spec(kind, document)):
                yield f"{called}: {problem}"
        if not any(kind in (Kind.HELM_RELEASE, Kind.OLD_HELM_RELEASE) for kind, _ in self._kinds):
            yield "there is no HelmRelease"
        yield from self._marked()

    def _metadata(self, kind: Kind, document: Any) -> Iterator[str]:
        namespace, name = _name(document)
        for field, text in (("name", name), ("namespace", namespace)):
            if field == "namespace" and kind is Kind.NAMESPACE:
                continue
            if not text:
                yield f"metadata.{field} is missing"
            elif not is_label(text.replace(STAGED_LATER, "x")):
                yield f"metadata.{field} {text!r} is no name in Kubernetes"
        own = name if kind is Kind.NAMESPACE else namespace
        if self._namespace is not None and own and own != self._namespace:
            yield f"its namespace is {own}, and this release goes to {self._namespace}"

    def _spec(self, kind: Kind, document: Any) -> Iterator[str]:
        missing = [path for path in _REQUIRED[kind] if part(document, *path) in (None, "", {})]
        for path in missing:
            yield f"{'.'.join(path)} is missing"
        spec = mapping(document, "spec")
        ways = {
            Kind.GIT_REPOSITORY: self._git_repository,
            Kind.IMAGE_POLICY: self._image_policy,
            Kind.IMAGE_UPDATE: self._image_update,
            Kind.HELM_RELEASE: self._helm_release,
            Kind.OLD_HELM_RELEASE: self._old_helm_release,
        }
        if kind in ways:
            yield from ways[kind](spec, document)

    def _git_repository(self, spec: Mapping[str, Any], _: Any) -> Iterator[str]:
        if not str(spec.get("url") or "https://").startswith(("https://", "ssh://", "http://")):
            yield f"spec.url {spec['url']!r} is no address of a repository"
        ref = mapping(spec, "ref")
        if ref and not any(ref.get(name) for name in _REFS):
            yield f"spec.ref has none of {', '.join(_REFS)}"

    def _image_policy(self, spec: Mapping[str, Any], document: Any) -> Iterator[str]:
        reference = mapping(spec, "imageRepositoryRef")
        yield from self._resolves(Kind.IMAGE_REPOSITORY, reference, document, "spec.imageRepositoryRef")
        policy = mapping(spec, "policy")
        if policy and len([name for name in _POLICIES if name in policy]) != 1:
            yield f"spec.policy needs exactly one of {', '.join(_POLICIES)}"
        pattern, extract = (str(mapping(spec, "filterTags").get(name) or "") for name in ("pattern", "extract"))
        if pattern and matches(pattern, "") is None:
            yield f"spec.filterTags.pattern {pattern!r} is no regular expression"
        elif extract and not set(re.findall(r"\$\{?(\w+)", extract)) <= set(_GROUP.findall(pattern)):
            yield f"spec.filterTags.extract {extract!r} names no group of the pattern"

    def _image_update(self, spec: Mapping[str, Any], document: Any) -> Iterator[str]:
        yield from self._resolves(Kind.GIT_REPOSITORY, mapping(spec, "sourceRef"), document, "spec.sourceRef")
        path = str(mapping(spec, "update").get("path") or "./")
        if not path.startswith("./") or ".." in path:
            yield f"spec.update.path {path!r} is no folder of the repository (./staging)"

    def _helm_release(self, spec: Mapping[str, Any], document: Any) -> Iterator[str]:
        source = mapping(spec, "chart", "spec", "sourceRef")
        yield from self._resolves(Kind.GIT_REPOSITORY, source, document, "spec.chart.spec.sourceRef")
        yield from self._images(spec)

    def _old_helm_release(self, spec: Mapping[str, Any], document: Any) -> Iterator[str]:
        if not (part(spec, "chart", "git") or part(spec, "chart", "repository")):
            yield "spec.chart has neither git nor repository"
        annotations = mapping(document, "metadata", "annotations")
        for name, value in annotations.items():
            if str(name).startswith("filter.fluxcd.io/") and not str(value).startswith(_FILTERS):
                yield f"the annotation {name} is none of {', '.join(_FILTERS)}"
        yield from self._images(spec)

    def _images(self, spec: Mapping[str, Any]) -> Iterator[str]:
        for path, tag in image_tags(mapping(spec, "values")):
            if not is_tag(tag):
                yield f"spec.values.{path}.tag {tag!r} is no image tag"

    def _resolves(self, kind: Kind, reference: Mapping[str, Any], document: Any, where: str) -> Iterator[str]:
        name = reference.get("name")
        wanted = (str(reference.get("namespace") or _name(document)[0]), str(name))
        if kind is Kind.GIT_REPOSITORY and reference.get("kind", kind.value) != kind.value:
            yield f"{where}.kind is {reference['kind']!r}, and only {kind} is known here"
        elif (
            name
            and wanted not in self._named.get(kind, set())
            and not (kind is Kind.GIT_REPOSITORY and wanted == OUTSIDE)
        ):
            yield f"{where} names {'/'.join(wanted)}, and there is no such {kind} here"

    def _marked(self) -> Iterator[str]:
        """Flux changes only lines that carry a marker, and only for policies that are there."""
        policies = self._named.get(Kind.IMAGE_POLICY, set())
        named: set[Name] = set()
        for marker in self._markers:
            namespace, _, rest = marker.partition(":")
            named.add((namespace, rest.partition(":")[0]))
            if (namespace, rest.partition(":")[0]) not in policies:
                yield f"the marker $imagepolicy {marker!r} names no ImagePolicy of this manifest"
        for namespace, name in sorted(policies - named):
            yield f"no line carries the marker $imagepolicy of {namespace}:{name}, so Flux would update nothing"


def image_tags(values: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the images in a chart's values: the path of a mapping with a repository and a tag, and the tag."""
    if not isinstance(values, Mapping):
        return
    if "tag" in values and "repository" in values:
        yield path, str(values["tag"])
    for key, value in values.items():
        yield from image_tags(value, f"{path}.{key}".lstrip("."))


def _name(document: Any) -> Name:
    metadata = mapping(document, "metadata")
    return str(metadata.get("namespace") or ""), str(metadata.get("name") or "")
