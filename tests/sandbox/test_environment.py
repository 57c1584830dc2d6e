"""What a command in the sandbox finds in its environment, and above all what it does not."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cellenics_ci.sandbox.environment import child_environment, make_folder, without_configuration

SERVERS = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ACCESS_KEY_ID": "AKIASANDBOX", "GITHUB_API_TOKEN": "t"}
REAL = {
    "AWS_PROFILE": "production",
    "AWS_SESSION_TOKEN": "real",
    "AWS_ENDPOINT_URL_IAM": "https://real",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.2/real",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/real",
    "AWS_ACCESS_KEY_ID": "AKIAREAL",
    "GH_HOST": "real",
    "GITHUB_APP_PRIVATE_KEY_PATH": "/real",
    "GITHUB_API_URL": "https://real",
    "GITHUB_STEP_SUMMARY": "/real",
    "API_TOKEN_GITHUB": "real",
    "KUBECONFIG": "/real",
    "KUBERNETES_SERVICE_HOST": "real",
    "HELM_KUBETOKEN": "real",
    "CELLENICS_REGION": "real",
    "SSH_AUTH_SOCK": "/real",
    "HTTPS_PROXY": "http://real",
    "http_proxy": "http://real",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "real",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_folder(tmp_path)
    return tmp_path


def test_nothing_of_the_outside_that_is_real_comes_in(folder: Path) -> None:
    environment = child_environment(REAL | {"LANG": "de_DE.UTF-8"}, SERVERS, folder)
    assert not [name for name, value in environment.items() if "real" in value.lower()]
    assert environment["LANG"] == "de_DE.UTF-8"
    assert environment.items() >= SERVERS.items()


def test_the_home_stays_and_its_configuration_is_hidden(folder: Path, tmp_path: Path) -> None:
    environment = child_environment({"HOME": "/home/ada"}, SERVERS, folder)
    assert environment["HOME"] == "/home/ada"
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "KUBECONFIG"):
        assert Path(environment[name]).read_bytes() == b""
    assert list(Path(environment["GH_CONFIG_DIR"]).iterdir()) == []


def test_loopback_is_reached_without_proxies(folder: Path) -> None:
    environment = child_environment({"ALL_PROXY": "socks5://x", "no_proxy": "x"}, SERVERS, folder)
    assert "ALL_PROXY" not in environment
    assert environment["no_proxy"] == environment["NO_PROXY"] == "127.0.0.1,localhost,::1"


def test_the_sandboxs_own_programs_come_first(folder: Path) -> None:
    assert child_environment({"PATH": "/bin"}, SERVERS, folder, Path("/opt/x"))["PATH"] == "/opt/x:/bin"
    assert child_environment({}, SERVERS, folder, Path("/opt/x"))["PATH"] == "/opt/x"


def test_git_goes_to_the_sandbox_whichever_address_of_github_it_is_told(
    needs: Callable[[str], str], folder: Path, tmp_path: Path
) -> None:
    environment = child_environment({"PATH": os.environ["PATH"]}, SERVERS, folder, None, tmp_path / "bare")
    for address in ("https://github.com/acme/ui", "git@github.com:acme/ui", "ssh://git@github.com/acme/ui"):
        command = [needs("git"), "ls-remote", "--get-url", address]
        told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
        assert told == f"file://{tmp_path}/bare/acme/ui\n"


def test_our_own_process_reads_no_configuration_while_it_has_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    with without_configuration() as outside:
        assert outside["AWS_PROFILE"] == "production"
        assert "AWS_PROFILE" not in os.environ
        assert os.environ["AWS_CONFIG_FILE"] == os.devnull
    assert os.environ["AWS_PROFILE"] == "production"


def test_boto3_finds_no_profile_and_no_credentials_of_a_home(folder: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / ".aws").mkdir(parents=True)
    (home / ".aws" / "credentials").write_text("[default]\naws_access_key_id=AKIAREAL\naws_secret_access_key=x\n")
    (home / ".aws" / "config").write_text("[profile production]\nregion=eu-west-1\n")
    servers = SERVERS | {"AWS_SECRET_ACCESS_KEY": "s"}
    outside = dict(os.environ) | {"HOME": str(home), "AWS_PROFILE": "production"}
    environment = child_environment(outside, servers, folder)
    code = "import boto3; s = boto3.Session(); print(s.available_profiles, s.get_credentials().access_key)"

    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "[] AKIASANDBOX\n"
