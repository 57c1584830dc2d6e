"""A repository read as Flux reads it: by git, over SSH, with the key and the host keys of a Secret and nothing else."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
from pathlib import Path
from typing import Final

from cellenics_ci.sandbox.cluster.controller import FetchFailed

_SECONDS: Final = 20
_FAILED: Final = "failed to checkout and determine revision"
_UNAUTHENTICATED: Final = (
    "ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey],"
    " no supported methods remain"
)


class GitFetch:
    """Fetches with files of its own in a folder: the key of a sandbox, gone with it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()

    def __call__(self, url: str, branch: str, identity: bytes, known_hosts: bytes) -> str:
        """Return the id of the commit at the branch's tip. Raises FetchFailed in Flux's words."""
        place = self._folder / f"fetch-{next(self._numbers)}"
        place.mkdir(parents=True)
        try:
            return self._fetched(place, url, branch, identity, known_hosts)
        finally:
            for each in place.iterdir():
                each.unlink()
            place.rmdir()

    def _fetched(self, place: Path, url: str, branch: str, identity: bytes, known_hosts: bytes) -> str:
        for name, content in (("identity", identity), ("known_hosts", known_hosts)):
            descriptor = os.open(place / name, os.O_CREAT | os.O_WRONLY, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
        ssh = (
            f"ssh -F none -i '{place}/identity' -o IdentitiesOnly=yes -o IdentityAgent=none -o BatchMode=yes"
            f" -o UserKnownHostsFile='{place}/known_hosts' -o GlobalKnownHostsFile=/dev/null"
            " -o StrictHostKeyChecking=yes -o ConnectTimeout=10"
        )
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(place),
            "GIT_SSH_COMMAND": ssh,
            "GIT_CONFIG_NOSYSTEM": "1",
            "LC_ALL": "C",
        }
        command = ["git", "ls-remote", "--heads", url, f"refs/heads/{branch}"]
        try:
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=_SECONDS)
        except subprocess.TimeoutExpired:
            raise FetchFailed(f"unable to list remote for '{url}': context deadline exceeded") from None
        if done.returncode != 0:
            raise FetchFailed(
                f"failed to checkout and determine revision: unable to list remote: {_words(done.stderr)}"
            )
        found = re.match(r"([0-9a-f]{40,64})\t", done.stdout)
        if found is None:
            raise FetchFailed(
                f"failed to checkout and determine revision: couldn't find remote ref refs/heads/{branch}"
            )
        return found[1]


def _words(stderr: str) -> str:
    """What Flux's own SSH client says where OpenSSH's says something else."""
    if "Permission denied" in stderr:
        return _UNAUTHENTICATED
    if "Host key verification failed" in stderr:
        return "ssh: handshake failed: knownhosts: key mismatch"
    return " ".join(stderr.split())[:300]
