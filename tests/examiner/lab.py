"""The examiner's bench: a GitHub, an AWS, and the program started with nothing but what the promise names."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

from tests.examiner.hub import Hub
from tests.examiner.organisation import Manners, Organisation
from tests.inprocess import run_main

PROGRAM = str(Path(sys.executable).parent / "cellenics")
TOKEN = "tok-admin-0123456789abcdef"


class Cloud:
    """Moto in a process of its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.examiner.cloud"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}"

    def ask(self, what: str, **asked: Any) -> Any:
        request = urllib.request.Request(f"{self.url}/_examiner/{what}", json.dumps(asked).encode())
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def reset(self, **asked: Any) -> None:
        self.ask("reset", **asked)

    def fault(self, action: str, how: str, times: int = 1, **more: Any) -> None:
        self.ask("faults", faults=[{"action": action, "how": how, "times": times, **more}])

    def users(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.ask("users")
        return answer

    def actions(self) -> list[str]:
        return [call["action"] for call in self.ask("log")]

    def iam(self) -> Any:
        return boto3.client(
            "iam", endpoint_url=self.url, region_name="us-east-1",
            aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key="wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY",
        )  # fmt: skip

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.out)
        return answer

    def outcomes(self) -> dict[str, str]:
        return {one["repository"]: one["outcome"] for one in self.json["outcomes"]}

    def one(self, repository: str) -> dict[str, Any]:
        found: dict[str, Any] = next(o for o in self.json["outcomes"] if o["repository"] == repository)
        return found


@dataclass
class Lab:
    cloud: Cloud
    org: Organisation
    hub: Hub
    settle: str | None = "0"
    more: dict[str, str] = field(default_factory=dict)
    apart: bool = False

    def environment(self) -> dict[str, str]:
        plain = {
            "GITHUB_API_URL": self.hub.url, "GITHUB_API_TOKEN": TOKEN, "AWS_ENDPOINT_URL": self.cloud.url,
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY",
        }  # fmt: skip
        if self.settle is not None:
            plain["CELLENICS_SETTLE_SECONDS"] = self.settle
        return {name: value for name, value in (plain | self.more).items() if value != ""}

    def command(self, *arguments: str, yes: bool = True, org: str | None = None) -> list[str]:
        return [PROGRAM, "rotate-ci", "--org", org or self.org.login, *(["--yes"] if yes else []), *arguments]

    def run(self, *arguments: str, yes: bool = True, org: str | None = None, timeout: float = 60) -> Ran:
        """Run rotate-ci with an environment of the four to six variables, and no home.

        `apart`: as a process of its own; else in this one, which is the same program for half the processor's time.
        """
        command = self.command(*arguments, yes=yes, org=org)
        if self.apart:
            done = subprocess.run(
                command, env=self.environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                timeout=timeout, cwd=tempfile.gettempdir(),
            )  # fmt: skip
            ran = Ran(done.returncode, done.stdout, done.stderr)
        else:
            with contextlib.chdir(tempfile.gettempdir()):
                # This process may have a wider terminal.
                ran = Ran(*run_main(command[1:], self.environment() | {"COLUMNS": "80"}))
        self.no_secret_in(ran.out + ran.err)
        return ran

    def start(self, *arguments: str, **more: Any) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*arguments), env=self.environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tempfile.gettempdir(), **more,
        )  # fmt: skip

    def no_secret_in(self, text: str) -> None:
        secrets = [key["secret"] for user in self.cloud.users().values() for key in user["keys"]]
        for secret in [*secrets, TOKEN, "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"]:
            assert secret not in text, "a secret was shown"

    def pairs(self, repository: str, scope: str = "actions") -> tuple[str | None, str | None]:
        repo = self.org.repos[repository]
        return (repo.environments[scope] if scope in repo.environments else getattr(repo, scope)).pair

    def settled(self, repository: str, *scopes: str, policies: set[str] | None = None) -> None:
        """Assert what is to be true after any run that ended well: one active key, in every scope, no lock."""
        user = self.cloud.users()[f"ci-user-{repository}"]
        assert [key["status"] for key in user["keys"]] == ["Active"], user["keys"]
        for scope in scopes or ("actions",):
            assert self.pairs(repository, scope) == (user["keys"][0]["id"], user["keys"][0]["secret"]), scope
        assert user["path"] == f"/ci-users/{repository}/"
        assert not [tag for tag in user["tags"] if "lock" in tag.lower()], user["tags"]
        if policies is not None:
            assert set(user["policies"]) == policies

    def close(self) -> None:
        self.hub.close()


def lab(
    cloud: Cloud, manners: Manners | None = None, settle: str | None = "0", *, apart: bool = False, **reset: Any
) -> Lab:
    """Return a bench with an empty organisation; the cloud is emptied."""
    cloud.reset(**reset)
    org = Organisation()
    return Lab(cloud, org, Hub(org, manners), settle, apart=apart)
