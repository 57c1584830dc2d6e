"""Which cluster, and as whom: every kubeconfig that can't be used is told in a sentence, without what it holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from cellenics_ci.clients.kube.cluster import KubeCluster, connect
from cellenics_ci.errors import CallFailed, Failure, UsageProblem
from cellenics_ci.sandbox.cluster.server import kubeconfig_text
from tests.clients.kube.conftest import NAMES

TWO = kubeconfig_text({"one": ("http://127.0.0.1:1", "CANARY"), "two": ("http://127.0.0.1:2", "CANARY")})


def connected(context: str | None, environ: dict[str, str]) -> KubeCluster:
    return connect(context, environ=environ, wait=lambda seconds: None, **NAMES)


def with_user(**user: Any) -> str:
    whole = yaml.safe_load(TWO)
    whole["users"] = [{"name": "one", "user": user}]
    return str(yaml.safe_dump(whole))


def problem_of(environ: dict[str, str], context: str | None = "one") -> UsageProblem:
    with pytest.raises(UsageProblem) as problem:
        connected(context, environ)
    assert "CANARY" not in repr(problem.value) + problem.value.remedy
    assert problem.value.remedy
    return problem.value


def test_no_kubeconfig_at_all_is_told(tmp_path: Path) -> None:
    assert "no kubeconfig" in problem_of({"HOME": str(tmp_path)}).sentence


def test_a_named_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    for path in (str(tmp_path / "none"), "~nobody-here/config"):
        assert "which is not there" in problem_of({"KUBECONFIG": path}).sentence


@pytest.mark.parametrize(
    "text", ["CANARY: [", "- CANARY", "", "\x00CANARY", "clusters: CANARY", "contexts: [1, {a: 2}]"]
)
def test_what_is_no_kubeconfig_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    problem_of({"KUBECONFIG": str(path)})


def test_an_unknown_context_names_those_that_there_are(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(TWO)
    assert "one, two" in problem_of({"KUBECONFIG": str(path)}, "three").remedy


def test_no_current_context_is_told(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(TWO)
    assert "no current context" in problem_of({"KUBECONFIG": str(path)}, None).sentence


def test_several_files_are_taken_together_and_the_home_one_alone(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text(kubeconfig_text({"one": ("http://127.0.0.1:1", "x")}))
    two.write_text(kubeconfig_text({"two": ("http://127.0.0.1:2", "x"), "one": ("http://127.0.0.1:9", "x")}, "two"))
    environ = {"KUBECONFIG": f"{one}:{tmp_path / 'none'}:{two}"}
    assert connected(None, environ).name.server == "http://127.0.0.1:2"
    assert connected("one", environ).name.server == "http://127.0.0.1:1"
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube/config").write_text(two.read_text())
    assert connected(None, {"HOME": str(tmp_path)}).name.context == "two"


@pytest.mark.parametrize("command", ["/no/such/plugin", "false", "echo"])
def test_an_exec_plugin_that_fails_is_named(tmp_path: Path, command: str) -> None:
    path = tmp_path / "config"
    plugin = {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": command, "args": ["CANARY"]}
    path.write_text(with_user(exec=plugin))
    cluster = connected("one", {"KUBECONFIG": str(path)})
    with pytest.raises(CallFailed) as failed:
        cluster.read_secret()
    assert failed.value.kind is Failure.UNAUTHENTICATED
    assert command in failed.value.sentence and "CANARY" not in failed.value.sentence


@pytest.mark.parametrize(
    "user",
    [
        {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "aws"}},
        {"auth-provider": {"name": "gcp"}},
        {"client-certificate": 7},
    ],
)
def test_a_way_to_sign_in_that_is_not_understood_is_told(tmp_path: Path, user: dict[str, Any]) -> None:
    path = tmp_path / "config"
    path.write_text(with_user(**user))
    problem_of({"KUBECONFIG": str(path)})
