"""All rules: the one place for their ids, severities, titles and remedies. `docs/audit.md` is generated from it."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Final

from cellenics_ci.audit.findings import Rule, Severity
from cellenics_ci.audit.rules import deploy_keys, files, keys, policies, retirement, roles, secrets, unread, users
from cellenics_ci.errors import UsageProblem

_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO
_ROTATE: Final = "`rotate-ci` gives it a new one"

RULES: Final = (
    # Access keys
    Rule("key-old", _WARNING, "An active key is older than `--max-age`.", _ROTATE, keys.old),
    Rule(
        "key-unused",
        _WARNING,
        "An active key was never used, or not for `--unused`. A key younger than a day is not stale.",
        "deactivate it, which can be taken back",
        keys.unused,
    ),
    Rule(
        "key-two-active",
        _WARNING,
        "A user has two active keys, and no rotation has noted why.",
        "`rotate-ci` finds out which one is in GitHub, or asks",
        keys.two_active,
    ),
    Rule("key-inactive", _INFO, "An inactive key was left over.", "delete it", keys.inactive),
    Rule(
        "key-not-needed",
        _WARNING,
        "A user has an active key although the workflows assume a role, or read no key at all.",
        "`retire-ci` takes it away, step by step",
        keys.not_needed,
    ),
    Rule(
        "key-quarantined",
        _ERROR,
        "AWS has put a policy `AWSCompromisedKeyQuarantine…` on a user: it found the key in public.",
        "deactivate its key, take the policy away, `rotate-ci --compromised`",
        keys.quarantined,
    ),
    Rule(
        "rotation-interrupted",
        _ERROR,
        "A rotation died: a lock that ran out, a key that was never delivered, or was being delivered.",
        "`rotate-ci` finishes it, or takes it back",
        keys.interrupted,
    ),
    Rule(
        "rotation-pending",
        _INFO,
        "The new key is in GitHub, and the old one still waits to be retired.",
        "`rotate-ci --finish`",
        keys.pending,
    ),
    Rule(
        "retirement-pending",
        _INFO,
        "A user is being retired by `retire-ci`. What else would be said of its keys and secrets is left out.",
        "`retire-ci` goes on with it, `retire-ci --undo` gives it back",
        retirement.pending,
    ),
    Rule(
        "retirement-unwanted",
        _ERROR,
        "A user is being retired, and its repository's workflows read its key again.",
        "`retire-ci --undo`",
        retirement.unwanted,
    ),
    # Secrets
    Rule(
        "secret-older-than-key",
        _ERROR,
        "A pair was written before any of the active keys was made: it can't work.",
        _ROTATE,
        secrets.older_than_keys,
    ),
    Rule(
        "secret-rewritten",
        _WARNING,
        "A pair was written long after the newest key was made, or after `rotate-ci` had delivered it.",
        _ROTATE,
        secrets.rewritten,
    ),
    Rule(
        "secret-without-user",
        _ERROR,
        "A repository holds a pair and has no CI user: the key is another account's, or dead.",
        "`rotate-ci` makes one, where privileges are declared; else delete the secrets",
        secrets.without_user,
    ),
    Rule(
        "secret-without-key",
        _ERROR,
        "A repository holds a pair, and its user has no active key.",
        _ROTATE,
        secrets.without_key,
    ),
    Rule("secret-missing", _ERROR, "A declared scope lacks the pair, or half of it.", _ROTATE, secrets.missing),
    Rule(
        "secret-shadowed",
        _WARNING,
        "An environment's own pair hides the repository's in that environment's jobs, and is not declared.",
        "delete the environment's, if it is not another account's",
        secrets.shadowed,
    ),
    Rule(
        "scope-undeclared",
        _WARNING,
        "A scope holds the pair's names and is not declared: `rotate-ci` leaves the repository out.",
        "declare it under `ci-secrets`, or `rotate-ci --ignore-scope`",
        secrets.undeclared,
    ),
    Rule(
        "environment-missing",
        _ERROR,
        "An environment is declared and does not exist.",
        "create it, or take it out of `ci-secrets`",
        secrets.environment_missing,
    ),
    Rule(
        "token-old",
        _WARNING,
        "`API_TOKEN_GITHUB` was written longer ago than `--max-age`.",
        "write a new one",
        secrets.token_old,
    ),
    # Users
    Rule(
        "user-without-repository",
        _WARNING,
        "The organisation has no repository for a user.",
        "`retire-ci` takes it away, step by step",
        users.without_repository,
    ),
    Rule(
        "user-of-archived",
        _WARNING,
        "A user's repository is archived, disabled, a fork, or empty.",
        "`retire-ci` takes it away, step by step",
        users.of_archived,
    ),
    Rule(
        "user-undeclared",
        _WARNING,
        "A user's repository no longer declares any privileges.",
        "`retire-ci` takes it away, step by step",
        users.undeclared,
    ),
    Rule("user-missing", _WARNING, "A repository declares privileges and has no user.", "`rotate-ci`", users.missing),
    Rule(
        "user-of-others",
        _ERROR,
        "A user's tag says that it belongs to another repository or organisation.",
        "take the tag away, if it is wrong",
        users.of_others,
    ),
    Rule("user-password", _ERROR, "A user has a password for the console.", "delete it", users.with_password),
    Rule(
        "user-attached-policies",
        _WARNING,
        "A user has attached policies, or is in a group: rights that no `.ci.yaml` declares.",
        "detach them",
        users.with_attached,
    ),
    Rule(
        "user-foreign-path",
        _WARNING,
        "A user is called `ci-user-…` and is not under `/ci-users/`.",
        "move it there",
        users.of_foreign_path,
    ),
    # Roles
    Rule(
        "role-trust-wide",
        _ERROR,
        "A role `ci-role-…` lets in more than its repository's workflows: other repositories, people, any audience.",
        "`adopt-oidc` trusts this repository alone",
        roles.lets_others_in,
    ),
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


def chosen(only: Sequence[str] = (), ignore: Sequence[str] = ()) -> tuple[Rule, ...]:
    """Return the rules that these ids or globs leave; `only` empty means all. Raises UsageProblem for unknown ids."""
    for option, patterns in (("--only", only), ("--ignore", ignore)):
        for pattern in patterns:
            if not any(fnmatchcase(rule.id, pattern) for rule in RULES):
                raise _unknown(option, pattern)
    return tuple(
        rule
        for rule in RULES
        if (not only or any(fnmatchcase(rule.id, pattern) for pattern in only))
        and not any(fnmatchcase(rule.id, pattern) for pattern in ignore)
    )


def _unknown(option: str, pattern: str) -> UsageProblem:
    near = difflib.get_close_matches(pattern, [rule.id for rule in RULES], n=3, cutoff=0.5)
    remedy = f"Did you mean {' or '.join(near)}?" if near else "docs/audit.md lists all rules."
    return UsageProblem(f"{option} {pattern}: there is no such rule.", remedy=remedy)
