"""Filling templates of our own, in the shapes that services have."""

from __future__ import annotations

import pytest
import yaml

from cellenics_ci.releases.check import check_documents, placeholders
from cellenics_ci.releases.decide import Manifested
from cellenics_ci.releases.fill import fill
from cellenics_ci.releases.marker import markers
from cellenics_ci.releases.prepare import prepare
from cellenics_ci.releases.template import Template, read_template
from tests.releases.making import (
    OLD,
    OLD_DECLARED,
    REGISTRY,
    SHA,
    TAG,
    TEMPLATE,
    TWO_IMAGES,
    TWO_IMAGES_DECLARED,
    manifest,
    released,
    source,
    template,
)


def documents(text: str) -> list[dict[str, object]]:
    return list(yaml.safe_load_all(text))


def prepared(text: str, **release: object) -> Manifested | tuple[str, ...]:
    made = prepare(".flux.yaml", text, released(**release))  # type: ignore[arg-type]
    return made if isinstance(made, Manifested) else tuple(str(problem) for problem in made)


def test_develop_is_filled_to_the_letter() -> None:
    expected = (
        TEMPLATE.replace("  name: FILLED_IN_BY_CI\n  labels", "  name: shop-default\n  labels", 1)
        .replace("sandboxId: FILLED_IN_BY_CI", "sandboxId: default")
        .replace("  name: FILLED_IN_BY_CI\n  namespace: FILLED_IN_BY_CI\nspec:\n  interval: 5m0s",
                 "  name: shop-chart\n  namespace: shop-default\nspec:\n  interval: 5m0s")
        .replace("url: FILLED_IN_BY_CI", "url: https://github.com/acme/charts")
        .replace("branch: FILLED_IN_BY_CI", "branch: main")
        .replace("image: FILLED_IN_BY_CI", f"image: {REGISTRY}/shop")
        .replace("pattern: FILLED_IN_BY_CI", "pattern: ^refs-heads-master-[a-f0-9]+-(?P<timestamp>[0-9]+)$")
        .replace("extract: FILLED_IN_BY_CI\n", "extract: $timestamp\n  policy:\n    numerical:\n      order: asc\n")
        .replace("path: FILLED_IN_BY_CI", "path: ./staging")
        .replace("  name: FILLED_IN_BY_CI\n  namespace: FILLED_IN_BY_CI\nspec:\n  interval: 2m0s\n  sourceRef",
                 "  name: shop-image-update\n  namespace: shop-default\nspec:\n  interval: 2m0s\n  sourceRef")
        .replace("        name: FILLED_IN_BY_CI\n        namespace: FILLED_IN_BY_CI\n  values",
                 "        name: shop-chart\n        namespace: shop-default\n  values")
        .replace("releaseName: FILLED_IN_BY_CI", "releaseName: shop")
        .replace('account: "FILLED_IN_BY_CI"', 'account: "012345678901"')
        .replace("hosts: FILLED_IN_BY_CI", "hosts: false")
        .replace("namespace: FILLED_IN_BY_CI", "namespace: shop-default")
        .replace("name: FILLED_IN_BY_CI", "name: shop")
    ) + f"""\
    kubernetes:
      env: staging
    biomageCi:
      repo: acme/shop
      sandboxId: default
    image:
      registry: {REGISTRY}
      repository: shop
      tag: {TAG} # {{"$imagepolicy": "shop-default:shop:tag"}}
    replicaCount: 2
    serviceAccount:
      iamRole: shop-role-staging
"""  # fmt: skip
    assert manifest() == expected


def test_a_filled_template_is_whole() -> None:
    for environment, ref, tag in (
        ("develop", "refs/heads/master", TAG),
        ("staging", "refs/pull/7/merge", f"refs-pull-7-merge-{SHA}-1800000000"),
        ("production", "refs/tags/1.2.3", None),
    ):
        made = prepared(TEMPLATE, environment=environment, origin=source(ref), tag=tag)
        assert isinstance(made, Manifested), made
        assert check_documents(documents(made.text), markers(made.text)) == ()


def test_a_candidate_waits_for_its_sandbox() -> None:
    tag = f"refs-pull-7-merge-{SHA}-1800000000"
    release = released("staging", origin=source("refs/pull/7/merge"), tag=tag)
    text = manifest(release)
    assert release.path == "staging-candidates/shop/refs-pull-7-merge.yaml"
    assert "  name: shop-STAGING_SANDBOX_ID\n" in text
    assert f'tag: {tag} # {{"$imagepolicy": "shop-STAGING_SANDBOX_ID:shop:tag"}}' in text


