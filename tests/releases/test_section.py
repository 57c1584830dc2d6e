"""The `release` section: what is declared, what is refused, and that rotate-ci minds none of it."""

from __future__ import annotations

import pytest

from cellenics_ci.privileges.declaration import Declaration, NotOurs
from cellenics_ci.releases.declaration import PRESETS, Chart, Choice, Image, Policy, Quoted, ReleaseDeclaration
from cellenics_ci.releases.section import read_release
from cellenics_ci.releases.tags import TagForm
from tests.privileges.reading import read, with_resource
from tests.privileges.test_schema import errors
from tests.releases.making import DECLARED, OLD_DECLARED, TWO_IMAGES_DECLARED, declared

BAD = {
    "release: [a]": "`release` is no mapping",
    "release: {image: x}": "did you mean `images`?",
    "release: {environments: {Prod: {}}}": "no name of an environment",
    "release: {environments: {demo: {}}}": "is like no other",
    "release: {environments: {demo: {like: production}}}": "has no `path`",
    "release: {environments: {demo: {like: production, path: ../x/NAME.yaml}}}": "no path for a manifest",
    "release: {environments: {demo: {like: production, path: demo/api.yaml}}}": "no path for a manifest",
    "release: {environments: {demo: {like: production, path: deployments/NAME.yaml}}}": "no path for a manifest",
    "release: {environments: {demo: {like: production, path: .github/NAME.yaml}}}": "no path for a manifest",
    "release: {environments: {demo: {like: production, path: a/b/NAME.yaml}}}": "no path for a manifest",
    "release: {environments: {production: {replica: 1}}}": "did you mean `replicas`?",
    "release: {environments: {production: {replicas: many}}}": "no whole number",
    "release: {environments: {production: {replicas: -1}}}": "no whole number",
    "release: {environments: {production: {policy: {semver: '1', numerical: asc}}}}": "not one policy",
    "release: {environments: {production: {policy: {numerical: up}}}}": "neither asc nor desc",
    "release: {environments: {production: {tag: '${WHEN}'}}}": "`${WHEN}` stands for nothing here",
    "release: {chart: {repository: a b}}": "is no repository",
    "release: {chart: {branch: a, commit: b}}": "both a branch and a commit",
    "release: {images: []}": "no list of names",
    "release: {images: [R]}": "no name of an image",
    "release: {images: {r: {value: x}}}": "did you mean `values`?",
    "release: {values: {a b: 1}}": "no path in the values",
    "release: {values: {a: '${nope}'}}": "stands for nothing here",
    "release: {values: {a: '${NAME'}}": "stands for nothing here",
    "release: {values: {a: {prod: 1}}}": "`prod` is not known",
    "release: {values: {a: !Sub x}}": "no plain value",
    "release: {values: {a: {otherwise: {b: 1}}}}": "no plain value",
    "release: {author: me}": "NAME <EMAIL>",
    "release: {registry: 'https://x'}": "write a host's name",
    "release: {}\nrelease: {}": "is there twice",
    "release: {chart: {branch: a, branch: b}}": "is there twice",
    "release:\n\tchart: {}": "a tab",
}


def test_without_a_section_the_three_environments_are_there() -> None:
    assert read_release("ci-policies: []\n", ".ci.yaml") == ReleaseDeclaration()
    assert set(ReleaseDeclaration().environments) == {"production", "develop", "staging"}


def test_everything_can_be_declared() -> None:
    found = declared(
        """\
release:
  environments:
    production: {replicas: 3, tag: "v-${VERSION}", policy: {semver: "~1"}, kubernetes: prod}
    demo: {like: staging, path: demo/NAME/REF_ID.yaml, sandbox-id: demo, update-path: ./demo}
  chart: {repository: other/charts, branch: {demo: next, otherwise: main}}
  images:
    web: {values: front.image, policy: "${NAME}-front", suffix: ""}
    job:
  values:
    a.b: 3
    c: "3"
    d: [1, x, true]
    e: {demo: true, otherwise: ~}
    biomageCi: ~
  author: Shop CI <ci@example.com>
  registry: registry.example.com:5000
"""
    )
    production, demo = found.environments["production"], found.environments["demo"]
    assert (production.replicas, production.tag, production.policy) == (
        3,
        TagForm("v-${VERSION}"),
        Policy("semver", "~1"),
    )
    assert (production.path, demo.path, demo.candidate) == (PRESETS["production"].path, "demo/NAME/REF_ID.yaml", True)
    assert (demo.tag, demo.sandbox_id) == (PRESETS["staging"].tag, "demo")
    assert found.chart == Chart("other/charts", Choice({"demo": "next"}, "main"))
    assert found.images == (Image("front.image", "${NAME}-front", ""), Image("job.image", "${NAME}-job", "-job"))
    values = {path: None if choice is None else choice.of("demo") for path, choice in found.values.items()}
    assert values == {"a.b": 3, "c": Quoted("3"), "d": (1, "x", True), "e": True, "biomageCi": None}
    assert (found.author, found.registry) == ("Shop CI <ci@example.com>", "registry.example.com:5000")


@pytest.mark.parametrize("text", BAD)
def test_what_is_wrong_is_told_with_its_line(text: str) -> None:
    found = read_release(text, ".ci.yaml")
    assert not isinstance(found, ReleaseDeclaration)
    assert any(BAD[text] in str(problem) for problem in found), [str(problem) for problem in found]
    assert all(str(problem).startswith(".ci.yaml:") for problem in found)


def test_all_problems_are_told_at_once() -> None:
    found = read_release("release: {images: [R], author: me, registry: 'a b', colour: red}", ".ci.yaml")
    assert not isinstance(found, ReleaseDeclaration)
    assert len(found) == 4


@pytest.mark.parametrize("text", [DECLARED, TWO_IMAGES_DECLARED, OLD_DECLARED])
def test_the_schema_takes_what_the_parser_takes(text: str) -> None:
    declared(text)
    assert errors(text) == []


SAID_BY_THE_PARSER_ALONE = (
    "is there twice",
    "a tab",
    "stands for nothing",
    "both a branch",
    "`prod` is not",
    "no plain",
    "is like no other",
    "has no `path`",
)
SAID_BY_BOTH = [text for text, told in BAD.items() if not any(words in told for words in SAID_BY_THE_PARSER_ALONE)]


@pytest.mark.parametrize("text", SAID_BY_BOTH)
def test_the_schema_refuses_what_the_parser_refuses(text: str) -> None:
    assert errors(text)


@pytest.mark.parametrize("section", [DECLARED, "release: {nonsense: [1]}\n", "release: 7\n", "image: {x: 1}\n"])
def test_rotate_ci_takes_a_file_whatever_its_release_says(section: str) -> None:
    reading = read(with_resource("'*'") + section)
    assert isinstance(reading, Declaration)
    assert reading.warnings == ()


def test_a_file_with_a_release_alone_is_nothing_to_rotate() -> None:
    reading = read(DECLARED)
    assert isinstance(reading, NotOurs)
