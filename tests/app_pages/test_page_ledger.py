"""The table of sources and of requests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app_pages import _ledger, _words

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)


def source(**more: object) -> dict[str, object]:
    usual: dict[str, object] = {
        "id": "feed",
        "name": "公告",
        "kinds": ["regulatory"],
        "demo": False,
        "verified": True,
        "state": "ok",
        "state_reason": None,
        "last_run_error": None,
        "last_success_at": NOW - timedelta(hours=2),
        "next_run_at": None,
        "documents": 1200,
        "expected": {"regulatory": 3.0},
        "config": {"url": "https://example.org/list", "schedule": {"every_minutes": 60, "manual": False}},
    }
    return {**usual, **more}


@pytest.mark.parametrize(("state", "look"), _words.SOURCE_STATES.items())
def test_every_state_has_glyph_and_word(state: str, look: tuple[str, str, str]) -> None:
    """Colour is never alone."""
    html = _ledger.sources([source(state=state)], NOW)
    assert f"{look[0]} {look[1]}" in html


def test_a_source_tells_what_it_brought_and_when() -> None:
    """Age, count, promise."""
    html = _ledger.sources([source()], NOW)
    assert "2 小时前" in html
    assert "1,200" in html
    assert "监管\u00a03" in html


def test_the_failing_answer_is_shown_once() -> None:
    """State reason and last error are often the same sentence."""
    html = _ledger.sources(
        [source(state="broken", state_reason="找不到列表", last_run_error="找不到列表")], NOW
    )
    assert html.count("找不到列表") == 1


def test_a_source_that_promises_nothing_shows_a_dash() -> None:
    """Not 0: nothing was promised."""
    assert _ledger.expected({}) == _ledger.expected(None) == _ledger.expected({"news": 0.0}) == "—"


def test_only_promises_above_zero_are_shown() -> None:
    """Other keys of the promise are no kinds."""
    assert _ledger.expected({"regulatory": 0.0, "news": 100.0, "holiday_share": 0.3}) == "新闻\u00a0100"


def test_a_source_of_every_kind_says_so_in_a_word() -> None:
    """The list would take three lines."""
    assert '<td class="kinds" data-label="类型">全部</td>' in _ledger.sources(
        [source(kinds=list(_words.KINDS))], NOW
    )


def test_a_folder_for_files_has_no_next_run() -> None:
    """It is looked at every minute; that somebody must bring a file is what matters, and the note says which."""
    config = {"url": None, "schedule": {"manual": True}, "note": "导出后放入该文件夹"}
    html = _ledger.sources([source(config=config, next_run_at=NOW, verified=False, state="new")], NOW)
    assert "手工导入" in html
    assert "2026-11-21 14:00" not in html
    assert "导出后放入该文件夹" in html


@pytest.mark.parametrize(("url", "told"), [("https://example.org/list", True), (None, False)])
def test_only_a_page_can_be_unverified(url: str | None, told: bool) -> None:
    """A file is read as it is."""
    html = _ledger.sources([source(config={"url": url}, verified=False)], NOW)
    assert ("未核实" in html) is told


def test_a_long_reason_opens() -> None:
    """Two lines at first, all of it on hover and on request, by keyboard too."""
    html = _ledger.sources([source(state="broken", state_reason="连接失败" * 40)], NOW)
    assert "<details" in html
    assert "连接失败" * 40 in html
    assert "<details" not in _ledger.sources([source(state="broken", state_reason="连接失败")], NOW)


def test_a_message_of_a_source_is_text() -> None:
    """A hostile server answers with markup."""
    assert "<img" not in _ledger.sources([source(state_reason="<img src=x onerror=alert(1)>")], NOW)


def test_requests_tell_how_far_they_are() -> None:
    """What, for which source, state and progress."""
    row = {
        "id": 7,
        "what": "forget_source",
        "arguments": {"source_id": "sample_archive"},
        "state": "running",
        "progress": 0.4,
        "created_at": NOW,
        "message": "已删除 400 / 1000 篇文档",
    }
    html = _ledger.requests([row])
    assert "删除来源及其全部结果 sample_archive" in html
    assert "处理中" in html
    assert "40%" in html
