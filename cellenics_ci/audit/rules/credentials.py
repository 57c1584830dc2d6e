"""The rules for IAM users, their keys and roles, and for the secrets that hold the keys."""

from __future__ import annotations

from typing import Final

from cellenics_ci.audit.findings import Rule, Severity
from cellenics_ci.audit.rules import keys, retirement, roles, secrets, users

_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO
_ROTATE: Final = "`rotate-ci` gives it a new one"

CREDENTIALS: Final = (
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
)
