"""Names that become paths, namespaces and tags: what is let through, and what is refused."""

from __future__ import annotations

import re
from typing import Final

from cellenics_ci.privileges.problems import shown

LABEL_LIMIT: Final = 63
"""Characters of a DNS label, such as a namespace's name (Kubernetes, "Object Names and IDs")."""

_LABEL: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_REF: Final = re.compile(r"refs/(heads|tags|pull)/[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")


def is_label(text: str) -> bool:
    """Whether Kubernetes takes a text as a DNS label."""
    return len(text) <= LABEL_LIMIT and _LABEL.fullmatch(text) is not None


def is_commit(text: str) -> bool:
    """Whether a text is a commit's whole id."""
    return _COMMIT.fullmatch(text) is not None


def name_problem(name: str) -> str | None:
    """Say why a repository's name can't name a service, None where it can."""
    if is_label(name):
        return None
    return f"{shown(name)} can't be a service's name: it becomes a path and a namespace (a-z, 0-9 and - only)"


def ref_problem(ref: str) -> str | None:
    """Say why a git ref can't become part of a path and a tag, None where it can."""
    if not _REF.fullmatch(ref) or ".." in ref or ref.endswith((".", ".lock")):
        return f"the ref {shown(ref)} can't become a file's name and a tag (letters, digits and _ . - between slashes)"
    return None


def ref_id(ref: str) -> str:
    """Return a ref as one name: `refs-heads-master`, `refs-pull-12-merge`."""
    return ref.replace("/", "-")
