"""One manifest into the releases repository: one commit on the branch's tip, again and again until it lands.

The branch moves only forward from the tip that was read (a compare-and-swap by GitHub: it refuses what is no
fast-forward). Whoever loses reads again, decides again, and tries again after a while that grows and is never the
same for two. An answer that got lost is looked for before anything is repeated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cellenics_ci.errors import CallFailed, Failure, Interrupted
from cellenics_ci.model.git import Author, Relation, Tip
from cellenics_ci.releases.decide import Manifested, Verdict, decide, deployed_commit
from cellenics_ci.releases.outcome import Pushed, PushOutcome
from cellenics_ci.releases.ports import Pace, ReleasesRepository, SourceHistory

PATIENCE: Final = 300.0
"""Seconds for which a push is tried: twenty services at once need some seconds."""
_FIRST, _LONGEST = 0.25, 8.0
"""Seconds of the first back-off at most, and of any."""
_SUSPICIOUS, _CERTAIN = 5, 8
"""So many refusals in a row on one and the same tip are no conflict, if a rule explains them, or even if none does.

A tip may be older than it looks: GitHub's answers come from replicas.
"""


@dataclass(frozen=True, slots=True)
class Ports:
    """All that a push touches."""

    releases: ReleasesRepository
    history: SourceHistory
    pace: Pace


class Pushing:
    """One push, from the first look to its end. `tell` gets what happens, for people."""

    def __init__(
        self,
        ports: Ports,
        wanted: Manifested,
        *,
        author: Author | None = None,
        allow_older: bool = False,
        tell: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._ports, self._wanted = ports, wanted
        self._author, self._allow_older, self._tell = author, allow_older, tell
        self._made: set[str] = set()
        self._conflicts = 0
        self._tries = 0
        self._relations: dict[str, Relation | None] = {}

    def look(self) -> tuple[Tip, Verdict]:
        """Read what is deployed, and decide. Raises CallFailed."""
        tip = self._ports.releases.tip(self._wanted.path)
        deployed = deployed_commit(tip, self._wanted.repository)
        relation = self._relation(deployed) if deployed and tip.text != self._wanted.text else None
        return tip, decide(tip, self._wanted, relation, allow_older=self._allow_older)

    def run(self) -> PushOutcome:
        """Push. Raises nothing but what nobody foresees."""
        ends = self._ports.pace.now() + PATIENCE
        notes: tuple[str, ...] = ()
        unsure = False
        refused_on: list[str] = []
        try:
            while True:
                try:
                    tip, verdict = self.look()
                    notes = verdict.notes or notes
                    if landed := self._landed(tip):
                        return self._ended(Pushed.PUSHED, commit=landed, notes=notes)
                    unsure = False
                    if verdict.status is not None:
                        return self._ended(verdict.status, verdict.reason, notes=notes)
                    # From here until the look: whether it has landed is not known.
                    commit = self._commit(tip)
                    self._made.add(commit)
                    unsure = True
                    self._ports.releases.advance(tip, commit)
                    return self._ended(Pushed.PUSHED, commit=commit, notes=notes)
                except CallFailed as failed:
                    unsure = unsure and failed.maybe_done
                    if failed.kind is Failure.CONFLICT:
                        self._conflicts += 1
                        refused_on.append(tip.commit)
                        if refusal := self._held(refused_on, tip):
                            return refusal
                    elif not failed.maybe_done and failed.kind is not Failure.THROTTLED:
                        return self._ended(Pushed.FAILED, failed.sentence, failed.remedy)
                    if self._ports.pace.now() >= ends:
                        return self._given_up(failed, unsure=unsure)
                    self._back_off(failed)
        except Interrupted:
            return self._interrupted(unsure=unsure)

    def _commit(self, tip: Tip) -> str:
        wanted = self._wanted
        return self._ports.releases.make_commit(
            tip, wanted.path, wanted.text, message=wanted.message, author=self._author
        )

    def _relation(self, deployed: str) -> Relation | None:
        # A commit's past never changes: asked once, known for all tries.
        if deployed not in self._relations:
            wanted = self._wanted
            self._relations[deployed] = self._ports.history.relation(wanted.repository, deployed, wanted.commit)
        return self._relations[deployed]

    def _landed(self, tip: Tip) -> str | None:
        """Return the commit of ours that the branch has, whatever its answer was; None for none."""
        return next((change.commit for change in tip.changes if change.commit in self._made), None)

    def _held(self, refused_on: list[str], tip: Tip) -> PushOutcome | None:
        """Say what holds the branch, where it did not move and would not take our commit again and again."""
        same = next((at for at, commit in enumerate(reversed(refused_on)) if commit != tip.commit), len(refused_on))
        if same < _SUSPICIOUS:
            return None
        try:
            rules = self._ports.releases.rules(tip.branch)
        except CallFailed:
            rules = ()
        if not rules and same < _CERTAIN:
            return None
        told = "; ".join(rules) or "it does not say why, and no rule can be read"
        reason = f"GitHub does not let the branch {tip.branch} move, though nobody else pushed: {told}"
        return self._ended(
            Pushed.FAILED, reason, "Let the token's identity bypass what protects the branch. Nothing was changed."
        )

    def _back_off(self, failed: CallFailed) -> None:
        self._tries += 1
        longest = min(_LONGEST, _FIRST * 2.0 ** min(self._tries - 1, 10))
        if failed.kind is Failure.CONFLICT:
            self._tell("somebody else pushed at the same moment: reading again")
        else:
            self._tell(f"{failed.sentence} Looking again")
        self._ports.pace.wait(longest * self._ports.pace.jitter())

    def _given_up(self, failed: CallFailed, *, unsure: bool) -> PushOutcome:
        if unsure:
            return self._ended(
                Pushed.UNKNOWN,
                f"it can't be told whether the commit landed: {failed.sentence}",
                "Look at the releases repository, then run this again: it pushes only what is not there.",
            )
        return self._ended(
            Pushed.FAILED,
            f"it did not land within {PATIENCE:.0f} s, after {self._conflicts} conflicts: {failed.sentence}",
            "Run this again.",
        )

    def _interrupted(self, *, unsure: bool) -> PushOutcome:
        status = Pushed.UNKNOWN if unsure else Pushed.FAILED
        reason = "interrupted; it can't be told whether the commit landed" if unsure else "interrupted before it landed"
        return self._ended(status, reason, "Run this again.", interrupted=True)

    def _ended(
        self,
        status: Pushed,
        reason: str = "",
        next_step: str = "",
        *,
        commit: str | None = None,
        notes: tuple[str, ...] = (),
        interrupted: bool = False,
    ) -> PushOutcome:
        return PushOutcome(status, self._wanted.path, reason, next_step, commit, self._conflicts, interrupted, notes)
