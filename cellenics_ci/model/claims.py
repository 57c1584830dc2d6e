"""What a rotation of a deploy key notes on the cluster's Secret as annotations, and how it is read back.

The note is written before anything else is done, so that whoever comes after a crash knows whose keys are left over:
by title alone one would delete a namesake.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cellenics_ci.model.deploy_keys import Fingerprint, PublicKey

CLAIM: Final = "cellenics-ci/claim"
REPLACES: Final = "cellenics-ci/replaces"
"""On a Secret that was applied from our manifest: the fingerprint of the deploy key that it takes the place of."""


class Stage(StrEnum):
    """How far a rotation has come. RETIRING: the old deploy key may be gone at any moment; there is no way back."""

    CLAIMED = "claimed"
    RETIRING = "retiring"


@dataclass(frozen=True, slots=True)
class Claim:
    """Who is at work on a Secret. `keys` are those that this rotation, or a dead one before it, has made.

    `at` and `until` are UTC epoch seconds; `host` and `process` as `run.host` names them.
    """

    run: str
    host: str
    process: str
    at: int
    until: int
    keys: tuple[PublicKey, ...] = ()
    stage: Stage = Stage.CLAIMED


def claim_text(claim: Claim) -> str:
    """Return the value of the annotation CLAIM."""
    return json.dumps(
        {
            "run": claim.run,
            "host": claim.host,
            "process": claim.process,
            "at": claim.at,
            "until": claim.until,
            "keys": [key.text for key in claim.keys],
            "stage": claim.stage.value,
        }
    )


def read_claim(annotations: Mapping[str, str]) -> Claim | None:
    """Return the claim, None where there is none. Raises ValueError for one that can't be read."""
    text = annotations.get(CLAIM)
    if text is None:
        return None
    try:
        found = json.loads(text)
        return Claim(
            run=str(found["run"]),
            host=str(found["host"]),
            process=str(found["process"]),
            at=int(found["at"]),
            until=int(found["until"]),
            keys=tuple(PublicKey.parse(key) for key in found["keys"]),
            stage=Stage(found["stage"]),
        )
    except (KeyError, TypeError, AttributeError, OverflowError, RecursionError) as problem:
        raise ValueError(f"the annotation {CLAIM} can't be read") from problem


def replaced_by(annotations: Mapping[str, str]) -> Fingerprint | None:
    """Return the fingerprint that the annotation REPLACES names, None where there is none."""
    text = annotations.get(REPLACES, "").strip()
    return Fingerprint(text) if text else None
