"""What is changed of an existing container repository, what waits for --reconcile, and what can't be changed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from cellenics_ci.model.names import Region, RepoName
from cellenics_ci.model.registries import ContainerRepository, Encryption, Expiry, ImageSettings, TagRule
from cellenics_ci.registry.plan import Fate, Order, Setting, Wanted, make_order

REGION = Region("us-east-1")
STRICT = ImageSettings()
LOOSE = ImageSettings(TagRule(immutable=False), scan_on_push=False, lifecycle=())
EXCEPT = TagRule(exceptions=("latest", "cache-*"))


def there(settings: ImageSettings) -> ContainerRepository:
    return ContainerRepository(
        "ui", "1.dkr.ecr.us-east-1.amazonaws.com/ui", settings.tags, settings.scan_on_push,
        settings.encryption or Encryption(), settings.lifecycle_policy,
    )  # fmt: skip


def order(wanted: ImageSettings, found: ContainerRepository, *, reconcile: bool = False) -> Order:
    return make_order(Wanted(RepoName("ui"), "ui", REGION, wanted, reconcile), found)


def fates(made: Order) -> dict[Setting, Fate]:
    return {each.setting: each.fate for each in made.differences}


@pytest.mark.parametrize("settings", [STRICT, LOOSE, ImageSettings(tags=EXCEPT, encryption=Encryption("KMS"))])
def test_nothing_is_done_where_all_is_as_declared(settings: ImageSettings) -> None:
    assert order(settings, there(settings)).differences == ()
    assert order(settings, there(settings), reconcile=True).changes == ()


def test_an_existing_repository_is_made_stricter_only_when_asked() -> None:
    made = order(STRICT, there(LOOSE))
    assert set(fates(made).values()) == {Fate.WITHHELD}
    assert made.changes == ()
    asked = order(STRICT, there(LOOSE), reconcile=True)
    assert fates(asked) == dict.fromkeys((Setting.TAGS, Setting.SCAN, Setting.LIFECYCLE), Fate.CHANGED)


def test_what_is_declared_looser_is_changed_at_once() -> None:
    assert set(fates(order(LOOSE, there(STRICT))).values()) == {Fate.CHANGED}


@pytest.mark.parametrize(
    ("wanted", "now", "fate"),
    [
        (EXCEPT, TagRule(), Fate.CHANGED),
        (TagRule(), EXCEPT, Fate.WITHHELD),
        (TagRule(exceptions=("latest",)), EXCEPT, Fate.WITHHELD),
        (TagRule(exceptions=("other",)), EXCEPT, Fate.WITHHELD),
        (EXCEPT, TagRule(immutable=False), Fate.WITHHELD),
        (TagRule(immutable=False), TagRule(immutable=False, exceptions=("v*",)), Fate.CHANGED),
    ],
)
def test_a_rule_of_tags_is_stricter_if_any_tag_can_no_longer_be_moved(
    wanted: TagRule, now: TagRule, fate: Fate
) -> None:
    made = order(replace(STRICT, tags=wanted), there(replace(STRICT, tags=now)))
    assert fates(made) == {Setting.TAGS: fate}


def test_another_lifecycle_waits_since_it_deletes_images_and_a_description_is_no_difference() -> None:
    other = there(replace(STRICT, lifecycle=(Expiry("", 90),)))
    assert fates(order(STRICT, other)) == {Setting.LIFECYCLE: Fate.WITHHELD}
    policy = json.loads(STRICT.lifecycle_policy or "")
    policy["rules"][0] |= {"description": "somebody's words", "rulePriority": 7}
    assert order(STRICT, replace(there(STRICT), lifecycle_policy=json.dumps(policy))).differences == ()


@pytest.mark.parametrize(
    "policy", ["", "{", "[]", '{"rules": [{}]}', '{"rules": 1}', '{"rules": [{"rulePriority": "x"}]}']
)
def test_a_lifecycle_that_nobody_can_read_is_a_difference(policy: str) -> None:
    (difference,) = order(STRICT, replace(there(STRICT), lifecycle_policy=policy)).differences
    assert difference.now == "one that can't be read"


def test_encryption_can_not_be_changed_whatever_is_asked() -> None:
    wanted = replace(STRICT, encryption=Encryption("KMS"))
    assert fates(order(wanted, there(STRICT), reconcile=True)) == {Setting.ENCRYPTION: Fate.FIXED}
    # Nobody declared any: the one that is there is fine.
    assert order(STRICT, there(wanted)).differences == ()


def test_any_key_will_do_where_none_is_declared_and_no_other_where_one_is() -> None:
    keyed = replace(there(STRICT), encryption=Encryption("KMS", "arn:aws:kms:us-east-1:1:key/a"))
    assert order(replace(STRICT, encryption=Encryption("KMS")), keyed).differences == ()
    other = Encryption("KMS", "arn:aws:kms:us-east-1:1:key/b")
    assert fates(order(replace(STRICT, encryption=other), keyed)) == {Setting.ENCRYPTION: Fate.FIXED}
