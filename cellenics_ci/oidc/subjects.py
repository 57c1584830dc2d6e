"""From who is trusted to the subjects (`sub`) that GitHub's tokens then have, in the form that the repository has them.

Source for all of it: GitHub's "OpenID Connect reference", "Example subject claims", "Immutable subject claims" and
"Customizing the subject claims for an organization or repository".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from cellenics_ci.model.names import RepoName
from cellenics_ci.model.oidc import DEFAULT_CLAIMS, Owner, SubjectSetting
from cellenics_ci.privileges.declaration import CiTrust
from cellenics_ci.privileges.trust import ANY

Kind: TypeAlias = Literal["branch", "tag", "environment", "pull_request"]

_PINNING: Final = frozenset({"repo", "repository", "repository_id"})
"""Claims of which each one names the repository: without any, every repository has the same subjects."""
_TELLING: Final = frozenset({"context", "ref", "environment"})
"""Claims that tell one run of a repository from another."""


@dataclass(frozen=True, slots=True)
class Repo:
    """A repository as tokens name it."""

    owner: Owner
    name: RepoName
    id: int

    @property
    def plain(self) -> str:
        """Its name alone: somebody who gets the name one day gets its subjects."""
        return f"{self.owner.login}/{self.name}"

    @property
    def immutable(self) -> str:
        """Its name with ids that nobody else ever gets."""
        return f"{self.owner.login}@{self.owner.id}/{self.name}@{self.id}"


@dataclass(frozen=True, slots=True)
class SubjectForm:
    """How a repository's subjects are made. `names` are more than one while that changes, or is not known.

    `remark` says what a person should know of it.
    """

    repo: Repo
    claims: tuple[str, ...] = DEFAULT_CLAIMS
    names: tuple[str, ...] = ()
    remark: str = ""

    @property
    def tells_runs_apart(self) -> bool:
        """Whether a subject says of a run more than whose it is."""
        return bool(_TELLING & set(self.claims))


@dataclass(frozen=True, slots=True)
class Refused:
    """Why no subjects can be named that are this repository's alone, and what to do."""

    reason: str
    remedy: str


def form_of(
    repo: Repo, own: SubjectSetting | None, organization: SubjectSetting | None, *, both: bool = False
) -> SubjectForm | Refused:
    """Return the form of a repository's subjects. A setting is None where it could not be read.

    `both`: trust the form with ids beside the one without, for whoever is about to change it.
    """
    claims = _claims(own, organization)
    if isinstance(claims, Refused):
        return claims
    unpinned = not _PINNING & set(claims)
    if unpinned:
        return Refused(
            f"its tokens' subjects are made of {', '.join(claims)}: those of other repositories are the same",
            "give it the usual subjects back: gh api -X PUT "
            f"repos/{repo.plain}/actions/oidc/customization/sub -F use_default=true",
        )
    names, remark = _names(repo, own, organization, both=both)
    return SubjectForm(repo, claims, names, remark) if names else Refused(remark, "run the command again later")


def subjects(form: SubjectForm, trust: CiTrust) -> tuple[str, ...] | Refused:
    """Return the subjects to trust, as values for StringLike: what is a name in them has its wildcards escaped."""
    found: dict[str, None] = {}
    for kind, value in _runs(trust):
        for name in form.names:
            parts = [_segment(claim, form.repo, name, kind, value) for claim in form.claims]
            missing = next((claim for claim, part in zip(form.claims, parts, strict=True) if part is None), None)
            if missing:
                return Refused(
                    f"its subjects hold `{missing}`, which {_RUNS[kind]} do not have",
                    "trust environments only (`ci-trust` in the CI file), or have other claims in the subject",
                )
            problem = _open_in_the_middle(form, parts)
            if problem:
                return problem
            found[":".join(part for part in parts if part)] = None
    return tuple(found)


def exact(subject: str) -> bool:
    """Whether a subject stands for one text only."""
    bare = subject.replace("${*}", "").replace("${?}", "")
    return "*" not in bare and "?" not in bare


