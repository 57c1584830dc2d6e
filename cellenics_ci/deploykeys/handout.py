"""Without the cluster: a new key handed out as a manifest (`--output`), and an old one removed by its fingerprint.

The old key stays when a manifest is handed out, for nobody here knows when it will be applied.
"""

from __future__ import annotations

from cellenics_ci.deploykeys.calls import CreateSecret, MakePair, Steps, Tell
from cellenics_ci.deploykeys.held import Held
from cellenics_ci.deploykeys.order import Left, Mode, Order, Work, outcome_of
from cellenics_ci.deploykeys.outcome import KeyOutcome
from cellenics_ci.deploykeys.plan import STAGING, Choices
from cellenics_ci.deploykeys.refusals import Refusal, refusals
from cellenics_ci.deploykeys.register import prove, register, remove
from cellenics_ci.deploykeys.survey import KeySurvey
from cellenics_ci.errors import CallFailed, Interrupted
from cellenics_ci.model.claims import REPLACES
from cellenics_ci.model.cluster import IDENTITY, IDENTITY_PUB, KNOWN_HOSTS, ClusterName, GitSource, SecretChange
from cellenics_ci.model.deploy_keys import DeployKey, Fingerprint, SshAddress
from cellenics_ci.model.known_hosts import known_hosts_text
from cellenics_ci.model.secret import Secret
from cellenics_ci.run.host import Runner
from cellenics_ci.run.outcome import Status

APPLY = "apply the manifest, see Flux Ready, then remove the old key with --finish"


def plan_handout(
    survey: KeySurvey, choices: Choices, *, namespace: str, secret: str, address: SshAddress
) -> Order | tuple[Refusal, ...]:
    """Decide on a key to hand out. `old` of the order is the key of the same title, if there is exactly one."""
    if found := refusals(survey):
        return found
    github = survey.github
    parts = [namespace, github.branch, secret, *([choices.environment] if choices.environment else [])]
    title = choices.title or "-".join(parts)
    namesakes = [key for key in github.keys if key.title == title]
    old = namesakes[0] if len(namesakes) == 1 else None
    read_only = choices.read_only
    if read_only is None:
        read_only = old.read_only if old else choices.environment != STAGING
    return Order(
        repo=github.repo,
        cluster=ClusterName("", "", namespace, secret, ""),
        address=address,
        branch=github.branch,
        host_keys=github.host_keys,
        known_hosts=known_hosts_text(address, github.host_keys),
        title=title,
        read_only=read_only,
        algorithm=choices.algorithm,
        mode=Mode.ROTATE,
        seen=Held(),
        source=GitSource(url="", branch=None, secret=None, generation=0),
        old=old,
        timeout=choices.timeout,
    )


def hand_out(order: Order, runner: Runner) -> Steps[KeyOutcome]:
    """Make, register and prove a key, and write the manifest; taken back where any of it fails."""
    work = Work(order, runner)
    try:
        work.pair = yield from MakePair(order.algorithm)
        yield from Tell(order.repo, f"registering {work.pair.public.fingerprint} on GitHub")
        yield from register(work, work.pair)
        yield from prove(work, work.pair)
        entries = {
            IDENTITY: work.pair.private,
            IDENTITY_PUB: Secret(f"{work.pair.public.text}\n"),
            KNOWN_HOSTS: Secret(order.known_hosts),
        }
        replaces = {REPLACES: str(order.old.public.fingerprint)} if order.old else {}
        yield from CreateSecret(SecretChange(data=entries, annotations=replaces))
    except Left as ended:
        left = ended
    except CallFailed as failed:
        left = Left(failed.sentence, next_step=failed.remedy, cause=str(failed.kind))
    except Interrupted:
        work.interrupted = True
        left = Left("interrupted", next_step="run the same command again", cause="interrupted")
    else:
        return outcome_of(work, Status.ROTATED, "the manifest is written; the old key stays", next_step=APPLY)
    return (yield from _taken_back(work, left))


def _taken_back(work: Work, left: Left) -> Steps[KeyOutcome]:
    for _ in range(2):
        try:
            if work.pair and work.registering:
                yield from remove(work.pair.public)
        except Interrupted:
            work.interrupted = True
            continue
        except CallFailed as failed:
            public = work.pair.public.fingerprint if work.pair else ""
            reason = f"{left.begun}; and the new deploy key {public} may still be on GitHub: {failed.sentence}"
            step = f"delete the deploy key {public} in the repository's settings"
            return outcome_of(work, Status.ROLLED_BACK, reason, next_step=step, cause=left.cause)
        break
    return outcome_of(work, Status.ROLLED_BACK, left.reason, next_step=left.next_step, cause=left.cause)


def find_by_fingerprint(survey: KeySurvey, typed: str) -> DeployKey | None:
    """Return the deploy key with exactly this fingerprint (with or without `SHA256:`), None where there is none."""
    wanted = Fingerprint(typed.strip() if typed.strip().startswith("SHA256:") else f"SHA256:{typed.strip()}")
    return next((key for key in survey.github.keys if key.public.fingerprint == wanted.rstrip("=")), None)


def remove_old(order: Order, runner: Runner) -> Steps[KeyOutcome]:
    """Delete the old deploy key of an order, whose fingerprint a person typed; no cluster is asked."""
    work = Work(order, runner)
    assert order.old is not None, "there is no key to remove"
    try:
        yield from Tell(order.repo, "removing the old key from GitHub")
        yield from remove(order.old.public)
    except CallFailed as failed:
        return outcome_of(work, Status.ROLLED_BACK, failed.sentence, next_step=failed.remedy, cause=str(failed.kind))
    except Interrupted:
        work.interrupted = True
        return outcome_of(work, Status.SKIPPED, "interrupted", cause="interrupted")
    return outcome_of(work, Status.ROTATED, "the old key is removed")
