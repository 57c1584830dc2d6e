"""Remedies that are our own commands, pasted: afterwards the finding is gone."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from cellenics_ci.audit.findings import Finding
from cellenics_ci.audit.rows import make_listing
from cellenics_ci.audit.taking import Wanted, take_snapshot
from cellenics_ci.cli.app import main
from cellenics_ci.cli.compose_audit import connect_audit
from cellenics_ci.cli.options import settings_of
from cellenics_ci.model.names import OrgName, Region
from cellenics_ci.run.interruption import Interruption
from cellenics_ci.sandbox.running import Sandbox
from cellenics_ci.sandbox.world import load_world
from tests.audit.making import LIMITS
from tests.needs import needs
from tests.sampling import whole

WORLD: Final = Path(__file__).with_name("remedies.yaml")
PASTED: Final = {
    "key-old": "old",
    "key-two-active": "two",
    "rotation-interrupted": "interrupted",
    "rotation-pending": "waiting",
    "secret-older-than-key": "stale",
    "secret-rewritten": "rewritten",
    "secret-without-user": "alone",
    "secret-without-key": "keyless",
    "secret-missing": "half",
    "user-missing": "alone",
    "policy-drift": "drifted",
    "policy-everything": "mighty",
    "policy-escalation": "mighty",
}
"""By rule: the repository whose case is mended."""


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(load_world(WORLD), folder=tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def sandbox(troubled: Sandbox) -> Sandbox:
    os.environ.update({**troubled.environment(), "CELLENICS_SETTLE_SECONDS": "0"})
    return troubled


def audit(context: str | None = None) -> list[Finding]:
    readers = connect_audit(settings_of(), context, Interruption())
    taken = take_snapshot(readers, Wanted(OrgName("acme"), Region("us-east-1")))
    return list(make_listing(taken, replace(LIMITS, now=taken.at)).findings)


def paste(remedy: str) -> int:
    """Run one of our own commands as it stands, with its question answered."""
    program, *words = shlex.split(remedy)
    assert program == "cellenics"
    return main([*words, "--yes"])


def of(findings: list[Finding], rule: str, repository: str) -> list[Finding]:
    return [each for each in findings if each.rule == rule and each.subject.repository == repository]


def test_what_rotate_ci_mends_is_gone_once_it_was_pasted(sandbox: Sandbox) -> None:
    assert main(["rotate-ci", "waiting", "--wait", "0", "--yes"]) == 0
    before = audit()
    for run in sandbox.github.state.repositories["acme", "waiting"].runs:
        run.status = "completed"
    found = {rule: of(before, rule, repository)[0] for rule, repository in PASTED.items()}
    together: dict[str, set[str]] = {}
    for finding in found.values():
        line, _, repository = finding.remedy.rpartition(" ")
        together.setdefault(line, set()).add(repository)
    assert "cellenics rotate-ci --finish" in together
    for line, repositories in together.items():
        # Lines that differ in their repository alone: one run for all of them takes less time.
        assert paste(f"{line} {' '.join(sorted(repositories))}") == 0
    after = audit()
    assert [rule for rule, repository in PASTED.items() if of(after, rule, repository)] == []


@pytest.mark.parametrize(
    ("context", "rules"),
    [
        ("production", ("deploy-key-old", "deploy-key-writable", "deploy-key-of-former-member")),
        whole("demo", ("cluster-key-unknown", "cluster-not-ready")),
    ],
)
def test_what_rotate_deploy_key_mends_is_gone_once_it_was_pasted(
    sandbox: Sandbox, context: str, rules: tuple[str, ...]
) -> None:
    needs("git")
    found = {rule: of(audit(context), rule, "releases") for rule in rules}
    assert all(found.values())
    # Flux's trouble is looked into with kubectl; a new key mends it, too.
    remedies = [finding.remedy for each in found.values() for finding in each if "kubectl" not in finding.remedy]
    # The one that says most: production's new key must not write.
    assert paste(max(remedies, key=len)) == 0
    assert [rule for rule in rules if of(audit(context), rule, "releases")] == []


def test_what_ensure_ecr_mends_is_gone_once_it_was_pasted(sandbox: Sandbox) -> None:
    (found,) = of(audit(), "registry-missing", "mighty")
    assert found.remedy == "cellenics ensure-ecr mighty"
    # It asks nothing, so that there is no question to be answered.
    assert main(shlex.split(found.remedy)[1:]) == 0
    assert of(audit(), "registry-missing", "mighty") == []
