"""What a person is told: wrong organisations and credentials, refused rights, answers that get lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.examiner.lab import Lab
from tests.examiner.organisation import POLICY, Manners
from tests.sampling import whole

Bench = Callable[..., Lab]
SSO = "https://github.com/orgs/acme-labs/sso?authorization_request=ABC"
SSO_REFUSAL = ("status", 403, {"X-GitHub-SSO": f"required; url={SSO}"}, {"message": "Resource protected by SAML"})


def once(method: str, pattern: str, what: Any, times: int = 1) -> Callable[[str, str], Any]:
    """Return a fault that happens to the first requests that fit."""
    left = [times]

    def fault(verb: str, path: str) -> Any:
        if verb == method and re.search(pattern, path) and left[0]:
            left[0] -= 1
            return what
        return None

    return fault


@pytest.mark.parametrize("graphql", ["schema", whole("none")])
def test_an_unknown_organisation_and_a_person_are_told_apart(graphql: str, bench: Bench) -> None:
    lab = bench(Manners(graphql=graphql))
    unknown, person = lab.run(org="nobody"), lab.run(org="just-a-person")
    assert (unknown.code, person.code, unknown.out) == (2, 2, "")
    assert "no organisation nobody" in unknown.err
    assert "a person's account" in person.err


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"GITHUB_API_TOKEN": ""}, "no GitHub token"),
        ({"GITHUB_API_TOKEN": "ghp_wrong"}, "wrong, expired or revoked"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "No AWS credentials"),
    ],
    ids=["no-token", "wrong-token", "no-aws"],
)
def test_missing_credentials_are_a_usage_error(more: dict[str, str], told: str, bench: Bench) -> None:
    lab = bench()
    lab.org.add("api")
    lab.more = more
    ran = lab.run()
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err
    assert not lab.hub.written()
    assert not lab.cloud.users()


@pytest.mark.parametrize("path", ["graphql", whole("actions/secrets")])
def test_a_single_sign_on_refusal_shows_the_address(path: str, bench: Bench) -> None:
    lab = bench()
    lab.org.add("api")
    lab.org.fault = once("POST" if path == "graphql" else "GET", path, SSO_REFUSAL, times=99)
    ran = lab.run()
    assert ran.code in (1, 2)
    assert SSO in "".join(ran.err.split())


def test_a_page_in_the_place_of_an_aws_error_is_not_quoted(bench: Bench) -> None:
    lab = bench()
    lab.org.add("api")
    lab.cloud.fault("CreateUser", "page", times=-1)
    ran = lab.run("--format", "json")
    assert ran.code == 1
    assert "<html" not in ran.out + ran.err
    assert "403" in ran.one("api")["reason"]


def test_creations_without_an_answer_end_in_one_key_at_the_latest_next_time(bench: Bench) -> None:
    lab = bench()
    for action in ("CreateUser", "CreateAccessKey"):
        for how in ("lose", "drop"):
            name = f"{how}-{action}"
            lab.org.add(name)
            lab.cloud.fault(action, how, user=f"ci-user-{name}")
    assert lab.run().code in (0, 1)
    assert lab.run().code == 0
    for name in lab.org.repos:
        lab.settled(name)


@pytest.mark.parametrize("half", [whole("AWS_ACCESS_KEY_ID"), "AWS_SECRET_ACCESS_KEY"])
def test_a_write_that_goes_wrong_once_is_made_good(half: str, bench: Bench) -> None:
    lab = bench()
    faults: dict[str, Any] = {
        "lost": "lose",
        "dropped": "drop",
        "error": ("status", 500, {}, {"message": "x"}),
        "limited": ("status", 403, {"Retry-After": "1"}, {"message": "x"}),
        "too-many": ("status", 429, {"Retry-After": "1"}, {"message": "x"}),
    }
    each = [once("PUT", f"/{name}/.*/{half}$", what) for name, what in faults.items()]
    for name in faults:
        lab.org.add(name)
    lab.org.fault = lambda verb, path: next((what for fault in each if (what := fault(verb, path))), None)
    assert lab.run().code == 0
    for name in faults:
        lab.settled(name)


def test_a_dry_run_only_reads_and_its_plan_is_the_one_carried_out(bench: Bench) -> None:
    lab = bench()
    lab.org.add("api")
    lab.org.add("broken", POLICY.replace("Allow", "Maybe"))
    dry = lab.run("--dry-run", "--format", "json", yes=False)
    assert (dry.code, dry.outcomes()) == (1, {"api": "planned", "broken": "skipped"})
    assert not lab.hub.written()
    assert all(re.match(r"(Get|List|Describe)", action) for action in lab.cloud.actions())
    planned = lab.run("--dry-run").out
    done = lab.run()
    assert (done.code, done.out.count("rotated")) == (1, 2)
    table = planned[planned.index("api") : planned.index("policies:")]
    assert table in done.err
