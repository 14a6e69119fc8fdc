"""
Keys: the signing keys of devices, the master key of the server and the keys of single records.

Every sensitive field is encrypted with AES-256-GCM under a key of the record that it belongs to; that key
lies in the database encrypted under the master key, which lies outside it. Without its key a record's
sensitive text is gone from the database, its journal and every backup alike.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from safepassage.errors import SafepassageError
from safepassage.operations.event import Event, unsigned_bytes

KEY_BYTES = 32
NONCE_BYTES = 12


class SealBrokenError(SafepassageError):
    """A sealed text was changed, or the key does not belong to it."""


def new_device_key() -> Ed25519PrivateKey:
    """Signing key of a device."""
    return Ed25519PrivateKey.generate()


def public_text(key: Ed25519PrivateKey) -> str:
    """Public half of a signing key, base64."""
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def signed(event: Event, key: Ed25519PrivateKey) -> Event:
    """An event with the signature of its device."""
    return replace(event, signature=base64.b64encode(key.sign(unsigned_bytes(event))).decode())


@lru_cache(maxsize=1024)
def _public_key(text: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(text))


def is_signature(signature: str, data: bytes, public_key: str) -> bool:
    """
    Tell whether the device of a public key signed data.

    Parameters
    ----------
    signature : str
        Base64.
    data : bytes
        What should have been signed.
    public_key : str
        Base64.

    Returns
    -------
    bool
        False also where one of them is no signature or key at all.
    """
    try:
        _public_key(public_key).verify(base64.b64decode(signature, validate=True), data)
    except (InvalidSignature, ValueError):
        return False
    return True


class MasterKey:
    """
    The key of the server, under which the keys of records are kept.

    Parameters
    ----------
    key : bytes
        32 bytes.
    *former : bytes
        Keys that it followed, the latest first: what they marked can still be checked, and nothing new
        is sealed or marked with them.
    """

    def __init__(self, key: bytes, *former: bytes) -> None:
        for one in (key, *former):
            if len(one) != KEY_BYTES:
                raise SealBrokenError(
                    f"a master key has {len(one)} bytes; give a file of {KEY_BYTES} bytes a key"
                )
        self._wrapping = AESGCM(derived(key, b"wrap"))
        self._indexing = [derived(one, b"index") for one in (key, *former)]
        self._auditing = [derived(one, b"audit") for one in (key, *former)]
        self._keys = (key, *former)

    @classmethod
    def from_file(cls, path: Path) -> MasterKey:
        """Read the keys from their file, the present one first."""
        content = path.read_bytes()
        parts = [content[start : start + KEY_BYTES] for start in range(0, len(content), KEY_BYTES)]
        return cls(*(parts or [b""]))

    def followed_by(self, key: bytes) -> MasterKey:
        """The keys after a new one has taken over."""
        return MasterKey(key, *self._keys)

    def file_content(self) -> bytes:
        """What the file of the keys holds."""
        return b"".join(self._keys)

    @property
    def fingerprint(self) -> str:
        """Name of the present key, that tells nothing of it."""
        return hmac.new(self._auditing[0], b"fingerprint", hashlib.sha256).hexdigest()[:16]

    def new_record_key(self, subject: str) -> bytes:
        """A fresh key for a record, as it is kept."""
        return self.wrapped(subject, secrets.token_bytes(KEY_BYTES))

    def wrapped(self, subject: str, record_key: bytes) -> bytes:
        """Key of a record, as it is kept."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._wrapping.encrypt(nonce, record_key, subject.encode())

    def unwrapped(self, subject: str, kept: bytes) -> bytes:
        """Key of a record, as it is used."""
        try:
            return self._wrapping.decrypt(kept[:NONCE_BYTES], kept[NONCE_BYTES:], subject.encode())
        except InvalidTag as error:
            raise SealBrokenError(
                f"the key of record {subject} does not open with this master key"
            ) from error

    def blind_index(self, name: str, text: str) -> str:
        """
        A mark by which a sealed text can be found again, and that tells nothing without the key.

        Parameters
        ----------
        name, text : str
            Name of the field and its text; letters and digits alone count.

        Returns
        -------
        str
            Hexadecimal.
        """
        folded = re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold()
        return hmac.new(self._indexing[0], f"{name}\0{folded}".encode(), hashlib.sha256).hexdigest()

    def content_mark(self, data: bytes) -> str:
        """Mark of an event's full content: a plain hash would let sealed texts be guessed."""
        return hmac.new(self._indexing[0], b"content\0" + data, hashlib.sha256).hexdigest()

    def is_content_mark(self, mark: str, data: bytes) -> bool:
        """True where a mark was made of an event's full content, by this key or a former one."""
        return any(
            hmac.compare_digest(mark, hmac.new(key, b"content\0" + data, hashlib.sha256).hexdigest())
            for key in self._indexing
        )

    def audit_mark(self, data: bytes) -> str:
        """Keyed hash of an audit row: who can write the file cannot forge the chain."""
        return hmac.new(self._auditing[0], data, hashlib.sha256).hexdigest()

    @property
    def audit_marks(self) -> tuple[Callable[[bytes], str], ...]:
        """Keyed hashes of audit rows, the first key that there was first."""
        return tuple(partial(_hexadecimal_mark, key) for key in reversed(self._auditing))


def _hexadecimal_mark(key: bytes, data: bytes) -> str:
    return hmac.new(key, data, hashlib.sha256).hexdigest()


def derived(key: bytes, purpose: bytes) -> bytes:
    """A key for one purpose, made of another."""
    return hmac.new(key, b"safepassage " + purpose, hashlib.sha256).digest()


def seal(record_key: bytes, place: str, text: str) -> bytes:
    """
    Encrypt a text for one place.

    Parameters
    ----------
    record_key : bytes
        Key of the record.
    place : str
        Reference of the text; it opens nowhere else.
    text : str
        What to hide.

    Returns
    -------
    bytes
        Nonce and ciphertext.
    """
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(record_key).encrypt(nonce, text.encode(), place.encode())


def unseal(record_key: bytes, place: str, sealed: bytes) -> str:
    """Open a sealed text; it must stand in its own place."""
    try:
        plain = AESGCM(record_key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode())
    except InvalidTag as error:
        raise SealBrokenError(f"the sealed text of {place} was changed") from error
    return plain.decode()
