"""Key pairs made and read in memory, in the format that every OpenSSH reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_ssh_private_key,
)

from cellenics_ci.model.deploy_keys import Algorithm, PublicKey, SshPair
from cellenics_ci.model.secret import Secret

PrivateKey = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_MAKERS: Final[Mapping[Algorithm, Callable[[], PrivateKey]]] = {
    Algorithm.ED25519: ed25519.Ed25519PrivateKey.generate,
    Algorithm.ECDSA_P384: lambda: ec.generate_private_key(ec.SECP384R1()),
    Algorithm.RSA_4096: lambda: rsa.generate_private_key(public_exponent=65537, key_size=4096),
}


def generate(algorithm: Algorithm) -> SshPair:
    """Make a new pair."""
    return _pair(_MAKERS[algorithm]())


def read_pair(private: Secret, password: Secret | None = None) -> SshPair:
    """Return the pair of a private key in OpenSSH's format, PEM or PKCS#8, as one without a password.

    Flux itself writes PKCS#8, and may encrypt it (`password` in its Secret). Raises ValueError for what is no
    private key, or can't be opened.
    """
    text = private.reveal().encode()
    phrase = password.reveal().encode() if password else None
    load = load_ssh_private_key if b"BEGIN OPENSSH" in text else load_pem_private_key
    for tried in dict.fromkeys((phrase, None)):
        try:
            key = load(text, tried)
            break
        except (ValueError, TypeError, UnsupportedAlgorithm):
            # A password beside a key that has none is no reason not to read it.
            continue
    else:
        # Outside the handler: nobody knows what of the key a cause would quote.
        raise ValueError("no private key that can be opened")
    if not isinstance(key, PrivateKey):
        raise ValueError("a kind of private key that GitHub does not take")
    return _pair(key)


def _pair(key: PrivateKey) -> SshPair:
    # OpenSSH 9.2 rejects Ed25519 in PKCS#8, and every OpenSSH wants the final newline.
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    return SshPair(Secret(private if private.endswith("\n") else f"{private}\n"), PublicKey.parse(public))
