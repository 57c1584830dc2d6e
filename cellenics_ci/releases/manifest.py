"""What a manifest in the releases repository says is running: read by anybody's hand, broken or foreign ones named."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml

from cellenics_ci.releases.check import check_documents, image_tags, placeholders
from cellenics_ci.releases.kinds import Kind, kind_of, mapping, part
from cellenics_ci.releases.marker import markers
from cellenics_ci.releases.tags import TagFacts, is_older

_LOADER: Final[Any] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
LARGEST: Final = 200_000
"""Characters of a manifest that are read: real ones have some 3,000."""
_SOURCE: Final = re.compile(
    r"^Update from \S+?/(?P<repository>[^/\s]+/[^/\s]+)/commit/(?P<commit>[0-9a-f]{40})\s*$", re.M
)
NO_RELEASE: Final = "it holds no HelmRelease"
_PULL: Final = re.compile(r"refs-pull-(\d+)-merge")


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest as a person wants to know it. `problems`: what is wrong with it; all else is "" where unknown."""

    name: str = ""
    namespace: str = ""
    sandbox_id: str = ""
    kubernetes: str = ""
    chart: str = ""
    chart_source: str = ""
    chart_ref: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    """The images: where in the chart's values, and the tag."""
    problems: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """The version that the tags tell, "" where they tell none."""
        for _, tag in self.tags:
            if (version := TagFacts.of(tag).version) is not None:
                return ".".join(map(str, version))
        return ""

    @property
    def commit(self) -> str | None:
        """The source commit that the tags tell, None where they tell none."""
        return next((commit for _, tag in self.tags if (commit := TagFacts.of(tag).commit)), None)

    @property
    def pull_request(self) -> int | None:
        """The pull request that the tags tell, None where they tell none."""
        found = next((pull for _, tag in self.tags if (pull := _PULL.search(tag))), None)
        return int(found[1]) if found else None


@dataclass(frozen=True, slots=True)
class Origin:
    """What a commit of the releases repository says of where it came from."""

    repository: str
    commit: str

    @classmethod
    def of(cls, message: str) -> Origin | None:
        """Read a commit's message, None where it is nothing that a pipeline wrote."""
        found = _SOURCE.search(message)
        return cls(found["repository"], found["commit"]) if found else None


def read_manifest(text: str) -> Manifest:
    """Read a manifest of one service. Never raises: what can't be read is told in `problems`."""
    return read_manifests(text)[0]


def read_manifests(text: str) -> tuple[Manifest, ...]:
    """Read a file with the manifests of one service, or of all in a sandbox: one for each HelmRelease, at least one."""
    if len(text) > LARGEST:
        return (Manifest(problems=(f"it has {len(text):,} characters, {LARGEST:,} are read",)),)
    try:
        documents = [each for each in yaml.load_all(text, Loader=_LOADER) if each not in (None, "")]
    except yaml.MarkedYAMLError as error:
        where = f" (line {error.problem_mark.line + 1})" if error.problem_mark else ""
        return (Manifest(problems=(f"it is not YAML{where}",)),)
    except (yaml.YAMLError, ValueError, RecursionError):
        return (Manifest(problems=("it is not YAML",)),)
    left = [".".join(path) for document in documents for path in placeholders(document)]
    problems = (*check_documents(documents, markers(text)), *(f"{path} was never filled in" for path in left))
    found = tuple(_read(documents, release, kind, problems) for release, kind in _releases(documents))
    return found or (Manifest(problems=(NO_RELEASE,)),)


def _read(documents: Sequence[Any], release: Mapping[str, Any], kind: Kind, problems: tuple[str, ...]) -> Manifest:
    chart, source = _chart(documents, release, kind)
    metadata, values = mapping(release, "metadata"), mapping(release, "spec", "values")
    return Manifest(
        name=str(metadata.get("name") or ""),
        namespace=str(metadata.get("namespace") or ""),
        sandbox_id=str(part(metadata, "labels", "sandboxId") or ""),
        kubernetes=str(part(values, "kubernetes", "env") or ""),
        chart=chart,
        chart_source=source[0],
        chart_ref=source[1],
        tags=tuple(image_tags(values)),
        problems=problems,
    )


def _releases(documents: Sequence[Any]) -> Iterator[tuple[Mapping[str, Any], Kind]]:
    for document in documents:
        kind = kind_of(document)
        if kind in (Kind.HELM_RELEASE, Kind.OLD_HELM_RELEASE):
            yield document, kind


def _chart(documents: Sequence[Any], release: Mapping[str, Any], kind: Kind) -> tuple[str, tuple[str, str]]:
    if kind is Kind.OLD_HELM_RELEASE:
        chart = mapping(release, "spec", "chart")
        source = str(chart.get("git") or chart.get("repository") or "")
        return str(chart.get("path") or chart.get("name") or ""), (source, str(chart.get("ref") or ""))
    chart = mapping(release, "spec", "chart", "spec")
    own = part(release, "metadata", "namespace")
    wanted = (part(chart, "sourceRef", "namespace") or own, part(chart, "sourceRef", "name"))
    for document in documents:
        named = (part(document, "metadata", "namespace"), part(document, "metadata", "name"))
        if kind_of(document) is Kind.GIT_REPOSITORY and named == wanted:
            ref = mapping(document, "spec", "ref")
            told = next((str(ref[key]) for key in ("commit", "tag", "semver", "branch", "name") if ref.get(key)), "")
            return str(chart.get("chart") or ""), (str(part(document, "spec", "url") or ""), told)
    return str(chart.get("chart") or ""), ("", "")


def older_tag(tags: Sequence[tuple[str, str]], than: Sequence[tuple[str, str]]) -> tuple[str, str] | None:
    """Return the first pair of tags of the same image of which the former is the older, None where there is none."""
    deployed = dict(than)
    for where, tag in tags:
        if where in deployed and is_older(tag, deployed[where]):
            return tag, deployed[where]
    return None
