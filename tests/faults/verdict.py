"""What has to be true of a run that met a fault, of the repositories beside it, and of the run that comes after."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from cellenics_ci.model.names import AccessKeyId, RepoName
from tests.faults.organization import SCOPES
from tests.faults.running import Ended
from tests.faults.stage import Stage

Holders = Mapping[RepoName, AccessKeyId | None]
EVERYBODY: Final = frozenset(SCOPES)
_AS_BEFORE: Final = ("rolled-back", "skipped", "unchanged")


def holders(stage: Stage) -> Holders:
    """Return the key that all scopes of each repository hold."""
    return {repo: stage.judge.holder(repo) for repo in SCOPES}


def assert_sound(
    stage: Stage,
    ended: Ended,
    before: Holders,
    *,
    repos: Collection[RepoName] = EVERYBODY,
    undisturbed: Collection[RepoName] = (),
    interrupted: bool = False,
) -> None:
    """A run over `repos` that came to its end told the truth; the `undisturbed` ones were rotated."""
    stage.judge.assert_innocent()
    outcomes = ended.outcomes
    if outcomes is None:
        assert ended.code in ((130,) if interrupted else (1, 2)), f"no result, and exit {ended.code}"
        assert holders(stage) == before, "no result, and yet something was written"
        return
    assert set(outcomes) == set(repos)
    for repo in repos:
        _assert_true(stage, repo, outcomes[repo], before[repo])
    for repo in undisturbed:
        assert outcomes[repo]["outcome"] == "rotated", f"{repo} was to be rotated: {outcomes[repo]}"
    ends = [each["outcome"] for each in outcomes.values()]
    if interrupted and "needs-attention" not in ends:
        assert ended.code == 130, f"exit {ended.code} after an interruption"
    else:
        _assert_code(ended.code, ends)


def assert_repaired(stage: Stage, ended: Ended, repos: Collection[RepoName] = EVERYBODY) -> None:
    """The run after it left everything as it has to be (I2)."""
    stage.judge.assert_innocent()
    assert ended.code == 0, "the run after it is not content"
    stage.judge.assert_converged(repos)


def _assert_true(stage: Stage, repo: RepoName, outcome: Mapping[str, Any], before: AccessKeyId | None) -> None:
    holder, end = stage.judge.holder(repo), outcome["outcome"]
    if end == "rotated":
        assert holder is not None and holder != before, f"{repo} is said to be rotated and holds {holder}"
        assert outcome["live_key"] == holder, f"{repo} holds {holder}, not {outcome['live_key']}"
        assert outcome["scopes"] == [str(scope) for scope in SCOPES[repo]]
    elif end in _AS_BEFORE:
        assert holder == before, f"{repo} is said to be as before ({end}), and holds {holder} instead of {before}"
    else:
        assert end == "needs-attention" and outcome["reason"] and outcome["next_step"], outcome
    if end != "needs-attention":
        assert stage.judge.works(repo), f"{repo} is broken, and said to be {end}"


def _assert_code(code: int, ends: Collection[str]) -> None:
    assert (code == 3) == ("needs-attention" in ends), f"exit {code} with {ends}"
    if code == 0:
        assert set(ends) <= {"rotated", "unchanged"}, f"exit 0 with {ends}"
    assert code in (0, 1, 3), f"exit {code} with {ends}"
