"""Key pairs made and read in memory."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from cellenics_ci.deploykeys.pairs import generate, read_pair
from cellenics_ci.model.deploy_keys import Algorithm
from cellenics_ci.model.secret import Secret
from tests.needs import needs


@pytest.mark.parametrize("algorithm", Algorithm)
def test_openssh_reads_what_is_made_and_agrees_on_its_fingerprint(algorithm: Algorithm, tmp_path: Path) -> None:
    keygen = needs("ssh-keygen")
    pair = generate(algorithm)
    assert pair.private.reveal().endswith("-----END OPENSSH PRIVATE KEY-----\n")
    path = tmp_path / "key"
    path.write_text(pair.private.reveal())
    path.chmod(0o600)
    shown = subprocess.run([keygen, "-y", "-f", path], capture_output=True, text=True, check=True).stdout
    assert shown.split()[:2] == [pair.public.kind, pair.public.blob]
    told = subprocess.run([keygen, "-l", "-f", path], capture_output=True, text=True, check=True).stdout
    assert pair.public.fingerprint in told
    assert read_pair(pair.private).public == pair.public


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.OpenSSH, PrivateFormat.TraditionalOpenSSL])
def test_reads_what_flux_and_others_write(form: PrivateFormat) -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    text = key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()
    assert read_pair(Secret(text)).public.kind == "ecdsa-sha2-nistp384"


def test_reads_a_key_with_a_password_and_gives_one_without() -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"hunter2")).decode()
    pair = read_pair(Secret(text), Secret("hunter2"))
    assert read_pair(pair.private).public == pair.public
    with pytest.raises(ValueError, match="no private key"):
        read_pair(Secret(text))
    with pytest.raises(ValueError, match="no private key"):
        read_pair(Secret(text), Secret("wrong"))


def test_a_password_beside_a_key_that_has_none_does_no_harm() -> None:
    pair = generate(Algorithm.ED25519)
    assert read_pair(pair.private, Secret("hunter2")).public == pair.public


def test_what_is_no_key_is_refused_without_quoting_it() -> None:
    dsa_key = dsa.generate_private_key(1024).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for text in ("", "CANARY", "-----BEGIN OPENSSH PRIVATE KEY-----\nCANARY\n", dsa_key.decode()):
        with pytest.raises(ValueError, match="private key") as refused:
            read_pair(Secret(text))
        assert "CANARY" not in repr(refused.value)
        assert refused.value.__context__ is None