def test_a_release_has_its_version_as_the_tag() -> None:
    text = manifest(released("production", origin=source("refs/tags/1.2.3"), tag=None))
    assert "tag: 1.2.3 # {" in text
    assert r"pattern: ^(?P<version>[0-9]+\.[0-9]+\.[0-9]+)$" in text
    assert "  policy:\n    semver:\n      range: '>=0.0.0'\n" in text
    assert "iamRole: shop-role-production" in text
    assert "hosts: true" in text


def test_two_images_get_two_policies_and_two_markers() -> None:
    release = released("develop", declaration=TWO_IMAGES_DECLARED)
    text = manifest(release, TWO_IMAGES)
    assert markers(text) == ("shop-default:shop-first:tag", "shop-default:shop-second:tag")
    assert f"        tag: {TAG}-first # " in text and f"        tag: {TAG}-second # " in text
    assert "pattern: ^refs-heads-master-[a-f0-9]+-(?P<timestamp>[0-9]+)-second$" in text
    assert "biomageCi" not in text
    policies = [each for each in documents(text) if each["kind"] == "ImagePolicy"]
    # The second one has no namespace in its reference, as the template has none.
    assert policies[1]["spec"]["imageRepositoryRef"] == {"name": "shop"}  # type: ignore[index]


def test_the_chart_of_a_release_can_be_a_commit_where_the_template_has_a_branch() -> None:
    release = released(
        "production", declaration=TWO_IMAGES_DECLARED, origin=source("refs/tags/1.2.3"), tag="refs-tags-1.2.3"
    )
    text = manifest(release, TWO_IMAGES)
    repository = next(each for each in documents(text) if each["kind"] == "GitRepository")
    assert repository["spec"]["ref"] == {"commit": SHA}  # type: ignore[index]
    assert r"pattern: ^refs-tags-(?P<version>[0-9]+\.[0-9]+\.[0-9]+)-first$" in text


def test_the_helm_operators_two_documents_are_filled_and_whole() -> None:
    tag = f"refs-heads-master-{SHA}"
    release = released("develop", declaration=OLD_DECLARED, tag=tag)
    text = manifest(release, OLD)
    helm = documents(text)[1]
    assert helm["metadata"]["annotations"]["filter.fluxcd.io/chart-image"] == "glob:refs-heads-master-*"  # type: ignore[index]
    assert (helm["spec"]["chart"]["ref"], helm["spec"]["values"]["image"]["tag"]) == ("main", tag)  # type: ignore[index]
    assert isinstance(prepare(".flux.yaml", OLD, release), Manifested)
    version = released("production", declaration=OLD_DECLARED, origin=source("refs/tags/1.2.3"), tag=None)
    assert '"semver:>=0.0.0"' in manifest(version, OLD) or "semver:>=0.0.0" in manifest(version, OLD)


@pytest.mark.parametrize("sandbox", ["no", "on", "1e3", "012", "1-2", "2026-11-26"])
def test_a_text_that_kubernetes_would_misread_gets_quotes(sandbox: str) -> None:
    text = manifest(released(sandbox_id=sandbox))
    namespace = documents(text)[0]
    assert namespace["metadata"]["labels"]["sandboxId"] == sandbox  # type: ignore[index]


def test_comments_quotes_flow_style_and_order_stay() -> None:
    text = manifest()
    for line in (
        "# The web shop's releases.\n",
        "    # Asked by the load balancer.\n",
        "    probe: ['exec', \"ok\"]   # as it is\n",
    ):
        assert line in text
    assert list(documents(text)[5]["spec"]) == ["releaseName", "interval", "chart", "values"]  # type: ignore[call-overload]


def test_lists_keep_the_indentation_that_they_had() -> None:
    lists = "  valuesFrom:\n  - kind: ConfigMap\n    name: account\n"
    assert manifest(text=TEMPLATE + lists).endswith(lists)
    deeper = lists.replace("\n  - ", "\n    - ").replace("\n    name", "\n      name")
    assert manifest(text=TEMPLATE + deeper).endswith(deeper)


def test_what_stands_in_the_template_is_not_overwritten() -> None:
    own = TEMPLATE.replace("url: FILLED_IN_BY_CI", "url: https://github.com/acme/own")
    assert "url: https://github.com/acme/own\n" in manifest(text=own)


def test_a_comment_below_the_tag_stays_where_it_is() -> None:
    own = TEMPLATE + (
        "    image:\n      registry: FILLED_IN_BY_CI\n      repository: FILLED_IN_BY_CI\n"
        "      tag: FILLED_IN_BY_CI\n      # pulled by the node\n      pull: Always\n"
    )
    text = manifest(text=own)
    assert f'      tag: {TAG} # {{"$imagepolicy": "shop-default:shop:tag"}}\n      # pulled by the node\n' in text


