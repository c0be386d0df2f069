"""数据源 as an administrator meets it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from db import read, write
from db.session import Database
from tests.app_pages.conftest import NOW, TODAY

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


def test_trouble_comes_first_and_what_is_off_is_folded_away(
    database: Database, visit: Visit, said: Said
) -> None:
    """Three groups with their numbers; a source that is switched off is no trouble."""
    row = {"id": "old", "name": "旧来源", "kinds": ["news"], "config": {}, "enabled": False}
    with database.writing() as session:
        write.upsert_sources(session, [row])
    app = visit(PAGE)
    html = said(app)
    headers = [header.value for header in app.header]
    assert headers[:2] == ["需要处理（1）", "正常（1）"]
    assert [each.label for each in app.expander if "停用" in each.label] == ["停用（1）"]
    assert html.index("静默公告") < html.index("演示样本库")


def test_the_failing_answer_is_shown_as_text(database: Database, visit: Visit, said: Said) -> None:
    """Time, status, address, headers and body in boxes; markup of the site is never part of the page."""
    body = "<h1>访问受限</h1><script>alert(1)</script>"
    with database.writing() as session:
        write.keep_response(
            session,
            "quiet_feed",
            None,
            url="https://example.org/list",
            status=403,
            reason="网站拒绝采集",
            headers={"server": "example"},
            body=body.encode(),
            cut=True,
            now=NOW,
        )
    app = visit(PAGE)
    assert any("HTTP 403" in each.label and "静默公告" in each.label for each in app.expander)
    assert [code.value for code in app.code] == ["server: example", body]
    assert "https://example.org/list" in app.text[0].value
    assert "64 KiB" in said(app)
    assert "<script>" not in said(app)


@pytest.mark.usefixtures("database")
def test_a_chosen_source_shows_what_it_promises(visit: Visit, said: Said) -> None:
    """Terms from its source.toml, and no answers of others."""
    html = said(visit(PAGE, source="quiet_feed"))
    assert "每 60 分钟" in html
    assert "没有留存的失败响应" in html


def test_faulty_configurations_are_visible(database: Database, visit: Visit, said: Said) -> None:
    """A typo in a source.toml is seen by whoever looks at the page, with its remedy."""
    told = [{"file": "city/source.toml", "message": "不认识的键 <b>urll</b>，应为 url"}]
    with database.writing() as session:
        write.set_fact(session, "source_faults", json.dumps(told))
    html = said(visit(PAGE))
    assert "错误配置" in html
    assert "city/source.toml" in html
    assert "&lt;b&gt;urll" in html


def test_today_is_held_against_what_is_due(database: Database, visit: Visit, said: Said) -> None:
    """Brought and expected by now, over all kinds of the source."""
    shared = {"source_id": "sample_archive", "day": TODAY, "answered": True}
    rows = [
        {**shared, "kind": "news", "items": 7, "expected": 4.0},
        {**shared, "kind": "complaint", "items": 5, "expected": 6.0},
    ]
    with database.writing() as session:
        write.save_source_days(session, rows)
    assert "<b>12</b> / 10" in said(visit(PAGE))


def test_an_unchanged_page_is_named_in_the_ledger(database: Database, visit: Visit) -> None:
    """304 is a success that read nothing: not the same as a page without items."""
    with database.writing() as session:
        run = write.start_run(session, "quiet_feed", "second", NOW + timedelta(seconds=1))
        assert run is not None
        counts = write.StoreCounts()
        write.finish_run(session, run, now=NOW, state="done", counts=counts, unchanged=True)
    ledger = visit(PAGE).dataframe[0].value
    assert list(ledger["结果"]) == ["未变化（304）", "完成"]
