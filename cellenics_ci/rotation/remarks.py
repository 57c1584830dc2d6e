"""What a plan tells beside its orders: of single repositories, and of all of them."""

from __future__ import annotations

from dataclasses import replace

from cellenics_ci.model.names import CI_TOKEN_SECRET, ci_user_name
from cellenics_ci.model.retirement_tag import being_retired
from cellenics_ci.rotation.choices import Choices, Place
from cellenics_ci.rotation.decide import Target, strangers
from cellenics_ci.rotation.order import Mode, Order
from cellenics_ci.run.outcome import LeftOut
from cellenics_ci.survey.world import Survey


def not_cut_off(left: LeftOut, survey: Survey) -> LeftOut:
    """Say of a repository that was to be cut off, and can't be replaced, how its key is cut off all the same."""
    user = survey.users.get(ci_user_name(left.repo))
    if user is None or being_retired(user.tags):
        return replace(left, fault=True)
    by_hand = f"aws iam update-access-key --user-name {user.name} --status Inactive --access-key-id KEY_ID"
    # What is no fault is archived, or declares nothing: nobody there needs a new key.
    how = by_hand if left.fault else f"cellenics retire-ci --now {left.repo}"
    told = f"{left.reason}; nothing was cut off"
    remedy = f"cut it off with: {how}"
    return replace(left, fault=True, reason=told, remedy=f"{remedy}; {left.remedy}" if left.remedy else remedy)


def remarks(target: Target, order: Order) -> tuple[str, ...]:
    """Say what of an order would else not be understood."""
    told: list[str] = []
    other = strangers(target, order.ground)
    if other:
        told.append(f"{', '.join(map(str, other))} may hold another key than the one that was delivered last")
    if order.ci_token is not None and (order.mode is Mode.FINISH or order.ground.promote):
        told.append(f"{CI_TOKEN_SECRET} is not written: that goes with a new key")
    return tuple(told)


def plan_notes(survey: Survey, place: Place, choices: Choices, *, some: bool) -> tuple[str, ...]:
    """Return what holds for the whole plan. `some`: whether anything is done at all."""
    notes = list(survey.notes)
    if not survey.repositories:
        who = place.login or "this token"
        notes.append(
            f"GitHub shows {who} no repository of {place.org}. If it has some, the token's owner is no member, or a "
            "fine-grained token or an App was given none"
        )
    unknown = sorted(choices.ignored_scopes - _scope_names(survey))
    if unknown:
        notes.append(f"--ignore-scope {', '.join(unknown)}: no chosen repository has such a scope")
    if some:
        silent = "AWS" if place.rights_told else "AWS and this kind of GitHub token"
        first = "the first write is a tag on the user, or the user itself where it is new"
        notes.append(f"what you may write, {silent} only tells when it is tried: {first}")
    if survey.old_stack:
        notes.append(
            "the CloudFormation stack biomage-ci-users is still there: do not delete it, it would delete the users; "
            'docs/rotate-ci.md ("The old stack") tells how to let go of it'
        )
    return tuple(notes)


def _scope_names(survey: Survey) -> set[str]:
    """Return what `--ignore-scope` may name: scopes, and environments by their names alone."""
    scopes = {scope for found in survey.secrets.values() for scope in found}
    return {"environments", *map(str, scopes), *(scope.environment for scope in scopes)}