def test_an_old_marker_is_replaced_and_another_comment_refused() -> None:
    image = "    image: {registry: FILLED_IN_BY_CI, repository: FILLED_IN_BY_CI}\n"
    image = image.replace("{", "\n      ").replace(", ", "\n      ").replace("}", "\n      tag: FILLED_IN_BY_CI # %s")
    text = manifest(text=TEMPLATE + image % '{"$imagepolicy": "a:b:tag"}')
    assert markers(text) == ("shop-default:shop:tag",)
    refused = prepared(TEMPLATE + image % "the newest")
    assert isinstance(refused, tuple) and "Flux needs that place" in refused[0]


def test_a_placeholder_that_nobody_fills_is_named_with_its_line_and_the_way_out() -> None:
    own = TEMPLATE + "    extra:\n      deep: [1, FILLED_IN_BY_CI]\n"
    refused = prepared(own)
    assert isinstance(refused, tuple) and len(refused) == 1
    line = own.splitlines().index("      deep: [1, FILLED_IN_BY_CI]") + 1
    assert refused[0].startswith(f".flux.yaml:{line}: spec.values.extra.deep.1 of the HelmRelease is FILLED_IN_BY_CI")
    assert "release: {values: {extra.deep.1" in refused[0]


def test_a_placeholder_within_a_text_or_a_key_is_one_too() -> None:
    assert list(placeholders({"a": "x-FILLED_IN_BY_CI-y", "FILLED_IN_BY_CI": 1})) == [("a",), ("FILLED_IN_BY_CI",)]


def test_a_chart_that_nobody_declared_is_a_placeholder_left() -> None:
    refused = prepared(TEMPLATE, declaration="release: {values: {account: a, service.hosts: b}}\n")
    assert isinstance(refused, tuple)
    assert any("spec.url of the GitRepository" in each and "declare the chart" in each for each in refused)


@pytest.mark.parametrize(
    ("declaration", "text", "words"),
    [
        (TWO_IMAGES_DECLARED, TEMPLATE, "no ImagePolicy for shop-second"),
        (None, TWO_IMAGES, "an ImagePolicy for which no image is declared"),
    ],
)
def test_images_and_policies_have_to_match(declaration: str | None, text: str, words: str) -> None:
    given = {} if declaration is None else {"declaration": declaration}
    refused = prepared(text, **given)
    assert isinstance(refused, tuple) and words in refused[0]


def test_a_value_below_something_that_is_no_mapping_is_refused() -> None:
    refused = prepared(TEMPLATE.replace("    service:\n      hosts: FILLED_IN_BY_CI\n", "    service: web\n"))
    assert isinstance(refused, tuple) and "`service` is no mapping" in refused[0]


# Bad templates

BAD = {
    "empty": ("", 1, "the template is empty"),
    "a comment only": ("# nothing\n---\n", 1, "the template is empty"),
    "not YAML": ("a: [\n", 2, "not YAML"),
    "a tab": ("a:\n\tb: 1\n", 2, "a tab indents this line"),
    "an anchor": ("kind: &x a\nother: *x\n", 1, "has an anchor, `&x`"),
    "a key twice": ("kind: a\nkind: b\n", 2, "not YAML"),
    "a list": ("- a\n", 1, "a document is no mapping"),
    "no kind": ("a: 1\n", 1, "without a kind"),
    "an unknown kind": (TEMPLATE + "---\napiVersion: v1\nkind: Secret\n", None, "a `Secret` of `v1`"),
    "an unknown group": (TEMPLATE.replace("source.toolkit.fluxcd.io", "source.example.com"), None, "not known here"),
    "a control character": ("a: \x07\n", 1, "U+0007"),
    "too much": ("a: 1\n" * 60_000, 1, "are read"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_template_is_one_clear_sentence_with_its_line(name: str) -> None:
    text, line, words = BAD[name]
    found = read_template(".flux.yaml", text)
    assert not isinstance(found, Template)
    assert words in str(found[0])
    assert found[0].file == ".flux.yaml"
    assert line in (None, found[0].line)


def test_an_asterisk_in_a_text_is_no_alias() -> None:
    assert isinstance(read_template("x", TEMPLATE + '    glob: "*.txt & more" # *not one*\n'), Template)


def test_filling_twice_gives_the_same() -> None:
    first = template()
    assert fill(first, released()) == ()
    again = template(first.write())
    assert fill(again, released()) == ()
    assert again.write() == first.write()
