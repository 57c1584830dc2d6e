"""The organisation whose answers are held against GitHub's schema: one of everything."""

from __future__ import annotations

from dataclasses import dataclass

from cellenics_ci.model.scopes import ACTIONS, DEPENDABOT, environment_scope
from cellenics_ci.model.secret import Secret
from cellenics_ci.sandbox.github import (
    BranchRule,
    DeployKey,
    Entry,
    GitHubState,
    OidcSubject,
    Repository,
    Submodule,
    Symlink,
    Variable,
    trees,
)
from cellenics_ci.sandbox.github.pull_records import Comment
from cellenics_ci.sandbox.github.pulls import open_pull

TOKEN = "ghp_contract"
ENVIRONMENT = "prod/Köln"
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINLQ0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS"
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJ"


@dataclass
class World:
    """A state, its first repository, and the ids that paths need."""

    state: GitHubState
    repository: Repository
    run_id: int
    key_id: int
    commit: str
    blob: str
    comment: int


def make_world() -> World:
    """Return an organisation `acme` with 35 repositories, `ui` the first of them."""
    state = GitHubState(ssh_host_keys=[HOST_KEY])
    account = state.add_account("acme", members={"ada": "admin"})
    account.oidc = OidcSubject(("repo", "context"), immutable=True)
    state.add_token(TOKEN, "ada", ["repo", "admin:org"])
    files: dict[str, Entry] = {
        "README.md": b"# ui\n",
        ".ci.yaml": b"ci-policies: []\n",
        "src/a.py": b"",
        "vendor": Submodule("https://example.invalid/vendor.git"),
        "dead": Symlink("nowhere"),
        "link": Symlink("README.md"),
    }
    repository = state.add_repository("acme", "ui", files)
    for number in range(34):
        state.add_repository("acme", f"service-{number}", {".ci.yaml": b"ci-policies: []\n"}, private=number % 2 == 0)
    state.add_environment(repository, ENVIRONMENT)
    for scope in (ACTIONS, DEPENDABOT, environment_scope(ENVIRONMENT)):
        state.put_secret(repository, scope, "STORED", Secret("stored"))
    state.add_organization_secret("acme", "SHARED", "shared")
    state.add_organization_secret("acme", "CHOSEN", "chosen", visibility="selected", selected={"ui"})
    account.variables["REGION"] = Variable("REGION", "us-east-1", state.now(), state.now())
    repository.variables["STAGE"] = Variable("STAGE", "a", state.now(), state.now())
    key = DeployKey(state.next_id(), PUBLIC_KEY, "flux", True, state.now(), "ada", last_used=state.now())
    repository.deploy_keys.append(key)
    state.add_run(repository, status="in_progress", conclusion=None)
    run = state.add_run(repository, run_attempt=2, actor="ada")
    repository.rules.append(BranchRule("required_linear_history"))
    commit, blob = trees.head(repository), trees.find(repository, "HEAD:README.md")
    assert commit is not None and blob is not None
    pull = open_pull(state, repository, "ada", {"README.md": b"# UI\n", "docs/a.md": b"a\n", "src/a.py": None})
    pull.comments.append(Comment(state.next_id(), "ada", "Look.", state.now(), state.now()))
    pull.labels.append("docs")
    open_pull(state, repository, "eve", {"link": Symlink("dead")}, fork="eve")
    return World(state, repository, run.id, key.id, commit.oid, blob.oid, pull.comments[0].id)
