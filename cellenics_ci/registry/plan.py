"""What has to be done for a container repository: decided from what is declared and what is there. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cellenics_ci.model.names import Region, RepoName
from cellenics_ci.model.registries import ContainerRepository, ImageSettings, policy_text, same_policy


class Setting(StrEnum):
    """What can differ."""

    TAGS = "tags"
    SCAN = "scan on push"
    LIFECYCLE = "lifecycle"
    ENCRYPTION = "encryption"


class Fate(StrEnum):
    """What becomes of a difference. WITHHELD: it would be stricter than now, and nobody asked for that. FIXED: ECR
    can't change it once the repository is there.
    """

    CHANGED = "changed"
    WITHHELD = "withheld"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True)
class Difference:
    """A setting that is not as it is wanted, both in words."""

    setting: Setting
    now: str
    wanted: str
    fate: Fate


@dataclass(frozen=True, slots=True)
class Wanted:
    """A container repository as it should be. `reconcile`: an existing one may be made stricter."""

    repo: RepoName
    name: str
    region: Region
    settings: ImageSettings
    reconcile: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """What is done for one repository. `found` is what the plan was made from, None where it is created."""

    wanted: Wanted
    found: ContainerRepository | None
    differences: tuple[Difference, ...] = ()

    @property
    def changes(self) -> tuple[Difference, ...]:
        """The differences that are mended."""
        return tuple(each for each in self.differences if each.fate is Fate.CHANGED)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A repository of which nothing can be decided, and why."""

    repo: RepoName
    reason: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """All of it, in the order in which it was asked for."""

    orders: tuple[Order, ...]
    left_out: tuple[LeftOut, ...] = ()


def make_order(wanted: Wanted, found: ContainerRepository | None) -> Order:
    """Return what has to be done."""
    return Order(wanted, found, () if found is None else _differences(wanted, found))


def _differences(wanted: Wanted, found: ContainerRepository) -> tuple[Difference, ...]:
    settings, differences = wanted.settings, list[Difference]()

    def differs(setting: Setting, now: object, then: object, *, looser: bool) -> None:
        fate = Fate.CHANGED if looser or wanted.reconcile else Fate.WITHHELD
        differences.append(Difference(setting, str(now), str(then), fate))

    if not settings.tags.same_as(found.tags):
        looser = settings.tags.no_stricter_than(found.tags)
        differs(Setting.TAGS, found.tags, settings.tags, looser=looser)
    if settings.scan_on_push != found.scan_on_push:
        differs(Setting.SCAN, _yes(found.scan_on_push), _yes(settings.scan_on_push), looser=not settings.scan_on_push)
    if not same_policy(settings.lifecycle_policy, found.lifecycle_policy):
        # A policy deletes images: only one less is no risk.
        now, then = policy_text(found.lifecycle_policy), policy_text(settings.lifecycle_policy)
        differs(Setting.LIFECYCLE, now, then, looser=settings.lifecycle_policy is None)
    encryption = settings.encryption
    if encryption is not None and not encryption.same_as(found.encryption):
        differences.append(Difference(Setting.ENCRYPTION, str(found.encryption), str(encryption), Fate.FIXED))
    return tuple(differences)


def _yes(value: bool) -> str:
    return "yes" if value else "no"
