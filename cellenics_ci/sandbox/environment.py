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
GITHUB_ADDRESSES: Final = ("https://github.com/", "git@github.com:", "ssh://git@github.com/")
"""What an address begins with where git means GitHub."""
LOOPBACK: Final = "127.0.0.1,localhost,::1"
MARK: Final = "CELLENICS_SANDBOX"
"""Set in the sandbox and nowhere else, for prompts and scripts."""


def child_environment(
    outside: Mapping[str, str],
    servers: Mapping[str, str],
    folder: Path,
    programs: Path | None = None,
    git_folder: Path | None = None,
) -> dict[str, str]:
    """Return what a command in the sandbox gets: `outside` without anything real, plus `servers`.

    HOME stays, so that a shell is comfortable; what aws, boto3, gh, kubectl, helm and git keep there is hidden by
    their own variables, which point at empty files and folders in `folder` (make_folder). Proxies are taken away:
    everything that the sandbox offers is on loopback. `programs` is put in front of PATH, so that the command
    finds this very cellenics. git goes to `git_folder` where it is told GitHub's address.
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
        "GIT_TERMINAL_PROMPT": "0",
        "NO_PROXY": LOOPBACK,
        "no_proxy": LOOPBACK,
    }
    if programs is not None:
        kept["PATH"] = os.pathsep.join(part for part in (str(programs), kept.get("PATH", "")) if part)
    return kept | hidden | _git_settings(git_folder) | dict(servers) | {MARK: "1"}


def _git_settings(git_folder: Path | None) -> dict[str, str]:
    # git must not hand over a real GitHub password, nor ask for one.
    settings = [("credential.helper", "")]
    if git_folder is not None:
        settings += [(f"url.file://{git_folder}/.insteadOf", address) for address in GITHUB_ADDRESSES]
    variables = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings):
        variables |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return variables


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
