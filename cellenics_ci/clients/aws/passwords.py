"""Which users can sign in to the console: the account's credential report, and for single users their own profile."""

from __future__ import annotations

import csv
from typing import Any, Final

from cellenics_ci.clients.answers import understood
from cellenics_ci.clients.aws.session import AwsSession
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.names import UserName

_PAUSES: Final = (0.5, 1.0, 2.0, 2.0, 4.0, 4.0, 8.0)
"""Seconds between questions for a report that is being written: mostly a few seconds for an account."""


class ConsolePasswords:
    """Reads login profiles. Every method raises CallFailed only."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    @understood
    def reported(self) -> dict[UserName, bool]:
        """Return which of the account's users have a password, by its credential report: two calls for all of them.

        AWS writes a new report every four hours at most (IAM User Guide, "Get credential reports"): a user that is
        newer than the report is missing, and a password that is newer is not in it.
        """
        self._wait_for_report()
        answer = self._session.call("iam:GetCredentialReport", "", self._session.iam.get_credential_report)
        content: Any = answer["Content"]
        text = content.decode() if isinstance(content, bytes) else str(content)
        rows = csv.DictReader(text.splitlines())
        return {UserName(row["user"]): row["password_enabled"] == "true" for row in rows}  # noqa: S105 - a flag

    @understood
    def has_password(self, name: UserName) -> bool:
        """Return whether one user has a password, as it is now (GetLoginProfile)."""
        try:
            self._session.call("iam:GetLoginProfile", name, lambda: self._session.iam.get_login_profile(UserName=name))
        except CallFailed as failed:
            if failed.kind is Failure.NOT_FOUND:
                return False
            raise
        return True

    def _wait_for_report(self) -> None:
        iam = self._session.iam
        for pause in (*_PAUSES, None):
            answer = self._session.call("iam:GenerateCredentialReport", "", iam.generate_credential_report)
            if answer["State"] == "COMPLETE":
                return
            if pause is not None:
                self._session.wait(pause)
        raise CallFailed(
            Failure.UNKNOWN,
            "AWS has not finished its credential report in time.",
            remedy="Run the command again in a minute.",
        )
