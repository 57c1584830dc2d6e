"""The `image:` section of a `.ci.yaml`: what it means, what is wrong in it, and that the schema agrees."""

from __future__ import annotations

import json

import jsonschema
import pytest
import yaml

from cellenics_ci.model.registries import Encryption, Expiry, ImageSettings, TagRule
from cellenics_ci.privileges.image import ImageDeclaration, read_image
from cellenics_ci.privileges.schema import ci_yaml_schema

KEY = "arn:aws:kms:us-east-1:123456789012:key/1234-ab"


def declared(text: str) -> ImageSettings:
    found = read_image(text, ".ci.yaml")
    assert isinstance(found, ImageDeclaration), found
    return found.settings


def in_schema(text: str) -> bool:
    return jsonschema.Draft7Validator(ci_yaml_schema()).is_valid(yaml.safe_load(text))


@pytest.mark.parametrize("text", ["", "image:\n", "image: {}\n", "ci-policies: []\n", "release: {}\n"])
def test_nothing_said_is_immutable_scanned_and_clears_what_has_no_tag(text: str) -> None:
    settings = declared(text)
    assert settings == ImageSettings(TagRule(immutable=True), True, None, (Expiry("", 14),))
    policy = json.loads(settings.lifecycle_policy or "")
    (rule,) = policy["rules"]
    assert rule["selection"] == {
        "tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 14,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("section", "settings"),
    [
        ("{tags: mutable}", ImageSettings(tags=TagRule(immutable=False))),
        ("{mutable-tags: [latest, cache-*]}", ImageSettings(tags=TagRule(exceptions=("latest", "cache-*")))),
        ("{scan-on-push: false}", ImageSettings(scan_on_push=False)),
        ("{encryption: aes256}", ImageSettings(encryption=Encryption())),
        (f"{{encryption: kms-dsse, kms-key: '{KEY}'}}", ImageSettings(encryption=Encryption("KMS_DSSE", KEY))),
        ("{lifecycle: none}", ImageSettings(lifecycle=())),
        ("{lifecycle: {untagged-days: 3}}", ImageSettings(lifecycle=(Expiry("", 3),))),
        (
            "{lifecycle: {tag-prefixes: {refs-pull-: 90}}}",
            ImageSettings(lifecycle=(Expiry("refs-pull-", 90), Expiry("", 14))),
        ),
    ],
)
def test_every_key_changes_its_setting(section: str, settings: ImageSettings) -> None:
    text = f"image: {section}\n"
    assert declared(text) == settings
    assert in_schema(text)


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ("[immutable]", "no mapping"),
        ("{tag: mutable}", "did you mean `tags`?"),
        ("{tags: sometimes}", "`image.tags` can't be"),
        ("{tags: mutable, mutable-tags: [latest]}", "all tags are mutable"),
        ("{mutable-tags: []}", "no list of 1 to 5"),
        ("{mutable-tags: [a, b, c, d, e, f]}", "no list of 1 to 5"),
        ("{mutable-tags: [a b]}", "no pattern of tags"),
        ("{scan-on-push: 'true'}", "neither true nor false"),
        ("{encryption: rot13}", "`image.encryption` can't be"),
        ("{encryption: kms, kms-key: alias/mine}", "no KMS key's ARN"),
        (f"{{kms-key: '{KEY}'}}", "without encryption by KMS"),
        (f"{{encryption: aes256, kms-key: '{KEY}'}}", "without encryption by KMS"),
        ("{lifecycle: ~}", "`image.lifecycle` is no mapping"),
        ("{lifecycle: {untagged-days: 0}}", "no number of days"),
        ("{lifecycle: {tag-prefixes: {'': 3}}}", "no beginning of a tag"),
        ("{lifecycle: {tag-prefixes: {a-: soon}}}", "no number of days"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_the_schema_minds_it_too(section: str, told: str) -> None:
    text = f"# a comment\nimage: {section}\n"
    found = read_image(text, ".ci.yaml")
    assert not isinstance(found, ImageDeclaration)
    assert any(told in str(problem) and problem.line == 2 for problem in found), found
    assert not in_schema(text)


def test_the_region_is_the_files_own_and_a_broken_file_is_told_once() -> None:
    found = read_image("ci-policies: []\nci-region: eu-west-1\n", ".ci.yaml")
    assert isinstance(found, ImageDeclaration)
    assert found.region == "eu-west-1"
    broken = read_image("image: {\n", ".ci.yaml")
    assert not isinstance(broken, ImageDeclaration)
    assert len(broken) == 1
