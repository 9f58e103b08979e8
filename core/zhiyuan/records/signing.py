"""Signatures of this installation: Ed25519, as compact JWS (RFC 7515, RFC 8037) that any library can check.

Private keys stay in the keyring. What is checked against is a :data:`Trust`: the public keys of the keyring, in force and
former, or those in a file that somebody kept. A key that was replaced goes on being good for what it signed.
"""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from zhiyuan.kernel.crypto import Keyring
from zhiyuan.kernel.errors import Invalid

ALGORITHM: Final = "Ed25519"
_ACCEPTED: Final = ("Ed25519", "EdDSA")
_REGISTRY: Final = jws.JWSRegistry(algorithms=list(_ACCEPTED))
_MOST_TOKEN_CHARACTERS: Final = 4_000_000
_MOST_KEY_FILE_BYTES: Final = 1_000_000

Trust = Mapping[str, OKPKey]
"""Public keys by key id."""


class BadToken(Exception):
    """A signed text does not hold: malformed, of another kind, by an unknown key, or changed."""


def trust_of(keyring: Keyring) -> Trust:
    """Return the public keys of ``keyring``: the one in force and every former one."""
    return {key.id: _public(key.secret, key.id) for key in keyring.signing}


def public_keys(keyring: Keyring) -> dict[str, Any]:
    """Return the public keys of ``keyring`` as a JWK set (RFC 7517), the one in force first: a file to hand out."""
    return {"keys": [{**key.as_dict(private=False), "use": "sig"} for key in trust_of(keyring).values()]}


def read_trust(path: Path) -> Trust:
    """Read public keys from a JWK or JWK-set file. Raises Invalid when it holds none, FileNotFoundError when absent."""
    try:
        if path.stat().st_size > _MOST_KEY_FILE_BYTES:
            raise ValueError("too large")
        held = json.loads(path.read_text(encoding="utf-8-sig"))
        listed = held.get("keys", [held])
        keys = [OKPKey.import_key(_without_private(entry)) for entry in listed]
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise Invalid(
            "signing.bad_key_file", "%(file)s holds no public key of ours.", file=path.name
        ) from error
    trust = {str(key.kid or key.thumbprint()): key for key in keys}
    if not trust:
        raise Invalid("signing.bad_key_file", "%(file)s holds no public key of ours.", file=path.name)
    return trust


def sign(keyring: Keyring, kind: str, claims: Mapping[str, Any]) -> tuple[str, str]:
    """Return the key id and the compact JWS over ``claims`` (JSON values). ``kind`` goes into the ``typ`` header."""
    key_id, private = keyring.signing_key()
    seed = private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    key = _private(seed, key_id)
    header = {"alg": ALGORITHM, "kid": key_id, "typ": kind}
    payload = json.dumps(claims, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return key_id, jws.serialize_compact(header, payload.encode(), key, registry=_REGISTRY)


def opened(token: str, kind: str, trust: Trust) -> dict[str, Any]:
    """Return the claims of ``token`` if a key of ``trust`` signed it as ``kind``. Raises BadToken."""
    if len(token) > _MOST_TOKEN_CHARACTERS:
        raise BadToken("too long")
    try:
        header = jws.extract_compact(token.encode()).headers()
        if header.get("typ") != kind or header.get("alg") not in _ACCEPTED or "crit" in header:
            raise BadToken("not a token of this kind")
        key = trust.get(str(header.get("kid")))
        if key is None:
            raise UnknownKey(str(header.get("kid"))[:40])
        signed = jws.deserialize_compact(token.encode(), key, registry=_REGISTRY)
        claims = json.loads(signed.payload or b"")
    except (JoseError, ValueError, TypeError) as error:
        raise BadToken("the signature does not hold") from error
    if not isinstance(claims, dict):
        raise BadToken("no claims")
    return claims


class UnknownKey(BadToken):
    """The key that is said to have signed is not among the trusted ones."""


def _public(seed: bytes, key_id: str) -> OKPKey:
    raw = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return OKPKey.import_key(
        {"kty": "OKP", "crv": "Ed25519", "x": _b64(raw), "kid": key_id, "alg": ALGORITHM}
    )


def _private(seed: bytes, key_id: str) -> OKPKey:
    raw = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": _b64(raw), "d": _b64(seed), "kid": key_id})


def _b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _without_private(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != "d"}
