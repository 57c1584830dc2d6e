"""What a manifest must have before it leaves: each rule is broken once."""

from __future__ import annotations

import pytest
import yaml

from cellenics_ci.releases.check import check_documents
from cellenics_ci.releases.marker import markers
from tests.releases.making import OLD, OLD_DECLARED, SHA, TAG, manifest, released

MANIFEST = manifest()
OLD_MANIFEST = manifest(released(declaration=OLD_DECLARED, tag=f"refs-heads-master-{SHA}"), OLD)
MARKER = '# {"$imagepolicy": "shop-default:shop:tag"}'

BROKEN = {
    "no url": ("  url: https://github.com/acme/charts\n", "", "GitRepository shop-chart: spec.url is missing"),
    "a strange url": ("url: https://github.com", "url: git@github.com", "is no address of a repository"),
    "no ref": ("  ref:\n    branch: main\n", "", "spec.ref is missing"),
    "an odd ref": ("    branch: main\n", "    brunch: main\n", "spec.ref has none of branch"),
    "no image": ("  image: 123456789012.dkr", "  picture: 123456789012.dkr", "spec.image is missing"),
    "another repository": ("    name: shop\n    namespace", "    name: web\n    namespace", "no such ImageRepository"),
    "no policy": ("  policy:\n    numerical:\n      order: asc\n", "", "spec.policy is missing"),
    "an odd policy": ("    numerical:\n", "    alphabet:\n", "exactly one of semver"),
    "no expression": ("[a-f0-9]+-(?P<timestamp>", "[a-f0-9]+-((?P<timestamp>", "is no regular expression"),
    "another group": ("extract: $timestamp", "extract: $version", "names no group of the pattern"),
    "another source": ("    name: flux-system\n", "    name: flux\n", "no such GitRepository here"),
    "a path outside": ("path: ./staging", "path: ../staging", "is no folder of the repository"),
    "no chart": ("      chart: charts/web\n", "", "spec.chart.spec.chart is missing"),
    "another chart source": ("        name: shop-chart\n", "        name: chart\n", "no such GitRepository here"),
    "a chart by other means": ("        kind: GitRepository\n", "        kind: Bucket\n", "only GitRepository is"),
    "no tag": (f"tag: {TAG} ", "tag: 'not a tag' ", "is no image tag"),
    "no marker": (f" {MARKER}", "", "no line carries the marker"),
    "another marker": ("default:shop:tag", "default:web:tag", "names no ImagePolicy of this manifest"),
    "a marker behind a comment": (MARKER, f"# newest {MARKER}", "no line carries the marker"),
    "another namespace": ("space: shop-default\n  labels", "space: shop-x\n  labels", "its namespace is shop-x"),
    "an odd name": ("  name: shop-image-update\n", "  name: Shop_Update\n", "is no name in Kubernetes"),
    "no name": ("  name: shop-image-update\n", "", "metadata.name is missing"),
    "an unknown kind": ("kind: ImageUpdateAutomation", "kind: ImageUpdate", "'ImageUpdate' is not known here"),
    "no release": ("kind: HelmRelease\n", "kind: Release\n", "there is no HelmRelease"),
}  # fmt: skip


def checked(text: str, namespace: str | None = "shop-default") -> tuple[str, ...]:
    return check_documents(list(yaml.safe_load_all(text)), markers(text), namespace)


def test_a_whole_manifest_has_nothing_wrong() -> None:
    assert checked(MANIFEST) == ()
    assert checked(OLD_MANIFEST) == ()


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_named(name: str) -> None:
    old, new, words = BROKEN[name]
    assert old in MANIFEST
    found = checked(MANIFEST.replace(old, new))
    assert any(words in sentence for sentence in found), found


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("    ref: main\n", "", "spec.chart.ref is missing"),
        ("    git: git@github.com:acme/charts\n", "", "neither git nor repository"),
        ("glob:refs-heads-master-*", "refs-heads-master-*", "none of glob:"),
        ("  releaseName: shop\n", "", "spec.releaseName is missing"),
    ],
)
def test_what_is_broken_in_the_helm_operators_form_is_named(old: str, new: str, words: str) -> None:
    assert old in OLD_MANIFEST
    assert any(words in sentence for sentence in checked(OLD_MANIFEST.replace(old, new)))


def test_a_document_that_is_there_twice_is_named() -> None:
    twice = MANIFEST + "---\n" + MANIFEST.partition("---\n")[0]
    assert checked(twice) == ("Namespace shop-default is there twice",)


@pytest.mark.parametrize("document", [None, [], "text", {"kind": []}, {"metadata": 3, "spec": "x"}])
def test_nonsense_is_named_and_never_raises(document: object) -> None:
    assert check_documents([document], [])
