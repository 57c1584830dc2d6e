"""The embedded GitHub's SSH side: git repositories that its deploy keys, and no others, open."""

from cellenics_ci.sandbox.ssh.server import SshServer

__all__ = ["SshServer"]
