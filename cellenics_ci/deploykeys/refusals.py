"""Why a cluster's key can't be rotated here, and what to do instead. Small pure functions over the survey."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from cellenics_ci.deploykeys.survey import ClusterSide, GitHubSide, KeySurvey
from cellenics_ci.model.claims import CLAIM
from cellenics_ci.model.cluster import GitSource
from cellenics_ci.model.deploy_keys import SshAddress

OWNER_LABELS: Final = {
    "kustomize.toolkit.fluxcd.io/name": "Flux's Kustomization {value} (SOPS, as a rule)",
    "reconcile.external-secrets.io/managed": "External Secrets",
    "helm.toolkit.fluxcd.io/name": "Flux's HelmRelease {value}",
}
"""Labels that say who writes a Secret, and would put our change back."""
OWNER_ANNOTATIONS: Final = {
    "meta.helm.sh/release-name": "Helm's release {value}",
    "reconcile.external-secrets.io/data-hash": "External Secrets",
    "sealedsecrets.bitnami.com/managed": "Sealed Secrets",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not, and what to do instead."""

    reason: str
    remedy: str


def refusals(survey: KeySurvey, *, replacing: bool = True) -> tuple[Refusal, ...]:
    """Return everything that speaks against a rotation, () where nothing does.

    `replacing`: the Secret is to get another pair; else who owns it does not matter, as no pair is written.
    """
    found = list(_of_github(survey.github))
    if survey.cluster is not None:
        if replacing:
            found += _of_owner(survey.cluster)
        for check in _CHECKS:
            found += check(survey.github, survey.cluster)
    return tuple(found)


def _of_github(github: GitHubSide) -> Iterator[Refusal]:
    if github.archived:
        yield Refusal(f"{github.org}/{github.repo} is archived", "unarchive it first: it takes no new deploy keys")
    if github.keys_allowed is False:
        yield Refusal(
            f"{github.org} does not allow deploy keys",
            "an owner allows them in the organisation's settings (Repository, Deploy keys), or let Flux sign in as a"
            " GitHub App (spec.provider: github)",
        )
    if not github.host_keys:
        yield Refusal(
            "GitHub does not tell its SSH host keys (GET /meta), so nothing could be proven safely",
            "ask who runs this GitHub server",
        )


def _of_source(github: GitHubSide, side: ClusterSide) -> Iterator[Refusal]:
    name, source = side.name, side.source
    if source is None:
        yield Refusal(
            f"there is no GitRepository {name.source} in the namespace {name.namespace} of {name.context}",
            "name it with --source and --namespace, or another cluster with --context",
        )
        return
    if source.provider == "github":
        yield Refusal(
            "Flux signs in as a GitHub App here (spec.provider: github): there is no deploy key to rotate",
            "rotate the App's private key instead",
        )
        return
    yield from _of_url(github, source)
    if source.suspended:
        yield Refusal(
            "the GitRepository is suspended: Flux would never try the new key",
            f"resume it first: flux resume source git {name.source} -n {name.namespace}",
        )
    if source.secret != name.secret:
        uses = f"the Secret {source.secret}" if source.secret else "no Secret"
        yield Refusal(
            f"the GitRepository {name.source} uses {uses}, not {name.secret}",
            f"name it with --secret {source.secret}" if source.secret else "give it a spec.secretRef first",
        )


def _of_url(github: GitHubSide, source: GitSource) -> Iterator[Refusal]:
    if source.url.startswith(("https://", "http://")):
        # Not shown: a password may stand in it.
        yield Refusal(
            "the GitRepository is read by https: it uses no SSH key",
            "nothing to rotate here; with a token in its Secret, replace that token",
        )
        return
    try:
        address = SshAddress.parse(source.url)
    except ValueError:
        yield Refusal("the GitRepository's URL is no ssh:// address", "give it one like ssh://git@github.com/ORG/REPO")
        return
    if address.host.lower() not in github.ssh_hosts:
        hosts = " or ".join(sorted(github.ssh_hosts))
        yield Refusal(
            f"the GitRepository is read from {address.host}, which is not this GitHub ({hosts})",
            "set GITHUB_API_URL to that server's API, or name another GitRepository with --source",
        )
    wanted = (github.org.lower(), github.repo.lower())
    if address.repository is None or tuple(part.lower() for part in address.repository) != wanted:
        yield Refusal(
            f"the GitRepository is {address.path}, not {github.org}/{github.repo}",
            "name the repository with --org and --repo, or another GitRepository with --source",
        )


def _of_owner(side: ClusterSide) -> Iterator[Refusal]:
    secret, name = side.secret, side.name
    if secret is None:
        return
    owners = [text.format(value=secret.labels[key]) for key, text in OWNER_LABELS.items() if key in secret.labels]
    owners += [
        text.format(value=secret.annotations[key])
        for key, text in OWNER_ANNOTATIONS.items()
        if key in secret.annotations
    ]
    if secret.labels.get("app.kubernetes.io/managed-by") == "Helm" and not any("Helm" in owner for owner in owners):
        owners.append("Helm")
    owners += [f"its owner, of the kind {kind}" for kind in secret.owners]
    if owners:
        yield Refusal(
            f"the Secret {name.namespace}/{name.secret} is written by {' and '.join(dict.fromkeys(owners))},"
            " which would put our change back",
            "use --output to get the new Secret's manifest, bring it in where that owner takes it from,"
            " then remove the old key with --finish",
        )


def _of_secret(github: GitHubSide, side: ClusterSide) -> Iterator[Refusal]:
    secret, name = side.secret, side.name
    if secret is None:
        return
    if secret.immutable:
        yield Refusal(f"the Secret {name.namespace}/{name.secret} is immutable", "make a new one that is not")
    if side.held.broken_claim:
        yield Refusal(
            f"the Secret's annotation {CLAIM} can't be read",
            f"look at it; if nobody is at work: kubectl --context {name.context} -n {name.namespace} annotate secret"
            f" {name.secret} {CLAIM}-",
        )


def _of_present_key(github: GitHubSide, side: ClusterSide) -> Iterator[Refusal]:
    for key in github.keys:
        if key.public == side.held.public and not key.enabled:
            yield Refusal(
                "GitHub has disabled the key that the cluster uses",
                "see in the organisation's settings why deploy keys are disabled there",
            )


_CHECKS: Final[tuple[Callable[[GitHubSide, ClusterSide], Iterator[Refusal]], ...]] = (
    _of_source,
    _of_secret,
    _of_present_key,
)
