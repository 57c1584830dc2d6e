"""The world file's grammar: YAML text to a World. docs/sandbox.md describes it for people."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import yaml

from cellenics_ci.model.names import KEY_ID_SECRET, KEY_SECRET_SECRET
from cellenics_ci.sandbox.fields import Fields
from cellenics_ci.sandbox.world import (
    DeployKeyFact,
    ManifestFact,
    OrganizationSecret,
    PullFact,
    RepositoryFact,
    RunFact,
    SecretFact,
    SubjectFact,
    TokenFact,
    World,
    WorldProblem,
)
from cellenics_ci.sandbox.worldfile_aws import read_role, read_user
from cellenics_ci.sandbox.worldfile_references import check_references

DEFAULT_SCOPES: Final = ("repo", "read:org", "workflow")
_FLAGS: Final = ("private", "archived", "fork")
_YEAR: Final = 365.0 * 86400
_REPOSITORY: Final = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}")
"""A repository's name as GitHub takes it."""
_PATH: Final = re.compile(r"(?!\.{1,2}(/|$))[^/\0]+(/(?!\.{1,2}(/|$))[^/\0]+)*")
"""A file's path in a git tree: relative, without empty parts, `.` and `..`."""


def read_world(text: str, file: str) -> World:
    """Return the world that a YAML text describes. Raises WorldProblem for the first thing that is wrong."""
    try:
        node = yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise WorldProblem(file, line, f"this is not YAML: {error.problem}") from None
    except yaml.YAMLError:
        raise WorldProblem(file, 1, "this is not YAML") from None
    if node is None:
        raise WorldProblem(file, 1, "the file is empty")
    top = Fields(node, file, "the world")
    world = _world(top)
    top.done()
    check_references(world, top)
    return world


def _world(top: Fields) -> World:
    account = top.one("account")
    number = alias = None
    if account is not None:
        number, alias = account.maybe("number"), account.maybe("alias")
        if number is not None and not (len(number) == 12 and number.isdecimal()):
            raise account.problem("has a number that has not twelve digits")
        account.done()
    operator = top.one("operator")
    return World(
        organization=top.text("organization"),
        operator=_token(operator) if operator else TokenFact("operator", DEFAULT_SCOPES),
        account=number,
        alias=alias,
        region=top.text("region", "us-east-1"),
        tokens=tuple(_token(fields) for fields in top.items("tokens")),
        secrets={name: _organization_secret(fields) for name, fields in top.named("secrets")},
        repositories=tuple(_repositories(top)),
        users=tuple(read_user(name, fields) for name, fields in top.named("users")),
        roles=tuple(read_role(name, fields) for name, fields in top.named("roles")),
        registries=top.texts("registries"),
    )


def _token(fields: Fields) -> TokenFact:
    token = TokenFact(fields.text("login"), fields.texts("scopes", DEFAULT_SCOPES), fields.maybe("token"))
    fields.done()
    return token


def _organization_secret(fields: Fields) -> OrganizationSecret:
    selected = fields.texts("selected") if fields.has("selected") else None
    return OrganizationSecret(_secret(fields), selected)


def _repositories(top: Fields) -> Iterator[RepositoryFact]:
    for name, fields in top.named("repositories"):
        if not _REPOSITORY.fullmatch(name):
            raise top.problem_at(
                ("repositories", name), f"has a repository {name!r}; GitHub takes A-Z a-z 0-9 _ . - only"
            )
        yield _repository(name, fields)


def _files(fields: Fields, name: str) -> dict[str, str]:
    found = fields.mapping(name)
    for path in found:
        _check_path(fields, path, name, path)
    return found


def _check_path(fields: Fields, path: str, *place: str) -> None:
    if not _PATH.fullmatch(path):
        raise fields.problem_at(
            place, f"has a file {path!r}; write its path from the repository's top, without . and .."
        )


