"""A declaration, an environment and a source to one Release: every value that a template can want. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from cellenics_ci.privileges.problems import shown
from cellenics_ci.releases.declaration import (
    IAM_ROLE,
    REPLICAS,
    STANDARD_VALUES,
    Choice,
    Environment,
    Policy,
    Quoted,
    ReleaseDeclaration,
    Value,
)
from cellenics_ci.releases.kinds import STAGED_LATER
from cellenics_ci.releases.names import LABEL_LIMIT, is_label, ref_id
from cellenics_ci.releases.source import Source
from cellenics_ci.releases.tags import TagFacts, is_tag, matches

_VARIABLE: Final = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class ReleasedImage:
    """One image as this release has it: where its values are, its policy, its tag, and how Flux finds newer ones."""

    values: str
    policy: str
    tag: str
    pattern: str
    extract: str | None


@dataclass(frozen=True, slots=True)
class Release:
    """All that goes into a template, and the path that the result goes to."""

    source: Source
    environment: str
    path: str
    name: str
    namespace: str
    sandbox_id: str
    registry: str
    images: tuple[ReleasedImage, ...]
    policy: Policy
    old_filter: str
    update_path: str
    chart_url: str | None
    chart_ref: tuple[str, str] | None
    values: tuple[tuple[str, Value], ...]

    @property
    def repository(self) -> str:
        """The container repository: it has the service's name."""
        return self.name

    @property
    def message(self) -> str:
        """The commit's message, as the pipelines write it."""
        return f"Update from {self.source.url}"


@dataclass(frozen=True, slots=True)
class Given:
    """What was typed, None where it was not."""

    image_tag: str | None = None
    registry: str | None = None
    sandbox_id: str | None = None


def resolve(
    declaration: ReleaseDeclaration, environment: Environment, source: Source, given: Given
) -> Release | tuple[str, ...]:
    """Return the release, or every reason why there is none."""
    problems: list[str] = []
    identity = ref_id(source.ref)
    sandbox = given.sandbox_id or environment.sandbox_id
    namespace = f"{source.name}-{sandbox}"
    if sandbox != STAGED_LATER and not is_label(sandbox):
        problems.append(f"{shown(sandbox)} is no sandbox id (a-z, 0-9 and - only)")
    elif sandbox != STAGED_LATER and not is_label(namespace):
        problems.append(f"the namespace {namespace} has {len(namespace)} characters, Kubernetes allows {LABEL_LIMIT}")
    registry = given.registry or declaration.registry
    if not registry:
        problems.append("the registry is not known: give --registry, or declare `release.registry`")
    tag = given.image_tag or environment.tag.fill(
        {"VERSION": source.version or "", "REF_ID": identity, "SHA": source.commit}
    )
    if tag is None:
        problems.append(f"the image's tag is not known ({environment.tag.text}): give --image-tag")
        return tuple(problems)
    images = tuple(_images(declaration, environment, source, tag, identity, problems))
    texts = _texts(environment, source, tag, sandbox, registry or "", identity)
    url, ref = _chart(declaration, environment, source, texts)
    values = tuple(_values(declaration, environment, images, texts))
    if problems:
        return tuple(problems)
    return Release(
        source=source,
        environment=environment.name,
        path=environment.path.replace("NAME", source.name).replace("REF_ID", identity),
        name=source.name,
        namespace=namespace,
        sandbox_id=sandbox,
        registry=registry or "",
        images=images,
        policy=environment.policy,
        old_filter=_old_filter(environment, identity),
        update_path=environment.update_path,
        chart_url=url,
        chart_ref=ref,
        values=values,
    )


