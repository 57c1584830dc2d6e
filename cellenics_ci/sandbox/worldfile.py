"""The world file's grammar: YAML text to a World. docs/sandbox.md describes it for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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

DEFAULT_SCOPES: Final = ("repo", "read:org", "workflow")
_FLAGS: Final = ("private", "archived", "fork")
_YEAR: Final = 365.0 * 86400


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
    _check_references(world, top)
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
        repositories=tuple(_repository(name, fields) for name, fields in top.named("repositories")),
        users=tuple(read_user(name, fields) for name, fields in top.named("users")),
        roles=tuple(read_role(name, fields) for name, fields in top.named("roles")),
        registries=top.texts("registries"),
    )


def _token(fields: Fields) -> TokenFact:
    token = TokenFact(fields.text("login"), fields.texts("scopes") or DEFAULT_SCOPES, fields.maybe("token"))
    fields.done()
    return token


def _organization_secret(fields: Fields) -> OrganizationSecret:
    selected = fields.texts("selected") or None
    return OrganizationSecret(_secret(fields), selected)


def _repository(name: str, fields: Fields) -> RepositoryFact:
    repository = RepositoryFact(
        name=name,
        age=fields.age("age", _YEAR),
        files=fields.mapping("files"),
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
    fields.done()
    return manifest


def _pull(fields: Fields) -> PullFact:
    pull = PullFact(
        title=fields.text("title"),
        by=fields.text("by"),
        fork=fields.text("fork", ""),
        changes=fields.mapping("changes"),
        moves=fields.mapping("moves"),
        removed=fields.texts("removed"),
        generated=fields.number("generated", 0),
    )
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


def _check_references(world: World, top: Fields) -> None:
    names = [key.name for user in world.users for key in user.keys]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise top.problem(f"has two keys of the name {sorted(twice)[0]}")
    repositories = {repository.name: repository for repository in world.repositories}
    holders = [(user.name, user.declared) for user in world.users]
    holders += [(role.name, role.declared) for role in world.roles]
    for name, declared in holders:
        if declared and ".ci.yaml" not in getattr(repositories.get(declared), "files", ()):
            raise top.problem(f"has {name} with declared policies, but no .ci.yaml in {declared}")
    for repository in world.repositories:
        there = {*repository.files, *(manifest.path for manifest in repository.manifests)}
        for pull in repository.pulls:
            if lost := sorted({*pull.moves, *pull.removed} - there):
                raise top.problem(f"has a pull request that takes {lost[0]} away, which is not in {repository.name}")
    for repository in world.repositories:
        for manifest in repository.manifests:
            source = repositories.get(manifest.source)
            if source is None or manifest.commit > source.commits:
                raise top.problem(f"has a manifest {manifest.path} of a commit that {manifest.source} has not")
    for place, secrets in _all_secrets(world):
        for name, fact in secrets.items():
            if fact.key is not None and fact.key not in names:
                raise top.problem(f"has a secret {name} in {place} with a key {fact.key} that no user has")
            if fact.key is not None and name not in (KEY_ID_SECRET, KEY_SECRET_SECRET):
                raise top.problem(f"has a secret {name} in {place} that can't be a half of a pair; call it pair")


def _all_secrets(world: World) -> Iterator[tuple[str, Mapping[str, SecretFact]]]:
    yield world.organization, {name: secret.fact for name, secret in world.secrets.items()}
    for repository in world.repositories:
        yield repository.name, repository.secrets
        yield f"{repository.name} (dependabot)", repository.dependabot
        for environment, secrets in repository.environments.items():
            yield f"{repository.name} (environment {environment})", secrets
