"""The environment of a command in the sandbox: the embedded servers' addresses and keys, and nothing real."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

HIDDEN_PREFIXES: Final = (
    "AWS_",
    "BOTO_",
    "BOTOCORE_",
    "CELLENICS_",
    "EKS_",
    "FLUX_",
    "GH_",
    "GITHUB_",
    "HELM_KUBE",
    "KUBE",
    "ACTIONS_ID_TOKEN_",
    "ACTIONS_RUNTIME_",
)
HIDDEN: Final = frozenset({"ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "API_TOKEN_GITHUB", "SSH_AUTH_SOCK"})
LOOPBACK: Final = "127.0.0.1,localhost,::1"
MARK: Final = "CELLENICS_SANDBOX"
"""Set in the sandbox and nowhere else, for prompts and scripts."""


def child_environment(
    outside: Mapping[str, str], servers: Mapping[str, str], folder: Path, programs: Path | None = None
) -> dict[str, str]:
    """Return what a command in the sandbox gets: `outside` without anything real, plus `servers`.

    HOME stays, so that a shell is comfortable; what aws, boto3, gh, kubectl, helm and git keep there is hidden by
    their own variables, which point at empty files and folders in `folder` (make_folder). Proxies are taken away:
    everything that the sandbox offers is on loopback. `programs` is put in front of PATH, so that the command
    finds this very cellenics.
    """
    kept = {
        name: value
        for name, value in outside.items()
        if not name.upper().startswith(HIDDEN_PREFIXES) and name.upper() not in HIDDEN
    }
    empty = str(folder / "empty")
    hidden = {
        "AWS_CONFIG_FILE": empty,
        "AWS_SHARED_CREDENTIALS_FILE": empty,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        "BOTO_CONFIG": empty,
        "GH_CONFIG_DIR": str(folder / "gh"),
        "KUBECONFIG": empty,
        # git must not hand over a real GitHub password, nor ask for one.
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "credential.helper",
        "GIT_CONFIG_VALUE_0": "",
        "NO_PROXY": LOOPBACK,
        "no_proxy": LOOPBACK,
    }
    if programs is not None:
        kept["PATH"] = os.pathsep.join(part for part in (str(programs), kept.get("PATH", "")) if part)
    return kept | hidden | dict(servers) | {MARK: "1"}


@contextmanager
def without_configuration() -> Iterator[Mapping[str, str]]:
    """Hide AWS's configuration from this very process, and give the environment as it was before.

    moto makes a boto3 session while it is imported, which reads the operator's configuration and fails on an
    AWS_PROFILE that is not in it.
    """
    before = dict(os.environ)
    for name in before:
        if name.upper().startswith(("AWS_", "BOTO_", "MOTO_")):
            del os.environ[name]
    os.environ.update({"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull})
    try:
        yield before
    finally:
        os.environ.clear()
        os.environ.update(before)


def make_folder(folder: Path) -> None:
    """Make the empty files and folders that hide what is really configured."""
    (folder / "gh").mkdir()
    descriptor = os.open(folder / "empty", os.O_CREAT | os.O_WRONLY, 0o600)
    os.close(descriptor)
