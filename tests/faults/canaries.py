"""Every value that must not be seen, and where it must not be seen (I5)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote

from cellenics_ci.sandbox.aws import Account


class Canaries:
    """The secrets of one case. Those of access keys are added as the server makes them."""

    def __init__(self, account: Account, texts: Iterable[str]) -> None:
        self._account = account
        self._texts = set(texts)

    def notice(self, _: object = None, __: object = None) -> None:
        """Remember the secrets of all keys that the account has now; a hook for the server."""
        self._texts |= {key.secret_access_key for key in list(self._account.iam.access_keys.values())}

    def assert_unseen(self, places: Mapping[str, str]) -> None:
        """Raise where one of the secrets, plain or in a usual encoding, is in one of the texts; names the place."""
        self.notice()
        assert self._texts, "there are no canaries"
        assert_none_seen(self._texts, places)


def assert_none_seen(secrets: Iterable[str], places: Mapping[str, str]) -> None:
    """Raise where one of the secrets, plain or in a usual encoding, is in one of the texts; names the place."""
    needles = {form for text in secrets for form in _forms(text)}
    for place, text in places.items():
        assert not any(needle in text for needle in needles), f"a secret was seen in {place}"


def texts_below(folder: Path) -> dict[str, str]:
    """Return the text of every file below a folder, with its path; what can't be decoded is replaced."""
    return {
        str(path.relative_to(folder)): path.read_bytes().decode("utf-8", "replace")
        for path in folder.rglob("*")
        if path.is_file()
    }


def _forms(text: str) -> set[str]:
    encoded = base64.b64encode(text.encode()).decode()
    return {text, quote(text, safe=""), json.dumps(text)[1:-1], encoded.rstrip("="), repr(text)[1:-1]}