def _images(
    declaration: ReleaseDeclaration,
    environment: Environment,
    source: Source,
    tag: str,
    identity: str,
    problems: list[str],
) -> Iterator[ReleasedImage]:
    for image in declaration.images:
        own = tag + image.suffix
        pattern = environment.tag.pattern(identity, image.suffix)
        if not is_tag(own):
            problems.append(f"{shown(own)} is no image tag (letters, digits and _ . - only, 128 characters)")
        elif matches(pattern, own) is False:
            # Flux would never choose this image, and at once put another one in its place.
            problems.append(f"the image tag {shown(own)} does not look like {environment.tag.text}{image.suffix}")
        policy = image.policy.replace("${NAME}", source.name)
        yield ReleasedImage(image.values, policy, own, pattern, environment.tag.extract)


def _texts(
    environment: Environment, source: Source, tag: str, sandbox: str, registry: str, identity: str
) -> dict[str, str]:
    facts = TagFacts.of(tag)
    return {
        "NAME": source.name,
        "ORGANIZATION": source.org,
        "REPOSITORY": source.repository,
        "ENVIRONMENT": environment.name,
        "KUBERNETES_ENV": environment.kubernetes,
        "SANDBOX_ID": sandbox,
        "NAMESPACE": f"{source.name}-{sandbox}",
        "REF_ID": identity,
        "SHA": source.commit,
        "TAG": tag,
        "VERSION": source.version or "",
        "TIMESTAMP": "" if facts.timestamp is None else str(facts.timestamp),
        "REGISTRY": registry,
    }


def _chart(
    declaration: ReleaseDeclaration, environment: Environment, source: Source, texts: Mapping[str, str]
) -> tuple[str | None, tuple[str, str] | None]:
    chart = declaration.chart
    url = None
    if chart.repository is not None:
        home = chart.repository if "/" in chart.repository else f"{source.org}/{chart.repository}"
        url = f"{source.server}/{home}"
    for kind, choice in (("branch", chart.branch), ("commit", chart.commit)):
        value = choice.of(environment.name)
        if value is not None:
            filled = _filled(value, texts)
            return url, (kind, filled.text if isinstance(filled, Quoted) else str(filled))
    return url, None


def _values(
    declaration: ReleaseDeclaration,
    environment: Environment,
    images: tuple[ReleasedImage, ...],
    texts: Mapping[str, str],
) -> Iterator[tuple[str, Value]]:
    """Yield paths in the chart's values with what goes there, the standard ones first: new ones keep this order."""
    dropped = {path for path, choice in declaration.values.items() if choice is None}
    own = {path: choice for path, choice in declaration.values.items() if choice is not None}
    standard: list[tuple[str, Value]] = list(STANDARD_VALUES)
    for image in images:
        standard += [(f"{image.values}.registry", "${REGISTRY}"), (f"{image.values}.repository", "${NAME}")]
        standard.append((f"{image.values}.tag", image.tag))
    if environment.replicas is not None:
        standard.append((REPLICAS, environment.replicas))
    standard.append(IAM_ROLE)
    for path, value in standard:
        if not any(path == each or path.startswith(f"{each}.") for each in dropped):
            yield path, _chosen(own.pop(path, None), environment.name, value, texts)
    for path, choice in own.items():
        chosen = choice.of(environment.name)
        if chosen is not None:
            yield path, _filled(chosen, texts)


def _chosen(choice: Choice | None, environment: str, default: Value, texts: Mapping[str, str]) -> Value:
    chosen = choice.of(environment) if choice else None
    return _filled(default if chosen is None else chosen, texts)


def _filled(value: Value, texts: Mapping[str, str]) -> Value:
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: texts[found[1]], value)
    if isinstance(value, Quoted):
        return Quoted(str(_filled(value.text, texts)))
    if isinstance(value, tuple):
        return tuple(_filled(item, texts) for item in value)  # type: ignore[misc]  # items are no tuples
    return value


def _old_filter(environment: Environment, identity: str) -> str:
    """Return the filter for an image of the Helm operator's time (`filter.fluxcd.io/chart-image`)."""
    if environment.tag.text == "${VERSION}":
        return f"semver:{environment.policy.value}"
    if environment.tag.text.startswith("${REF_ID}-"):
        return f"glob:{identity}-*"
    return f"regexp:{environment.tag.pattern(identity)}"
