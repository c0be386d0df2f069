"""导出: what a person downloads, byte by byte; who may; and what the columns mean."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import openpyxl
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app_pages import _download, _export
from db import read
from db.read import COLUMNS
from db.roles import command_line
from db.session import Database
from signals.dictionary import TABLES
from signals.export import STAMP, ExportMeta
from signals.model import shanghai_day

Visit = Callable[..., AppTest]
Said = Callable[[AppTest], str]
ActAs = Callable[[str | None], None]
PAGE = "app_pages/export.py"
NOW = datetime.now(UTC)
TODAY = shanghai_day(NOW)

pytestmark = pytest.mark.usefixtures("database")


def data(form: _export.Format, table: str, limit: int = 1000, **filters: object) -> bytes:
    """The file behind a button."""
    stamp = ExportMeta(table, "1", "abc", NOW, "test")
    return _export.file(form, _export.rows(table, limit, **filters), COLUMNS[table], stamp)


def rows(table: str, limit: int = 1000, **filters: object) -> list[list[str]]:
    """The CSV, read as Excel would."""
    found = data("csv", table, limit, **filters)
    assert found.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(found.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("table", COLUMNS)
def test_each_table_opens_in_excel(table: str) -> None:
    """BOM first, header in the first line, every row stamped."""
    head, *body = rows(table)
    own = [f"row_{name}" if name in STAMP else name for name in COLUMNS[table]]
    assert head == [*own, *STAMP]
    assert all(len(row) == len(head) and all(row[-4:]) for row in body)


@pytest.mark.parametrize("table", COLUMNS)
def test_each_table_is_a_workbook(table: str) -> None:
    """The same rows as the CSV, Chinese headers, and what they rest on."""
    book = openpyxl.load_workbook(io.BytesIO(data("xlsx", table)))
    assert book.sheetnames == ["数据", "说明", "字段"]
    assert book["数据"].max_row == len(rows(table))
    assert book["字段"].max_row == 1 + len(COLUMNS[table])


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
    labels = [button.label for button in app.get("download_button")]
    assert labels == ["下载 CSV", "下载 Excel"]


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


def test_more_than_a_page_holds_is_a_link_to_a_file(
    visit: Visit, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A button's file is held in memory: beyond the bound there is an address that streams, with the same filters."""
    monkeypatch.setattr(_export, "count", lambda *_, **__: 200_001)
    app = visit(PAGE, platform="yunzhou")
    assert "./bulk/flips.xlsx?platform=yunzhou" in said(app)
    assert "python -m pipeline export flips" in said(app)
    assert not app.get("download_button")


def test_only_filters_that_a_table_knows_are_asked(visit: Visit) -> None:
    """A platform means nothing to the ledger of the sources."""
    app = visit(PAGE, table="采集记录")
    assert not app.exception
    assert "平台" not in [box.label for box in app.selectbox]


@pytest.mark.parametrize(("who", "offered"), [("某分析员", False), ("某联络岗", True)])
def test_the_audit_log_is_for_those_who_may_read_it(
    visit: Visit, act_as: ActAs, who: str, offered: bool
) -> None:
    """Not offered, and refused to whoever types its address."""
    act_as(who)
    app = visit(PAGE)
    assert not app.exception
    assert ("审计日志" in app.selectbox(key="table").options) is offered


def test_the_columns_are_explained(visit: Visit, said: Said) -> None:
    """Chinese, English, type, unit and what empty means, for the chosen table."""
    html = said(visit(PAGE))
    assert "各列是什么意思" in html
    assert "<code>t_star</code>" in html
    assert "未观测，不等于 0" in html


def test_a_table_on_screen_is_noted_and_open_to_all(database: Database, act_as: ActAs, visit: Visit) -> None:
    """Both forms, for whoever may read; the log knows which table and how many rows."""
    act_as("某委员")
    visit()
    frame = pd.DataFrame({"day": [TODAY], "t_star": [61.5]})

    def page() -> None:
        import pandas as pd

        from app_pages import _download

        _download.frame(pd.DataFrame({"day": [None], "t_star": [61.5]}), "tried", labels={"day": "哪天"})

    app = AppTest.from_function(page).run()
    assert not app.exception
    assert [button.label for button in app.get("download_button")] == list(_download.WORDS.values())
    actor = command_line("某委员")
    made = _export.file("xlsx", frame.to_dict("records"), list(frame), ExportMeta("tried", "1", "a", NOW))
    assert _export.taken(actor, "tried", lambda: made, rows=1) == made
    with database.reading() as session:
        entry = read.audit(session, action="export").to_dict("records")[0]
    assert (entry["subject"], entry["detail"]["rows"]) == ("tried", 1)


def test_every_table_of_the_page_has_its_words() -> None:
    """What can be exported is named and explained, and nothing else is offered."""
    assert set(COLUMNS) <= set(TABLES)
