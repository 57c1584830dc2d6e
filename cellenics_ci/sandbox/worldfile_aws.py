"""The world file's grammar for what is in AWS: users with their keys, and roles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cellenics_ci.model.tags import Stage
from cellenics_ci.sandbox.fields import Fields
from cellenics_ci.sandbox.world import KeyFact, RoleFact, Used, UserFact

_YEAR: Final = 365.0 * 86400


def read_user(name: str, fields: Fields) -> UserFact:
    """Return an IAM user."""
    repository = name.removeprefix("ci-user-")
    declared, policies = _policies(fields, repository)
    user = UserFact(
        name=name,
        path=fields.text("path", f"/ci-users/{repository}/" if repository != name else "/"),
        age=fields.age("age", _YEAR),
        tags=fields.mapping("tags"),
        policies=policies,
        declared=declared,
        attached=fields.texts("attached"),
        boundary=fields.maybe("boundary"),
        keys=tuple(_key(key) for key in fields.items("keys")),
        password=fields.flag("password"),
    )
    fields.done()
    return user


def _key(fields: Fields) -> KeyFact:
    status = fields.text("status", "active")
    if status not in ("active", "inactive"):
        raise fields.problem(f"has status: {status}, which is neither active nor inactive")
    stage = fields.text("noted", "")
    if stage and stage not in set(Stage):
        raise fields.problem(f"has noted: {stage}; a rotation notes {', '.join(Stage)}")
    key = KeyFact(fields.text("name"), fields.age("age"), status == "active", _used(fields), stage)
    fields.done()
    return key


def read_role(name: str, fields: Fields) -> RoleFact:
    """Return an IAM role."""
    repository = name.removeprefix("ci-role-")
    declared, policies = _policies(fields, repository)
    role = RoleFact(
        name=name,
        age=fields.age("age", _YEAR),
        trust=fields.values("trust"),
        policies=policies,
        declared=declared,
        used=_used(fields),
        tags=fields.mapping("tags"),
    )
    fields.done()
    return role


def _used(fields: Fields) -> Used | None:
    used = fields.one("used")
    if used is None:
        return None
    found = Used(used.age("age"), used.text("service", "ecr"), used.text("region", "us-east-1"))
    used.done()
    return found


def _policies(fields: Fields, repository: str) -> tuple[str, Mapping[str, Mapping[str, Any]]]:
    if not fields.is_text("policies"):
        return "", fields.values("policies")
    word = fields.text("policies")
    if word != "declared":
        raise fields.problem(f"has policies: {word}; it has to be declared, or a mapping of names to documents")
    return repository, {}
