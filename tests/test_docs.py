"""The docs keep to what is there: links lead somewhere, JSON is JSON, and the least rights are those that are used."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

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
