"""What the admin chose and where, and whether it can be had: keys and policies that were named must be there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from cellenics_ci.errors import UsageProblem
from cellenics_ci.model.keys import Caller
from cellenics_ci.model.names import AccessKeyId, OrgName, Region, key_with_ending, shorten
from cellenics_ci.model.tags import Lock
from cellenics_ci.rotation.decide import Wishes
from cellenics_ci.survey.world import Survey

_FEW_KEYS: Final = 12
"""So many keys can be listed in a message; those of hundreds of repositories say nothing."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the admin chose, beyond what holds for a single repository. `retire`: endings of key ids."""

    wishes: Wishes = field(default_factory=Wishes)
    retire: tuple[str, ...] = ()
    ignored_scopes: frozenset[str] = frozenset()
    force: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a plan is made: the organisation, our login there, the default region, the servers' time."""

    org: OrgName
    login: str | None
    region: Region
    now: float
    owner_gone: Callable[[Lock], bool]
    rights_told: bool = True
    """Whether GitHub tells what the token may do (a classic token's scopes)."""


def check_boundary(arn: str | None, caller: Caller) -> None:
    """Raise UsageProblem for a permissions boundary of another account than the users'."""
    account = arn.split(":")[4] if arn else "aws"
    if account not in ("aws", caller.account):
        raise UsageProblem(
            f"The permissions boundary is a policy of account {account}, and users are made in {caller.account}.",
            remedy="IAM takes a policy of the user's own account, or one of AWS's.",
        )


def named_keys(survey: Survey, endings: Sequence[str]) -> tuple[AccessKeyId, ...]:
    """Return the keys that end like this. Raises UsageProblem where that is no key, or several."""
    known = survey.key_ids()
    found: list[AccessKeyId] = []
    for ending in endings:
        key = key_with_ending(ending, known)
        if key is None:
            raise _no_such_key(ending, known)
        found.append(key)
    return tuple(found)


def _no_such_key(ending: str, known: Sequence[AccessKeyId]) -> UsageProblem:
    wanted = ending.rpartition("…")[2].upper()
    several = [key for key in known if wanted and key.upper().endswith(wanted)]
    few = ", ".join(map(shorten, known)) if 0 < len(known) <= _FEW_KEYS else ""
    if len(several) > 1:
        sentence = f"--retire {ending}: {len(several)} keys of the chosen repositories end like that."
        return UsageProblem(sentence, remedy="Type more of its end, or name the repository.")
    sentence = f"--retire {ending}: no key of the chosen repositories ends like that."
    return UsageProblem(sentence, remedy=f"Their keys are: {few}." if few else "" if known else "They have none.")
