"""The client against an API that answers as a real one does, its dangerous answers included."""

from __future__ import annotations

import traceback
from collections.abc import Callable

import pytest

from cellenics_ci.clients.kube.cluster import KubeCluster
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.cluster import GitSource, SecretChange
from cellenics_ci.model.secret import Secret
from cellenics_ci.sandbox.cluster import ClusterState, Rule
from cellenics_ci.sandbox.cluster.answers import Refused, invalid
from cellenics_ci.sandbox.cluster.kinds import GIT_REPOSITORY, IMAGE_UPDATE, KUSTOMIZATION, SECRET
from cellenics_ci.sandbox.loopback import ConnectionDropped, Request, Response
from tests.clients.kube.conftest import PRIVATE, URL

CHANGE = SecretChange({"identity": Secret(PRIVATE), "password": None}, {"cellenics-ci/claim": "{}"})


def failure_of(call: Callable[[], object]) -> CallFailed:
    with pytest.raises(CallFailed) as failed:
        call()
    shown = "".join(traceback.format_exception(failed.value)) + repr(failed.value.args)
    assert "CANARY" not in shown and "Q0FOQVJZ" not in shown
    assert failed.value.__cause__ is None
    assert failed.value.__context__ is None or isinstance(failed.value.__context__, CallFailed)
    return failed.value


def refuse(state: ClusterState, status: int, method: str = "PATCH") -> None:
    def hook(request: Request) -> Response | None:
        if request.method != method:
            return None
        if status == 422:
            return invalid(SECRET, state.get(SECRET, "flux-system", "flux-system"), "data").response
        return Refused(status, f"no: {PRIVATE}").response

    state.before_request.append(hook)


def test_reads_the_secret(cluster: KubeCluster) -> None:
    secret = cluster.read_secret()
    assert secret is not None and secret.data["identity"] == Secret(PRIVATE)
    assert "CANARY" not in repr(secret)


def test_a_secret_that_is_not_there_is_none(cluster: KubeCluster, state: ClusterState) -> None:
    state.delete(SECRET, "flux-system", "flux-system")
    assert cluster.read_secret() is None
    made = cluster.create_secret(CHANGE)
    assert made.data == {"identity": Secret(PRIVATE)} and made.annotations == {"cellenics-ci/claim": "{}"}
    assert failure_of(lambda: cluster.create_secret(CHANGE)).kind is Failure.EXISTS


def test_a_patch_changes_what_it_names_and_nothing_else(cluster: KubeCluster, state: ClusterState) -> None:
    before = cluster.read_secret()
    assert before is not None
    after = cluster.patch_secret(SecretChange({"new": Secret("ü\udcff")}, {"a": "b"}), before.version)
    assert set(after.data) == {"identity", "known_hosts", "new"} and after.data["new"] == Secret("ü\udcff")
    gone = cluster.patch_secret(SecretChange({"new": None}, {"a": None}), after.version)
    assert dict(gone.data) == dict(before.data) and not gone.annotations


def test_a_patch_of_what_somebody_changed_is_a_conflict(cluster: KubeCluster) -> None:
    before = cluster.read_secret()
    assert before is not None
    cluster.patch_secret(SecretChange(annotations={"a": "b"}), before.version)
    assert failure_of(lambda: cluster.patch_secret(CHANGE, before.version)).kind is Failure.CONFLICT
    assert (cluster.read_secret() or before).annotations == {"a": "b"}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Failure.INVALID),
        (401, Failure.UNAUTHENTICATED),
        (403, Failure.DENIED),
        (409, Failure.CONFLICT),
        (415, Failure.INVALID),
        (422, Failure.INVALID),
        (429, Failure.THROTTLED),
        (500, Failure.UNKNOWN),
        (504, Failure.UNKNOWN),
    ],
)
def test_a_refused_write_says_what_it_was_and_never_what_the_server_quotes(
    cluster: KubeCluster, state: ClusterState, status: int, kind: Failure
) -> None:
    before = cluster.read_secret()
    assert before is not None
    refuse(state, status)
    failed = failure_of(lambda: cluster.patch_secret(CHANGE, before.version))
    assert failed.kind is kind
    assert str(status) in failed.sentence or kind is Failure.CONFLICT


