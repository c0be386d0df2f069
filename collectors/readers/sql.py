"""Reader `sql`: one read-only query on a database that the administrator names by an environment variable.

The address comes from the environment alone: that is what allows a database inside the network to be asked. It holds a
password, so neither it nor any part of it reaches a message or a log.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from urllib.parse import quote

from sqlalchemy import (
    URL,
    Connection,
    DateTime,
    Engine,
    NullPool,
    TextClause,
    bindparam,
    create_engine,
    make_url,
    text,
)
from sqlalchemy.exc import DBAPIError, NoSuchModuleError, SQLAlchemyError

from collectors.base import Context, Row, SourceBroken, SourceConfig
from collectors.config import Sql
from collectors.dates import EARLIEST
from collectors.encoding import decode
from collectors.mapping import BadField, Mapper, Origin, build
from collectors.readers.tables import by_position, normal

BATCH = 500
"""Rows fetched at a time; no more are held in memory."""
CONNECT_SECONDS = 10
_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg", "mysql": "mysql+pymysql"}


def collect(source: SourceConfig, context: Context) -> Iterator[Row]:
    """Every row of the query, numbered from 1, each a document or a refusal.

    `:since` in the query is bound to the moment (UTC) from which rows are wanted. Raises SourceBroken: no address in
    the environment, no connection, a query that fails or takes longer than `total_seconds`, columns not found.
    """
    if (settings := source.sql) is None:
        raise SourceBroken(f"{source.name}：source.toml 缺少 [sql]")
    url = _url(source.name, settings, context.environ)
    query = _query(source.name, settings, context.since or EARLIEST)
    with _connected(source.name, settings, url) as connection:
        yield from _rows(source, context, connection, query)


def records(
    name: str, settings: Sql, environ: Mapping[str, str], *, seconds: float
) -> Iterator[dict[str, str]]:
    """The rows of a query that tells of no documents: column -> text, "" for NULL; dates and times in ISO form.

    Args:    name: how messages call it; seconds: how long each step of the query may take.
    Raises:  SourceBroken, as `collect`.
    """
    url = _url(name, settings, environ)
    query = _query(name, settings, EARLIEST)
    with _connected(name, settings, url) as connection:
        renew = _limited(connection, seconds)
        result = connection.execute(query, execution_options={"stream_results": True, "yield_per": BATCH})
        try:
            columns = tuple(result.keys())
            if twice := sorted({column for column in columns if columns.count(column) > 1}):
                raise SourceBroken(f"{name}：查询结果中列 {twice[0]} 出现了不止一次，请用 AS 另起名称")
            for batch in result.partitions():
                yield from (dict(zip(columns, map(_text, cells), strict=True)) for cells in batch)
                renew()
        finally:
            result.close()
            connection.rollback()


@contextmanager
def _connected(name: str, settings: Sql, url: URL) -> Iterator[Connection]:
    with _told(name, url):
        engine = _engine(name, settings, url)
    try:
        with _told(name, url), engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _url(name: str, settings: Sql, environ: Mapping[str, str]) -> URL:
    value = environ.get(settings.database, "").strip()
    if not value:
        raise SourceBroken(
            f"{name}：没有设置环境变量 {settings.database}；请由管理员写入数据库地址（SQLAlchemy URL）"
        )
    try:
        url = make_url(value)
    except (SQLAlchemyError, ValueError):
        # Without the cause: its message holds the address.
        raise SourceBroken(
            f"{name}：环境变量 {settings.database} 里的数据库地址无法识别，应为 SQLAlchemy URL"
        ) from None
    return url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))


def _query(name: str, settings: Sql, since: datetime) -> TextClause:
    query = text(settings.query)
    names = set(query.compile().params)
    if unknown := sorted(names - {"since"}):
        raise SourceBroken(
            f"{name}：query 里只能用参数 :since，不认得 :{unknown[0]}；若是文字里的冒号，请写成 \\:"
        )
    if "since" not in names:
        return query
    return query.bindparams(bindparam("since", since.astimezone(UTC), type_=DateTime(timezone=True)))


def _engine(name: str, settings: Sql, url: URL) -> Engine:
    try:
        if url.get_backend_name() == "sqlite":
            return create_engine("sqlite://", creator=lambda: _sqlite(url), poolclass=NullPool)
        waits = {"connect_timeout": CONNECT_SECONDS} if "psycopg" in url.drivername else {}
        return create_engine(url, connect_args=waits, poolclass=NullPool, hide_parameters=True)
    except (ImportError, NoSuchModuleError):
        raise SourceBroken(
            f"{name}：没有安装 {url.drivername} 的数据库驱动，请安装后重启，"
            f"或改写环境变量 {settings.database} 里的驱动名"
        ) from None


def _sqlite(url: URL) -> sqlite3.Connection:
    """A file that exists, opened for reading: it is neither made nor changed, whatever the query says."""
    connection = sqlite3.connect(
        f"file:{quote(url.database or '')}?mode=ro",
        uri=True,
        timeout=CONNECT_SECONDS,
        check_same_thread=False,
    )
    connection.execute("PRAGMA query_only = ON")
    connection.text_factory = _as_written
    return connection


def _as_written(raw: bytes) -> str:
    """Text that other programmes stored in their own encoding must not end the whole query."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return decode(raw).text


