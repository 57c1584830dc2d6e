"""An embedded GitHub for tests, the demonstration and `cellenics sandbox`: a real HTTP server on a loopback port.

```python
state = GitHubState()
state.add_account("acme", members={"ada": "admin"})
state.add_token("ghp_example", "ada", scopes=["repo", "read:org"])
repository = state.add_repository("acme", "ui", files={".ci.yaml": b"ci-policies: []"})
with GitHubServer(state) as github:
    ...  # talk to github.url; then look at github.state and github.requests
```
"""

from cellenics_ci.sandbox.github.http import ConnectionDropped, Request, Response
from cellenics_ci.sandbox.github.limits import Limits
from cellenics_ci.sandbox.github.records import (
    Account,
    BranchRule,
    DeployKey,
    Entry,
    Environment,
    OidcSubject,
    Repository,
    Submodule,
    Symlink,
    Token,
    Variable,
    WorkflowRun,
)
from cellenics_ci.sandbox.github.server import GitHubServer, LoggedRequest
from cellenics_ci.sandbox.github.state import GitHubState
from cellenics_ci.sandbox.github.vault import Refused, SecretStore, SecretWrite, StoredSecret

__all__ = [
    "Account",
    "BranchRule",
    "ConnectionDropped",
    "DeployKey",
    "Entry",
    "Environment",
    "GitHubServer",
    "GitHubState",
    "Limits",
    "LoggedRequest",
    "OidcSubject",
    "Refused",
    "Repository",
    "Request",
    "Response",
    "SecretStore",
    "SecretWrite",
    "StoredSecret",
    "Submodule",
    "Symlink",
    "Token",
    "Variable",
    "WorkflowRun",
]
