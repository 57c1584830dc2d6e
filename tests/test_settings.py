"""Where settings come from, in which order, and what is said when they can't be used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cellenics_ci.errors import UsageProblem
from cellenics_ci.logins import AppLogin, TokenLogin, gh_token
from cellenics_ci.model.secret import Secret
from cellenics_ci.settings import Options, Settings, graphql_url, resolve

PEM = "-----BEGIN RSA PRIVATE KEY-----\nnot really\n-----END RSA PRIVATE KEY-----\n"


def settings(environ: dict[str, str] | None = None, options: Options | None = None, gh: str | None = None) -> Settings:
    return resolve(options or Options(), environ or {}, gh=lambda host: gh)


def token_of(found: Settings) -> tuple[str, str]:
    assert isinstance(found.github, TokenLogin)
    return found.github.token.reveal(), found.github.source


def problem_of(environ: dict[str, str], options: Options | None = None) -> UsageProblem:
    with pytest.raises(UsageProblem) as caught:
        settings(environ, options)
    return caught.value


def test_a_token_is_taken_from_the_first_place_that_has_one() -> None:
    environ = {"GITHUB_API_TOKEN": "own", "GH_TOKEN": "gh", "GITHUB_TOKEN": "actions"}
    assert token_of(settings(environ, Options(token=Secret("typed")), gh="kept")) == ("typed", "--token")
    for expected in ("GITHUB_API_TOKEN", "GH_TOKEN", "GITHUB_TOKEN"):
        assert token_of(settings(environ, gh="kept")) == (environ[expected], expected)
        del environ[expected]
    assert token_of(settings(environ, gh="kept")) == ("kept", "gh auth token")


def test_an_empty_variable_counts_as_unset() -> None:
    assert token_of(settings({"GITHUB_API_TOKEN": "", "GITHUB_TOKEN": "t"})) == ("t", "GITHUB_TOKEN")
    assert settings({"GITHUB_TOKEN": "t", "GITHUB_CELLENICS_ORG": ""}).org_defaulted


def test_a_github_app_goes_before_tokens_that_were_meant_for_other_tools(tmp_path: Path) -> None:
    key = tmp_path / "app.pem"
    key.write_text(PEM)
    app = {"GITHUB_APP_ID": "7", "GITHUB_APP_PRIVATE_KEY_PATH": str(key)}
    found = settings({**app, "GITHUB_TOKEN": "actions"}).github
    assert isinstance(found, AppLogin)
    assert (found.app_id, found.private_key.reveal()) == ("7", PEM)
    assert token_of(settings({**app, "GITHUB_API_TOKEN": "own"})) == ("own", "GITHUB_API_TOKEN")


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"GITHUB_APP_ID": "7"}, "GITHUB_APP_PRIVATE_KEY_PATH is not set"),
        ({"GITHUB_APP_PRIVATE_KEY_PATH": "/dev/null"}, "GITHUB_APP_ID is not set"),
        ({"GITHUB_APP_ID": "7", "GITHUB_APP_PRIVATE_KEY_PATH": "/no/such.pem"}, "/no/such.pem"),
        ({"GITHUB_APP_ID": "7", "GITHUB_APP_PRIVATE_KEY_PATH": "~nobody-here/a.pem"}, "~nobody-here/a.pem"),
        ({"GITHUB_APP_ID": "7", "GITHUB_APP_PRIVATE_KEY_PATH": "/dev/null"}, "not a private key"),
    ],
)
def test_a_half_configured_app_is_a_problem_and_no_reason_to_use_another_login(
    environ: dict[str, str], named: str
) -> None:
    assert named in problem_of({**environ, "GITHUB_TOKEN": "actions"}).sentence


def test_without_any_login_every_way_to_give_one_is_told() -> None:
    problem = problem_of({})
    assert problem.sentence == "There is no GitHub token."
    for way in ("--token", "GITHUB_API_TOKEN", "GH_TOKEN", "GITHUB_TOKEN", "gh auth login", "GITHUB_APP_ID"):
        assert way in problem.remedy


def test_a_command_without_github_needs_no_token() -> None:
    assert resolve(Options(), {}, with_github=False, gh=lambda host: pytest.fail("asked gh")).github is None


@pytest.mark.parametrize("value", ["two words", "line\nbreak", "tökén", "\x7f"])
def test_a_token_that_no_header_can_carry_is_refused_and_not_shown(value: str) -> None:
    problem = problem_of({"GITHUB_API_TOKEN": value})
    assert "GITHUB_API_TOKEN" in problem.sentence
    assert value not in problem.sentence + problem.remedy


def test_a_token_loses_the_line_end_that_a_file_gave_it() -> None:
    assert token_of(settings({"GITHUB_API_TOKEN": "abc\n"}))[0] == "abc"


def test_options_win_over_the_environment_and_the_environment_over_defaults() -> None:
    environ = {
        "GITHUB_TOKEN": "t",
        "GITHUB_CELLENICS_ORG": "env-org",
        "CELLENICS_REGION": "eu-west-1",
        "AWS_PROFILE": "env",
    }
    typed = Options(org="typed-org", region="us-gov-west-1", profile="typed")
    found = settings(environ, typed)
    assert (found.org, found.region, found.profile) == ("typed-org", "us-gov-west-1", "typed")
    found = settings(environ)
    assert (found.org, found.region, found.profile) == ("env-org", "eu-west-1", "env")
    assert not found.org_defaulted
    assert not found.region_defaulted
    found = settings({"GITHUB_TOKEN": "t", "AWS_REGION": "eu-north-1", "AWS_DEFAULT_REGION": "eu-north-1"})
    assert (found.org, found.region, found.profile) == ("hms-dbmi-cellenics", "us-east-1", None)
    assert found.org_defaulted
    assert found.region_defaulted


@pytest.mark.parametrize(
    ("api", "graphql"),
    [
        ("https://api.github.com", "https://api.github.com/graphql"),
        ("https://git.example.org/api/v3", "https://git.example.org/api/graphql"),
        ("https://api.tenant.ghe.com", "https://api.tenant.ghe.com/graphql"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/graphql"),
        ("http://127.0.0.1:8080/api/v3", "http://127.0.0.1:8080/api/graphql"),
    ],
)
def test_graphql_is_found_beside_the_rest_address(api: str, graphql: str) -> None:
    assert graphql_url(api) == graphql
    found = settings({"GITHUB_TOKEN": "t", "GITHUB_API_URL": f"{api}/"})
    assert (found.github_api_url, found.github_graphql_url) == (api, graphql)


@pytest.mark.parametrize(
    ("api", "host"),
    [
        ("https://api.github.com", "github.com"),
        ("https://api.tenant.ghe.com", "tenant.ghe.com"),
        ("https://git.example.org/api/v3", "git.example.org"),
        ("http://127.0.0.1:8080", "127.0.0.1:8080"),
    ],
)
def test_gh_is_asked_for_the_token_of_the_server_that_is_called(api: str, host: str) -> None:
    asked: list[str] = []

    def gh(name: str) -> str:
        asked.append(name)
        return "kept"

    resolve(Options(), {"GITHUB_API_URL": api}, gh=gh)
    assert asked == [host]


@pytest.mark.parametrize(
    "url", ["api.github.com", "ftp://api.github.com", "https://", "https://h:port", "https://[::1"]
)
def test_an_api_url_that_is_no_address_is_refused(url: str) -> None:
    assert "GITHUB_API_URL" in problem_of({"GITHUB_TOKEN": "t", "GITHUB_API_URL": url}).sentence


def test_a_password_in_the_api_url_is_refused_and_not_shown() -> None:
    problem = problem_of({"GITHUB_TOKEN": "t", "GITHUB_API_URL": "https://me:hunter2@git.example.org/api/v3"})
    assert "hunter2" not in problem.sentence + problem.remedy


@pytest.mark.parametrize(
    ("api", "issuer"),
    [
        ("https://api.github.com", "token.actions.githubusercontent.com"),
        ("https://github.example.org/api/v3", "github.example.org/_services/token"),
        ("https://GitHub.Example.org:8443/api/v3", "github.example.org:8443/_services/token"),
        ("https://api.acme.ghe.com", "token.actions.acme.ghe.com"),
        ("http://[::1]:8080", "[::1]:8080/_services/token"),
    ],
)
def test_who_issues_tokens_follows_from_the_servers_address(api: str, issuer: str) -> None:
    assert settings({"GITHUB_TOKEN": "t", "GITHUB_API_URL": api}).oidc_issuer == issuer


def test_an_enterprise_may_have_an_issuer_of_its_own() -> None:
    environ = {"GITHUB_TOKEN": "t", "CELLENICS_OIDC_ISSUER": "https://token.actions.githubusercontent.com/acme/"}
    assert settings(environ).oidc_issuer == "token.actions.githubusercontent.com/acme"
    assert settings(environ, Options(issuer="other.example")).oidc_issuer == "other.example"
    assert "is no issuer" in problem_of(environ, Options(issuer="a b")).sentence


@pytest.mark.parametrize(("text", "seconds"), [("0", 0.0), ("0.5", 0.5), ("120", 120.0), ("", 10.0)])
def test_the_settle_time_is_read_in_seconds(text: str, seconds: float) -> None:
    assert settings({"GITHUB_TOKEN": "t", "CELLENICS_SETTLE_SECONDS": text}).settle_seconds == seconds


@pytest.mark.parametrize("text", ["-1", "121", "nan", "inf", "soon"])
def test_a_settle_time_outside_its_range_is_refused(text: str) -> None:
    assert text in problem_of({"GITHUB_TOKEN": "t", "CELLENICS_SETTLE_SECONDS": text}).sentence


def test_all_problems_are_told_at_once() -> None:
    options = Options(org="https://github.com/org", region="Frankfurt", role_arn="ci-admin")
    problem = problem_of({"CELLENICS_SETTLE_SECONDS": "soon", "GITHUB_API_URL": "nowhere"}, options)
    assert problem.sentence.startswith("6 settings can't be used")
    for named in ("token", "https://github.com/org", "Frankfurt", "ci-admin", "soon", "GITHUB_API_URL"):
        assert named in problem.sentence


def test_settings_do_not_show_the_token(tmp_path: Path) -> None:
    key = tmp_path / "app.pem"
    key.write_text(PEM)
    assert "hunter2" not in repr(settings({"GITHUB_API_TOKEN": "hunter2"}))
    app = settings({"GITHUB_APP_ID": "7", "GITHUB_APP_PRIVATE_KEY_PATH": str(key)})
    assert "not really" not in repr(app)


def gh_program(folder: Path, body: str) -> None:
    program = folder / "gh"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)


def test_gh_gives_the_token_of_a_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gh_program(tmp_path, 'test "$*" = "auth token --hostname github.com" && echo kept-by-gh')
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert gh_token("github.com") == "kept-by-gh"
    assert gh_token("127.0.0.1:8080") is None


def test_no_gh_and_a_broken_gh_are_no_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert gh_token("github.com") is None
    (tmp_path / "gh").write_text("not a program")
    (tmp_path / "gh").chmod(0o755)
    assert gh_token("github.com") is None


def test_a_gh_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gh_program(tmp_path, "exec sleep 60")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr("cellenics_ci.logins.GH_TIMEOUT", 0.05)
    assert gh_token("github.com") is None


def test_settings_are_resolved_without_an_sdk() -> None:
    code = "import sys, cellenics_ci.settings; print([m for m in ('boto3', 'github', 'typer') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", ["token", "org", "region", "profile", "role_arn", "issuer"])
def test_an_option_that_was_typed_and_is_empty_is_refused_and_not_taken_for_unset(name: str) -> None:
    environ = {"GITHUB_TOKEN": "t", "GITHUB_CELLENICS_ORG": "acme", "AWS_PROFILE": "production"}
    typed: dict[str, Any] = {name: Secret("") if name == "token" else " "}
    problem = problem_of(environ, Options(**typed))
    assert f"--{name.replace('_', '-')} is empty." in str(problem)
