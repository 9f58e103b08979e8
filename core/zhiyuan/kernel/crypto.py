"""Keys of an installation: protected fields are encrypted, and found again by a keyed hash.

A keyring holds several keys of each use, the first being the one in force; older ones still open what they closed, so
keys can rotate while the installation runs. Keys never reach the database, a log or a page.
"""

import hashlib
import hmac
import json
import os
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

_NONCE_BYTES = 12
_KEY_BYTES = 32
KEY_ID_BYTES = 4
"""How many bytes at the beginning of a ciphertext name its key."""


class Undecryptable(Exception):
    """A stored value does not open: its key is gone, or it was moved or changed."""


@dataclass(frozen=True, slots=True)
class Key:
    """One secret. ``id`` is public, 8 hex digits, and says which key closed a value."""

    id: str
    secret: bytes

    def __repr__(self) -> str:
        return f"Key({self.id})"


@dataclass(frozen=True, slots=True)
class Keyring:
    """All keys of one installation; in each tuple the first key is in force.

    ``fields`` encrypt (AES-256-GCM), ``index`` make keyed hashes (HMAC-SHA-256), ``signing`` are Ed25519 seeds.
    """

    fields: tuple[Key, ...]
    index: tuple[Key, ...]
    signing: tuple[Key, ...]

    def encrypt(self, value: str, *, place: str) -> bytes:
        """Return ``value`` closed with the field key in force.

        ``place`` (``table.column:row id``) is bound in: a ciphertext copied to another row or column does not open.
        """
        key = self.fields[0]
        nonce = secrets.token_bytes(_NONCE_BYTES)
        closed = AESGCM(key.secret).encrypt(nonce, value.encode(), place.encode())
        return bytes.fromhex(key.id) + nonce + closed

    def decrypt(self, stored: bytes, *, place: str) -> str:
        """Return the value that :meth:`encrypt` closed for the same ``place``. Raises Undecryptable."""
        key_id = key_id_of(stored)
        key = next((key for key in self.fields if key.id == key_id), None)
        if key is None:
            raise Undecryptable(f"no field key {key_id}")
        nonce = stored[KEY_ID_BYTES : KEY_ID_BYTES + _NONCE_BYTES]
        try:
            return (
                AESGCM(key.secret)
                .decrypt(nonce, stored[KEY_ID_BYTES + _NONCE_BYTES :], place.encode())
                .decode()
            )
        except (InvalidTag, ValueError) as error:
            raise Undecryptable(f"value at {place} was moved or changed") from error

    def needs_new_key(self, stored: bytes) -> bool:
        """Return whether ``stored`` was closed with a key that is no longer the one in force."""
        return key_id_of(stored) != self.fields[0].id

    def blind(self, value: str, *, use: str) -> bytes:
        """Return the 32-byte keyed hash by which equal values of one ``use`` (for example ``phone``) are found."""
        return _blind(self.index[0], value, use)

    def blinds(self, value: str, *, use: str) -> tuple[bytes, ...]:
        """Return the keyed hashes under every index key, newest first: what a search looks for during a rotation."""
        return tuple(_blind(key, value, use) for key in self.index)

    def signing_key(self) -> tuple[str, Ed25519PrivateKey]:
        """Return the id and the private key that sign certificates and chain heads now."""
        key = self.signing[0]
        return key.id, Ed25519PrivateKey.from_private_bytes(key.secret)

    def lasting_secret(self, use: str) -> bytes:
        """Return 32 secret bytes for ``use`` that are the same in every process and outlast every rotation.

        Derived from the first signing key, which is never retired: a process that has not seen new keys yet agrees
        with one that has.
        """
        return _blind(self.signing[-1], use, "lasting secret")

    def rotated(self) -> "Keyring":
        """Return a keyring with a new field key and index key in front of the old ones."""
        return Keyring((new_key(), *self.fields), (new_key(), *self.index), self.signing)

    def with_new_signing_key(self) -> "Keyring":
        """Return a keyring that signs with a new key; old ones stay, to show what they signed."""
        return Keyring(self.fields, self.index, (new_signing_key(), *self.signing))

    def retired(self) -> "Keyring":
        """Return a keyring with the field key and index key in force only: what was closed before no longer opens."""
        return Keyring(self.fields[:1], self.index[:1], self.signing)


def key_id_of(stored: bytes) -> str:
    """Return the id of the key that closed ``stored``: its first 4 bytes in hex."""
    return stored[:KEY_ID_BYTES].hex()


def new_key() -> Key:
    """Return a fresh random key."""
    return Key(secrets.token_hex(KEY_ID_BYTES), secrets.token_bytes(_KEY_BYTES))


def new_signing_key() -> Key:
    """Return a fresh Ed25519 key."""
    seed = Ed25519PrivateKey.generate().private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    return Key(secrets.token_hex(KEY_ID_BYTES), seed)


def new_keyring() -> Keyring:
    """Return a keyring with one key of each use."""
    return Keyring((new_key(),), (new_key(),), (new_signing_key(),))


def load_or_make_keyring(path: Path) -> Keyring:
    """Read the keyring at ``path``; on a new installation make it, readable by its owner only.

    Two processes that start together agree on one keyring. Raises ValueError when the file is damaged.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(path, new_keyring(), replace=False)
    return read_keyring(path)


def read_keyring(path: Path) -> Keyring:
    """Read the keyring at ``path``. Raises ValueError when the file is damaged, FileNotFoundError when absent."""
    try:
        held = json.loads(path.read_text())
        keyring = Keyring(
            *(tuple(_opened(entry) for entry in held[use]) for use in ("fields", "index", "signing"))
        )
        if not (keyring.fields and keyring.index and keyring.signing):
            raise ValueError("a use has no key")
        return keyring
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"keyring {path} is damaged: restore it from a backup, never make a new one"
        ) from error


def save_keyring(path: Path, keyring: Keyring) -> None:
    """Replace the keyring at ``path`` in one step."""
    _write(path, keyring, replace=True)


def _write(path: Path, keyring: Keyring, *, replace: bool) -> None:
    held = {
        use: [
            {"id": key.id, "secret": urlsafe_b64encode(key.secret).decode()} for key in getattr(keyring, use)
        ]
        for use in ("fields", "index", "signing")
    }
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(held, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    if replace:
        draft.replace(path)
        return
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # Another process was first; its keyring is the one that counts.
    finally:
        draft.unlink()


def _opened(entry: dict[str, str]) -> Key:
    key = Key(entry["id"], urlsafe_b64decode(entry["secret"]))
    if len(bytes.fromhex(key.id)) != KEY_ID_BYTES or len(key.secret) != _KEY_BYTES:
        raise ValueError("a key has the wrong length")
    return key


def _blind(key: Key, value: str, use: str) -> bytes:
    return hmac.new(key.secret, f"{use}\0{value}".encode(), hashlib.sha256).digest()
