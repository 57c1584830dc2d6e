"""The docs keep to what is there: links lead somewhere, JSON is JSON, and the least rights are those that are used."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

import cellenics_ci
from cellenics_ci.clients.kube.role import required_role

ROOT = Path(__file__).parents[1]
PACKAGE = Path(cellenics_ci.__file__).parent
PAGES = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md")))
NEEDS_NO_RIGHT = {"sts:GetCallerIdentity"}
ONLY_WITHOUT_THE_ACCOUNT_WIDE_READ = {"iam:ListUsers", "iam:ListUserPolicies", "iam:GetUserPolicy"}
BY_THE_NEW_KEY = {"ecr:GetAuthorizationToken"}


def blocks(page: Path, language: str) -> list[str]:
    """Return a page's code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives to a page's headings."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_a_page_and_a_heading_that_are_there(page: Path) -> None:
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if link.startswith("http"):
            continue
        file, _, anchor = link.partition("#")
        target = page.parent / file if file else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_blocks_of_json_are_json(page: Path) -> None:
    for block in blocks(page, "json"):
        json.loads(block)


def test_the_least_rights_are_those_that_the_clients_use() -> None:
    sources = "".join(path.read_text("utf-8") for path in (PACKAGE / "clients/aws").glob("*.py"))
    used = set(re.findall(r'"((?:iam|sts|ecr|cloudformation):[A-Z]\w+)"', sources))
    assert "iam:CreateAccessKey" in used
    pages = (ROOT / "docs/security-model.md", ROOT / "docs/audit.md")
    documents = [json.loads(block) for page in pages for block in blocks(page, "json")]
    statements = [each for document in documents for each in document.get("Statement", [])]
    actions = [[each["Action"]] if isinstance(each["Action"], str) else each["Action"] for each in statements]
    granted = {action for listed in actions for action in listed}
    assert granted == used - NEEDS_NO_RIGHT - ONLY_WITHOUT_THE_ACCOUNT_WIDE_READ - BY_THE_NEW_KEY
    text = "".join(page.read_text("utf-8") for page in pages)
    assert all(f"`{action}`" in text for action in used - granted)


def test_the_role_on_the_page_is_the_one_that_a_refusal_prints() -> None:
    role = required_role(namespace="flux-system", secret="flux-system", source="flux-system")
    assert role in blocks(ROOT / "docs/rotate-deploy-key.md", "yaml")


def test_a_scheduled_rotation_signs_in_with_what_outlives_the_night() -> None:
    (job,) = (yaml.safe_load(block)["jobs"]["rotate"] for block in blocks(ROOT / "docs/scheduled.md", "yaml")[:1])
    rotate = next(step for step in job["steps"] if step.get("id") == "rotate")
    assert job["timeout-minutes"] > 60, "an App's token would do"
    assert {"GITHUB_APP_ID", "GITHUB_APP_PRIVATE_KEY_PATH"} <= rotate["env"].keys()
    assert "GITHUB_API_TOKEN" not in rotate["env"], "it would go before the App"


def test_the_step_on_the_page_keeps_the_apps_key_for_its_owner(tmp_path: Path) -> None:
    steps = yaml.safe_load(blocks(ROOT / "docs/scheduled.md", "yaml")[0])["jobs"]["rotate"]["steps"]
    step = next(step for step in steps if "APP_PRIVATE_KEY" in step.get("env", {}))
    environment = {"PATH": os.environ["PATH"], "RUNNER_TEMP": str(tmp_path), "APP_PRIVATE_KEY": "-----KEY\n100%s-----"}
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", step["run"]], env=environment, capture_output=True, check=True
    )
    assert done.stdout + done.stderr == b""
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text() == "-----KEY\n100%s-----\n"
    rotate = next(step for step in steps if step.get("id") == "rotate")
    assert rotate["env"]["GITHUB_APP_PRIVATE_KEY_PATH"] == f"${{{{ runner.temp }}}}/{file.name}"
