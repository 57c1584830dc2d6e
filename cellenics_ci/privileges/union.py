"""What two versions of a policy allow together: in force while the keys of both are in use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cellenics_ci.privileges.coverage import gives_more
from cellenics_ci.privileges.normal import normal_form, statements_of, text_of, version_of

_VARIABLE: Final = "${"


def union(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a document that allows what `old` or `new` allows and nothing else; None where no such one is known.

    None where their denials differ: what one denies and the other allows would have to be told apart. None, too,
    where they are in two versions of the policy language and the elder has a `${…}`, which means itself there.
    """
    versions = {version_of(old), version_of(new)}
    if _denials(old) != _denials(new) or (len(versions) > 1 and _VARIABLE in text_of(old) + text_of(new)):
        return None
    version = max(versions)
    old, new = {**old, "Version": version}, {**new, "Version": version}
    denials = [statement for statement in statements_of(new) if not _allows(statement)]
    # A Sid may be there once only, and the new statements keep theirs.
    kept = [
        {key: value for key, value in statement.items() if key != "Sid"}
        for statement in statements_of(old)
        if _allows(statement) and gives_more({"Version": version, "Statement": [statement, *denials]}, new)
    ]
    together = {**new, "Statement": [*statements_of(new), *kept]}
    return None if gives_more(old, together) or gives_more(new, together) else together


def _denials(document: Mapping[str, Any]) -> frozenset[Any]:
    denials = (statement for statement in statements_of(document) if not _allows(statement))
    forms = ({key: value for key, value in statement.items() if key != "Sid"} for statement in denials)
    return frozenset(normal_form({"Statement": [form]}) for form in forms)


def _allows(statement: Mapping[str, Any]) -> bool:
    return statement.get("Effect") == "Allow"