_RUNS: Final[dict[Kind, str]] = {
    "branch": "runs on branches",
    "tag": "runs on tags",
    "environment": "jobs with an environment",
    "pull_request": "runs on pull requests",
}


def _claims(own: SubjectSetting | None, organization: SubjectSetting | None) -> tuple[str, ...] | Refused:
    if own is None or own.use_default:
        return DEFAULT_CLAIMS
    if own.claims:
        return own.claims
    if organization is None:
        return Refused(
            "its tokens' subjects follow the organisation's template, which your token may not read",
            "give the token the right read:org (fine-grained: the organisation's Administration, read)",
        )
    return organization.claims or DEFAULT_CLAIMS


def _names(
    repo: Repo, own: SubjectSetting | None, organization: SubjectSetting | None, *, both: bool
) -> tuple[tuple[str, ...], str]:
    """Return how subjects name the repository, and a remark; no names where GitHub says something unknown."""
    every = (repo.plain, repo.immutable)
    if both:
        return every, ""
    if own is None:
        return every, "GitHub does not tell its subjects' form: the one with ids and the one without are trusted"
    flag = own.immutable if own.immutable is not None else organization.immutable if organization else None
    wanted = repo.immutable if flag else repo.plain
    if own.prefix is None or not own.prefix.startswith("repo:"):
        return (wanted,), ""
    told = own.prefix.removeprefix("repo:").removesuffix(":")
    if told not in every:
        return (), f"GitHub says that its subjects begin with {own.prefix}, which is not the form that is known"
    if told != wanted:
        return every, "its subjects' form is changing: the one with ids and the one without are trusted"
    return (told,), ""


def _runs(trust: CiTrust) -> Iterator[tuple[Kind, str]]:
    yield from (("branch", name) for name in trust.branches)
    yield from (("tag", name) for name in trust.tags)
    yield from (("environment", ANY if name == ANY else _literal(name)) for name in trust.environments)
    if trust.pull_requests:
        yield "pull_request", ""


def _segment(claim: str, repo: Repo, name: str, kind: Kind, value: str) -> str | None:
    """Return one claim's part of a subject, None where such runs have none; `claim:*` where its value is not known."""
    match claim:
        case "repo":
            return f"repo:{name}"
        case "repository":
            return f"repository:{repo.plain}"
        case "repository_id":
            return f"repository_id:{repo.id}"
        case "repository_owner":
            return f"repository_owner:{repo.owner.login}"
        case "repository_owner_id":
            return f"repository_owner_id:{repo.owner.id}"
        case "context":
            return _context(kind, value)
        case "environment":
            return f"environment:{value}" if kind == "environment" else None
        case "ref" if kind in ("branch", "tag"):
            return _context(kind, value)
        case "ref" if kind == "pull_request":
            return "ref:refs/pull/*"
        case _:
            return f"{claim}:*"


def _context(kind: Kind, value: str) -> str:
    if kind == "pull_request":
        return "pull_request"
    place = {"branch": "ref:refs/heads/", "tag": "ref:refs/tags/", "environment": "environment:"}[kind]
    return f"{place}{value}"


def _literal(name: str) -> str:
    """Return an environment's name as a subject has it, its wildcards escaped (IAM user guide, "Policy variables")."""
    escaped = "".join(f"${{{character}}}" if character in "*?$" else character for character in name)
    return escaped.replace(":", "%3A")


def _open_in_the_middle(form: SubjectForm, parts: list[str | None]) -> Refused | None:
    """Refuse a subject in which something fixed comes after a `*`: whoever fills the `*` could write the rest, too."""
    open_claim = ""
    for claim, part in zip(form.claims, parts, strict=True):
        known = part is not None and not (part == f"{claim}:*" and claim not in _TELLING)
        if not known:
            open_claim = claim
        elif open_claim:
            return Refused(
                f"its subjects hold `{open_claim}` before `{claim}`: what comes after it can't be told for certain",
                "have `repo` and `context` at the beginning of the subject's claims",
            )
    return None
