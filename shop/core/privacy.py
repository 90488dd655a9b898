"""Persons' data at rest and on screen: field encryption and one way to mask."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import LargeBinary
from sqlalchemy.types import TypeDecorator

_NONCE = 12
# A lot or list of fewer households is shown by its village alone, where names or shares could point at somebody;
# where amounts stand in public, the group must be larger.
SMALLEST_GROUP = 5
SMALLEST_PUBLIC_GROUP = 10
_ring: dict[str, AESGCM] = {}
_marking: dict[str, bytes] = {}


def configure(field_key: str) -> None:
    """Set the key (base64 of 32 bytes) that encrypts names, phones and account numbers."""
    key = base64.urlsafe_b64decode(field_key)
    _ring["current"] = AESGCM(key)
    _marking["current"] = hmac.digest(key, b"fingerprint", "sha256")


def _ready() -> AESGCM:
    cipher = _ring.get("current")
    if cipher is None:
        raise RuntimeError("privacy.configure() has not been called")
    return cipher


def seal(body: bytes) -> bytes:
    """AES-256-GCM with a fresh nonce in front."""
    nonce = os.urandom(_NONCE)
    return nonce + _ready().encrypt(nonce, body, None)


def unseal(blob: bytes) -> bytes:
    """Undo `seal`; raises cryptography's InvalidTag when the key or the bytes are wrong."""
    return _ready().decrypt(blob[:_NONCE], blob[_NONCE:], None)


def encrypt(text: str) -> bytes:
    """A text, sealed."""
    return seal(text.encode())


def decrypt(blob: bytes) -> str:
    """Undo `encrypt`."""
    return unseal(blob).decode()


def fingerprint(text: str) -> str:
    """The same for the same text and key, and of no use without the key: for constraints over what is sealed."""
    _ready()
    return hmac.digest(_marking["current"], text.encode(), "sha256").hex()


class Encrypted(TypeDecorator[str]):
    """A text column that the database only ever sees encrypted."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> bytes | None:
        return None if value is None else encrypt(value)

    def process_result_value(self, value: bytes | None, dialect: Any) -> str | None:
        return None if value is None else decrypt(bytes(value))


def mask_name(name: str) -> str:
    """王小华 → 王*华, 王华 → 王*, as notices and public pages show it."""
    if len(name) <= 1:
        return "*"
    if len(name) == 2:
        return name[0] + "*"
    return name[0] + "*" * (len(name) - 2) + name[-1]


def mask_phone(phone: str) -> str:
    """+8613800138000 → 138****8000."""
    local = phone.removeprefix("+86")
    return local[:3] + "****" + local[-4:] if len(local) >= 7 else "****"


def token_hash(token: str) -> str:
    """What the database keeps of a bearer token: its SHA-256, never the token."""
    return hashlib.sha256(token.encode()).hexdigest()
