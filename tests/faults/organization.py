"""The organisation that every case over HTTP starts from, as a world of the sandbox.

`alpha` has one key in its repository secrets, and policies that have drifted; `beta` one key in three scopes;
`gamma` has no user yet; `delta` has two keys, and dates and last use agree which of them is in use. Beside them
stand a user and secrets that a rotation must not touch.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from cellenics_ci.model.names import RepoName
from cellenics_ci.model.scopes import ACTIONS, DEPENDABOT, Scope, environment_scope
from cellenics_ci.sandbox.world import World
from cellenics_ci.sandbox.worldfile import read_world

ORGANIZATION: Final = "acme"
SCOPES: Final[Mapping[RepoName, tuple[Scope, ...]]] = {
    RepoName("alpha"): (ACTIONS,),
    RepoName("beta"): (ACTIONS, environment_scope("staging"), DEPENDABOT),
    RepoName("gamma"): (ACTIONS,),
    RepoName("delta"): (ACTIONS,),
}
"""The repositories, with the scopes that their .ci.yaml declares."""
_SIGN_IN: Final = {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}
_PUSH: Final = {"Effect": "Allow", "Action": ["ecr:PutImage"], "Resource": "arn:aws:ecr:us-east-1:*:*"}
POLICIES: Final[Mapping[str, Mapping[str, Any]]] = {
    "sign-in": {"Version": "2012-10-17", "Statement": [_SIGN_IN]},
    "push": {"Version": "2012-10-17", "Statement": [_PUSH]},
}
"""What the .ci.yaml of all but beta declare, resolved; beta's has the first one only."""

_TEXT: Final = """
organization: acme
account: {alias: acme-ci}
operator: {login: ada}
repositories:
  alpha:
    age: 900d
    files:
      .ci.yaml: &policies |
        ci-policies:
          - PolicyName: sign-in
            PolicyDocument:
              Version: 2012-10-17
              Statement: [{Effect: Allow, Action: "ecr:GetAuthorizationToken", Resource: "*"}]
          - PolicyName: push
            PolicyDocument:
              Version: 2012-10-17
              Statement: [{Effect: Allow, Action: ["ecr:PutImage"], Resource: !Sub "arn:aws:ecr:${AWS::Region}:*:*"}]
      .github/workflows/ci.yaml: &workflow |
        on: push
        jobs:
          build:
            runs-on: ubuntu-24.04
            steps:
              - run: make push
                env:
                  AWS_ACCESS_KEY_ID: ${{ secrets.AWS_ACCESS_KEY_ID }}
                  AWS_SECRET_ACCESS_KEY: ${{ secrets.AWS_SECRET_ACCESS_KEY }}
    secrets: {pair: {key: alpha, age: 120d}, DOCKERHUB_TOKEN: {age: 200d, value: somebody-elses-business}}
  beta:
    age: 900d
    files:
      .ci.yaml: |
        ci-policies:
          - PolicyName: sign-in
            PolicyDocument:
              Version: 2012-10-17
              Statement: [{Effect: Allow, Action: "ecr:GetAuthorizationToken", Resource: "*"}]
        ci-secrets: {environments: [staging], dependabot: true}
      .github/workflows/ci.yaml: *workflow
    secrets: {pair: {key: beta, age: 90d}}
    dependabot: {pair: {key: beta, age: 90d}}
    environments: {staging: {secrets: {pair: {key: beta, age: 90d}, MAPS_TOKEN: {age: 9d, value: not-for-rotation}}}}
  gamma:
    age: 2d
    files: {.ci.yaml: *policies, .github/workflows/ci.yaml: *workflow}
  delta:
    age: 800d
    files: {.ci.yaml: *policies, .github/workflows/ci.yaml: *workflow}
    secrets: {pair: {key: delta-new, age: 50d}}
users:
  ci-user-alpha:
    age: 900d
    policies:
      sign-in: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:*", Resource: "arn:aws:s3:::old/*"}]}
      no-longer-declared: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "sqs:*", Resource: "*"}]}
    keys: [{name: alpha, age: 120d, used: {age: 3h}}]
  ci-user-beta: {age: 900d, policies: declared, keys: [{name: beta, age: 90d, used: {age: 2h}}]}
  ci-user-delta:
    age: 800d
    policies: declared
    keys: [{name: delta-old, age: 400d, used: {age: 60d}}, {name: delta-new, age: 50d, used: {age: 1h}}]
  deploy-bot: {path: /people/, age: 900d, policies: {}, keys: [{name: bot, age: 300d, used: {age: 1d}}]}
"""


@lru_cache(maxsize=1)
def organization() -> World:
    """Return the organisation. It holds no servers, so that any number of cases can start from it."""
    return read_world(_TEXT, "tests/faults/organization.py")
