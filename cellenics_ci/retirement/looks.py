"""What has to be seen again under the lock: the repository and its workflows, the keys, their last uses."""

from __future__ import annotations

from typing import Final

from cellenics_ci.model.keys import AccessKey, KeyUse
from cellenics_ci.model.moments import utc_text
from cellenics_ci.model.names import AccessKeyId, RepoName
from cellenics_ci.model.repositories import Repository
from cellenics_ci.model.scopes import PairDates, Scope, ScopeDates
from cellenics_ci.retirement.calls import ReadRepository, Steps
from cellenics_ci.retirement.order import Left, Order, Whereabouts, Work
from cellenics_ci.retirement.watch import used_after, watched_until
from cellenics_ci.run.outcome import Status
from cellenics_ci.run.user_calls import LastUsed, ListKeys, ReadDates
from cellenics_ci.survey.workflows import workflow_facts
from cellenics_ci.workflows.facts import PipelineFacts

CHANGED: Final = "changed since the plan"
_PLACES: Final = 3
"""So many of the places that read a key are named: the first is enough to go and look."""


def places_text(facts: PipelineFacts) -> str:
    """Return where a key is read, as `.github/workflows/ci.yaml:12`, each line once."""
    places = list(dict.fromkeys(str(read.place) for read in facts.key_reads))
    more = f" and {len(places) - _PLACES} more" if len(places) > _PLACES else ""
    return f"{', '.join(places[:_PLACES])}{more}"


def undo_line(repo: RepoName) -> str:
    """Return what to type so that a user's keys work again."""
    return f"cellenics retire-ci --undo {repo}"


def see_repository(work: Work) -> Steps[None]:
    """Read the repository and its workflows again. Raises Left where a key is read, or where it can't be told."""
    home = work.order.home
    found = yield from ReadRepository(home.name)
    difference = _difference(work.order, found)
    if difference:
        raise Left(Status.SKIPPED, f"{CHANGED}: {difference}", cause="changed")
    if found is None or home.whereabouts is not Whereabouts.THERE:
        return
    facts = workflow_facts(found.workflows, found.default_branch)
    if facts.reads_pair is None:
        reason = f"its workflows can't be read now: {found.unreadable or 'GitHub did not say why'}"
        raise Left(Status.UNFINISHED, reason, cause="workflows")
    if facts.reads_pair:
        yield from _refuse_reader(work, places_text(facts.pipeline))


def _refuse_reader(work: Work, places: str) -> Steps[None]:
    keys = yield from ListKeys(work.user)
    if work.order.seen.retirement is not None and not any(key.active for key in keys):
        raise reads_again(work.order.repo, places)
    raise Left(Status.SKIPPED, f"{CHANGED}: its workflows read a key ({places})", cause="changed")


def reads_again(repo: RepoName, places: str) -> Left:
    """Return the end of a retirement whose repository wants its key back and has none that works."""
    reason = f"its workflows read a key again ({places}), and its key is inactive"
    return Left(Status.NEEDS_ATTENTION, reason, next_step=undo_line(repo), cause="reads again")


def see_unused(work: Work) -> Steps[float]:
    """Look at the last uses of active keys again. Returns until when they are still to be watched, 0.0 if no longer."""
    order = work.order
    uses = yield from _uses(order.seen.keys)
    return watched_until(order.seen.keys, uses, since=order.since, span=order.unused_for)


def see_inactive(work: Work) -> Steps[None]:
    """See that no key was made active, or used, since the retirement deactivated them. Raises Left."""
    keys = yield from ListKeys(work.user)
    if any(key.active for key in keys) or {key.id for key in keys} - {key.id for key in work.order.seen.keys}:
        raise Left(Status.SKIPPED, f"{CHANGED}: the user's access keys were changed", cause="changed")
    if work.noted is None:
        return
    uses = yield from _uses(keys)
    use = used_after(work.noted, keys, uses)
    if use is not None:
        raise Left(Status.SKIPPED, f"{CHANGED}: {used_text(use)}", cause="changed")


def used_text(use: KeyUse) -> str:
    """Return a use that should not have been possible."""
    return f"its key was used {utc_text(use.at)} ({use.service} in {use.region}), after it had been deactivated"


def see_secrets(work: Work) -> Steps[dict[Scope, PairDates]]:
    """Read the dates of the secrets that are to go, and return them. Raises Left where one was written since."""
    scopes = work.order.scopes
    if not scopes:
        return {}
    now = yield from ReadDates(work.order.home.name, scopes)
    written = written_since(dict(work.order.seen.dates), now)
    if written:
        reason = f"{CHANGED}: the secrets were written in the meantime ({', '.join(map(str, written))})"
        raise Left(Status.SKIPPED, reason, cause="changed")
    return dict(now)


def written_since(before: ScopeDates, now: ScopeDates) -> list[Scope]:
    """Return the scopes in which a half of the pair was written; one that is gone was not."""
    found = []
    for scope, pair in now.items():
        known = before.get(scope, PairDates())
        halves = ((known.key_id_at, pair.key_id_at), (known.secret_at, pair.secret_at))
        if any(after is not None and after != earlier for earlier, after in halves):
            found.append(scope)
    return found


def _uses(keys: tuple[AccessKey, ...]) -> Steps[dict[AccessKeyId, KeyUse | None]]:
    uses: dict[AccessKeyId, KeyUse | None] = {}
    for key in keys:
        uses[key.id] = yield from LastUsed(key.id)
    return uses


def _difference(order: Order, found: Repository | None) -> str:
    """Say what became of the repository since the plan was made, "" where nothing did."""
    home = order.home
    if home.whereabouts is Whereabouts.GONE:
        if found is None:
            return ""
        renamed = found.name != home.name
        return f"the repository is called {found.name} now" if renamed else f"there is a repository {home.name} now"
    if found is None:
        return f"the repository {home.name} is gone"
    if found.id != home.id:
        return f"the repository {home.name} is another one now"
    if found.archived != (home.whereabouts is Whereabouts.ARCHIVED):
        return f"the repository {home.name} was {'archived' if found.archived else 'taken out of the archive'}"
    return ""
