"""The organisations that are measured: as many repositories as wanted, of a realistic size, some with a CI user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    # Only the servers' processes load the sandbox: what measures the tool's memory has to stay small itself.
    from cellenics_ci.sandbox.world import KeyFact, RepositoryFact, UserFact, World

ORGANIZATION: Final = "bench-org"
TOKEN: Final = "ghp_benchmarksNeedNoSecretToken000000"
_DAY: Final = 86400.0


class Users(StrEnum):
    """What the CI users are like before the rotation."""

    STEADY = "one key, policies as declared"
    DRIFTED = "one key, one policy changed, one too many"
    NEW = "no user yet"


@dataclass(frozen=True, slots=True)
class Size:
    """How many repositories there are, how many of them declare privileges, and what their users are like.

    `orphans` are users whose repository is gone. `deploy_keys` are spread over the repositories, two in every fifth of
    those that have any. `scoped`: so many that declare want the pair in an environment and for Dependabot, too.
    """

    repositories: int
    declaring: int
    users: Users = Users.STEADY
    orphans: int = 0
    deploy_keys: int = 0
    scoped: int = 0


CI_YAML: Final = """\
ci-policies:
  - PolicyName: get-ecr-auth-token
    PolicyDocument:
      Version: 2012-10-17
      Statement:
        - Effect: Allow
          Action: ["ecr:GetAuthorizationToken"]
          Resource: "*"
  - PolicyName: manage-ecr-contents
    PolicyDocument:
      Version: 2012-10-17
      Statement:
        - Effect: Allow
          Action: ["ecr:BatchCheckLayerAvailability", "ecr:PutImage", "ecr:CreateRepository"]
          Resource: !Sub "arn:aws:ecr:${AWS::Region}:${AWS::AccountId}:repository/*"
"""
CI_SECRETS: Final = "ci-secrets: {environments: [staging], dependabot: true}\n"
SCOPES: Final = 2
"""So many scopes does that declare beside the repository's own."""
_STEP: Final = "      - {name: Step %d, run: 'make target-%d && echo done with the step number %d of this job'}\n"
_STEPS: Final = "".join(_STEP % (number, number, number) for number in range(25))
WORKFLOW: Final = f"""\
name: CI
on: {{push: {{branches: [master]}}, pull_request: {{}}}}
jobs:
  build:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4
      - uses: aws-actions/configure-aws-credentials@v4
        with:
          aws-access-key-id: ${{{{ secrets.AWS_ACCESS_KEY_ID }}}}
          aws-secret-access-key: ${{{{ secrets.AWS_SECRET_ACCESS_KEY }}}}
          aws-region: us-east-1
{_STEPS}"""
"""About 3 kB, as in the organisation that this is for."""
_PLAIN_WORKFLOW: Final = f"name: Lint\non: [push]\njobs:\n  lint:\n    runs-on: ubuntu-24.04\n    steps:\n{_STEPS}"


def world(size: Size) -> World:
    """Return the organisation of a size, the same one each time."""
    from cellenics_ci.sandbox.world import TokenFact, World

    every = max(1, size.repositories // size.declaring)
    numbers = range(size.repositories)
    declaring = [number for number in numbers if number % every == 0][: size.declaring]
    scoped, new = set(declaring[: size.scoped]), size.users is Users.NEW
    gone = [f"gone-{number:04}" for number in range(size.orphans)]
    with_keys = _with_deploy_keys(size)
    return World(
        organization=ORGANIZATION,
        operator=TokenFact("operator", ("repo", "read:org", "workflow"), TOKEN),
        account="123456789012",
        alias="bench",
        region="us-east-1",
        repositories=tuple(
            _repository(
                number,
                number in set(declaring),
                scoped=number in scoped,
                has_pair=not new,
                deploy_keys=with_keys.get(number, 0),
            )
            for number in numbers
        ),
        users=() if new else tuple(_user(name, size.users) for name in (*map(_name, declaring), *gone)),
    )


def _name(number: int) -> str:
    return f"service-{number:04}"


def _with_deploy_keys(size: Size) -> dict[int, int]:
    """Return how many deploy keys which repositories have."""
    found: dict[int, int] = {}
    left, holders = size.deploy_keys, size.deploy_keys * 5 // 6
    for holder in range(holders):
        found[holder * size.repositories // holders] = 2 if holder < left - holders else 1
    return found


def _repository(number: int, declares: bool, *, scoped: bool, has_pair: bool, deploy_keys: int) -> RepositoryFact:
    from cellenics_ci.model.names import PAIR_NAMES
    from cellenics_ci.sandbox.world import DeployKeyFact, RepositoryFact, RunFact, SecretFact

    files = {"README.md": f"# {_name(number)}\n", ".github/workflows/lint.yaml": _PLAIN_WORKFLOW}
    pair = SecretFact(90 * _DAY, key=_name(number))
    secrets = dict.fromkeys(PAIR_NAMES, pair) if declares and has_pair else {}
    if declares:
        files |= {".ci.yaml": CI_YAML + (CI_SECRETS if scoped else ""), ".github/workflows/ci.yaml": WORKFLOW}
    return RepositoryFact(
        name=_name(number),
        age=900 * _DAY,
        files=files,
        flags={"archived": not declares and number % 10 == 1, "fork": not declares and number % 20 == 3},
        secrets=secrets,
        dependabot=secrets if scoped else {},
        environments={"staging": secrets} if scoped else {},
        runs=tuple(RunFact(age * _DAY) for age in range(1, 6)) if declares else (),
        deploy_keys=tuple(DeployKeyFact(f"key-{each}", 100 * _DAY, used=_DAY) for each in range(deploy_keys)),
    )


def _user(name: str, users: Users) -> UserFact:
    from cellenics_ci.sandbox.world import Used, UserFact

    keys = (_key(name, Used(2 * _DAY)),)
    drifted = users is Users.DRIFTED
    return UserFact(
        name=f"ci-user-{name}",
        path=f"/ci-users/{name}/",
        age=900 * _DAY,
        tags={},
        policies=_DRIFTED if drifted or name.startswith("gone-") else {},
        declared="" if drifted or name.startswith("gone-") else name,
        keys=keys,
    )


def _key(name: str, used: Any) -> KeyFact:
    from cellenics_ci.sandbox.world import KeyFact

    return KeyFact(name, 90 * _DAY, used=used)


def _document(action: str, resource: str) -> Mapping[str, Any]:
    statement = {"Effect": "Allow", "Action": [action], "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [statement]}


_DRIFTED: Final = {
    "get-ecr-auth-token": _document("ecr:GetAuthorizationToken", "*"),
    "manage-ecr-contents": _document("ecr:PutImage", "*"),
    "debug-in-march": _document("s3:GetObject", "arn:aws:s3:::bench-data/*"),
}