def _repository(name: str, fields: Fields) -> RepositoryFact:
    repository = RepositoryFact(
        name=name,
        age=fields.age("age", _YEAR),
        files=_files(fields, "files"),
        flags={flag: fields.flag(flag, default=flag == "private") for flag in _FLAGS},
        permission=fields.text("permission", "ADMIN"),
        secrets=_secrets(fields, "secrets"),
        dependabot=_secrets(fields, "dependabot"),
        environments={environment: _whole_scope(secrets) for environment, secrets in fields.named("environments")},
        variables=fields.mapping("variables"),
        runs=tuple(_run(run) for run in fields.items("runs")),
        deploy_keys=tuple(_deploy_key(key) for key in fields.items("deploy-keys")),
        commits=fields.number("commits", 0),
        manifests=tuple(_manifest(manifest) for manifest in fields.items("manifests")),
        image_suffixes=fields.texts("image-suffixes") or ("",),
        subject=_subject(fields.one("subject")),
        pulls=tuple(_pull(pull) for pull in fields.items("pulls")),
    )
    fields.done()
    return repository


def _secrets(fields: Fields, name: str) -> dict[str, SecretFact]:
    return dict(_scope(fields.named(name)))


def _whole_scope(fields: Fields) -> dict[str, SecretFact]:
    found = dict(_scope(fields.named("secrets")))
    fields.done()
    return found


def _scope(named: Iterator[tuple[str, Fields]]) -> Iterator[tuple[str, SecretFact]]:
    for name, fields in named:
        fact = _secret(fields)
        if name == "pair":
            yield from ((half, fact) for half in (KEY_ID_SECRET, KEY_SECRET_SECRET))
        else:
            yield name, fact


def _secret(fields: Fields) -> SecretFact:
    fact = SecretFact(fields.age("age"), fields.maybe("value"), fields.maybe("key"))
    if (fact.value is None) == (fact.key is None):
        raise fields.problem("needs either a value or the name of a key")
    fields.done()
    return fact


def _run(fields: Fields) -> RunFact:
    run = RunFact(
        age=fields.age("age"),
        status=fields.text("status", "completed"),
        event=fields.text("event", "push"),
        ends_in=_maybe_age(fields, "ends-in"),
        attempt=fields.number("attempt", 1),
    )
    fields.done()
    return run


def _manifest(fields: Fields) -> ManifestFact:
    manifest = ManifestFact(
        path=fields.text("path"),
        age=fields.age("age"),
        text=fields.text("text"),
        source=fields.text("source"),
        commit=fields.number("commit", 0),
        by=fields.text("by", "Pipelines"),
        values=fields.mapping("values"),
    )
    _check_path(fields, manifest.path, "path")
    fields.done()
    return manifest


def _pull(fields: Fields) -> PullFact:
    pull = PullFact(
        title=fields.text("title"),
        by=fields.text("by"),
        fork=fields.text("fork", ""),
        changes=_files(fields, "changes"),
        moves=fields.mapping("moves"),
        removed=fields.texts("removed"),
        generated=fields.number("generated", 0),
    )
    for old, new in pull.moves.items():
        _check_path(fields, new, "moves", old)
    fields.done()
    return pull


def _deploy_key(fields: Fields) -> DeployKeyFact:
    key = DeployKeyFact(
        title=fields.text("title"),
        age=fields.age("age"),
        read_only=fields.flag("read-only", True),
        key=fields.maybe("key"),
        used=_maybe_age(fields, "used"),
        added_by=fields.maybe("added-by"),
        enabled=fields.flag("enabled", True),
        deleted=fields.flag("deleted"),
    )
    fields.done()
    return key


def _maybe_age(fields: Fields, name: str) -> float | None:
    age = fields.age(name, -1.0)
    return None if age < 0 else age


def _subject(fields: Fields | None) -> SubjectFact | None:
    if fields is None:
        return None
    subject = SubjectFact(fields.texts("claims"), fields.flag("ids"))
    fields.done()
    return subject
