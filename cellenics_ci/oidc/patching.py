"""What becomes of a repository's workflows: the patch with which they assume the role, and what a person has to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cellenics_ci.model.names import Region, RepoName, RoleName
from cellenics_ci.model.repositories import WorkflowFile
from cellenics_ci.model.scopes import PairDates
from cellenics_ci.oidc.survey import AdoptionSurvey
from cellenics_ci.oidc.whom import Frame
from cellenics_ci.survey.aws import Unreadable
from cellenics_ci.survey.github import CAN_WRITE, SurveyedRepository
from cellenics_ci.workflows.changes import ACCOUNT_VARIABLE, REGION_VARIABLE, Wanted
from cellenics_ci.workflows.patch import patch_text
from cellenics_ci.workflows.rewrite import rewrite


@dataclass(frozen=True, slots=True)
class Patch:
    """The change to one repository's files.

    `text` is what `git apply` takes, "" where nothing changes. `by_hand` names what is not changed, and why.
    `variables` are to be set for it, names and values.
    """

    text: str = ""
    files: tuple[str, ...] = ()
    by_hand: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()


def patch_of(
    surveyed: SurveyedRepository,
    role: RoleName,
    files: tuple[WorkflowFile, ...] | None,
    region: Region,
    frame: Frame,
) -> Patch:
    """Return the change to a repository's workflows. `region` is the one that its policies name."""
    if files is None:
        return Patch(by_hand=("its workflows could not be read",))
    unread = [f"{file.path}: GitHub did not give the file whole" for file in files if file.text is None]
    found = rewrite(files, _wanted(surveyed, role, frame.survey))
    left = (*unread, *map(str, found.left))
    if not found.files:
        return Patch(by_hand=left)
    if surveyed.environments is None:
        # A job of an environment that has another account's pair would get this account's role.
        unlisted = f"its environments can't be listed, and one may hold another account's pair: {surveyed.unlisted}"
        return Patch(by_hand=(unlisted, *left))
    values = {ACCOUNT_VARIABLE: str(frame.survey.world.caller.account), REGION_VARIABLE: str(region)}
    settled = _variables(surveyed, {name: values[name] for name in found.variables}, frame.survey)
    if isinstance(settled, str):
        return Patch(by_hand=(settled, *left))
    missing, asked = settled
    paths = tuple(file.path for file in found.files)
    return Patch(patch_text(found.files), paths, (*asked, *left), missing)


def _wanted(surveyed: SurveyedRepository, role: RoleName, survey: AdoptionSurvey) -> Wanted:
    token_default = survey.token_defaults.get(surveyed.name)
    return Wanted(
        role=role,
        token_default=None if isinstance(token_default, Unreadable) else token_default,
        foreign_environments=frozenset(_foreign_environments(surveyed, survey)),
        called_elsewhere=frozenset(_called_elsewhere(surveyed.name, survey)),
    )


def _foreign_environments(surveyed: SurveyedRepository, survey: AdoptionSurvey) -> Iterator[str]:
    """Yield environments that hold, or may hold, a pair that is not declared: another account's, as a rule."""
    declared = surveyed.declaration.ci_secrets.scopes if surveyed.declaration else ()
    for scope, dates in survey.world.secrets.get(surveyed.name, {}).items():
        if scope.environment and scope not in declared and not (isinstance(dates, PairDates) and dates.empty):
            yield scope.environment


def _called_elsewhere(name: RepoName, survey: AdoptionSurvey) -> Iterator[str]:
    """Yield the workflows of a repository that others of the organisation call."""
    begin = f"{survey.owner.login}/{name}/".casefold()
    for other in survey.world.repositories.values():
        for call in other.workflows.pipeline.calls if other.name != name else ():
            target = call.target.partition("@")[0]
            if target.casefold().startswith(begin):
                yield target[len(begin) :]


def _variables(
    surveyed: SurveyedRepository, wanted: dict[str, str], survey: AdoptionSurvey
) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]] | str:
    """Return the variables to set and what is left to a person; a sentence where the patch would not fit."""
    known, secrets = survey.variables.get(surveyed.name), survey.secret_names.get(surveyed.name)
    if isinstance(known, Unreadable) or known is None:
        return f"its variables can't be read: {known.reason if known else 'no answer'}"
    missing, asked = [], []
    for name, value in wanted.items():
        why = _why_not_set(surveyed, name, secrets)
        if name in known:
            if name == ACCOUNT_VARIABLE and known[name] != value:
                return f"its variable {name} is {known[name]}, and the role is in the account {value}"
        elif why:
            asked.append(f"the patch reads the variable {name}, which is not set for you: {why}; set it to {value}")
        else:
            missing.append((name, value))
    return tuple(missing), tuple(asked)


def _why_not_set(surveyed: SurveyedRepository, name: str, secrets: frozenset[str] | Unreadable | None) -> str:
    if not isinstance(secrets, frozenset):
        return "there may be a secret of that name"
    if name in secrets:
        return "a secret has that name"
    may_write = surveyed.permission is None or surveyed.permission in CAN_WRITE
    return "" if may_write else f"your permission there is {surveyed.permission}"
