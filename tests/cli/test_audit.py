"""`cellenics audit` as people and scripts run it, in this process, against the organisation of the sandbox."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import cellenics_ci
from cellenics_ci.cli.app import main
from cellenics_ci.cli.audit import Column
from cellenics_ci.cli.audit_run import options_of
from cellenics_ci.cli.views.audit_order import VALUES
from cellenics_ci.sandbox.aws.calls import Refusal
from cellenics_ci.sandbox.running import Sandbox
from cellenics_ci.sandbox.world import load_world

SCHEMA = json.loads((Path(cellenics_ci.__file__).parent / "cli/views/audit.schema.json").read_text("utf-8"))
SCRIPT = "import sys; from cellenics_ci.cli.app import main; sys.exit(main())"


@pytest.fixture(scope="module")
def shipped() -> Iterator[Sandbox]:
    with Sandbox(load_world()) as running:
        yield running


@pytest.fixture
def sandbox(shipped: Sandbox) -> Iterator[Sandbox]:
    os.environ.update(shipped.environment())
    yield shipped
    shipped.aws.before_call.clear()


def audit(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["audit", *words])
    told = capsys.readouterr()
    return code, told.out, told.err


def document(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(audit(capsys, "--format", "json", *words)[1])
    return found


def secrets_of(sandbox: Sandbox) -> list[str]:
    """Return everything that must never be seen."""
    values = [key.secret.reveal() for key in sandbox.keys.values()]
    tokens = [sandbox.aws.admin.secret.reveal(), sandbox.environment()["GITHUB_API_TOKEN"]]
    return [*values, *tokens, "not-a-real-token", "of-another-account", "not-a-real-password"]


def test_an_audit_is_a_table_then_what_was_found_and_what_to_type(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = audit(capsys)
    assert code == 1
    assert "hms-dbmi-cellenics, AWS account 123456789012 (cellenics-sandbox)" in out
    assert "error file-invalid: A `.ci.yaml` can't be used." in out
    assert "\n    cellenics rotate-ci ui\n" in out
    assert out.rstrip().splitlines()[-2].endswith("17 repositories, 6 deploy keys.")
    assert err == ""


def test_a_table_fits_eighty_columns_and_breaks_no_command(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    os.environ["COLUMNS"] = "80"
    out = audit(capsys)[1]
    commands = ("    cellenics ", "    aws ", "    gh ", "      gh ", "      aws ", "    ssh-keygen ")
    assert [line for line in out.splitlines() if len(line) > 80 and not line.startswith(commands)] == []
    assert [line for line in out.splitlines() if len(line) > 80]


def test_a_few_repositories_are_shown_with_the_evidence_and_the_diff(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = audit(capsys, "api")
    assert code == 0
    assert "debug-in-march is there and not declared" in out
    assert '-      "Action": "s3:*",' in out


def test_the_document_fits_its_schema(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys)
    jsonschema.validate(found, SCHEMA)
    assert found["summary"]["error"] == sum(each["severity"] == "error" for each in found["findings"])
    assert {each["user"] for each in found["orphans"]} >= {"ci-user-billing", "ci-user-docs", "ci-user-ui-2019"}
    assert len(found["repositories"]) == 17


def test_the_schema_refuses_what_it_does_not_know(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "ui")
    found["findings"][0]["surprise"] = 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found, SCHEMA)


def test_csv_is_one_finding_a_line(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(csv.DictReader(io.StringIO(audit(capsys, "--format", "csv")[1])))
    assert len(rows) == document(capsys)["summary"]["error"] + sum(row["severity"] != "error" for row in rows)
    assert {"severity", "rule", "remedy"} <= rows[0].keys()
    assert all("\n" not in value for row in rows for value in row.values())


@pytest.mark.parametrize("format_", ["text", "json", "csv"])
def test_no_secret_and_no_whole_key_id_is_in_the_output(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str], format_: str
) -> None:
    _, out, err = audit(capsys, "--format", format_)
    hidden = [*secrets_of(sandbox), *(key.id for key in sandbox.keys.values())]
    assert [value for value in hidden if value in out + err] == []


def test_key_ids_are_in_full_where_that_is_asked_for(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    out = audit(capsys, "--show-ids", "ui")[1]
    assert sandbox.keys["ui"].id in out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--fail-on", "never"), 0),
        (("--fail-on", "error", "ui"), 0),
        (("--fail-on", "warning", "ui"), 1),
        (("--fail-on", "warning", "ui", "--ignore", "*"), 0),
        (("--fail-on", "info", "--only", "key-inactive"), 1),
        (("--fail-on", "warning", "--only", "key-inactive"), 0),
        (("--only", "key-olde"), 2),
        (("nowhere",), 2),
        (("--max-age", "soon"), 2),
    ],
)
def test_the_exit_code_says_what_was_asked(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int
) -> None:
    assert audit(capsys, *words)[0] == code


def test_only_and_ignore_choose_rules(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    rules = {each["rule"] for each in document(capsys, "--only", "user-*", "--ignore", "user-m*")["findings"]}
    assert "user-password" in rules
    assert all(rule.startswith("user-") for rule in rules)
    assert "user-missing" not in rules


def test_rows_come_in_the_order_that_was_asked_for(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    by_age = [row["key_age"] for row in document(capsys, "--sort", "age")["repositories"]]
    known = [age for age in by_age if age is not None]
    assert known == sorted(known, reverse=True)
    assert by_age[: len(known)] == known
    names = [row["repository"] for row in document(capsys, "--sort", "repository")["repositories"]]
    assert names == sorted(names)


def test_limits_are_what_was_typed(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "--max-age", "500d", "--unused", "1d", "--ignore", "part-unreadable", "api", "ui")
    assert {each["rule"] for each in found["findings"]} == {"key-unused", "policy-drift"}
    assert (found["max_age"], found["unused"]) == (500 * 86400, 86400)


def test_a_missing_right_is_told_and_the_rest_is_shown(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    sandbox.aws.before_call.append(
        lambda call: Refusal("AccessDenied", "no").response(call) if call.action == "ListAccessKeys" else None
    )
    code, out, _ = audit(capsys, "ui", "--fail-on", "warning")
    assert code == 1
    told = " ".join(out.split())
    assert "the access keys could not be read: AWS refused iam:ListAccessKeys for …: AccessDenied" in told
    row = next(line for line in out.splitlines() if line.startswith("ui "))
    assert row.split()[3] == "?"


def test_the_summary_of_an_actions_run_has_the_findings(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    os.environ["GITHUB_STEP_SUMMARY"] = str(tmp_path / "summary")
    audit(capsys, "--only", "user-password")
    text = (tmp_path / "summary").read_text("utf-8")
    assert "### audit: hms-dbmi-cellenics" in text
    assert "| error | user-password | ci-user-billing |" in text


def test_nothing_is_changed(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    audit(capsys)
    reads = ("Get", "List", "Describe", "Generate")
    assert [call.name for call in sandbox.aws.calls if not call.name.partition(":")[2].startswith(reads)] == []
    assert {request.method for request in sandbox.github.requests if request.path != "/graphql"} == {"GET"}


def test_a_reader_that_goes_away_gets_the_exit_code_and_no_complaint(sandbox: Sandbox) -> None:
    command = f'"{sys.executable}" -c "{SCRIPT}" audit; echo $? >&2'
    done = subprocess.run(
        ["sh", "-c", f"( {command} ) | head -1"],
        env=dict(os.environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.startswith("hms-dbmi-cellenics")
    assert done.stderr.split() == ["1"]


def test_rows_can_be_sorted_by_each_column_that_is_offered() -> None:
    assert set(VALUES) == {column.value for column in Column}


def test_another_command_gets_those_options_that_it_takes() -> None:
    typed = ("--org", "acme", "--profile", "p", "--region", "eu-west-1")
    assert {options_of(command, typed) for command in ("rotate-ci", "adopt-oidc", "retire-ci")} == {typed}
    assert options_of("rotate-deploy-key", typed) == ("--org", "acme")
