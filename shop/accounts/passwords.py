"""Passwords: argon2id, a cap on concurrent checks, and plain rules for new ones."""

from __future__ import annotations

from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from shop.core.errors import Refused

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_checks = BoundedSemaphore(2)
_NOBODY = _hasher.hash("nobody has this password")
MINIMUM = 10
_COMMON = (
    "password",
    "12345678",
    "qwertyui",
    "abcd1234",
    "woaini",
    "iloveyou",
    "admin123",
    "11111111",
    "88888888",
)


def hash_password(password: str) -> str:
    """argon2id hash with its parameters inside."""
    return _hasher.hash(password)


def verify(stored: str | None, password: str) -> bool:
    """True when the password fits; takes the same time for an account without a password or an unknown one."""
    with _checks:
        try:
            _hasher.verify(stored or _NOBODY, password)
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


def check_new(password: str, phone: str) -> str:
    """Return the password when it is good enough. Raises Refused on field `password`."""
    if len(password) < MINIMUM:
        raise Refused(
            "密码至少 %(minimum)s 个字符，现在是 %(password)s 个",
            "password",
            minimum=MINIMUM,
            password=len(password),
        )
    if len(password) > 200:
        raise Refused("密码最多 200 个字符", "password")
    lowered = password.lower()
    if phone.removeprefix("+86") in password:
        raise Refused("密码里不要用自己的手机号", "password")
    if len(set(lowered)) < 5 or any(lowered.startswith(common) for common in _COMMON):
        raise Refused("这个密码太常见，容易被猜到。可以用几个不相关的词连起来", "password")
    return password
