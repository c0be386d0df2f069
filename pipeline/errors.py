"""Exit codes, and the one place where an error becomes a message and a code."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

import typer

from collectors.base import SourceError, UnreadableFile
from db.session import BackupRefused, DatabaseError
from settings.loader import SettingsError
from signals.indices import UnknownIndexFunction
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


def fail(message: str, code: Exit) -> typer.Exit:
    """Print `message`, which may quote data, on standard error; the caller raises what this returns."""
    print(discreet(message), file=sys.stderr)
    return typer.Exit(code)


@contextmanager
def reported() -> Iterator[None]:
    """Known errors end the command with their message and code; an unknown one keeps its traceback."""
    try:
        yield
    except NotLeader as error:
        raise fail(str(error), Exit.NOT_LEADER) from error
    except BackupRefused as error:
        raise fail(str(error), Exit.BAD_INPUT) from error
    except (DatabaseError, WeightsError) as error:
        raise fail(str(error), Exit.ENVIRONMENT) from error
    except (SettingsError, UnknownIndexFunction, UnreadableFile, UsageFault, SourceError) as error:
        raise fail(str(error), Exit.BAD_INPUT) from error
    except OSError as error:
        raise fail(f"读写失败：{error}。请检查路径、权限与磁盘空间。", Exit.ENVIRONMENT) from error
