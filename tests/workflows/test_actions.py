"""References after `uses:`, and versions of the credentials action."""

from __future__ import annotations

import pytest

from cellenics_ci.workflows.actions import oidc_problem, uses_of

SHA = "ececac1a45f3b08a01d2dd070d28d111c5fe6722"


@pytest.mark.parametrize("ref", ["v1", "v1.6.0", "v1.7", "v2", "v1-node16", "v4.1.0", "v10", "main", "master", "4"])
def test_versions_since_oidc_are_fine(ref: str) -> None:
    assert oidc_problem(ref, f"uses: x@{ref}") is None


@pytest.mark.parametrize("ref", ["v1.5.9", "v1.0", "v0.9", "my-branch", "release/v4", "abc1234", "latest"])
def test_older_and_unknown_ones_are_not(ref: str) -> None:
    assert oidc_problem(ref, f"uses: x@{ref} # v4") is not None


@pytest.mark.parametrize(
    ("comment", "fine"),
    [
        ("# v4.1.0", True),
        ("# v4", True),
        ("# tag: v2.2.0, pinned by renovate", True),
        ("# 4.0.2", True),
        ("#v1.6.1", True),
        ("# v1.5.4", False),
        ("# pinned in 2024", False),
        ("# see issue 4", False),
        ("", False),
    ],
)
def test_a_commit_counts_as_the_version_in_its_comment(comment: str, fine: bool) -> None:
    assert (oidc_problem(SHA, f"      - uses: x@{SHA} {comment}\n") is None) is fine


def test_references_are_told_apart() -> None:
    assert uses_of("./.github/actions/x").target == ".github/actions/x"
    assert uses_of("./.github/actions/x/").local
    assert uses_of("AWS-Actions/Configure-AWS-Credentials@v4").is_credentials_action
    fork = uses_of("someone/configure-aws-credentials@v4")
    assert not fork.is_credentials_action
    assert fork.resembles_credentials_action
    assert not uses_of("docker://alpine:3").local
    assert uses_of("o/r/.github/workflows/x.yml@main").ref == "main"
