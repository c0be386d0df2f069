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
    assert "监管 3" in html


def test_the_failing_answer_is_shown_once() -> None:
    """State reason and last error are often the same sentence."""
    html = _ledger.sources(
        [source(state="broken", state_reason="找不到列表", last_run_error="找不到列表")], NOW
    )
    assert html.count("找不到列表") == 1


def test_a_source_that_promises_nothing_shows_a_dash() -> None:
    """Not 0: nothing was promised."""
    assert _ledger.expected({}) == _ledger.expected(None) == _ledger.expected({"news": 0.0}) == "—"


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
