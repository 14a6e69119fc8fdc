"""
Sync by file: a parcel that a device seals for the server, and the answer that the server seals for it.

Who carries the stick, or finds it, reads nothing: only the server opens the parcel and only the device the
answer. X25519 with a key of its own for every parcel, HKDF-SHA256 and AES-256-GCM; the device signs the
parcel with the key that signs its events.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Sequence
from dataclasses import fields
from typing import Annotated, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import ConfigDict, StringConstraints, TypeAdapter, ValidationError
from pydantic import Field as Bounds
from pydantic.dataclasses import dataclass as checked_dataclass

from safepassage.errors import Fault, InputError
from safepassage.i18n import _
from safepassage.operations.desk import Desk
from safepassage.operations.event import Event, Id, canonical, document_of
from safepassage.operations.reading import PAGE_LIMIT
from safepassage.operations.safety.keys import is_signature
from safepassage.operations.sync import SyncDesk

MAGIC = b"SAFEPASSAGE PARCEL 1\n"
LARGEST_PARCEL = 16_000_000
LARGEST_UNPACKED = 64_000_000
MOST_EVENTS = 20_000
# So many pages of records fit on a stick; the next parcel goes on from there.
_MOST_PAGES = 40
_KEY_BYTES = 32
_TAG_BYTES = 16
# Every parcel has a key of its own, so the nonce need not differ.
_NONCE = bytes(12)
_Base64 = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/=]{0,120}$")]


@checked_dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class Parcel:
    """
    What a device sends by file.

    Attributes
    ----------
    device : str
        Its id.
    events : list of dict
        Signed events, as for ``POST /v1/sync``.
    reply_key : str
        X25519 public key for the answer, base64.
    cursor : str
        Up to where the device has seen.
    signature : str
        Ed25519 signature of all other fields by the device, base64.
    """

    device: Id
    events: Annotated[list[dict[str, Any]], Bounds(max_length=MOST_EVENTS)]
    reply_key: _Base64
    cursor: Annotated[str, StringConstraints(pattern=r"^(\d{1,15}\.[\w./:@+\-]{1,120})?$")] = ""
    signature: _Base64 = ""


_ADAPTER: TypeAdapter[Parcel] = TypeAdapter(Parcel)


def server_key(desk: Desk) -> X25519PrivateKey:
    """Key that opens parcels; it lives as long as the server's signing key."""
    return X25519PrivateKey.from_private_bytes(desk.key_for("courier"))


def public_key_of(desk: Desk) -> str:
    """Public key for which devices seal their parcels, base64."""
    return base64.b64encode(server_key(desk).public_key().public_bytes_raw()).decode()


def pack(
    events: Sequence[Event], device: str, device_key: Ed25519PrivateKey, server: str, *, cursor: str = ""
) -> tuple[bytes, X25519PrivateKey]:
    """
    Make a parcel, as a device does.

    Parameters
    ----------
    events : sequence of Event
        Signed.
    device : str
        Its id.
    device_key : Ed25519PrivateKey
        Its signing key.
    server : str
        Public key of the server, base64.
    cursor : str
        Up to where the device has seen.

    Returns
    -------
    bytes
        The file.
    X25519PrivateKey
        Opens the answer; the device keeps it until then.
    """
    reply = X25519PrivateKey.generate()
    reply_key = base64.b64encode(reply.public_key().public_bytes_raw()).decode()
    parcel = Parcel(device, [document_of(event) for event in events], reply_key, cursor)
    signature = base64.b64encode(device_key.sign(_unsigned(parcel))).decode()
    document = {**_document(parcel), "signature": signature}
    return seal_parcel(document, base64.b64decode(server)), reply


