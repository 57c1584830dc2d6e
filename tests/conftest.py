"""Makes every test hermetic: no home, none of this machine's credentials, nothing but loopback.

Done while pytest starts, not in a fixture, because servers of session fixtures start before any test's own.
"""

from __future__ import annotations

import functools
import ipaddress
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.needs import needs as find_tool

STRIPPED_PREFIXES = (
    "AWS_", "BOTO_", "CELLENICS_", "CLICOLOR", "GH_", "GITHUB_", "GIT_", "MOTO_", "SSH_", "TYPER_", "XDG_",
    "_CELLENICS", "_TYPER",
)  # fmt: skip
STRIPPED = (
    "KUBECONFIG", "KUBERNETES_SERVICE_HOST", "NO_COLOR", "FORCE_COLOR", "COLORTERM", "PY_COLORS",
    "LINES", "NETRC", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy",
)  # fmt: skip
LONG = ("faults", "examiner", "benchmarks", "rotation")


def hermetic(environ: Mapping[str, str], home: Path) -> dict[str, str]:
    """Return an environment without this machine's home, credentials, endpoints and colours."""
    kept = {
        name: value
        for name, value in environ.items()
        if not name.startswith(STRIPPED_PREFIXES) and name not in STRIPPED
    }
    return kept | {
        "HOME": str(home),
        "COLUMNS": "80",
        "TERM": "dumb",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
    }


def _is_loopback(host: str) -> bool:
    if host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class LeavesLoopback(AssertionError):
    """A test reached for another machine."""


def _refuse(address: Any) -> None:
    if isinstance(address, tuple) and not _is_loopback(str(address[0])):
        raise LeavesLoopback(f"a test reached for {address[0]}: tests talk to this machine only")


def _stay_on_loopback() -> None:
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex
    sendto, getaddrinfo = socket.socket.sendto, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        _refuse(address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        _refuse(address)
        return connect_ex(self, address)

    def guarded_sendto(self: socket.socket, *args: Any) -> int:
        _refuse(args[-1])
        return sendto(self, *args)

    def guarded_getaddrinfo(host: Any, *args: Any, **named: Any) -> Any:
        # Asking a name server is reaching for another machine, too.
        text = host.decode() if isinstance(host, bytes) else host
        _refuse((text or "",))
        return getaddrinfo(host, *args, **named)

    socket.socket.connect = guarded_connect  # type: ignore[method-assign, assignment]
    socket.socket.connect_ex = guarded_connect_ex  # type: ignore[method-assign, assignment]
    socket.socket.sendto = guarded_sendto  # type: ignore[method-assign, assignment]
    socket.getaddrinfo = guarded_getaddrinfo


def _ignore_no_signal() -> None:
    """Hear what jobs in the background of a shell ignore, and would let every program ignore that a test starts."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


def _keep_bytecode() -> None:
    """Compile once, whatever the machine's wish: it is a second for each process, and six for each worker's asserts."""
    sys.dont_write_bytecode = False


def _read_descriptions_once() -> None:
    """Let sessions of boto3 share what they read of AWS's services: a fifth of a second of the processor each time."""
    import botocore.session

    botocore.session.create_loader = functools.cache(botocore.session.create_loader)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `make faults` ask for what is too much for every day."""
    parser.addoption("--whole", action="store_true", help="only the cases of which `make test` tries none")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what was not asked for: the cases marked `whole`, or all others."""
    wanted = bool(config.getoption("--whole"))
    left = [item for item in items if bool(item.get_closest_marker("whole")) is not wanted]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in set(left)]
    # What takes long comes first, so that no worker is still at it when the others have nothing left to do.
    items.sort(key=lambda item: not item.path.parent.name.startswith(LONG))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return what `-n auto` means: one more than cores, as now and then a test has to wait for a process."""
    return (os.cpu_count() or 1) + 1


def pytest_configure(config: pytest.Config) -> None:
    """Take the machine away before the first test module is imported."""
    home = Path(tempfile.mkdtemp(prefix="cellenics-home-"))
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    clean = hermetic(os.environ, home)
    os.environ.clear()
    os.environ.update(clean)
    _stay_on_loopback()
    _ignore_no_signal()
    _keep_bytecode()
    _read_descriptions_once()


@pytest.fixture(autouse=True)
def _own_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give every test a home of its own, and take back what it did to the environment."""
    before = dict(os.environ)
    os.environ["HOME"] = str(tmp_path_factory.mktemp("home"))
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def needs() -> Callable[[str], str]:
    """Return the function that finds a program or skips the test; with CI=true fails it."""
    return find_tool
