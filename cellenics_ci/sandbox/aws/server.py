"""The embedded AWS on a loopback port: one account, its administrator's key, and what tests want to know."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Self

from cellenics_ci.model.keys import KeyPair
from cellenics_ci.model.names import AccountId, Region
from cellenics_ci.sandbox.aws.account import Account
from cellenics_ci.sandbox.aws.gate import AfterCall, BeforeCall, Gate, LoggedCall
from cellenics_ci.sandbox.aws.principals import Principals
from cellenics_ci.sandbox.aws.propagation import INSTANT, Flicker, Propagation
from cellenics_ci.sandbox.clock import Clock
from cellenics_ci.sandbox.loopback import LoopbackServer

ADMIN: Final = "admin"
FIRST_ACCOUNT: Final = 123456789012
DEFAULT_REGION: Final = Region("us-east-1")
_YEAR: Final = 365 * 86400
_EVERYTHING: Final[dict[str, Any]] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}

_taken: set[str] = set()
_taken_guard = threading.Lock()


class CloudServer:
    """An embedded AWS. As a context manager it runs from entry to exit; `url` is what AWS_ENDPOINT_URL wants.

    `account` holds the state: seed it and look at it there. Two servers in one process have different accounts.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] | None = None,
        propagation: Propagation = INSTANT,
        account: str | None = None,
        port: int = 0,
    ) -> None:
        self.clock: Callable[[], float] = clock or Clock()
        self._number = _take(account)
        self.account = Account(AccountId(self._number), self.clock)
        self.principals = Principals(self.account, Flicker(propagation), self.clock)
        self.gate = Gate(self.account, self.principals)
        self.admin = self._administrator()
        self._http = LoopbackServer(self.gate, self.clock, port)

    @property
    def url(self) -> str:
        """The endpoint of all services."""
        return self._http.url

    @property
    def before_call(self) -> list[BeforeCall]:
        """Hooks that see a call before it does anything: they may answer in its place or raise ConnectionDropped."""
        return self.gate.before_call

    @property
    def after_call(self) -> list[AfterCall]:
        """Hooks that see a call after its effect: they may replace the answer or raise ConnectionDropped."""
        return self.gate.after_call

    @property
    def calls(self) -> list[LoggedCall]:
        """Every call so far, without anything secret."""
        return self.gate.calls

    @property
    def failures(self) -> list[Exception]:
        """What went wrong in the server itself, each of which was answered with a 500."""
        return self.gate.failures

    def counts(self) -> Counter[str]:
        """Return how often each call was made, by its name (`iam:CreateAccessKey`)."""
        return Counter(call.name for call in self.calls)

    def environment(self) -> dict[str, str]:
        """Return the variables with which boto3 and the AWS CLI talk to this server as its administrator."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.admin.id,
            "AWS_SECRET_ACCESS_KEY": self.admin.secret.reveal(),
            "AWS_DEFAULT_REGION": DEFAULT_REGION,
        }

    def start(self) -> Self:
        """Begin to answer."""
        self._http.start()
        return self

    def stop(self) -> None:
        """Stop listening, forget the account's state and let its number be used again."""
        self._http.stop()
        self.account.clear()
        with _taken_guard:
            _taken.discard(self._number)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _administrator(self) -> KeyPair:
        long_ago = self.clock() - _YEAR
        self.account.add_user(ADMIN, policies={"everything": _EVERYTHING}, created_at=long_ago)
        return self.account.add_key(ADMIN, created_at=long_ago)


def _take(account: str | None) -> str:
    with _taken_guard:
        if account is None:
            number = FIRST_ACCOUNT
            while str(number) in _taken:
                number += 1
            account = str(number)
        if account in _taken:
            raise ValueError(f"another embedded AWS of this process has the account {account}")
        _taken.add(account)
        return account
