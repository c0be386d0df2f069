"""The table of sources and of requests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app_pages import _ledger, _terms, _words

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
    """Age of the last success and of the newest document, count, promise."""
    html = _ledger.sources([source(newest=NOW - timedelta(days=3))], NOW)
    assert "2 小时前" in html
    assert "新内容 3 天前" in html
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
    assert " · 全部 · " in _ledger.sources([source(kinds=list(_words.KINDS))], NOW)


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


@pytest.mark.parametrize(
    ("more", "group"),
    [
        ({"state": "ok"}, "正常"),
        ({"state": "late"}, "需要处理"),
        ({"state": "blocked"}, "需要处理"),
        ({"state": "new"}, "需要处理"),
        ({"state": "new", "config": {"schedule": {"manual": True}}}, "正常"),
        ({"state": "off"}, "停用"),
        ({"state": "broken", "enabled": False}, "停用"),
    ],
)
def test_sources_are_grouped_by_whether_somebody_must_act(more: dict[str, object], group: str) -> None:
    """A folder that waits for a person's file is no trouble, and what is switched off is not either."""
    groups = _ledger.grouped([source(**more)])
    assert [name for name, rows in groups.items() if rows] == [group]


def test_the_gravest_trouble_comes_first() -> None:
    """Refused before broken before late before never run."""
    rows = [source(state=state) for state in ("new", "late", "ok", "blocked", "broken")]
    found = [row["state"] for row in _ledger.grouped(rows)["需要处理"]]
    assert found == ["blocked", "broken", "late", "new"]


def test_faulty_rows_are_shares_of_what_they_could_be() -> None:
    """Refused of all rows, the others of those taken; faults that there are none of are not told."""
    html = _ledger.sources([source(rows=20, refused=10, undated=9, undecodable=0, lacking=1)], NOW)
    assert "拒收 50%" in html
    assert "无日期 90%" in html
    assert "缺字段 10%" in html
    assert "无法解码" not in html


def test_a_postponed_source_shows_when_it_is_tried_again() -> None:
    """Not the slot before: nothing will run then."""
    retry = NOW + timedelta(hours=5)
    html = _ledger.sources([source(next_run_at=NOW + timedelta(hours=1), retry_at=retry)], NOW)
    assert _words.moment(retry) in html
    assert "已推迟" in html
    over = _ledger.sources([source(next_run_at=NOW + timedelta(hours=1), retry_at=NOW)], NOW)
    assert "已推迟" not in over


def test_terms_are_told_in_words() -> None:
    """Shares as percentages, times with their zone, what is not promised as such."""
    config = {
        "schedule": {"at": ["08:30", "17:00"], "timezone": "Asia/Shanghai"},
        "freshness_hours": 72.0,
        "retention_days": None,
        "contract": {"fields": ["url"], "filled_share": 0.9, "undated_share": 0.5, "from_rows": 5},
    }
    html = _terms.contract(source(config=config))
    assert "每天 08:30、17:00（Asia/Shanghai）" in html
    assert "72 小时" in html
    assert "url 至少 90% 的条目有值" in html
    assert "长期" in html


def test_no_fault_says_nothing() -> None:
    """The banner is there only when a configuration was refused."""
    assert _terms.faults([]) == ""
