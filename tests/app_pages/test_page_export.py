"""导出: what a person downloads, byte by byte."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from app_pages import _export
from db.read import COLUMNS
from signals.export import ExportMeta
from signals.model import shanghai_day

Visit = Callable[..., AppTest]
Said = Callable[[AppTest], str]
PAGE = "app_pages/export.py"
NOW = datetime.now(UTC)
TODAY = shanghai_day(NOW)
TABLES: tuple[_export.Table, ...] = ("flips", "index_values", "mentions", "documents")

pytestmark = pytest.mark.usefixtures("database")


def rows(table: _export.Table, limit: int = 1000, **filters: object) -> list[list[str]]:
    """The file behind the button, read as Excel would."""
    data = _export.file(table, limit, ExportMeta(table, "1", "abc", NOW), **filters)
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("table", TABLES)
def test_each_table_opens_in_excel(table: _export.Table) -> None:
    """BOM first, header in the first line, every row stamped."""
    head, *body = rows(table)
    own = ["row_settings_hash" if name == "settings_hash" else name for name in COLUMNS[table]]
    assert head == [*own, "schema_version", "settings_hash", "data_as_of"]
    assert body
    assert all(len(row) == len(head) and all(row[-3:]) for row in body)


def test_no_cell_runs_as_a_formula() -> None:
    """A publisher named =cmd() arrives as text."""
    cells = [cell for row in rows("documents") for cell in row]
    assert "'=cmd()" in cells
    assert not [cell for cell in cells if cell[:1] in ("=", "@", "+")]


def test_a_file_never_exceeds_its_bound() -> None:
    """The page refuses larger ones; should rows arrive meanwhile, memory stays bounded."""
    assert len(rows("index_values", limit=5)) == 1 + 5


def test_filters_narrow_the_file() -> None:
    """Platform, days and 演示 / 真实."""
    assert len(rows("flips")) == 1 + 2
    assert len(rows("flips", platform_id="yunzhou")) == 1 + 1
    assert len(rows("flips", start=TODAY - timedelta(days=20))) == 1 + 1
    assert len(rows("flips", demo=False)) == 1


@pytest.mark.parametrize(("word", "count"), [("等级变化", 2), ("指数", 180), ("提及", 3), ("文本", 3)])
def test_the_number_of_rows_is_told_before(visit: Visit, said: Said, word: str, count: int) -> None:
    """Beside the button and the name of the file."""
    app = visit(PAGE, table=word)
    assert not app.exception
    assert f"共 <b>{count}</b> 行" in said(app)
    assert app.download_button(key="download").label == "下载 CSV"


def test_the_file_is_named_after_table_and_day(visit: Visit, said: Said) -> None:
    """trustwatch_flips_2026-11-21.csv."""
    assert f"trustwatch_flips_{TODAY.isoformat()}.csv" in said(visit(PAGE))


def test_the_address_holds_the_filters(visit: Visit, said: Said) -> None:
    """A copied address exports the same rows."""
    assert "共 <b>1</b> 行" in said(visit(PAGE, platform="yunzhou"))
    assert "没有符合条件的行" in said(visit(PAGE, start=TODAY.isoformat()))


def test_days_in_the_wrong_order_are_told(visit: Visit, said: Said) -> None:
    """A sentence, not an empty file."""
    late, early = TODAY.isoformat(), (TODAY - timedelta(days=9)).isoformat()
    app = visit(PAGE, start=late, end=early)
    assert "起始日晚于截止日" in said(app)
    assert not app.get("download_button")


def test_too_many_rows_are_sent_to_the_command_line(
    visit: Visit, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser download is held in memory: beyond the bound the page names the command instead."""
    monkeypatch.setattr(_export, "count", lambda *_, **__: 200_001)
    app = visit(PAGE)
    assert "python -m pipeline export flips" in said(app)
    assert not app.get("download_button")
