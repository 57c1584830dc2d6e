"""The rules whose cases in the shipped organisation show with a cluster, and to somebody without rights."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from cellenics_ci.audit.rows import make_listing
from cellenics_ci.audit.taking import Wanted, take_snapshot
from cellenics_ci.cli.compose_audit import connect_audit
from cellenics_ci.cli.options import settings_of
from cellenics_ci.model.names import OrgName, Region
from cellenics_ci.run.interruption import Interruption
from cellenics_ci.sandbox.running import Sandbox
from cellenics_ci.sandbox.world import load_world
from tests.audit.making import LIMITS
from tests.audit.test_taking import ELSEWHERE
from tests.needs import needs


def test_a_cluster_and_missing_rights_show_the_rules_that_nothing_else_shows(tmp_path: Path) -> None:
    needs("git")
    with Sandbox(load_world(), folder=tmp_path) as running:
        nobody = running.keys["grafana"]
        os.environ.update(running.environment())
        os.environ.update(AWS_ACCESS_KEY_ID=nobody.id, AWS_SECRET_ACCESS_KEY=nobody.secret.reveal())
        readers = connect_audit(settings_of(), "demo", Interruption())
        taken = take_snapshot(readers, Wanted(OrgName("hms-dbmi-cellenics"), Region("us-east-1")))
    findings = make_listing(taken, replace(LIMITS, now=taken.at)).findings
    assert {finding.rule for finding in findings} >= ELSEWHERE
