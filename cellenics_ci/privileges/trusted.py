"""Live trust policies: which subjects of GitHub's tokens they let in, and whom else. Total on any document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cellenics_ci.model.oidc import AUDIENCE
from cellenics_ci.privileges.normal import statements_of, text_of, texts
from cellenics_ci.privileges.patterns import all_covered, covers

_ASSUME: Final = "sts:AssumeRoleWithWebIdentity"
_LIMITS: Final = re.compile(r"(?:ForAnyValue:|ForAllValues:)?(StringEquals|StringLike)(?:IgnoreCase)?(?:IfExists)?")


@dataclass(frozen=True, slots=True)
class Trusted:
    """Whom a role lets in: subjects of tokens from one issuer, and `others`, in a sentence each."""

    subjects: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Repository:
    """The repository that a role is for. `id` 0 where it is not known."""

    org: str
    name: str
    id: int


def trusted(document: Mapping[str, Any], issuer: str) -> Trusted:
    """Return whom a trust policy lets in. What a Deny takes off again is not taken off here."""
    subjects: dict[str, None] = {}
    others: dict[str, None] = {}
    for statement in statements_of(document):
        if statement.get("Effect") == "Deny":
            continue
        ours, strangers = _principals(statement.get("Principal"), issuer)
        others |= dict.fromkeys(strangers)
        if "NotPrincipal" in statement:
            others["everybody but some (NotPrincipal)"] = None
        if ours:
            found = _conditions(statement.get("Condition"), issuer)
            if AUDIENCE not in found.get("aud", frozenset()):
                others[f"tokens for any audience, not {AUDIENCE} alone"] = None
            if "sub" not in found:
                others["any subject: every repository on GitHub"] = None
            subjects |= dict.fromkeys(sorted(found.get("sub", ())))
    return Trusted(tuple(subjects), tuple(others))


def beyond(document: Mapping[str, Any], issuer: str, repository: Repository) -> tuple[str, ...]:
    """Return, in a sentence each, whom a trust policy lets in beside this repository's own workflows."""
    found = trusted(document, issuer)
    return (*found.others, *(f"the subjects {one}" for one in found.subjects if not _within(one, repository)))


def lets_in_more(document: Mapping[str, Any], issuer: str, allowed: tuple[str, ...]) -> bool:
    """Say whether a trust policy may let in somebody beside the subjects `allowed`."""
    found = trusted(document, issuer)
    # Two branches may differ in nothing but capitals.
    return bool(found.others) or _in_any_case(document) or not all_covered(found.subjects, frozenset(allowed))


def both_let_in(document: Mapping[str, Any], issuer: str, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of the subjects `wanted` that a trust policy lets in already."""
    live = frozenset(trusted(document, issuer).subjects)
    return tuple(subject for subject in wanted if all_covered((subject,), live))


def may_be_of(subject: str, repository: Repository) -> bool:
    """Say whether a subject may be one of this repository's, be it among others."""
    plain = f"repo:{repository.org}/{repository.name}:*"
    return _within(subject, repository) or covers(subject.casefold(), plain.casefold())


def _in_any_case(document: Mapping[str, Any]) -> bool:
    conditions = (statement.get("Condition") for statement in statements_of(document))
    operators = (operator for found in conditions if isinstance(found, Mapping) for operator in found)
    return any("EqualsIgnoreCase" in str(operator) for operator in operators)


def _principals(principal: Any, issuer: str) -> tuple[bool, list[str]]:
    if not isinstance(principal, Mapping):
        return False, [f"{text_of(principal)}, whoever that is"] if principal else []
    ours, strangers = False, []
    for kind, values in principal.items():
        for value in sorted(texts(values)):
            if kind == "Federated" and value.endswith(f":oidc-provider/{issuer}"):
                ours = True
            else:
                strangers.append(f"the principal {value}")
    return ours, strangers


def _conditions(condition: Any, issuer: str) -> dict[str, frozenset[str]]:
    """Return what limits the claims `sub` and `aud`: every condition must hold, so the narrowest one counts."""
    found: dict[str, frozenset[str]] = {}
    for claim, values in _limits(condition, issuer):
        known = found.get(claim)
        found[claim] = values if known is None or all_covered(values, known) else known
    return found


def _limits(condition: Any, issuer: str) -> Iterator[tuple[str, frozenset[str]]]:
    for operator, keys in condition.items() if isinstance(condition, Mapping) else ():
        limit = _LIMITS.fullmatch(str(operator))
        if limit is None or not isinstance(keys, Mapping):
            continue
        for key, values in keys.items():
            place, _, claim = str(key).rpartition(":")
            if place.lower() == issuer.lower():
                found = texts(values)
                yield claim.lower(), frozenset(map(_as_text, found)) if limit[1] == "StringEquals" else found


def _as_text(value: str) -> str:
    """Return a value of StringEquals, to which * is a letter like others, as a pattern."""
    return re.sub(r"(?<!\{)([*?])", r"${\1}", value)


def _within(subject: str, repository: Repository) -> bool:
    """Whether a subject's text before its first wildcard says that it is this repository's."""
    head = re.split(r"[*?]", subject.casefold(), maxsplit=1)[0]
    org, name = re.escape(repository.org.casefold()), re.escape(repository.name.casefold())
    end = "(?::|$)" if head == subject.casefold() else ":"
    forms = [rf"repo(?:sitory)?:{org}/{name}{end}"]
    if repository.id:
        # Ids of repositories are given once, whoever owns them.
        forms += [rf"repo:{org}@\d+/{name}@{repository.id}{end}", rf"(?:.*:)?repository_id:{repository.id}{end}"]
    return any(re.match(form, head) for form in forms)
