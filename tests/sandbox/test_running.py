"""The organisation that ships with the sandbox, as the two servers tell it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from cellenics_ci.model.names import PAIR_NAMES
from cellenics_ci.model.scopes import ACTIONS, DEPENDABOT, Scope, environment_scope
from cellenics_ci.privileges.declaration import Declaration, Invalid, NotOurs, SourceFile
from cellenics_ci.privileges.parse import read_declaration
from cellenics_ci.sandbox.aws import Clock
from cellenics_ci.sandbox.github.state import store_of
from cellenics_ci.sandbox.running import Sandbox
from cellenics_ci.sandbox.world import load_world
from cellenics_ci.sandbox.worldfile import read_world
from tests.sandbox.aws.clients import client_of

NOON = 1_780_000_000.0
DAY = 86400


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(load_world(), clock=Clock(NOON)) as running:
        yield running


def stored_pair(sandbox: Sandbox, repository: str, scope: Scope = ACTIONS) -> tuple[str, str]:
    found = sandbox.github.state.repository(sandbox.world.organization, repository)
    assert found is not None
    secrets = [sandbox.github.state.secret(found, scope, name) for name in PAIR_NAMES]
    return secrets[0].value.reveal() if secrets[0] else "", secrets[1].value.reveal() if secrets[1] else ""


def test_the_operator_may_do_what_rotating_needs(sandbox: Sandbox) -> None:
    environment = sandbox.environment()
    headers = {"Authorization": f"token {environment['GITHUB_API_TOKEN']}"}
    login = requests.get(f"{environment['GITHUB_API_URL']}/user", headers=headers, timeout=10)
    assert login.json()["login"] == "ada-operator"
    assert "repo" in login.headers["X-OAuth-Scopes"]
    iam = client_of(sandbox.aws, "iam", sandbox.aws.admin)
    assert iam.list_account_aliases()["AccountAliases"] == ["cellenics-sandbox"]


def test_pairs_in_github_are_pairs_that_work(sandbox: Sandbox) -> None:
    staging, production = environment_scope("staging"), environment_scope("production")
    places = [("ui", ACTIONS), ("api", ACTIONS), ("worker", ACTIONS), ("iac", ACTIONS), ("iac", staging)]
    places += [("iac", production), ("cellenics-utils", ACTIONS), ("cellenics-utils", DEPENDABOT)]
    for repository, scope in places:
        key_id, secret = stored_pair(sandbox, repository, scope)
        assert sandbox.aws.account.key_works(key_id, secret)
        assert sandbox.aws.account.owner_of(key_id) == f"ci-user-{repository}"


def test_there_are_repositories_of_every_kind(sandbox: Sandbox) -> None:
    state = sandbox.github.state
    # Somebody's fork of one of them is there as well.
    repositories = {repo.name: repo for repo in state.repositories.values() if not repo.owner.person}
    readings = {}
    for name, repo in repositories.items():
        text = repo.files.get(".ci.yaml")
        if isinstance(text, bytes):
            readings[name] = read_declaration(SourceFile(".ci.yaml", text.decode(), len(text)))
    assert {name for name, repo in repositories.items() if repo.archived} == {"ui-2019"}
    assert {name for name, repo in repositories.items() if repo.fork} == {"seurat"}
    assert {name for name, repo in repositories.items() if not repo.files} == {"scratch"}
    assert {name for name, reading in readings.items() if isinstance(reading, NotOurs)} == {"mobile-viewer"}
    assert {name for name, reading in readings.items() if isinstance(reading, Invalid)} == {"load-tests"}
    assert {"ui", "api", "worker", "pipeline", "iac"} <= {
        name for name, reading in readings.items() if isinstance(reading, Declaration)
    }
    assert len(repositories["releases"].deploy_keys) == 2


def test_users_have_no_key_one_and_two(sandbox: Sandbox) -> None:
    account = sandbox.aws.account
    counts = {user: len(account.keys(user)) for user in account.users() if user.startswith("ci-user-")}
    assert set(counts.values()) == {0, 1, 2}
    assert "ci-user-inframock" not in counts
    assert [key.active for key in account.keys("ci-user-iac")] == [False, True]


def test_what_is_known_of_two_keys_agrees_for_worker_and_not_for_data_portal(sandbox: Sandbox) -> None:
    now = sandbox.clock()
    ages = {name: now - key_created(sandbox, name) for name in ("worker-new", "data-portal-a", "data-portal-b")}
    uses = {name: now - last_used(sandbox, name) for name in ("worker-old", "worker-new", "data-portal-a")}
    secret = store_of(sandbox.github.state.repositories["hms-dbmi-cellenics", "worker"], ACTIONS).entries[PAIR_NAMES[0]]
    assert now - secret.updated_at == ages["worker-new"] == 64 * DAY
    assert uses["worker-old"] > 64 * DAY > uses["worker-new"]

    assert stored_pair(sandbox, "data-portal")[0] == sandbox.keys["data-portal-a"].id
    assert uses["data-portal-a"] < ages["data-portal-b"]


def key_created(sandbox: Sandbox, name: str) -> float:
    owner = sandbox.aws.account.owner_of(sandbox.keys[name].id) or ""
    return next(key.created_at for key in sandbox.aws.account.keys(owner) if key.id == sandbox.keys[name].id)


def last_used(sandbox: Sandbox, name: str) -> float:
    use = sandbox.aws.principals.last_use(sandbox.keys[name].id)
    assert use is not None
    return use.at


def test_apis_policies_have_drifted_and_uis_have_not(sandbox: Sandbox) -> None:
    assert set(sandbox.aws.account.policies("ci-user-ui")) == {"get-ecr-auth-token", "push-image"}
    assert set(sandbox.aws.account.policies("ci-user-api")) == {"get-ecr-auth-token", "debug-in-march"}


def test_a_role_trusts_the_workflows_of_its_repository_by_a_provider_that_is_there(sandbox: Sandbox) -> None:
    iam = client_of(sandbox.aws, "iam", sandbox.aws.admin)
    role = iam.get_role(RoleName="ci-role-experiment-store")["Role"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    providers = [each["Arn"] for each in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]]
    assert providers == [statement["Principal"]["Federated"]]
    subject = statement["Condition"]["StringLike"]["token.actions.githubusercontent.com:sub"]
    assert subject == "repo:hms-dbmi-cellenics/experiment-store:*"
    assert role["RoleLastUsed"]["LastUsedDate"].timestamp() == sandbox.clock() - 15 * 3600


def test_seeding_leaves_no_history(sandbox: Sandbox) -> None:
    assert sandbox.github.state.secret_writes == []


def test_fills_in_the_account_the_region_and_the_organisation() -> None:
    world = read_world(
        "organization: acme\nregion: eu-west-1\nusers:\n  u:\n    tags: {home: 'o/${organization}'}\n"
        "    policies: {p: {Statement: [{Resource: 'arn:${region}:${account}'}]}}\n",
        "w.yaml",
    )
    with Sandbox(world) as running:
        number = running.aws.account.number
        assert running.aws.account.policies("u") == {"p": {"Statement": [{"Resource": f"arn:eu-west-1:{number}"}]}}
        assert running.aws.account.tags("u") == {"home": "o/acme"}
        assert running.environment()["AWS_DEFAULT_REGION"] == "eu-west-1"


def test_a_sandbox_that_was_left_answers_nobody() -> None:
    with Sandbox(read_world("organization: acme", "w.yaml")) as running:
        url = running.environment()["GITHUB_API_URL"]
        assert requests.get(url, timeout=10).status_code
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=10)