def take(desk: Desk, sync: SyncDesk, content: bytes) -> bytes:
    """
    Take a parcel in, and seal the answer.

    Parameters
    ----------
    desk : Desk
        Whose key opens it.
    sync : SyncDesk
        Takes the events.
    content : bytes
        The file.

    Returns
    -------
    bytes
        Receipts, and everything that the device may see since its cursor, for this device alone.

    Raises
    ------
    InputError
        If it is no parcel for this server, or no enrolled device has signed it.
    """
    document = open_parcel(content, server_key(desk))
    try:
        parcel = _ADAPTER.validate_python(document)
        said = _unsigned(parcel)
        reply_key = base64.b64decode(parcel.reply_key, validate=True)
    except (ValidationError, ValueError, RecursionError) as error:
        raise _refused(_("the parcel is malformed")) from error
    visitor = sync.visitor_of(parcel.device)
    if (
        visitor is None
        or visitor.device is None
        or len(reply_key) != _KEY_BYTES
        or not is_signature(parcel.signature, said, visitor.device.public_key)
    ):
        raise _refused(_("no enrolled device has made the parcel"))
    synced = sync.sync(visitor, parcel.events, cursor=parcel.cursor, limit=PAGE_LIMIT)
    records, cursor, seen = list(synced.records), synced.cursor, parcel.cursor
    for _page in range(_MOST_PAGES):
        if cursor == seen:
            break
        more = sync.sync(visitor, (), cursor=cursor, limit=PAGE_LIMIT)
        records += more.records
        cursor, seen = more.cursor, cursor
    return seal_parcel({**synced.document(), "records": records, "cursor": cursor}, reply_key)


def seal_parcel(document: dict[str, Any], public: bytes) -> bytes:
    """
    Pack and encrypt a document.

    Parameters
    ----------
    document : dict
        JSON values.
    public : bytes
        X25519 public key of the one who is to open it.

    Returns
    -------
    bytes
        Mark, public key of this parcel, and ciphertext.
    """
    once = X25519PrivateKey.generate()
    mine = once.public_key().public_bytes_raw()
    key = _shared(once.exchange(X25519PublicKey.from_public_bytes(public)), mine, public)
    return MAGIC + mine + AESGCM(key).encrypt(_NONCE, zlib.compress(canonical(document)), MAGIC)


def open_parcel(content: bytes, private: X25519PrivateKey) -> Any:  # noqa: ANN401 - any JSON value
    """
    Decrypt and unpack a document.

    Parameters
    ----------
    content : bytes
        The file.
    private : X25519PrivateKey
        Of the one for whom it was sealed.

    Returns
    -------
    object
        The document.

    Raises
    ------
    InputError
        If it was not sealed for this key, was changed, or unpacks to too much.
    """
    head = len(MAGIC)
    if len(content) > LARGEST_PARCEL:
        raise _refused(_("the parcel is larger than any device makes them"))
    if not content.startswith(MAGIC) or len(content) < head + _KEY_BYTES + _TAG_BYTES:
        raise _refused(_("this is no parcel of a device"))
    theirs = content[head : head + _KEY_BYTES]
    try:
        secret = private.exchange(X25519PublicKey.from_public_bytes(theirs))
        key = _shared(secret, theirs, private.public_key().public_bytes_raw())
        packed = AESGCM(key).decrypt(_NONCE, content[head + _KEY_BYTES :], MAGIC)
    except (InvalidTag, ValueError) as error:
        raise _refused(_("the parcel was sealed for another server, or was changed")) from error
    return _unpacked(packed)


def _unpacked(packed: bytes) -> Any:  # noqa: ANN401 - any JSON value
    unpacker = zlib.decompressobj()
    try:
        plain = unpacker.decompress(packed, LARGEST_UNPACKED)
        if unpacker.unconsumed_tail:
            raise _refused(_("the parcel is larger than any device makes them"))
        return json.loads(plain)
    except (zlib.error, ValueError, RecursionError) as error:
        raise _refused(_("the parcel is malformed")) from error


def _unsigned(parcel: Parcel) -> bytes:
    document = _document(parcel)
    del document["signature"]
    return MAGIC + canonical(document)


def _document(parcel: Parcel) -> dict[str, Any]:
    return {item.name: getattr(parcel, item.name) for item in fields(parcel)}


def _shared(secret: bytes, once: bytes, receiver: bytes) -> bytes:
    return HKDF(SHA256(), _KEY_BYTES, salt=once + receiver, info=MAGIC).derive(secret)


def _refused(problem: str) -> InputError:
    remedy = _("let the device make it again, for the key that admin usb-key prints")
    return InputError([Fault("parcel", 0, "", "", problem, remedy)])
