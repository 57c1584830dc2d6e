"""The suite can't reach another machine, this machine's home, or its credentials."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import hermetic
from tests.needs import missing, needs


@pytest.mark.parametrize(
    "reach",
    [
        lambda: socket.create_connection(("192.0.2.1", 443), timeout=1),
        lambda: socket.create_connection(("api.github.com", 443), timeout=1),
        lambda: socket.socket().connect_ex(("192.0.2.1", 443)),
        lambda: socket.getaddrinfo("sts.amazonaws.com", 443),
        lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)),
    ],
)
def test_nothing_but_loopback_is_reached(reach: Callable[[], object]) -> None:
    with pytest.raises(AssertionError, match="tests talk to this machine only"):
        reach()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_is_reached(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection((host, server.getsockname()[1]), timeout=5).close()


def test_credentials_and_endpoints_of_this_machine_are_gone(tmp_path: Path) -> None:
    machine = {
        "PATH": "/bin",
        "CI": "true",
        "HOME": "/home/ada",
        "AWS_PROFILE": "prod",
        "GITHUB_TOKEN": "t",
        "GH_TOKEN": "t",
        "KUBECONFIG": "/k",
        "CELLENICS_REGION": "r",
        "SSH_AUTH_SOCK": "/s",
        "https_proxy": "http://proxy",
    }
    left = hermetic(machine, tmp_path)
    assert {name: left[name] for name in ("PATH", "CI", "HOME")} == {
        "PATH": "/bin",
        "CI": "true",
        "HOME": str(tmp_path),
    }
    assert not set(left) & (set(machine) - {"PATH", "CI", "HOME"})
    assert left["AWS_EC2_METADATA_DISABLED"] == "true"
    assert not [name for name in os.environ if name.startswith(("GITHUB_", "GH_", "KUBE", "CELLENICS_"))]


def test_every_test_has_an_empty_home() -> None:
    assert list(Path.home().iterdir()) == []


def test_a_missing_tool_is_a_skip_on_a_laptop_and_a_failure_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Path(needs("sh")).name == "sh"
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception):
        needs("no-such-tool")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception):
        missing("no-such-tool is not installed")
