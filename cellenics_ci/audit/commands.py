"""The command lines of remedies: safe to paste into a shell as they are, whatever names hold."""

from __future__ import annotations

import shlex
from typing import Final
from urllib.parse import quote

from cellenics_ci.audit.findings import Limits
from cellenics_ci.audit.snapshot import UserFacts
from cellenics_ci.model.deploy_keys import DeployKey
from cellenics_ci.model.names import PAIR_NAMES, AccessKeyId, OrgName, RepoName, UserName
from cellenics_ci.model.scopes import Scope

_THEN: Final = " && \\\n  "


def ours(limits: Limits, command: str, *words: str) -> str:
    """Return a line for one of our own commands, with the options that this audit was given."""
    return shlex.join(["cellenics", command, *limits.said, *words])


def rotate(limits: Limits, repo: RepoName, *options: str) -> str:
    """Return the line that rotates a repository's key."""
    return ours(limits, "rotate-ci", *options, repo)


def adopt(limits: Limits, repo: RepoName) -> str:
    """Return the line that brings a repository's role to what is declared."""
    return ours(limits, "adopt-oidc", repo)


def aws(limits: Limits, *words: str) -> str:
    """Return a line for the AWS CLI."""
    return shlex.join(["aws", *limits.aws_said, *words])


def then(*lines: str) -> str:
    """Return lines of which each one runs only if the one before went well."""
    return _THEN.join(lines)


def set_key_status(limits: Limits, user: UserName, key: AccessKeyId, status: str) -> str:
    """Return the line that makes one key `Inactive`, or `Active` again."""
    line = aws(limits, "iam", "update-access-key", "--user-name", user, "--status", status, "--access-key-id")
    return f"{line} {_key_id(limits, user, key)}"


def delete_key(limits: Limits, user: UserName, key: AccessKeyId) -> str:
    """Return the line that deletes one key."""
    return f"{aws(limits, 'iam', 'delete-access-key', '--user-name', user, '--access-key-id')} " + _key_id(
        limits, user, key
    )


def deactivate_all(limits: Limits, user: UserFacts) -> str:
    """Return the lines that make all of a user's active keys inactive, which can be taken back."""
    return then(*(set_key_status(limits, user.name, key.id, "Inactive") for key in user.active_keys))


def take_policy(limits: Limits, user: UserName, policy: str) -> str:
    """Return the line that takes a policy away from a user: an attached one, by its ARN, or an inline one."""
    named = ("--user-name", user)
    if policy.startswith("arn:"):
        return aws(limits, "iam", "detach-user-policy", *named, "--policy-arn", policy)
    return aws(limits, "iam", "delete-user-policy", *named, "--policy-name", policy)


def delete_user(limits: Limits, user: UserFacts) -> str:
    """Return the lines that delete a user with all that it has, as far as is known."""
    named = ("--user-name", user.name)
    lines = [delete_key(limits, user.name, key.id) for key in user.known_keys]
    policies = (*(user.user.policies or ()), *(user.user.attached or ()))
    lines += [take_policy(limits, user.name, policy) for policy in policies]
    lines += [aws(limits, "iam", "remove-user-from-group", *named, "--group-name", group) for group in user.groups]
    if user.password is True:
        lines.append(aws(limits, "iam", "delete-login-profile", *named))
    return then(*lines, aws(limits, "iam", "delete-user", *named))


def delete_pair(org: OrgName, repo: RepoName, scope: Scope, names: tuple[str, ...] = PAIR_NAMES) -> str:
    """Return the lines that delete these secrets from a scope."""
    return then(*(_gh_secret("delete", name, org, repo, scope) for name in names))


def set_secret(org: OrgName, repo: RepoName, scope: Scope, name: str) -> str:
    """Return the line that asks for a secret's new value and writes it."""
    return _gh_secret("set", name, org, repo, scope)


def set_organization_secret(org: OrgName, name: str) -> str:
    """Return the line that asks for an organisation secret's new value and writes it."""
    return shlex.join(["gh", "secret", "set", name, "--org", org])


def create_environment(org: OrgName, repo: RepoName, name: str) -> str:
    """Return the line that creates a deployment environment, or leaves one as it is."""
    path = f"repos/{org}/{repo}/environments/{quote(name, safe='')}"
    return shlex.join(["gh", "api", "--method", "PUT", path])


def browse(org: OrgName, repo: RepoName, file: str) -> str:
    """Return the line that opens a file of a repository in the browser."""
    return shlex.join(["gh", "browse", file, "--repo", f"{org}/{repo}"])


def rotate_deploy_key(limits: Limits, repo: RepoName, *options: str) -> str:
    """Return the line that gives Flux a new key, for the cluster of the current context unless `options` say."""
    where = () if repo == "releases" else ("--repo", repo)
    at = limits.said.index("--org") if "--org" in limits.said else len(limits.said)
    # Of what an audit is given, this command takes the organisation alone.
    return shlex.join(["cellenics", "rotate-deploy-key", *limits.said[at : at + 2], *where, *options])


def delete_deploy_key(org: OrgName, repo: RepoName, key: DeployKey) -> str:
    """Return the line that deletes a deploy key."""
    return shlex.join(["gh", "repo", "deploy-key", "delete", str(key.id), "--repo", f"{org}/{repo}"])


def replace_deploy_key(org: OrgName, repo: RepoName, key: DeployKey, *, read_only: bool) -> str:
    """Return the lines that make a new key pair in the current folder and register it beside the old one."""
    right = () if read_only else ("--allow-write",)
    where = ("--repo", f"{org}/{repo}", "--title", key.title, *right)
    return then(
        "ssh-keygen -t ed25519 -N '' -f new-deploy-key",
        shlex.join(["gh", "repo", "deploy-key", "add", "new-deploy-key.pub", *where]),
    )


def kubectl(*words: str) -> str:
    """Return a line for kubectl."""
    return shlex.join(["kubectl", *words])


def _gh_secret(verb: str, name: str, org: OrgName, repo: RepoName, scope: Scope) -> str:
    where: tuple[str, ...] = ()
    if scope.kind == "environment":
        where = ("--env", scope.environment)
    elif scope.kind == "dependabot":
        where = ("--app", "dependabot")
    return shlex.join(["gh", "secret", verb, name, "--repo", f"{org}/{repo}", *where])


def _key_id(limits: Limits, user: UserName, key: AccessKeyId) -> str:
    """Return a key's id as a shell expands it: where ids are shown shortened, by its ending."""
    if limits.show_ids:
        return key
    query = f"AccessKeyMetadata[?ends_with(AccessKeyId,'{key[-4:]}')].AccessKeyId"
    asked = aws(limits, "iam", "list-access-keys", "--user-name", user, "--output", "text", "--query")
    return f'"$({asked} "{query}")"'
