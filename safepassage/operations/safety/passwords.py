"""Passwords (Argon2id), one-time codes (RFC 6238), tokens and the backoff after failures."""

from __future__ import annotations

import hashlib
import secrets

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_STEP_S = 30
_FREE_FAILURES = 3
_LONGEST_LOCK_MS = 15 * 60_000
# Somebody without an account must wait as long as somebody with one.
DUMMY_HASH = _HASHER.hash(secrets.token_urlsafe(16))


def password_hash(password: str) -> str:
    """Argon2id hash of a password, with its salt and cost."""
    return _HASHER.hash(password)


def is_password(kept: str, password: str) -> bool:
    """True where a password belongs to a kept hash."""
    try:
        return _HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


def new_code_seed() -> str:
    """Seed of one-time codes, as an authenticator takes it."""
    return pyotp.random_base32()


def code_step(seed: str, code: str, now_s: float, last_used: int) -> int | None:
    """
    Find the time step of a one-time code.

    Parameters
    ----------
    seed, code : str
        Seed of the account, code as typed.
    now_s : float
        The time (s since 1970).
    last_used : int
        Last step whose code was taken; a code counts once.

    Returns
    -------
    int or None
        The step; None where the code is wrong, too old or used.
    """
    now = int(now_s // _STEP_S)
    for step in (now - 1, now, now + 1):
        if step > last_used and secrets.compare_digest(
            pyotp.TOTP(seed).at(step * _STEP_S).encode(), code.encode()
        ):
            return step
    return None


def lock_ms(failures: int) -> int:
    """How long an account stays locked after failures in a row: doubling from one second (ms)."""
    if failures <= _FREE_FAILURES:
        return 0
    return min(1000 << min(failures - _FREE_FAILURES, 20), _LONGEST_LOCK_MS)


def new_token() -> str:
    """Token that nobody guesses."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
