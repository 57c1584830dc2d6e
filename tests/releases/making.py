"""Templates of our own, in the shapes that services have: one image, two images, the Helm operator's two documents."""

from __future__ import annotations

from typing import Final

from cellenics_ci.model.names import OrgName, RepoName
from cellenics_ci.releases.declaration import ReleaseDeclaration
from cellenics_ci.releases.fill import fill
from cellenics_ci.releases.resolve import Given, Release, resolve
from cellenics_ci.releases.section import read_release
from cellenics_ci.releases.source import Source
from cellenics_ci.releases.template import Template, read_template

REGISTRY: Final = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
SHA: Final = "0123456789abcdef0123456789abcdef01234567"
TAG: Final = f"refs-heads-master-{SHA}-1800000000"

TEMPLATE: Final = """\
# The web shop's releases.
apiVersion: v1
kind: Namespace
metadata:
  name: FILLED_IN_BY_CI
  labels:
    sandboxId: FILLED_IN_BY_CI
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata:
  name: FILLED_IN_BY_CI
  namespace: FILLED_IN_BY_CI
spec:
  interval: 5m0s
  url: FILLED_IN_BY_CI
  ref:
    branch: FILLED_IN_BY_CI
---
apiVersion: image.toolkit.fluxcd.io/v1beta2
kind: ImageRepository
metadata:
  name: FILLED_IN_BY_CI
  namespace: FILLED_IN_BY_CI
spec:
  image: FILLED_IN_BY_CI
  interval: 2m0s
---
apiVersion: image.toolkit.fluxcd.io/v1beta2
kind: ImagePolicy
metadata:
  name: FILLED_IN_BY_CI
  namespace: FILLED_IN_BY_CI
spec:
  imageRepositoryRef:
    name: FILLED_IN_BY_CI
    namespace: FILLED_IN_BY_CI
  filterTags:
    pattern: FILLED_IN_BY_CI
    extract: FILLED_IN_BY_CI
---
apiVersion: image.toolkit.fluxcd.io/v1beta2
kind: ImageUpdateAutomation
metadata:
  name: FILLED_IN_BY_CI
  namespace: FILLED_IN_BY_CI
spec:
  interval: 2m0s
  sourceRef:
    kind: GitRepository
    name: flux-system
    namespace: flux-system
  git:
    commit:
      author:
        name: Flux
        email: ci@example.com
  update:
    strategy: Setters
    path: FILLED_IN_BY_CI
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: FILLED_IN_BY_CI
  namespace: FILLED_IN_BY_CI
  labels:
    sandboxId: FILLED_IN_BY_CI
spec:
  releaseName: FILLED_IN_BY_CI
  interval: 2m0s
  chart:
    spec:
      chart: charts/web
      sourceRef:
        kind: GitRepository
        name: FILLED_IN_BY_CI
        namespace: FILLED_IN_BY_CI
  values:
    # Asked by the load balancer.
    probe: ['exec', "ok"]   # as it is
    account: "FILLED_IN_BY_CI"
    service:
      hosts: FILLED_IN_BY_CI
"""
DECLARED: Final = """\
release:
  environments:
    production: {replicas: 4}
    develop: {replicas: 2}
    staging: {replicas: 1}
  chart: {repository: charts, branch: main}
  values:
    account: "012345678901"
    service.hosts: {production: true, otherwise: false}
"""

_POLICY: Final = """\
---
apiVersion: image.toolkit.fluxcd.io/v1beta2
kind: ImagePolicy
metadata:
  name: FILLED_IN_BY_CI
  namespace: FILLED_IN_BY_CI
spec:
  imageRepositoryRef:
    name: FILLED_IN_BY_CI
  filterTags:
    pattern: FILLED_IN_BY_CI
    extract: FILLED_IN_BY_CI
"""
TWO_IMAGES: Final = TEMPLATE.replace(
    "---\napiVersion: image.toolkit.fluxcd.io/v1beta2\nkind: ImageUpdateAutomation",
    f"{_POLICY}---\napiVersion: image.toolkit.fluxcd.io/v1beta2\nkind: ImageUpdateAutomation",
).replace(
    '    account: "FILLED_IN_BY_CI"\n    service:\n      hosts: FILLED_IN_BY_CI\n',
    """\
    first:
      image:
        registry: FILLED_IN_BY_CI
        repository: FILLED_IN_BY_CI
        tag: FILLED_IN_BY_CI
      memory: FILLED_IN_BY_CI
    second:
      image:
        registry: FILLED_IN_BY_CI
        repository: FILLED_IN_BY_CI
        tag: FILLED_IN_BY_CI
  valuesFrom:
    - kind: ConfigMap
      name: account
""",
)
TWO_IMAGES_DECLARED: Final = """\
release:
  environments:
    production: {tag: "refs-tags-${VERSION}"}
  chart:
    repository: shop
    branch: {develop: main, staging: main}
    commit: {production: "${SHA}"}
  images: [first, second]
  values:
    biomageCi: ~
    first.memory: {production: 44Gi, otherwise: 4Gi}
"""
OLD: Final = """\
apiVersion: v1
kind: Namespace
metadata:
  name: FILLED_IN_BY_CI
  labels:
    sandboxId: FILLED_IN_BY_CI
---
apiVersion: helm.fluxcd.io/v1
kind: HelmRelease
metadata:
  name: FILLED_IN_BY_CI
  namespace: FILLED_IN_BY_CI
  labels:
    sandboxId: FILLED_IN_BY_CI
  annotations:
    fluxcd.io/automated: "true"
    filter.fluxcd.io/chart-image: FILLED_IN_BY_CI
spec:
  releaseName: FILLED_IN_BY_CI
  chart:
    git: git@github.com:acme/charts
    path: charts/web
    ref: FILLED_IN_BY_CI
  values:
    size: 3
"""
OLD_DECLARED: Final = """\
release:
  environments:
    develop: {tag: "${REF_ID}-${SHA}"}
  chart: {branch: main}
"""


def source(ref: str = "refs/heads/master", commit: str = SHA, name: str = "shop") -> Source:
    """Return a source of the service."""
    return Source(OrgName("acme"), RepoName(name), ref, commit)


def declared(text: str = DECLARED) -> ReleaseDeclaration:
    """Return a declaration that must be right."""
    found = read_release(text, ".ci.yaml")
    assert isinstance(found, ReleaseDeclaration), found
    return found


def template(text: str = TEMPLATE) -> Template:
    """Return a template that must be right."""
    found = read_template(".flux.yaml", text)
    assert isinstance(found, Template), found
    return found


def released(
    environment: str = "develop",
    *,
    declaration: str = DECLARED,
    origin: Source | None = None,
    tag: str | None = TAG,
    sandbox_id: str | None = None,
) -> Release:
    """Return a release that must be right."""
    given = Given(image_tag=tag, registry=REGISTRY, sandbox_id=sandbox_id)
    found_declaration = declared(declaration)
    made = resolve(found_declaration, found_declaration.environments[environment], origin or source(), given)
    assert isinstance(made, Release), made
    return made


def manifest(release: Release | None = None, text: str = TEMPLATE) -> str:
    """Return a filled template."""
    made = template(text)
    assert fill(made, release or released()) == ()
    return made.write()
