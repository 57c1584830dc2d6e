"""Which cluster, and as whom: kubeconfig files as kubectl reads them; every problem is a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from lightkube.config.kubeconfig import KubeConfig, SingleConfig
from lightkube.config.models import User

from cellenics_ci.errors import UsageProblem
from cellenics_ci.model.paths import expanded

_SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_LISTS: Final = (("clusters", "cluster"), ("contexts", "context"), ("users", "user"))
_EXEC_VERSIONS: Final = ("client.authentication.k8s.io/v1alpha1", "client.authentication.k8s.io/v1beta1")


def find_config(context: str | None, environ: Mapping[str, str]) -> SingleConfig:
    """Return the configuration of a context, None meaning the current one. Raises UsageProblem.

    Files of KUBECONFIG (several with `:`; the first that has a name counts), else ~/.kube/config, else the service
    account of the pod that we run in ("Organizing Cluster Access Using kubeconfig Files").
    """
    files = _files(environ)
    if not files:
        return _in_cluster(environ)
    merged = _merged(files)
    name = context or merged.get("current-context")
    known = [str(entry.get("name")) for entry in merged["contexts"] if isinstance(entry, dict)]
    if not name:
        raise UsageProblem("The kubeconfig has no current context.", remedy=_choose(known))
    if name not in known:
        raise UsageProblem(f"The kubeconfig has no context {name}.", remedy=_choose(known))
    # Paths in a file are relative to it; the entry is from the first file that names the cluster.
    where = next((file for file, whole in files.items() if _names(whole, "contexts", name)), next(iter(files)))
    try:
        config = KubeConfig.from_dict(merged, fname=where).get(name)
    except Exception as problem:
        # lightkube and msgspec raise many kinds, and quote what they stumbled over.
        raise UsageProblem(
            f"The context {name} of {where} can't be used ({type(problem).__name__}).",
            remedy=f"Does `kubectl --context {name} get ns` work?",
        ) from None
    assert config is not None, "only a missing name gives None"
    _check_user(config)
    return config._replace(user=config.user or User())


def _files(environ: Mapping[str, str]) -> dict[Path, dict[str, Any]]:
    named = [expanded(part) for part in environ.get("KUBECONFIG", "").split(":") if part]
    paths = named or [Path(environ["HOME"]) / ".kube/config"] if named or environ.get("HOME") else []
    found = [path for path in paths if path.is_file()]
    if named and not found:
        shown = ", ".join(map(str, named))
        raise UsageProblem(
            f"KUBECONFIG names {shown}, which is not there.", remedy="Name a kubeconfig file, or unset it."
        )
    return {path: _read(path) for path in found}


def _read(path: Path) -> dict[str, Any]:
    try:
        whole = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as problem:
        # Not its text: a YAML error quotes the line, which may hold a token.
        raise UsageProblem(
            f"The kubeconfig {path} can't be read ({type(problem).__name__}).", remedy="Is it a kubeconfig file?"
        ) from None
    if whole is None:
        return {}
    if not isinstance(whole, dict):
        raise UsageProblem(f"{path} is no kubeconfig.", remedy="Name another file with KUBECONFIG.")
    return whole


def _merged(files: Mapping[Path, dict[str, Any]]) -> dict[str, Any]:
    merged: dict[str, Any] = {key: [] for key, _ in _LISTS}
    for whole in files.values():
        if not merged.get("current-context") and whole.get("current-context"):
            merged["current-context"] = whole["current-context"]
        for key, inner in _LISTS:
            entries = whole.get(key) if isinstance(whole.get(key), list) else []
            known = {entry["name"] for entry in merged[key]}
            merged[key] += [
                {"name": str(entry["name"]), inner: entry.get(inner) or {}}
                for entry in entries or []
                if isinstance(entry, dict) and "name" in entry and str(entry["name"]) not in known
            ]
    return merged


def _names(whole: dict[str, Any], key: str, name: str) -> bool:
    entries = whole.get(key)
    return isinstance(entries, list) and any(isinstance(entry, dict) and entry.get("name") == name for entry in entries)


def _check_user(config: SingleConfig) -> None:
    user = config.user
    if user is None:
        return
    if user.exec and user.exec.apiVersion not in _EXEC_VERSIONS:
        raise UsageProblem(
            f"The exec plugin {user.exec.command} of the kubeconfig speaks {user.exec.apiVersion}, which is not"
            " understood here.",
            remedy="Write the kubeconfig anew with `aws eks update-kubeconfig`, or set its apiVersion to"
            " client.authentication.k8s.io/v1beta1.",
        )
    if user.auth_provider:
        raise UsageProblem(
            "The kubeconfig signs in by an auth-provider, which Kubernetes itself has given up.",
            remedy="Use an exec plugin or a token instead.",
        )


def _in_cluster(environ: Mapping[str, str]) -> SingleConfig:
    if environ.get("KUBERNETES_SERVICE_HOST") and _SERVICE_ACCOUNT.joinpath("token").is_file():
        config = KubeConfig.from_service_account(_SERVICE_ACCOUNT).get()
        assert config is not None, "a service account has one context"
        return config
    raise UsageProblem(
        "There is no kubeconfig: neither KUBECONFIG nor ~/.kube/config names a cluster.",
        remedy="Get one with `aws eks update-kubeconfig --name CLUSTER`, or use --output to get the Secret's manifest.",
    )


def _choose(known: list[str]) -> str:
    return f"Name one with --context: {', '.join(known)}." if known else "Name a file with contexts in KUBECONFIG."