def _rows(source: SourceConfig, context: Context, connection: Connection, query: TextClause) -> Iterator[Row]:
    renew = _limited(connection, source.politeness.total_seconds)
    options = {"stream_results": True, "yield_per": BATCH}
    result = connection.execute(query, execution_options=options)
    try:
        columns = tuple(result.keys())
        _check_columns(source, columns)
        mapper = Mapper(source.mapping, by_position(columns))
        origin = Origin(source.name, context.now, labels=mapper.labels)
        number = 0
        for batch in result.partitions():
            for cells in batch:
                number += 1
                yield _row(source, mapper, origin, number, cells)
            renew()
    finally:
        result.close()
        connection.rollback()


def _row(
    source: SourceConfig, mapper: Mapper[list[object]], origin: Origin, number: int, cells: Sequence[object]
) -> Row:
    try:
        return Row(number, build(mapper.raw([_plain(cell) for cell in cells]), source, origin))
    except BadField as fault:
        return origin.refusal(number, fault)


def _limited(connection: Connection, seconds: float) -> Callable[[], None]:
    """Makes the transaction read-only and limits the time of each step; the result starts the time afresh."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {int(seconds * 1000)}")
        # A time without zone means Shanghai time everywhere else in a source, so here too.
        connection.exec_driver_sql("SET LOCAL TIME ZONE 'Asia/Shanghai'")
    handle = connection.connection.dbapi_connection
    if not isinstance(handle, sqlite3.Connection):
        return lambda: None  # other databases: their own limits hold, and nothing is ever committed
    deadline = [time.monotonic() + seconds]
    handle.set_progress_handler(lambda: time.monotonic() > deadline[0], 10_000)

    def renew() -> None:
        deadline[0] = time.monotonic() + seconds

    return renew


def _check_columns(source: SourceConfig, columns: Sequence[str]) -> None:
    """Raises SourceBroken naming what the mapping wants and the query does not give: a typo is no empty field."""
    names = [normal(column) for column in columns]
    wanted = list(dict.fromkeys(source.mapping.columns()))
    found = "、".join(columns)
    rules = (*source.mapping.rules().values(), *source.mapping.fields.values())
    lost = [
        rule
        for rule in rules
        if rule.columns() and not any(normal(column) in names for column in rule.columns())
    ]
    if lost:
        missing = "、".join(column for rule in lost for column in rule.columns())
        raise SourceBroken(
            f"{source.name}：查询结果缺少列 {missing}；结果中的列有：{found}。请改 [sql] query 或 [mapping]"
        )
    if twice := [column for column in wanted if names.count(normal(column)) > 1]:
        raise SourceBroken(f"{source.name}：查询结果中列 {twice[0]} 出现了不止一次，请用 AS 另起名称")


def _text(cell: object) -> str:
    plain = _plain(cell)
    if isinstance(plain, datetime | date):
        return plain.isoformat()
    return "" if plain is None else str(plain)


def _plain(cell: object) -> object:
    """A cell as the mapping knows them: decimals without exponent, bytes as the text they hold, JSON as JSON."""
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    if isinstance(cell, bytes | bytearray | memoryview):
        return decode(bytes(cell)).text
    return json.dumps(cell, ensure_ascii=False, default=str) if isinstance(cell, dict) else cell


@contextmanager
def _told(name: str, url: URL) -> Iterator[None]:
    """Faults of the database as SourceBroken. `from None`: causes quote the address and the statement."""
    try:
        yield
    except DBAPIError as error:
        raise SourceBroken(f"{name}：{_fault(error, url)}") from None
    except SQLAlchemyError as error:
        raise SourceBroken(f"{name}：查询数据库时出错（{type(error).__name__}）") from None


def _fault(error: DBAPIError, url: URL) -> str:
    said = str(error.orig)
    if error.statement is None:
        return f"连不上数据库（{type(error.orig).__name__}），请检查地址、账号和网络"
    if "interrupted" in said or "statement timeout" in said:
        return "查询超过 politeness.total_seconds 仍未完成，已停止；请缩小范围或加索引"
    return f"查询失败：{_masked(said.splitlines()[0] if said else type(error.orig).__name__, url)}"


def _masked(message: str, url: URL) -> str:
    """The database's own words about the query, without any part of the address they might quote."""
    secrets = (url.password, url.host, url.username, url.database, url.render_as_string(hide_password=False))
    for secret in secrets:
        if secret:
            message = message.replace(str(secret), "***")
    return message[:200]
