"""Reader `sql` on a real SQLite file and a real PostgreSQL: rows, faults, and that nothing is changed or given away."""

from __future__ import annotations

import logging
import sqlite3
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text

from collectors.base import Ask, Context, Politeness, Response, Row, SourceBroken, SourceConfig, collect
from signals.model import SHANGHAI
from tests.collectors.examples import NOW, documents, refusals, texts
from tests.collectors.web import source
from tests.db.conftest import postgres_server  # noqa: F401 # a fixture, found by its name
from tests.db.servers import created

Run = Callable[..., None]
QUERY = "SELECT id, title, body, created_at FROM complaints ORDER BY id"
MAPPING = {"external_id": "id", "title": "title", "text": "body", "published_at": "created_at"}
TABLE = "CREATE TABLE complaints (id BIGINT, title TEXT, body TEXT, created_at {time}, amount NUMERIC, raw {blob})"
ROW = "INSERT INTO complaints VALUES (:id, :title, :body, :at, :amount, :raw)"


@pytest.fixture(params=["sqlite", "postgres"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database with an empty table of complaints."""
    if request.param == "sqlite":
        urls: Iterator[str] = iter([f"sqlite:///{tmp_path / 'hotline.db'}"])
    else:
        urls = created(request.getfixturevalue("postgres_server"))
    url = next(urls)
    types = {"sqlite": ("TEXT", "BLOB"), "postgres": ("TIMESTAMP", "BYTEA")}[request.param]
    run(url, TABLE.format(time=types[0], blob=types[1]))
    yield url
    next(urls, None)


def run(url: str, statement: str, *values: dict[str, Any]) -> None:
    """What the owner of the database does to it."""
    address = make_url(url)
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    engine = create_engine(address)
    with engine.begin() as connection:
        connection.execute(text(statement), list(values) or None)
    engine.dispose()


def add(url: str, *rows: dict[str, Any]) -> None:
    usual = {
        "title": "提现困难",
        "body": "三日未到账",
        "at": "2026-11-18 09:30:00",
        "amount": None,
        "raw": None,
    }
    run(url, ROW, *({"id": number} | usual | row for number, row in enumerate(rows, 1)))


def hotline(query: str = QUERY, mapping: dict[str, Any] | None = None, **changes: Any) -> SourceConfig:
    settings = {"database": "HOTLINE_DB", "query": query}
    return source("sql", kind="complaint", sql=settings, mapping=mapping or MAPPING, **changes)


def rows(config: SourceConfig, url: str | None, since: datetime | None = None) -> list[Row]:
    return list(collect(config, context(url, since)))


def context(url: str | None, since: datetime | None = None) -> Context:
    environ = {} if url is None else {"HOTLINE_DB": url}
    return Context(get=no_network, now=NOW, data_dir=Path(), since=since, environ=environ)


def no_network(url: str, politeness: Politeness = Politeness(), ask: Ask = Ask()) -> Response:
    raise AssertionError(f"asked the network for {url}")


def broken(config: SourceConfig, url: str | None) -> str:
    with pytest.raises(SourceBroken) as caught:
        rows(config, url)
    return str(caught.value)


def test_rows_become_documents(address: str) -> None:
    """By the names of their columns; a time without zone is Shanghai time."""
    add(address, {"id": 7}, {"id": 8, "body": "百分之 50% 与 :colon 都是文字"})
    first, second = documents(rows(hotline(), address))
    assert (first.external_id, first.title, first.text) == ("7", "提现困难", "三日未到账")
    assert first.published_at == datetime(2026, 11, 18, 9, 30, tzinfo=SHANGHAI)
    assert second.text == "百分之 50% 与 :colon 都是文字"


def test_missing_values_are_missing(address: str) -> None:
    """NULL is neither a text nor a zero; decimals keep their digits; bytes are the text they hold."""
    add(address, {"title": None, "amount": 12000, "raw": "镕".encode("gb18030")}, {"body": None})
    fields = {"fields": {"amount": {"column": "amount", "amount": True}, "raw": "raw"}}
    query = "SELECT id, title, body, created_at, amount, raw FROM complaints ORDER BY id"
    first, second = documents(rows(hotline(query, MAPPING | fields), address))
    assert (first.title, first.fields) == ("", {"amount": "12000", "raw": "镕"})
    assert (second.text, second.fields) == ("", {})


def test_a_bad_row_costs_itself(address: str) -> None:
    """The refusal names source, row and column; the others are taken."""
    add(address, {}, {"title": None, "body": None}, {})
    found = rows(hotline(), address)
    assert len(documents(found)) == 2
    [refusal] = refusals(found)
    assert str(refusal).startswith("示例站 第 2 行，正文（body）：标题和正文都为空")


def test_only_rows_since_are_asked_for(address: str) -> None:
    """The moment is bound in UTC: at the latest what it means in Shanghai, so no row is missed."""
    add(address, {"at": "2026-11-10 09:30:00"}, {"body": "新的"})
    query = "SELECT id, title, body, created_at FROM complaints WHERE created_at >= :since"
    assert texts(rows(hotline(query), address, NOW - timedelta(days=4))) == ["新的"]
    assert len(rows(hotline(query), address)) == 2


def test_the_moment_is_the_same_in_every_zone(address: str) -> None:
    """A clock in Shanghai and one in UTC ask for the same rows."""
    add(address, {"at": "2026-11-18 09:30:00"})
    query = "SELECT id, title, body, created_at FROM complaints WHERE created_at >= :since"
    since = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
    assert texts(rows(hotline(query), address, since)) == texts(
        rows(hotline(query), address, since.astimezone(SHANGHAI))
    )


def test_many_rows_are_streamed(address: str) -> None:
    """More than one batch, in order, and the first before the last was fetched."""
    add(address, *({"body": f"第{number}条"} for number in range(1201)))
    running = collect(hotline(), context(address))
    assert texts([next(running)]) == ["第0条"]
    rest = list(running)
    assert len(rest) == 1200
    assert rest[-1].number == 1201


def test_stopping_early_leaves_no_connection(address: str) -> None:
    """Whoever stops in the middle keeps no lock on the other's table."""
    add(address, *({} for _ in range(10)))
    running = collect(hotline(), context(address))
    next(running)
    running.close()  # type: ignore[attr-defined] # it is a generator
    run(address, "DROP TABLE complaints")


@pytest.mark.parametrize("at", ["2026-11-18T01:30:00Z", "2026年11月18日 09:30", "1794965400"])
def test_dates_may_be_texts(at: str, tmp_path: Path) -> None:
    """As people and programmes write them."""
    url = f"sqlite:///{tmp_path / 'hotline.db'}"
    run(url, TABLE.format(time="TEXT", blob="BLOB"))
    add(url, {"at": at})
    [document] = documents(rows(hotline(), url))
    assert document.published_at is not None
    assert document.published_at.astimezone(SHANGHAI).date() == datetime(2026, 11, 18, tzinfo=SHANGHAI).date()


def test_columns_that_are_not_there_are_named(address: str) -> None:
    """A typo in the mapping is no empty field."""
    message = broken(hotline(mapping=MAPPING | {"subject": "company"}), address)
    assert "查询结果缺少列 company；结果中的列有：id、title、body、created_at" in message


def test_a_column_that_comes_twice_is_refused(address: str) -> None:
    """Nobody can say which of the two is meant."""
    assert "列 id 出现了不止一次" in broken(hotline(QUERY.replace("id, title", "id, id, title")), address)


def test_without_the_variable_nothing_is_asked() -> None:
    """The message names it."""
    assert "没有设置环境变量 HOTLINE_DB" in broken(hotline(), None)


def test_unknown_parameters_are_told(address: str) -> None:
    """There is one, and a colon in a text can be written."""
    assert "不认得 :until" in broken(hotline(QUERY.replace("ORDER", "WHERE id > :until ORDER")), address)


def test_a_failing_query_says_why(address: str) -> None:
    """In the words of the database, for whoever writes the query."""
    message = broken(hotline("SELECT nonsense FROM complaints"), address)
    assert "查询失败：" in message
    assert "nonsense" in message


def test_the_database_is_only_read(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even a query that got past the check of its words changes nothing."""
    add(address, {})
    monkeypatch.setattr("collectors.config.query_fault", lambda _: None)
    writing = "DELETE FROM complaints RETURNING id, title, body, created_at"
    assert "查询失败" in broken(hotline(writing), address)
    assert len(rows(hotline(), address)) == 1


def test_a_query_that_takes_too_long_is_stopped(address: str) -> None:
    """The limit is that of the source's politeness."""
    endless = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000)"
        " SELECT max(i) AS id, 'a' AS title, 'b' AS body, '2026-11-18' AS created_at FROM n"
    )
    message = broken(hotline(endless, politeness={"total_seconds": 0.3}), address)
    assert "查询超过 politeness.total_seconds" in message


def test_a_file_that_is_missing_is_not_made(tmp_path: Path) -> None:
    """An empty database in the wrong place would look like a calm day."""
    path = tmp_path / "gone.db"
    assert "连不上数据库" in broken(hotline(), f"sqlite:///{path}")
    assert not path.exists()


def test_texts_in_another_encoding_do_not_end_the_query(tmp_path: Path) -> None:
    """SQLite keeps whatever bytes a programme wrote as text."""
    path = tmp_path / "old.db"
    with sqlite3.connect(path) as connection:
        connection.execute(TABLE.format(time="TEXT", blob="BLOB"))
        connection.execute(
            "INSERT INTO complaints (id, title, created_at) VALUES (1, CAST(? AS TEXT), '2026-11-18')",
            ("提现困难".encode("gb18030"),),
        )
    connection.close()
    [document] = documents(rows(hotline(), f"sqlite:///{path}"))
    assert document.title == "提现困难"


SECRET = "kH7-geheim"


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://inner_user:{SECRET}@127.0.0.1:1/inner_db",
        f"postgresql+psycopg://inner_user:{SECRET}@127.0.0.1:1/inner_db",
        f"nosuchdb://inner_user:{SECRET}@127.0.0.1/inner_db",
        f"oracle+nodriver://inner_user:{SECRET}@127.0.0.1/inner_db",
        f"postgresql://inner_user:{SECRET}@127.0.0.1:port/inner_db",
        f"not a url {SECRET}",
    ],
)
def test_the_address_is_given_away_nowhere(url: str, caplog: pytest.LogCaptureFixture) -> None:
    """Neither in the message, nor in what a log would print of the fault, nor in the log itself."""
    caplog.set_level(logging.DEBUG)
    with pytest.raises(SourceBroken) as caught:
        rows(hotline(), url)
    told = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert str(caught.value) in told
    for part in (SECRET, "inner_user", "inner_db"):
        assert part not in told


def test_a_wrong_password_is_not_repeated(request: pytest.FixtureRequest) -> None:
    """The server's own words about it are not handed on."""
    server = make_url(request.getfixturevalue("postgres_server"))
    url = server.set(username="inner_user", password=SECRET).render_as_string(hide_password=False)
    message = broken(hotline(), url)
    assert "连不上数据库" in message
    assert SECRET not in message
    assert "inner_user" not in message
