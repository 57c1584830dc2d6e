"""The organisation that ships with the sandbox, behind the real clients."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from cellenics_ci.audit.ports import AuditReaders
from cellenics_ci.cli.compose_audit import connect_audit
from cellenics_ci.cli.options import settings_of
from cellenics_ci.run.interruption import Interruption
from cellenics_ci.sandbox.running import Sandbox
from cellenics_ci.sandbox.world import load_world


@pytest.fixture(scope="module")
def shipped() -> Iterator[Sandbox]:
    """Run the shipped organisation; tests only read it."""
    with Sandbox(load_world()) as running:
        yield running
        assert running.aws.failures == []
        assert running.github.failures == []


@pytest.fixture
def sandbox(shipped: Sandbox) -> Iterator[Sandbox]:
    """Return the organisation, with hooks that last for one test, and an environment that leads to it."""
    os.environ.update(shipped.environment())
    yield shipped
    shipped.aws.before_call.clear()
    shipped.github.state.before_request.clear()


@pytest.fixture
def readers(sandbox: Sandbox) -> AuditReaders:
    return connect_audit(settings_of(), None, Interruption())
