"""The rules for policies and the files that declare them, for deploy keys, and for what could not be read."""

from __future__ import annotations

from typing import Final

from cellenics_ci.audit.findings import Rule, Severity
from cellenics_ci.audit.rules import deploy_keys, files, policies, unread

_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO

SURROUNDINGS: Final = (
    # Policies and files
    Rule(
        "policy-drift",
        _WARNING,
        "A user's inline policies differ from what `.ci.yaml` declares. With a diff.",
        "`rotate-ci --max-age` brings them up to date, and leaves younger keys alone",
        policies.drifted,
    ),
    Rule(
        "policy-everything",
        _ERROR,
        "A user may do everything: every action on every resource.",
        "declare what the pipeline needs",
        policies.everything,
    ),
    Rule(
        "policy-escalation",
        _WARNING,
        "A user is granted a known way to more rights than it has.",
        "name the resources that it is for",
        policies.escalation,
    ),
    Rule("file-invalid", _ERROR, "A `.ci.yaml` can't be used.", "mend it", files.invalid),
    Rule(
        "registry-missing",
        _WARNING,
        "A repository may push an image of its name, and ECR has no repository for it.",
        "`ensure-ecr` creates it",
        files.no_registry,
    ),
    # Deploy keys
    Rule(
        "deploy-key-writable",
        _ERROR,
        "A deploy key may write where Flux only reads: production's, or that of a cluster that updates no images.",
        "`rotate-deploy-key --read-only`",
        deploy_keys.writes_in_production,
    ),
    Rule(
        "deploy-key-unused",
        _WARNING,
        "A deploy key was never used, or not for `--unused`. One younger than a day is not stale.",
        "delete it",
        deploy_keys.unused,
    ),
    Rule(
        "deploy-key-disabled",
        _WARNING,
        "A deploy key is disabled by the organisation's policy.",
        "delete it",
        deploy_keys.disabled,
    ),
    Rule(
        "deploy-key-old",
        _WARNING,
        "A deploy key is older than `--max-age`.",
        "`rotate-deploy-key`, where it is Flux's",
        deploy_keys.old,
    ),
    Rule(
        "deploy-key-of-former-member",
        _ERROR,
        "A deploy key was added by somebody who is no member: with the token that made it, the key goes.",
        "`rotate-deploy-key`, where it is Flux's",
        deploy_keys.added_by_somebody_gone,
    ),
    Rule(
        "deploy-key-same-title",
        _INFO,
        "Several deploy keys of a repository have the same title.",
        "delete the one that nobody uses",
        deploy_keys.same_title,
    ),
    Rule(
        "cluster-key-unknown",
        _ERROR,
        "The cluster's Secret holds a key that GitHub does not know, or none. With `--context`.",
        "`rotate-deploy-key`",
        deploy_keys.unknown_to_github,
    ),
    Rule(
        "cluster-not-ready",
        _ERROR,
        "Flux can't fetch the releases repository, or is suspended. With `--context`.",
        "see what Flux says",
        deploy_keys.not_ready,
    ),
    # What is not known
    Rule(
        "source-unreadable",
        _ERROR,
        "The repositories, the account or its users could not be read: most rules rest on them.",
        "see why",
        unread.whole_source,
    ),
    Rule(
        "part-unreadable",
        _WARNING,
        "Something else could not be read. It is shown as unknown, never as fine.",
        "see why",
        unread.part,
    ),
)
