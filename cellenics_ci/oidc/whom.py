"""Whom a repository's role is to trust: declared, or derived; in the subjects' form that the repository has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cellenics_ci.model.names import OrgName, Region
from cellenics_ci.model.roles import Role
from cellenics_ci.oidc.subjects import Refused, Repo, SubjectForm, form_of, subjects
from cellenics_ci.oidc.survey import AdoptionSurvey
from cellenics_ci.oidc.trusting import derived, document_text, in_words, trust_document
from cellenics_ci.privileges.declaration import CiTrust, Declaration
from cellenics_ci.privileges.trust import ANY
from cellenics_ci.run.outcome import LeftOut
from cellenics_ci.survey.aws import Unreadable
from cellenics_ci.survey.github import SurveyedRepository
from cellenics_ci.workflows.facts import PipelineFacts


@dataclass(frozen=True, slots=True)
class Frame:
    """What holds for all repositories of a plan. `both_forms`: trust subjects with ids and without."""

    survey: AdoptionSurvey
    org: OrgName
    region: Region
    both_forms: bool = False
    boundary: str | None = None


@dataclass(frozen=True, slots=True)
class Trust:
    """Who is to be trusted. `declared`: by the CI file; else `origins` are the places it was read from.

    `new` is the trust policy to have, `old` the one in force, None for a new role.
    """

    runs: CiTrust
    declared: bool
    origins: tuple[str, ...]
    form: SubjectForm
    subjects: tuple[str, ...]
    new: dict[str, Any]
    old: Any = None

    @property
    def words(self) -> tuple[str, ...]:
        """Who is trusted, in words."""
        return in_words(self.runs)


def trust_of(
    surveyed: SurveyedRepository, declaration: Declaration, pipeline: PipelineFacts, role: Role | None, frame: Frame
) -> Trust | LeftOut:
    """Return who is to be trusted, or why that can't be said."""
    found = _runs(surveyed, declaration, pipeline)
    if isinstance(found, LeftOut):
        return found
    runs, origins = found
    form = _form(surveyed, frame)
    if isinstance(form, Refused):
        return LeftOut(surveyed.name, form.reason, form.remedy)
    listed = subjects(form, runs)
    if isinstance(listed, Refused):
        return LeftOut(surveyed.name, listed.reason, listed.remedy)
    if declaration.ci_trust is not None and not form.tells_runs_apart:
        return LeftOut(
            surveyed.name,
            f"its tokens' subjects ({', '.join(form.claims)}) do not tell one run from another, as ci-trust wants",
            "have `context` among the subject's claims, or take ci-trust away to trust every run of the repository",
        )
    new = trust_document(frame.survey.provider_arn, frame.survey.issuer, listed)
    size, allowed = len(document_text(new)), frame.survey.quotas.trust
    if size > allowed:
        reason = f"its trust policy would have {size:,} characters, IAM allows {allowed:,}"
        return LeftOut(surveyed.name, reason, f"name patterns instead of names under ci-trust in {declaration.file}")
    old = role.trust if role else None
    return Trust(runs, declaration.ci_trust is not None, origins, form, listed, new, old)


def _runs(
    surveyed: SurveyedRepository, declaration: Declaration, pipeline: PipelineFacts
) -> tuple[CiTrust, tuple[str, ...]] | LeftOut:
    if declaration.ci_trust is not None:
        return declaration.ci_trust, ()
    remedy = f"declare it: ci-trust in {declaration.file}"
    if not pipeline.complete:
        reason = "its workflows could not be read whole, so nobody knows who needs the role"
        return LeftOut(surveyed.name, reason, remedy)
    if pipeline.reach.unknown:
        told = "; ".join(map(str, pipeline.reach.unknown))
        return LeftOut(surveyed.name, f"who needs its role can't be told: {told}", remedy)
    if ANY in pipeline.reach.environments:
        # In ci-trust this means all of them: nothing there stands for this one alone.
        return LeftOut(surveyed.name, f"an environment is called {ANY}, and can't be trusted alone", "rename it")
    found = derived(pipeline.reach)
    if not found.trust and pipeline.key_reads:
        told = ", ".join(dict.fromkeys(str(read.place) for read in pipeline.key_reads))
        return LeftOut(surveyed.name, f"nobody can tell what takes AWS credentials: {told} may read the key", remedy)
    if not found.trust:
        return LeftOut(surveyed.name, "no workflow of it takes AWS credentials", fault=False)
    return found.trust, found.origins


def _form(surveyed: SurveyedRepository, frame: Frame) -> SubjectForm | Refused:
    own = frame.survey.settings.get(surveyed.name)
    return form_of(
        Repo(frame.survey.owner, surveyed.name, surveyed.id),
        None if isinstance(own, Unreadable) else own,
        frame.survey.organization,
        both=frame.both_forms,
    )
