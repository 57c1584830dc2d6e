"""OpenSSH's own server for the embedded GitHub's repositories.

sshd reads who may come in from a file, which is written anew before any answer tells of a change.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import stat
import subprocess
import threading
from pathlib import Path
from typing import Final

from cellenics_ci.sandbox.github.state import GitHubState
from cellenics_ci.sandbox.ssh.access import NO_SHELL, NOT_FOUND, READ_ONLY, admissions, note_use
from cellenics_ci.sandbox.ssh.repositories import Repositories

_FOLDERS: Final = "/usr/local/sbin:/usr/sbin:/sbin"
_START_SECONDS: Final = 10.0
_CONFIG: Final = """\
Port {port}
ListenAddress 127.0.0.1
{host_keys}
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
StrictModes no
UsePAM no
UseDNS no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
AllowTcpForwarding no
X11Forwarding no
PermitTTY no
PermitUserEnvironment no
PermitUserRC no
PrintMotd no
MaxStartups 200
LogLevel ERROR
"""
# Newer servers shut out an address from which many sign in with a wrong key; all of ours come from one.
_NEWER: Final = "PerSourcePenalties no\n"
# Ends the server when its input ends, and so also when whoever started it was killed.
_KEEPER: Final = '"$@" & cat; kill $!; wait'
_GATE: Final = f"""\
#!/bin/sh
# The one command of a deploy key: KEY_ID ORG/REPO RIGHT
set -f
program=${{SSH_ORIGINAL_COMMAND%% *}}
path=${{SSH_ORIGINAL_COMMAND#* }}
path=${{path#\\'}}; path=${{path%\\'}}; path=${{path#/}}; path=${{path%/}}; path=${{path%.git}}
path=$(printf %s "$path" | tr A-Z a-z)
case $program in
    git-upload-pack|git-receive-pack) ;;
    *) echo "{NO_SHELL}" >&2; exit 1 ;;
esac
[ "$path" = "$2" ] || {{ echo "{NOT_FOUND}" >&2; exit 1; }}
[ "$program$3" != git-receive-packro ] || {{ echo "{READ_ONLY}" >&2; exit 1; }}
echo "$1" >> "@FOLDER@/used"
exec git "${{program#git-}}" "@REPOSITORIES@/$2.git"
"""


def find_sshd() -> str | None:
    """Return the server's path, None where it is not installed."""
    return shutil.which("sshd") or shutil.which("sshd", path=_FOLDERS)


class Sshd:
    """One sshd on a port of 127.0.0.1. `user` is who it lets in: whoever runs it."""

    def __init__(
        self, state: GitHubState, repositories: Repositories, folder: Path, host_keys: tuple[bytes, ...]
    ) -> None:
        self.user = pwd.getpwuid(os.getuid()).pw_name
        self.port = 0
        self._state, self._folder, self._repositories = state, folder, repositories
        self._host_keys = host_keys
        self._writing = threading.Lock()
        self._read = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server; returns when it answers. Raises OSError where it does not."""
        if os.getuid() == 0:
            # Where sshd puts its unprivileged half; Debian makes it when its service starts.
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        for number, key in enumerate(self._host_keys):
            self._write(f"host_key_{number}", key, 0o600)
        gate = _GATE.replace("@FOLDER@", str(self._folder)).replace("@REPOSITORIES@", str(self._repositories.folder))
        self._write("gate", gate.encode(), 0o700)
        self.refresh()
        sshd = find_sshd()
        assert sshd is not None, "asked for beforehand"
        self.port = _free_port()
        lines = "\n".join(f"HostKey {self._folder}/host_key_{number}" for number in range(len(self._host_keys)))
        config = _CONFIG.format(port=self.port, host_keys=lines, folder=self._folder)
        for text in (config + _NEWER, config):
            self._write("sshd_config", text.encode(), 0o600)
            checked = subprocess.run([sshd, "-t", "-f", str(self._folder / "sshd_config")], capture_output=True)
            if checked.returncode == 0:
                break
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", _KEEPER, "sh", sshd, "-D", "-e", "-f", str(self._folder / "sshd_config")],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # Ctrl-C is meant for the sandbox's command.
            start_new_session=True,
        )
        self._await()

    def stop(self) -> None:
        """Stop the server."""
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait()
            self._process = None

    def refresh(self) -> None:
        """Let exactly those keys in that are registered and enabled now."""
        lines = []
        for each in admissions(self._state):
            right = "ro" if each.read_only else "rw"
            command = f"{self._folder}/gate {each.key_id} {each.repository.lower()} {right}"
            lines.append(f'restrict,command="{command}" {each.public}\n')
        with self._writing:
            self._write("authorized_keys.new", "".join(lines).encode(), 0o600)
            (self._folder / "authorized_keys.new").replace(self._folder / "authorized_keys")

    def note_uses(self) -> None:
        """Bring the keys' last use up to date."""
        used = self._folder / "used"
        with self._writing:
            ids = used.read_text().split() if used.exists() else []
            fresh, self._read = ids[self._read :], len(ids)
        for key_id in fresh:
            note_use(self._state, int(key_id))

    def _write(self, name: str, content: bytes, mode: int) -> None:
        path = self._folder / name
        descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        path.chmod(stat.S_IMODE(mode))

    def _await(self) -> None:
        assert self._process is not None
        waited = threading.Event()
        for _ in range(int(_START_SECONDS / 0.02)):
            if self._process.poll() is not None:
                break
            with socket.socket() as probe:
                probe.settimeout(1.0)
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            waited.wait(0.02)
        self.stop()
        raise OSError("sshd did not start")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
