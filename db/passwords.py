"""Passwords as argon2id hashes, and random secrets. The one place that sees a password; it never logs one."""

from __future__ import annotations

import hashlib
import secrets
import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

SHORTEST, LONGEST = 12, 128
HASHER = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=4, type=Type.ID)
"""RFC 9106, second recommended option: 64 MiB, three passes."""

NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$6P8huKYPKK/09EwEbIqPOg$7RuAp66yYREJfI66WLL20CuCO3hSiVLP7XcINIT8i4w"
"""Compared with where there is no account: an unknown name takes as long as a known one."""

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without letters that look like another."""

_turn = threading.BoundedSemaphore(2)
"""Two at a time: a flood of sign-ins must not take all memory."""


class WeakPassword(ValueError):
    """A password that is too easy to guess. The message is for the user."""


def hash_password(password: str) -> str:
    """argon2id with a random salt. Takes a tenth of a second and 64 MiB: never inside a transaction."""
    with _turn:
        return HASHER.hash(_normal(password))


def matches(hashed: str | None, password: str) -> bool:
    """Whether the password is the one that was hashed; takes as long where there is none (None)."""
    with _turn:
        try:
            HASHER.verify(hashed or NOBODY, _normal(password[: LONGEST * 4]))
        except (VerificationError, InvalidHashError):
            return False
    return hashed is not None


def outdated(hashed: str) -> bool:
    """Whether it was made with weaker parameters than today's."""
    return HASHER.check_needs_rehash(hashed)


def require_strong(password: str, name: str) -> None:
    """Raises WeakPassword naming what is missing."""
    if len(password) < SHORTEST:
        raise WeakPassword(f"新密码至少 {SHORTEST} 个字符")
    if len(password) > LONGEST:
        raise WeakPassword(f"新密码不要超过 {LONGEST} 个字符")
    if len(set(password)) < 6:
        raise WeakPassword("新密码中不同的字符太少，请至少使用 6 种")
    if len(name) > 2 and name.casefold() in password.casefold():
        raise WeakPassword("新密码不能包含用户名")


def random_password() -> str:
    """About 99 bits, in four groups that can be read out."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(5)) for _ in range(4))


def random_token() -> str:
    """256 random bits for a cookie."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a token: it is random and long, so a plain SHA-256 leads nowhere."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _normal(password: str) -> str:
    """The same letters typed on another keyboard are the same password."""
    return unicodedata.normalize("NFKC", password)
