"""From what was read to what will be done: what is refused, what is warned of, which key goes, which right it gets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cellenics_ci.deploykeys.order import Mode
from cellenics_ci.deploykeys.plan import Choices, KeyPlan, make_plan
from cellenics_ci.deploykeys.survey import KeySurvey
from cellenics_ci.model.claims import CLAIM, Claim, claim_text
from cellenics_ci.model.secret import Secret
from tests.deploykeys.harness import plan
from tests.deploykeys.memory import START, TITLE, World, pair, with_key
from tests.deploykeys.test_fault_product import (
    applied,
    dead_key,
    killed_before_the_secret,
    killed_behind_the_secret,
    no_secret,
)

Change = Callable[[KeySurvey], KeySurvey]


def of_source(**changes: Any) -> Change:
    def change(survey: KeySurvey) -> KeySurvey:
        assert survey.cluster and survey.cluster.source
        return _with(survey, source=replace(survey.cluster.source, **changes))

    return change


def of_secret(**changes: Any) -> Change:
    def change(survey: KeySurvey) -> KeySurvey:
        assert survey.cluster and survey.cluster.secret
        return _with(survey, secret=replace(survey.cluster.secret, **changes))

    return change


def of_github(**changes: Any) -> Change:
    return lambda survey: replace(survey, github=replace(survey.github, **changes))


def _with(survey: KeySurvey, **changes: Any) -> KeySurvey:
    assert survey.cluster is not None
    return replace(survey, cluster=replace(survey.cluster, **changes))


def no_source(survey: KeySurvey) -> KeySurvey:
    return _with(survey, source=None)


def disabled_key(survey: KeySurvey) -> KeySurvey:
    keys = tuple(replace(key, enabled=False) for key in survey.github.keys)
    return replace(survey, github=replace(survey.github, keys=keys))


def owned(world: World) -> World:
    assert world.secret is not None
    world.secret = replace(world.secret, labels={"kustomize.toolkit.fluxcd.io/name": "infra"})
    return world


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (no_source, "there is no GitRepository flux-system"),
        (of_source(url="https://user:hunter2@github.com/acme/releases"), "read by https"),
        (of_source(url="git@github.com:acme/releases"), "no ssh:// address"),
        (of_source(url="ssh://git@gitlab.com/acme/releases"), "read from gitlab.com"),
        (of_source(url="ssh://git@github.com/acme/other"), "acme/other, not acme/releases"),
        (of_source(url="ssh://git@github.com/evil/acme/releases"), "evil/acme/releases, not"),
        (of_source(provider="github"), "signs in as a GitHub App"),
        (of_source(suspended=True), "suspended"),
        (of_source(secret="other"), "uses the Secret other"),
        (of_source(secret=None), "uses no Secret"),
        (of_secret(labels={"kustomize.toolkit.fluxcd.io/name": "infra"}), "Kustomization infra"),
        (of_secret(labels={"app.kubernetes.io/managed-by": "Helm"}), "written by Helm"),
        (of_secret(labels={"reconcile.external-secrets.io/managed": "true"}), "External Secrets"),
        (of_secret(annotations={"meta.helm.sh/release-name": "flux"}), "Helm's release flux"),
        (of_secret(owners=("SealedSecret",)), "its owner, of the kind SealedSecret"),
        (of_secret(immutable=True), "is immutable"),
        (of_github(keys_allowed=False), "does not allow deploy keys"),
        (of_github(archived=True), "is archived"),
        (of_github(host_keys=()), "does not tell its SSH host keys"),
        (disabled_key, "has disabled the key"),
    ],
)
def test_is_refused_with_a_reason_and_a_remedy(change: Change, words: str) -> None:
    made = _planned(change(with_key().survey()))
    assert made.order is None
    assert any(words in refusal.reason for refusal in made.refusals), made.refusals
    assert all(refusal.remedy for refusal in made.refusals)
    assert "hunter2" not in repr(made.refusals)


def _planned(survey: KeySurvey, choices: Choices | None = None) -> KeyPlan:
    return make_plan(survey, choices or Choices(), lambda owner: False)


def test_names_every_reason_at_once() -> None:
    survey = of_source(suspended=True)(of_secret(immutable=True)(with_key().survey()))
    assert len(_planned(survey).refusals) == 2


def test_github_tells_no_capitals_from_small_letters() -> None:
    assert _planned(of_source(url="ssh://git@GitHub.com/ACME/Releases.git")(with_key().survey())).order


@pytest.mark.parametrize(
    ("until", "choices", "gone", "refused"),
    [
        (START + 60, Choices(), False, True),
        (START + 60, Choices(), True, False),
        (START + 60, Choices(take_over=True), False, False),
        (START - 1, Choices(), False, False),
    ],
)
def test_a_living_claim_is_left_alone(until: float, choices: Choices, gone: bool, refused: bool) -> None:
    world = with_key()
    claim = Claim("run-9", "elsewhere", "7.7", int(START - 30), int(until))
    assert world.secret is not None
    world.put(dict(world.secret.data), **{CLAIM: claim_text(claim)})
    made = make_plan(world.survey(), choices, lambda owner: gone)
    assert bool(made.refusals) is refused
    if refused:
        assert "running on elsewhere, for 30 s" in made.refusals[0].reason
        assert "--take-over" in made.refusals[0].remedy


def test_a_claim_that_nobody_can_read_is_not_written_over() -> None:
    world = with_key()
    assert world.secret is not None
    world.put(dict(world.secret.data), **{CLAIM: '{"run": 1}'})
    assert "can't be read" in plan(world).refusals[0].reason


def test_the_key_that_goes_is_found_by_its_public_key_not_by_its_title() -> None:
    world = with_key()
    order = plan(world).order
    assert order and order.old and order.old.public == world.held().public
    namesakes = [key for key in world.keys if key.title == TITLE]
    assert len(namesakes) == 2
    notes = plan(world).notes
    assert any(namesakes[0].public.fingerprint in note and "stays" in note for note in notes)


@pytest.mark.parametrize(
    ("before", "choices", "read_only"),
    [
        (True, Choices(), True),
        (False, Choices(), False),
        (True, Choices(environment="staging"), True),
        (True, Choices(read_only=False), False),
        (False, Choices(read_only=True), True),
    ],
)
def test_the_right_stays_as_it_was_unless_told_otherwise(before: bool, choices: Choices, read_only: bool) -> None:
    order = plan(with_key(read_only=before), choices).order
    assert order and order.read_only is read_only


@pytest.mark.parametrize(("environment", "read_only"), [(None, True), ("staging", False), ("production", True)])
def test_a_first_key_gets_the_right_of_its_environment(environment: str | None, read_only: bool) -> None:
    order = plan(no_secret(), Choices(environment=environment)).order
    assert order and order.read_only is read_only and order.old is None
    assert order.title == "flux-system-master-flux-system-./x"


def test_taking_write_access_away_names_what_will_stop() -> None:
    warnings = plan(with_key(read_only=False), Choices(read_only=True)).warnings
    assert any("flux-system/bot will not be able to push" in warning for warning in warnings)


def test_what_would_stop_is_unknown_where_the_cluster_does_not_tell() -> None:
    survey = _with(with_key(read_only=False).survey(), automations=None)
    assert any("unknown" in warning for warning in _planned(survey, Choices(read_only=True)).warnings)


def test_writing_in_production_is_warned_of() -> None:
    made = plan(with_key(read_only=False), Choices(environment="production"))
    assert any("in production" in warning for warning in made.warnings)


def test_a_personal_token_is_warned_of() -> None:
    made = _planned(of_github(personal=True)(with_key().survey()))
    assert any("octo's token" in warning for warning in made.warnings)


def test_a_present_key_that_does_not_work_is_told() -> None:
    made = plan(dead_key())
    assert made.order and not made.order.old_works
    assert any("does not work any more" in warning for warning in made.warnings)


def test_a_present_key_that_could_not_be_tried_is_told() -> None:
    survey = _with(with_key().survey(), proof=None, proof_failed="github.com did not answer.")
    assert any("could not be tried: github.com did not answer." in warning for warning in _planned(survey).warnings)


def test_a_key_that_cannot_be_read_is_told_and_replaced() -> None:
    world = World(source=with_key().source)
    world.put({"identity": Secret("-----BEGIN NONSENSE-----")})
    made = _planned(world.survey())
    assert made.order and made.order.old is None
    assert any("no private key" in warning for warning in made.warnings)
    assert "NONSENSE" not in repr(made)


def test_a_finish_does_not_mind_who_owns_the_secret_as_it_writes_no_pair() -> None:
    world, _ = applied()
    assert plan(owned(world)).refusals
    made = plan(owned(world), Choices(finish=True))
    assert made.order and made.order.mode is Mode.REMOVE


def test_keys_with_other_titles_of_fluxs_are_named_too() -> None:
    world = with_key()
    elsewhere = world.register(pair().public, title="flux-system-master-flux-system-./deployments/production")
    notes = plan(world).notes
    assert any(elsewhere.public.fingerprint in note and "production) stays" in note for note in notes)
    assert not any("somebody's" in note for note in notes)


def test_a_first_key_that_may_not_write_is_warned_of_where_an_automation_pushes() -> None:
    assert any("flux-system/bot can't push" in warning for warning in plan(no_secret()).warnings)
    assert not any("can't push" in warning for warning in plan(no_secret(), Choices(environment="staging")).warnings)


def test_a_key_that_a_manifest_replaced_is_told_where_it_is_not_removed() -> None:
    world, old = applied()
    made = plan(world)
    assert made.order and made.order.mode is Mode.ROTATE
    assert any(old.fingerprint in note and "--finish removes it" in note for note in made.notes)


def test_a_dead_runs_key_is_cleared_by_the_note_it_left() -> None:
    world = killed_before_the_secret()
    made = plan(world)
    assert made.order and made.order.mode is Mode.ROTATE
    assert len(made.order.leftover) == 1 and made.order.leftover[0] != world.held().public
    assert any("interrupted rotation" in note for note in made.notes)


def test_a_run_killed_behind_the_secret_is_brought_to_its_end() -> None:
    world = killed_behind_the_secret()
    made = plan(world)
    assert made.order and made.order.mode is Mode.RESUME
    assert made.order.old and made.order.old.public == world.held().previous_public


def test_a_pair_before_that_is_nobodys_stays_on_github() -> None:
    world = killed_behind_the_secret()
    assert world.secret is not None
    world.put(dict(world.secret.data))
    made = plan(world)
    assert made.order and made.order.mode is Mode.ROTATE
    assert made.order.old and made.order.old.public == world.held().public
    assert any("none of the last rotation's" in note for note in made.notes)


def test_no_secret_is_in_the_repr_of_a_plan() -> None:
    world = with_key()
    assert world.secret is not None
    key = world.secret.data["identity"].reveal()
    text = repr(plan(world))
    assert not any(line in text for line in key.splitlines()[1:-1])


def test_a_copy_that_kubectl_keeps_is_warned_of_and_not_shown() -> None:
    world = with_key()
    assert world.secret is not None
    copy = '{"stringData": {"identity": "CANARY"}}'
    world.put(dict(world.secret.data), **{"kubectl.kubernetes.io/last-applied-configuration": copy})
    made = plan(world)
    assert any("keeps a copy of a private key" in warning for warning in made.warnings)
    assert "CANARY" not in repr(made.warnings)
