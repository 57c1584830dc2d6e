"""Keys tried against both servers: what is let in, what is read and written, and what git itself says of it."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from cellenics_ci.clients.ssh import SshProver
from cellenics_ci.deploykeys.pairs import generate, read_pair
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.deploy_keys import Algorithm, Proof, PublicKey, SshAddress, SshPair
from cellenics_ci.model.known_hosts import known_hosts_text
from cellenics_ci.model.secret import Secret
from tests.needs import needs
from tests.sandbox.ssh.conftest import Place


def prove(place: Place, pair: SshPair, branch: str = "master", repo: str = "releases") -> Proof:
    address = place.server.address("acme", repo)
    return SshProver().prove(pair.private, address, host_keys=place.host_keys, branch=branch)


def git(place: Place, pair: SshPair, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run git as Flux's source-controller would, with nothing of this machine's own."""
    needs("ssh")
    key, hosts = folder / "key", folder / "known_hosts"
    key.write_text(pair.private.reveal())
    key.chmod(0o600)
    hosts.write_text(known_hosts_text(place.address, place.host_keys))
    ssh = (
        f"ssh -F none -i {key} -o IdentitiesOnly=yes -o IdentityAgent=none -o BatchMode=yes"
        f" -o UserKnownHostsFile={hosts} -o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes"
    )
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_SSH_COMMAND": ssh, "GIT_CONFIG_NOSYSTEM": "1"}
    return subprocess.run(["git", *arguments], env=env, capture_output=True, text=True, cwd=folder)


@pytest.mark.parametrize("algorithm", [Algorithm.ED25519, Algorithm.ECDSA_P384])
@pytest.mark.parametrize("read_only", [True, False])
def test_a_key_does_what_it_was_registered_for(place: Place, algorithm: Algorithm, read_only: bool) -> None:
    pair = generate(algorithm)
    place.register(pair, read_only=read_only)
    proof = prove(place, pair)
    assert (proof.accepted, proof.reads, proof.branch) == (True, True, True)
    assert proof.writes is not read_only
    assert ("read only" in proof.remark) is read_only


def test_an_rsa_key_is_let_in(place: Place) -> None:
    pair = generate(Algorithm.RSA_4096)
    place.register(pair)
    assert prove(place, pair).reads


def test_a_key_as_flux_makes_it_is_let_in(place: Place) -> None:
    private = ec.generate_private_key(ec.SECP384R1())
    text = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    place.register(read_pair(Secret(text)))
    assert prove(place, replace(read_pair(Secret(text)), private=Secret(text))).reads


def test_a_key_that_nobody_registered_is_not_let_in(place: Place, pair: SshPair) -> None:
    assert prove(place, pair) == Proof(accepted=False)


def test_a_revoked_key_is_not_let_in_from_the_same_moment(place: Place, pair: SshPair) -> None:
    place.register(pair)
    assert prove(place, pair).reads
    place.releases.deploy_keys.clear()
    place.state.deploy_keys_changed()
    assert not prove(place, pair).accepted


def test_a_disabled_key_is_not_let_in(place: Place, pair: SshPair) -> None:
    place.register(pair).enabled = False
    place.state.deploy_keys_changed()
    assert not prove(place, pair).accepted


def test_a_key_opens_its_own_repository_only(place: Place, pair: SshPair) -> None:
    place.register(pair, where=place.other)
    proof = prove(place, pair)
    assert proof.accepted and not proof.reads
    assert "Repository not found" in proof.remark


def test_a_branch_that_is_not_there_is_told(place: Place, pair: SshPair) -> None:
    place.register(pair)
    proof = prove(place, pair, branch="main")
    assert proof.reads and not proof.branch


def test_a_foreign_host_key_ends_everything(place: Place, pair: SshPair) -> None:
    place.register(pair)
    strange = (generate(Algorithm.ED25519).public,)
    with pytest.raises(CallFailed) as failed:
        SshProver().prove(pair.private, place.address, host_keys=strange, branch="master")
    assert failed.value.kind is Failure.DENIED
    assert "somebody may be in between" in failed.value.sentence


def test_the_host_keys_may_come_in_any_order_and_alone(place: Place, pair: SshPair) -> None:
    place.register(pair)
    for keys in (place.host_keys[:1], place.host_keys[1:], tuple(reversed(place.host_keys))):
        assert SshProver().prove(pair.private, place.address, host_keys=keys, branch="master").reads


def test_a_use_is_seen_in_the_listing(place: Place, pair: SshPair) -> None:
    key = place.register(pair)
    assert key.last_used is None
    prove(place, pair)
    place.state.deploy_keys_read()
    assert key.last_used is not None


def test_git_says_the_same(place: Place, pair: SshPair, tmp_path: Path) -> None:
    url = place.server.url("acme", "releases")
    place.register(pair)
    assert "refs/heads/master" in git(place, pair, tmp_path, "ls-remote", url).stdout
    cloned = git(place, pair, tmp_path, "clone", "-q", url, "work")
    assert cloned.returncode == 0, cloned.stderr
    pushed = git(place, pair, tmp_path, "-C", "work", "push", "--dry-run", "origin", "HEAD:refs/heads/try")
    assert pushed.returncode != 0 and "read only" in pushed.stderr
    place.releases.deploy_keys[0].read_only = False
    place.state.deploy_keys_changed()
    pushed = git(place, pair, tmp_path, "-C", "work", "push", "--dry-run", "origin", "HEAD:refs/heads/try")
    assert pushed.returncode == 0, pushed.stderr


def test_no_part_of_the_private_key_is_in_a_failure(place: Place, pair: SshPair) -> None:
    closed = replace(place.address, port=_closed_port())
    with pytest.raises(CallFailed) as failed:
        SshProver(step=1).prove(pair.private, closed, host_keys=place.host_keys, branch="master")
    assert failed.value.kind is Failure.UNKNOWN
    assert not any(line in repr(failed.value) for line in pair.private.reveal().splitlines()[1:-1])


def test_what_is_no_private_key_is_told_without_showing_it(place: Place) -> None:
    with pytest.raises(CallFailed) as failed:
        SshProver().prove(Secret("hunter2"), place.address, host_keys=place.host_keys, branch="master")
    assert failed.value.kind is Failure.INVALID and "hunter2" not in repr(failed.value)
    assert failed.value.__cause__ is None


@pytest.mark.parametrize("says", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-x\r\n" + b"\0" * 4096, None])
def test_what_speaks_no_ssh_is_given_up_in_time(says: bytes | None, pair: SshPair) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        held = []

        def serve() -> None:
            connection, _ = listening.accept()
            held.append(connection)
            if says is not None:
                connection.sendall(says)
                connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        address = SshAddress("git", "127.0.0.1", listening.getsockname()[1], "acme/releases")
        with pytest.raises(CallFailed) as failed:
            SshProver(step=0.3).prove(pair.private, address, host_keys=(_host_key(),), branch="master")
        assert failed.value.kind is Failure.UNKNOWN
        for connection in held:
            connection.close()


def _host_key() -> PublicKey:
    return generate(Algorithm.ED25519).public


def _closed_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
