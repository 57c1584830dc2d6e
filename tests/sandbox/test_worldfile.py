"""World files: what they may say, and how a mistake in one is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from cellenics_ci.errors import UsageProblem
from cellenics_ci.sandbox.world import (
    KeyFact,
    OrganizationSecret,
    RunFact,
    SecretFact,
    Used,
    WorldProblem,
    load_world,
)
from cellenics_ci.sandbox.worldfile import DEFAULT_SCOPES, read_world

DAY = 86400.0
WHOLE = """\
organization: acme
region: eu-central-1
account: {number: "012345678901", alias: acme-test}
operator: {login: ada, token: ghp_given, scopes: [repo]}
tokens: [{login: bob}]
secrets: {SHARED: {age: 3d, value: v, selected: [ui]}}
registries: [ui]
repositories:
  ui:
    age: 2w
    files: {.ci.yaml: "ci-policies: []"}
    private: false
    permission: WRITE
    secrets: {pair: {key: ui, age: 1h}}
    dependabot: {OTHER: {age: 5m, value: "yes"}}
    environments: {staging: {}, "prod/eu": {secrets: {pair: {key: ui, age: 30s}}}}
    variables: {STAGE: "007"}
    runs: [{age: 10s, status: queued, ends-in: 5s, event: pull_request, attempt: 2}]
    deploy-keys: [{title: flux, age: 1d, read-only: false}]
  empty:
users:
  ci-user-ui:
    tags: {owner: 'acme/ui@1'}
    policies: declared
    attached: [ReadOnlyAccess]
    keys: [{name: ui, age: 1.5d, status: inactive, used: {age: 2h, service: s3, region: eu-west-1}}]
  grafana: {path: /monitoring/, policies: {p: {Version: 2012-10-17, Statement: []}}}
roles:
  ci-role-ui: {policies: {}, used: {age: 1d}}
"""


def test_reads_all_that_a_world_may_have() -> None:
    world = read_world(WHOLE, "w.yaml")
    ui, empty = world.repositories
    user, grafana = world.users

    assert (world.organization, world.account, world.alias) == ("acme", "012345678901", "acme-test")
    assert (world.operator.login, world.operator.scopes) == ("ada", ("repo",))
    assert world.secrets == {"SHARED": OrganizationSecret(SecretFact(3 * DAY, "v"), ("ui",))}
    assert ui.flags == {"private": False, "archived": False, "fork": False}
    assert ui.secrets == dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), SecretFact(3600, None, "ui"))
    assert ui.dependabot == {"OTHER": SecretFact(300, "yes")}
    assert list(ui.environments) == ["staging", "prod/eu"]
    assert ui.variables == {"STAGE": "007"}
    assert ui.runs == (RunFact(10, "queued", "pull_request", 5, 2),)
    assert not ui.deploy_keys[0].read_only
    assert not empty.files
    assert (user.declared, user.path, user.attached) == ("ui", "/ci-users/ui/", ("ReadOnlyAccess",))
    assert user.keys == (KeyFact("ui", 1.5 * DAY, False, Used(7200, "s3", "eu-west-1")),)
    assert grafana.path == "/monitoring/"
    assert grafana.policies["p"]["Version"] == "2012-10-17"
    assert world.roles[0].used == Used(DAY)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "empty"),
        ("a: [", 1, "not YAML"),
        ("- x", 1, "mapping"),
        ("region: x", 1, "needs organization"),
        ("organization: a\norganization: b", 2, "twice"),
        ("organization: a\nrepositorys: {}", 2, "is repositories meant?"),
        ("organization: a\nrepositories:\n  ui:\n    age: long", 4, "not like 90d"),
        ("organization: a\nrepositories:\n  ui: {archived: yes}", 3, "neither true nor false"),
        ("organization: a\nrepositories:\n  ui:\n    secrets:\n      X: {age: 1d}", 5, "a value or the name"),
        ("organization: a\nrepositories:\n  ui:\n    secrets: {pair: {age: 1d, key: no}}", 4, "key no that no user"),
        ("organization: a\nrepositories:\n  ui:\n    runs: {}", 4, "has to be a list"),
        ("organization: a\nrepositories:\n  ui:\n    runs: [{age: 1d, attempt: two}]", 4, "no whole number"),
        ("organization: a\nusers:\n  ci-user-x: {policies: declared}", 3, "no .ci.yaml in x"),
        ("organization: a\nusers:\n  u: {policies: all}", 3, "has to be declared"),
        ("organization: a\nusers:\n  u:\n    keys: [{name: k, age: 1d, status: gone}]", 4, "neither active"),
        ("organization: a\nusers:\n  u:\n    keys: [{name: k, age: 1d}, {name: k, age: 1d}]", 4, "two keys"),
        ("organization: a\naccount: {number: '1'}", 2, "twelve digits"),
        ("organization: a\nrepositories:\n  ui:\n    dependabot:\n      X:\n        {age: 1d, key: k}", 5, "no user"),
        ("organization: a\nsecrets:\n  pair: {age: 1d, key: k}", 3, "no user"),
        ("organization: a\nroles:\n  ci-role-x:\n    policies: declared", 4, "no .ci.yaml in x"),
        ("organization: a\nrepositories:\n  ui:\n  a b:\n    age: 1d", 4, "a repository 'a b'"),
        ("organization: a\nrepositories:\n  ..:", 3, "a repository '..'"),
        ("organization: a\nrepositories:\n  ui:\n    files:\n      /etc/x: y", 5, "a file '/etc/x'"),
        ("organization: a\nrepositories:\n  ui:\n    files: {a: b,\n      a/../x: y}", 5, "a file 'a/../x'"),
        ("organization: [a]", 1, "single value"),
    ],
)
def test_tells_what_is_wrong_and_on_which_line(text: str, line: int, words: str) -> None:
    with pytest.raises(WorldProblem) as problem:
        read_world(text, "w.yaml")
    assert problem.value.line == line
    assert problem.value.sentence.startswith(f"w.yaml, line {line}: ")
    assert words in problem.value.sentence


def test_a_file_that_is_not_there_or_not_text_is_a_usage_problem(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for name, words in (("nowhere", "There is no world file"), ("binary", "can't be read")):
        with pytest.raises(UsageProblem, match=words):
            load_world(tmp_path / name)


def test_a_token_without_scopes_has_none() -> None:
    world = read_world("organization: a\noperator: {login: ada, scopes: []}\ntokens: [{login: bob}]", "w.yaml")
    assert (world.operator.scopes, world.tokens[0].scopes) == ((), DEFAULT_SCOPES)


def test_a_secret_of_the_organisation_that_nobody_was_selected_for_is_seen_by_nobody() -> None:
    text = "{{organization: acme, secrets: {{SHARED: {{age: 3d, value: v{}}}}}}}"
    assert read_world(text.format(""), "world").secrets["SHARED"].selected is None
    assert read_world(text.format(", selected: []"), "world").secrets["SHARED"].selected == ()
