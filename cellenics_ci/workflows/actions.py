"""What stands after `uses:`, and which versions of aws-actions/configure-aws-credentials can assume a role by OIDC."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import Final

CREDENTIALS_ACTION: Final = "aws-actions/configure-aws-credentials"
KEY_INPUTS: Final = ("aws-access-key-id", "aws-secret-access-key")

_SDK_OWNERS: Final = ("actions/", "aws-actions/", "docker/")
_SHA = re.compile(r"[0-9a-f]{40}", re.IGNORECASE)
_VERSION = re.compile(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-node16)?", re.IGNORECASE)
_IN_COMMENT = re.compile(r"#.*?\b(v\d+(?:\.\d+){0,2}|\d+\.\d+\.\d+)\b", re.IGNORECASE)
# GitHub's OIDC provider came with v1.6.0 on 2021-11-23 (the action's releases; issue #302 there); the moving tag v1
# has had it since.
_FIRST_MINOR: Final = {1: 6}
_BRANCHES: Final = ("main", "master")


@dataclass(frozen=True, slots=True)
class Uses:
    """A reference. `target` is `owner/repo[/path]`, or a local path from the root; `ref` is "" for local ones."""

    target: str
    ref: str

    @property
    def local(self) -> bool:
        """Whether it is in the same repository."""
        return not self.ref

    @property
    def is_credentials_action(self) -> bool:
        """Whether it is the credentials action itself. A fork of it is another action: nobody knows what it does."""
        return not self.local and self.target.casefold() == CREDENTIALS_ACTION

    @property
    def minds_session(self) -> bool:
        """Whether it is known to use AWS credentials, if at all, as AWS's own tools do: with their session token."""
        return self.local or self.target.casefold().startswith(_SDK_OWNERS)

    @property
    def resembles_credentials_action(self) -> bool:
        """Whether it is a fork or a copy of the credentials action, by its name."""
        return not self.is_credentials_action and self.target.casefold().endswith("/configure-aws-credentials")


def uses_of(text: str) -> Uses:
    """Read what stands after `uses:`."""
    target, _, ref = text.strip().partition("@")
    if target.startswith("./"):
        return Uses(posixpath.normpath(target), "")
    return Uses(target, ref or "?")


def oidc_problem(ref: str, line: str) -> str | None:
    """Say why this version of the credentials action may not know OIDC, None where it does.

    `line` is the whole line: beside a commit's hash, people and bots note its version in a comment.
    """
    if _SHA.fullmatch(ref):
        noted = _IN_COMMENT.search(line.partition(ref)[2])
        if noted is None:
            return "the action is pinned to a commit, and no comment tells which version that is"
        version = _VERSION.fullmatch(noted[1])
    elif ref in _BRANCHES:
        return None
    else:
        version = _VERSION.fullmatch(ref)
    if version is None:
        return f"it is not known whether the action at {ref} can use OIDC"
    major, minor = int(version[1]), version[2]
    least = _FIRST_MINOR.get(major, 0)
    if major < 1 or (minor is not None and int(minor) < least):
        return f"version {version[0]} of the action can't use OIDC, v1.6.0 and later can"
    return None
