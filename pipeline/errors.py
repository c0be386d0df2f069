"""Exit codes, and the one place where an error becomes a message and a code."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

import typer

from collectors.base import SourceError, UnreadableFile
from db.roles import NotAllowed
from settings.loader import SettingsError
from signals.negativity import WeightsError
from signals.privacy import discreet


class Exit(IntEnum):
    """What a command's exit code means; the same list stands in `python -m pipeline --help`."""

    DONE = 0
    REFUSED_ROWS = 1
    BAD_INPUT = 2
    NOT_LEADER = 3
    ENVIRONMENT = 4


class UsageFault(ValueError):
    """An argument that cannot be right: unknown source, platform or table."""


class NotLeader(RuntimeError):
    """Another worker holds the leader lock."""


_CODES: tuple[tuple[type[Exception], Exit], ...] = (
    (NotLeader, Exit.NOT_LEADER),
    (WeightsError, Exit.ENVIRONMENT),
    (SettingsError, Exit.BAD_INPUT),
    (UnreadableFile, Exit.BAD_INPUT),
    (UsageFault, Exit.BAD_INPUT),
    (SourceError, Exit.BAD_INPUT),
    (NotAllowed, Exit.BAD_INPUT),
)
_CODES_ELSEWHERE = (
    ("db.errors", "BackupRefused", Exit.BAD_INPUT),
    ("db.errors", "DatabaseError", Exit.ENVIRONMENT),
    ("signals.indices", "UnknownIndexFunction", Exit.BAD_INPUT),
)
"""Errors of modules that load SQLAlchemy or pandas: what nothing has loaded cannot have been raised."""


def fail(message: str, code: Exit) -> typer.Exit:
    """Print `message`, which may quote data, on standard error; the caller raises what this returns."""
    print(discreet(message), file=sys.stderr)
    return typer.Exit(code)


@contextmanager
def reported() -> Iterator[None]:
    """Known errors end the command with their message and code; an unknown one keeps its traceback."""
    try:
        yield
    except Exception as error:
        code = _code(error)
        if code is not None:
            raise fail(str(error), code) from error
        if isinstance(error, OSError):
            raise fail(f"读写失败：{error}。请检查路径、权限与磁盘空间。", Exit.ENVIRONMENT) from error
        raise


def _code(error: Exception) -> Exit | None:
    loaded = (
        (sys.modules[module], name, code) for module, name, code in _CODES_ELSEWHERE if module in sys.modules
    )
    known = (*_CODES, *((getattr(module, name), code) for module, name, code in loaded))
    return next((code for kind, code in known if isinstance(error, kind)), None)