def test_a_refusal_in_another_content_type_is_understood_too(cluster: KubeCluster, state: ClusterState) -> None:
    page = Response(403, {"Content-Type": "text/html"}, f"<html>{PRIVATE}</html>".encode())
    state.before_request.append(lambda request: page)
    assert failure_of(cluster.read_secret).kind is Failure.DENIED


def test_an_answer_that_is_no_json_is_no_answer(cluster: KubeCluster, state: ClusterState) -> None:
    state.before_request.append(lambda request: Response(200, {"Content-Type": "application/json"}, b"<html>"))
    failure_of(cluster.read_secret)


def test_a_missing_right_names_the_role_that_is_needed(cluster: KubeCluster, state: ClusterState) -> None:
    state.tokens["admin"] = (Rule(("get",), ("secrets",)),)
    secret = cluster.read_secret()
    assert secret is not None
    failed = failure_of(lambda: cluster.patch_secret(CHANGE, secret.version))
    assert failed.kind is Failure.DENIED
    assert "kind: Role" in failed.remedy and "resourceNames: [flux-system]" in failed.remedy
    assert cluster.automations() is None


def test_a_token_that_nobody_knows_is_told(other: Callable[[str], KubeCluster]) -> None:
    assert failure_of(other("nobody").read_secret).kind is Failure.UNAUTHENTICATED


def test_a_dropped_connection_is_read_again_and_written_once(cluster: KubeCluster, state: ClusterState) -> None:
    seen: list[str] = []

    def drop(request: Request) -> Response | None:
        seen.append(request.method)
        raise ConnectionDropped

    before = cluster.read_secret()
    assert before is not None
    state.before_request.append(drop)
    assert failure_of(cluster.read_secret).kind is Failure.UNKNOWN
    assert seen == ["GET"] * 3
    seen.clear()
    assert failure_of(lambda: cluster.patch_secret(CHANGE, before.version)).maybe_done
    assert seen == ["PATCH"]


def test_reads_the_git_repository_as_flux_writes_it(cluster: KubeCluster, state: ClusterState) -> None:
    cluster.ask_reconcile("now-1")
    source = _until(cluster, "now-1")
    assert (source.url, source.branch, source.secret) == (URL, "master", "flux-system")
    assert source.succeeded("now-1") and source.revision == f"master@sha1:{'a' * 40}"
    assert not source.succeeded("now-2")


def test_a_failed_fetch_is_told_in_flux_words(cluster: KubeCluster, state: ClusterState) -> None:
    state.delete(SECRET, "flux-system", "flux-system")
    cluster.ask_reconcile("now-1")
    source = _until(cluster, "now-1")
    assert not source.succeeded("now-1") and source.ready is False
    assert "not found" in source.fetch_failed


def _until(cluster: KubeCluster, asked: str) -> GitSource:
    for _ in range(500):
        source = cluster.read_source()
        assert source is not None
        if source.handled == asked:
            return source
    raise AssertionError("the controller never came")


def test_a_new_spec_is_not_ready_until_flux_has_seen_it() -> None:
    stale = GitSource(URL, "master", "x", 2, ready=True, ready_for=1, handled="a")
    assert not stale.succeeded("a")


def test_automations_on_this_source_are_found(cluster: KubeCluster, state: ClusterState) -> None:
    for name, source in (("bot", "flux-system"), ("other", "elsewhere")):
        spec = {"sourceRef": {"kind": "GitRepository", "name": source}}
        status = {"conditions": [{"type": "Ready", "status": "False", "message": "push failed"}]}
        state.put(IMAGE_UPDATE, "flux-system", name, spec=spec, status=status)
    found = cluster.automations()
    assert found is not None
    assert [(each.name, each.ready, each.message) for each in found] == [("bot", False, "push failed")]


def test_the_path_that_flux_applies_is_found(cluster: KubeCluster, state: ClusterState) -> None:
    assert cluster.kustomization_path() is None
    state.put(KUSTOMIZATION, "flux-system", "flux-system", spec={"path": "./deployments/staging"})
    assert cluster.kustomization_path() == "./deployments/staging"


def test_a_deleted_git_repository_is_none(cluster: KubeCluster, state: ClusterState) -> None:
    state.delete(GIT_REPOSITORY, "flux-system", "flux-system")
    assert cluster.read_source() is None
