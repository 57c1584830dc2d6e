"""What a world file's entries say of each other: a mistake in it is told with the line of the entry that makes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from cellenics_ci.model.names import KEY_ID_SECRET, KEY_SECRET_SECRET
from cellenics_ci.sandbox.fields import Fields, Step
from cellenics_ci.sandbox.world import RepositoryFact, SecretFact, World

_Place: TypeAlias = tuple[str, ...]


def check_references(world: World, top: Fields) -> None:
    """Raise WorldProblem for the first entry that names something that is not there, or what may be there once."""
    repositories = {repository.name: repository for repository in world.repositories}
    names = _key_names(world, top)
    _check_declared(world, repositories, top)
    for repository in world.repositories:
        _check_pulls(repository, top)
        _check_manifests(repository, repositories, top)
    for words, place, secrets in _all_secrets(world):
        for name, fact in secrets.items():
            # `pair` stands for both halves.
            path: tuple[Step, ...] = (*place, (name, "pair"))
            if fact.key is not None and fact.key not in names:
                raise top.problem_at(path, f"has a secret {name} in {words} with a key {fact.key} that no user has")
            if fact.key is not None and name not in (KEY_ID_SECRET, KEY_SECRET_SECRET):
                sentence = f"has a secret {name} in {words} that can't be a half of a pair; call it pair"
                raise top.problem_at(path, sentence)


def _key_names(world: World, top: Fields) -> set[str]:
    found: set[str] = set()
    for user in world.users:
        for number, key in enumerate(user.keys):
            if key.name in found:
                raise top.problem_at(("users", user.name, "keys", number), f"has two keys of the name {key.name}")
            found.add(key.name)
    return found


def _check_declared(world: World, repositories: Mapping[str, RepositoryFact], top: Fields) -> None:
    holders = [("users", user.name, user.declared) for user in world.users]
    holders += [("roles", role.name, role.declared) for role in world.roles]
    for kind, name, declared in holders:
        if declared and ".ci.yaml" not in getattr(repositories.get(declared), "files", ()):
            sentence = f"has {name} with declared policies, but no .ci.yaml in {declared}"
            raise top.problem_at((kind, name, "policies"), sentence)


def _check_pulls(repository: RepositoryFact, top: Fields) -> None:
    there = {*repository.files, *(manifest.path for manifest in repository.manifests)}
    for number, pull in enumerate(repository.pulls):
        if lost := sorted({*pull.moves, *pull.removed} - there):
            sentence = f"has a pull request that takes {lost[0]} away, which is not in {repository.name}"
            raise top.problem_at(("repositories", repository.name, "pulls", number), sentence)


def _check_manifests(repository: RepositoryFact, repositories: Mapping[str, RepositoryFact], top: Fields) -> None:
    for number, manifest in enumerate(repository.manifests):
        source = repositories.get(manifest.source)
        if source is None or manifest.commit > source.commits:
            sentence = f"has a manifest {manifest.path} of a commit that {manifest.source} has not"
            raise top.problem_at(("repositories", repository.name, "manifests", number), sentence)


def _all_secrets(world: World) -> Iterator[tuple[str, _Place, Mapping[str, SecretFact]]]:
    """Yield every scope's secrets: how it is called, and its place in the file."""
    yield world.organization, ("secrets",), {name: secret.fact for name, secret in world.secrets.items()}
    for repository in world.repositories:
        name, place = repository.name, ("repositories", repository.name)
        yield name, (*place, "secrets"), repository.secrets
        yield f"{name} (dependabot)", (*place, "dependabot"), repository.dependabot
        for environment, secrets in repository.environments.items():
            inner = (*place, "environments", environment, "secrets")
            yield f"{name} (environment {environment})", inner, secrets
