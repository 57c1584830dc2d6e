"""Watches the servers' own state at every instant, and says what must not be: invariants I1 to I4.

It looks after every effect, before the answer goes back to the program, and reads moto's and the embedded GitHub's
state directly. What it finds is collected, since it looks in the servers' threads; `assert_innocent` raises it.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Collection
from typing import Final

from cellenics_ci.model.names import (
    CI_TOKEN_SECRET,
    KEY_ID_SECRET,
    KEY_SECRET_SECRET,
    PAIR_NAMES,
    AccessKeyId,
    RepoName,
    UserName,
    ci_user_name,
    repository_of_user,
)
from cellenics_ci.model.scopes import Scope
from cellenics_ci.model.secret import Secret
from cellenics_ci.model.tags import LOCK_TAG, read_notes
from cellenics_ci.sandbox.aws.calls import AwsCall
from cellenics_ci.sandbox.github.http import Request
from cellenics_ci.sandbox.github.state import store_of
from cellenics_ci.sandbox.running import Sandbox
from tests.faults.organization import ORGANIZATION, POLICIES, SCOPES

Pair = tuple[AccessKeyId | None, bool]
"""The key that a scope names, and whether AWS accepts the pair that is stored there."""
_GIVES_UP: Final = ("DeleteAccessKey", "UpdateAccessKey")


class Judge:
    """Judges one organisation from its construction on."""

    def __init__(self, sandbox: Sandbox, operator: Secret) -> None:
        self.violations: list[str] = []
        self._aws, self._github = sandbox.aws, sandbox.github.state
        self._github_failures = sandbox.github.failures
        self._operator = operator
        self._guard = threading.RLock()
        self._arriving: Counter[RepoName] = Counter()
        self._accepted: set[AccessKeyId] = {pair.id for pair in sandbox.keys.values()}
        self._had = {repo: {scope for scope, (_, works) in self.pairs(repo).items() if works} for repo in SCOPES}
        self._mixed = dict.fromkeys(SCOPES, False)
        self._stored = {repo: {key for key, _ in self.pairs(repo).values() if key} for repo in SCOPES}
        self._foreign = self._what_is_not_ours()
        sandbox.aws.before_call.append(self._before_aws)
        sandbox.aws.after_call.append(self._after_aws)
        self._github.before_request.append(self._before_github)
        self._github.after_request.append(self._after_github)

    def pairs(self, repo: RepoName) -> dict[Scope, Pair]:
        """Return what each scope of a repository holds."""
        # No secret can be written in between, so what is found belongs together.
        with self._github.lock:
            return {scope: self._pair(repo, scope) for scope in SCOPES[repo]}

    def holder(self, repo: RepoName) -> AccessKeyId | None:
        """Return the key whose working pair is in every scope, None where there is no such key."""
        pairs = set(self.pairs(repo).values())
        key, works = next(iter(pairs))
        return key if len(pairs) == 1 and works else None

    def works(self, repo: RepoName) -> bool:
        """Whether every scope that ever held a working pair holds one."""
        pairs = self.pairs(repo)
        return all(pairs[scope][1] for scope in self._had[repo])

    def assert_innocent(self) -> None:
        """Raise what was seen so far, and what was touched that is not ours (I4)."""
        assert not self.violations, "\n".join(self.violations)
        assert self._what_is_not_ours() == self._foreign, "something was touched that is not ours"
        operator = self._operator.reveal()
        assert all(write.value is None or write.value.reveal() != operator for write in self._github.secret_writes)
        assert not self._aws.failures and not self._github_failures, "the embedded servers failed"

    def assert_converged(self, repos: Collection[RepoName]) -> None:
        """I2: one key a user, active, the one in GitHub; no lock, no stale note; policies as declared."""
        for repo in repos:
            user = ci_user_name(repo)
            keys = self._aws.account.keys(user)
            assert [key.active for key in keys] == [True], f"{repo} has the keys {keys}"
            assert self.holder(repo) == keys[0].id, f"{repo}: {keys[0].id} is not the key in GitHub"
            tags = self._aws.account.tags(user)
            assert LOCK_TAG not in tags, f"{repo} is still locked"
            assert set(read_notes(tags)[0]) == {keys[0].id}, f"{repo} has the notes {tags}"
            declared = {name: POLICIES[name] for name in (("sign-in",) if repo == "beta" else POLICIES)}
            assert self._aws.account.policies(user) == declared, f"{repo} has other policies than declared"

    def _pair(self, repo: RepoName, scope: Scope) -> Pair:
        repository = self._github.repository(ORGANIZATION, repo)
        assert repository is not None
        entries = store_of(repository, scope).entries
        if KEY_ID_SECRET not in entries or KEY_SECRET_SECRET not in entries:
            return None, False
        key = AccessKeyId(entries[KEY_ID_SECRET].value.reveal())
        return key, self._aws.account.key_works(key, entries[KEY_SECRET_SECRET].value)

    def _what_is_not_ours(self) -> tuple[object, ...]:
        account = self._aws.account
        people = [user for user in account.users() if _ours(user) is None]
        secrets = [
            (repo, str(scope), name, secret.value.reveal(), secret.updated_at)
            for repo, scopes in SCOPES.items()
            for scope in scopes
            if (repository := self._github.repository(ORGANIZATION, repo))
            for name, secret in sorted(store_of(repository, scope).entries.items())
            if name not in (*PAIR_NAMES, CI_TOKEN_SECRET)
        ]
        return ([(user, account.keys(user), account.tags(user), account.policies(user)) for user in people], secrets)

    # What happens on the servers

    def _before_aws(self, call: AwsCall) -> None:
        if call.action in _GIVES_UP and call.params.get("Status", "Inactive") == "Inactive":
            with self._guard:
                self._may_go(UserName(call.params["UserName"]), AccessKeyId(call.params["AccessKeyId"]))

    def _after_aws(self, call: AwsCall, response: object) -> None:
        repo = _ours(call.params.get("UserName", ""))
        with self._guard:
            if call.name == "sts:GetCallerIdentity" and getattr(response, "status", 0) == 200:
                self._accepted.add(call.key_id)
            if repo:
                self._look(repo, call.name)

    def _before_github(self, request: Request) -> None:
        repo = _pair_written(request)
        if repo:
            with self._guard:
                self._arriving[repo] += 1

    def _after_github(self, request: Request, response: object) -> None:
        repo = _pair_written(request)
        if not repo:
            return
        with self._guard:
            self._arriving[repo] -= 1
            pairs = self.pairs(repo)
            self._mixed[repo] = self.holder(repo) is None
            keys = {key for key, _ in pairs.values() if key}
            for key in keys - self._accepted:
                self._accuse(repo, f"{key} was delivered before AWS had ever accepted it")
            self._stored[repo] |= keys
            self._had[repo] |= {scope for scope, (_, works) in pairs.items() if works}
            self._look(repo, f"{request.method} {request.path}")

    def _look(self, repo: RepoName, after: str) -> None:
        if not self.works(repo) and not self._mixed[repo] and not self._arriving[repo]:
            self._accuse(repo, f"has no working pair after {after}: {self.pairs(repo)}")

    def _may_go(self, user: UserName, key: AccessKeyId) -> None:
        """I1: an active key goes when GitHub never had it, or holds another proven one everywhere."""
        repo = _ours(user)
        if repo is None:
            self._accuse(RepoName(user), f"{key} is none of ours")
            return
        if key not in self._aws.account.active_keys(user) or key not in self._stored[repo]:
            return
        pairs = self.pairs(repo)
        holders = [holder for holder, works in pairs.values() if works]
        if self._mixed[repo] and len(self._aws.account.active_keys(user)) == 2:
            # After a kill between writes both may be in use, and one has to go for lack of room: the rarer one.
            if holders.count(key) * 2 > len(holders):
                self._accuse(repo, f"{key} goes although more scopes hold it than the other: {pairs}")
        elif self.holder(repo) in (None, key):
            self._accuse(repo, f"{key} goes although GitHub does not hold another working key everywhere: {pairs}")

    def _accuse(self, repo: RepoName, sentence: str) -> None:
        self.violations.append(f"{repo}: {sentence}")


def _pair_written(request: Request) -> RepoName | None:
    """Return the repository whose pair a request writes, None for every other request."""
    parts = request.segments
    if request.method in ("PUT", "DELETE") and parts[0] == "repos" and parts[-1] in PAIR_NAMES:
        return RepoName(parts[2])
    return None


def _ours(user: str) -> RepoName | None:
    """Return the repository of the organisation that a user belongs to, None for other people's users."""
    repo = repository_of_user(UserName(user))
    return repo if repo in SCOPES else None
