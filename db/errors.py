"""What can go wrong with a database, each with one Chinese sentence that says where and what to do."""

from __future__ import annotations

import errno
import sqlite3

from sqlalchemy.exc import DBAPIError


class DatabaseError(Exception):
    """Base of all faults of the database. The message is for the user: what, where, remedy; never a password."""


class DatabaseLocked(DatabaseError):
    """Another process held the write lock (or a row) longer than we wait."""


class DatabaseNewer(DatabaseError):
    """The database was migrated by a newer version of the programme."""


class DatabaseOlder(DatabaseError):
    """The database misses migrations that this version needs."""


class DatabaseUnreachable(DatabaseError):
    """No connection: server down, wrong password, missing driver, file that cannot be opened."""


class DatabaseReadOnly(DatabaseUnreachable):
    """The file, its folder or the session may not be written."""


class DatabaseDamaged(DatabaseError):
    """The file is not a database, is not ours, or failed its integrity check."""


class DiskFull(DatabaseError):
    """No room left; the transaction was rolled back and nothing stored before it is lost."""


class BackupRefused(DatabaseError):
    """A backup or restore that would overwrite something, or whose file is not a backup of ours."""


LOCK_WAIT_SECONDS = 15
_POSTGRES = {
    "53100": DiskFull,
    "55P03": DatabaseLocked,
    "40P01": DatabaseLocked,
    "40001": DatabaseLocked,
    "25006": DatabaseReadOnly,
}
_MESSAGES = {
    DatabaseLocked: "数据库正被别的程序占用，等待 {wait} 秒仍未能写入：{where}。请稍后重试；"
    "若一直如此，请关闭打开该数据库的其他程序（例如数据库浏览工具或另一个工作进程）",
    DiskFull: "磁盘空间不足，本次操作已撤销，此前的数据完好：{where}。请清理磁盘或扩容后重试",
    DatabaseReadOnly: "数据库不可写：{where}。请检查文件与所在文件夹的写权限（包括 -wal、-shm 文件）",
    DatabaseDamaged: "文件不是有效的数据库或已损坏：{where}。请用 pipeline restore 从备份恢复，"
    "或把该文件移走后重新启动",
    DatabaseUnreachable: "无法打开或读写数据库：{where}（{detail}）。请检查 TRUSTWATCH_DATABASE_URL、"
    "数据库服务是否运行、用户名与密码、网络",
    DatabaseOlder: "数据库缺少程序所需的表或列：{where}。请运行 pipeline migrate 升级数据库",
}


def describe(kind: type[DatabaseError], where: str, detail: str = "") -> DatabaseError:
    """An error of `kind` with its sentence filled in."""
    text = _MESSAGES[kind].format(where=where, wait=LOCK_WAIT_SECONDS, detail=detail)
    return kind(text)


def translate(error: BaseException, where: str) -> DatabaseError | None:
    """`error` as one of ours, or None if it is not about the database's environment (a bug, say).

    Args:    where: the database as people know it: file path, or URL without password.
    """
    if isinstance(error, DBAPIError):
        error = error.orig or error
    if isinstance(error, OSError):
        return _from_os(error, where)
    if isinstance(error, sqlite3.Error):
        return _from_sqlite(error, where)
    if type(error).__module__.partition(".")[0] == "psycopg":
        return _from_postgres(error, where)
    return None


def _from_os(error: OSError, where: str) -> DatabaseError | None:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return describe(DiskFull, where)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return describe(DatabaseReadOnly, where)
    return None


def _from_sqlite(error: sqlite3.Error, where: str) -> DatabaseError | None:
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return describe(DatabaseLocked, where)
    if name.startswith("SQLITE_FULL"):
        return describe(DiskFull, where)
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return describe(DatabaseDamaged, where)
    if name.startswith(("SQLITE_READONLY", "SQLITE_PERM")):
        return describe(DatabaseReadOnly, where)
    if name.startswith(("SQLITE_CANTOPEN", "SQLITE_IOERR")):
        return describe(DatabaseUnreachable, where, str(error))
    if "no such table" in str(error) or "no such column" in str(error):
        return describe(DatabaseOlder, where)
    return None


def _from_postgres(error: BaseException, where: str) -> DatabaseError | None:
    state = getattr(error, "sqlstate", None) or ""
    if kind := _POSTGRES.get(state):
        return describe(kind, where)
    if state in ("42P01", "42703"):
        return describe(DatabaseOlder, where)
    if state[:2] in ("08", "28", "57", "3D") or state in ("53300", "42501"):
        return describe(DatabaseUnreachable, where, _first_line(error))
    if not state and type(error).__name__ in ("OperationalError", "ConnectionTimeout"):
        return describe(DatabaseUnreachable, where, _first_line(error))
    return None


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or ["未知原因"])[0]
