"""数据源 as an administrator meets it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from db import read
from db.session import Database

Visit = Callable[..., AppTest]
Said = Callable[[AppTest], str]
PAGE = "app_pages/sources.py"


def asked(database: Database) -> list[tuple[str, dict[str, object]]]:
    with database.reading() as session:
        return [(row.what, row.arguments) for row in read.waiting_requests(session)]


@pytest.mark.usefixtures("database")
def test_every_source_tells_its_state(visit: Visit, said: Said) -> None:
    """State by glyph and word, what it brought, and why it is refused."""
    app = visit(PAGE)
    html = said(app)
    assert not app.exception
    assert "✓ 正常" in html
    assert "⊘ 被拒" in html
    assert "HTTP 403，已停止" in html
    assert "未核实" in html


@pytest.mark.usefixtures("database")
def test_the_ledger_lists_runs(visit: Visit) -> None:
    """In Chinese, with counts."""
    ledger = visit(PAGE).dataframe[0].value
    assert list(ledger["结果"]) == ["完成"]
    assert list(ledger["入库"]) == [3]
    assert list(ledger["来源"]) == ["演示样本库"]


@pytest.mark.usefixtures("database")
def test_the_ledger_of_one_source_is_in_the_address(visit: Visit, said: Said) -> None:
    """A source that never ran says so."""
    assert "还没有运行记录" in said(visit(PAGE, source="quiet_feed"))


def test_collecting_now_is_a_request(database: Database, visit: Visit, said: Said) -> None:
    """The page asks, the worker does; the page shows that it waits."""
    app = visit(PAGE)
    app.button(key="collect").click().run()
    assert asked(database) == [("collect", {"source_id": "sample_archive"})]
    assert "等待处理" in said(app)


def test_removing_the_demonstration_takes_two_steps(database: Database, visit: Visit, said: Said) -> None:
    """One click asks nothing yet; the confirmation does, once."""
    app = visit(PAGE)
    app.button(key="forget").click().run()
    assert asked(database) == []
    app.button(key="forget_yes").click().run()
    assert asked(database) == [("forget_source", {"source_id": "sample_archive"})]
    assert "删除来源及其全部结果 sample_archive" in said(app)


def test_a_removal_can_be_called_off(database: Database, visit: Visit) -> None:
    """取消 leads back to the first button."""
    app = visit(PAGE)
    app.button(key="forget").click().run()
    app.button(key="forget_no").click().run()
    assert asked(database) == []
    assert app.button(key="forget")


@pytest.mark.usefixtures("empty")
def test_without_sources_the_page_says_what_fills_it(visit: Visit, said: Said) -> None:
    """Before the worker's first start."""
    app = visit(PAGE)
    assert not app.exception
    assert "还没有登记数据源" in said(app)
