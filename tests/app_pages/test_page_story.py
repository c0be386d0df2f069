"""The head, evidence and index table of 平台详情."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime

import pytest

from app_pages import _story
from signals.model import Level

EVENTS = {"case_filed": "立案"}


def exhibit(**more: object) -> dict[str, object]:
    usual: dict[str, object] = {
        "title": "某平台被立案",
        "text": "警方通报：某平台被立案。",
        "subject": None,
        "kind": "regulatory",
        "publisher": "某市公安局",
        "url": "https://example.org/1",
        "published_at": datetime(2026, 1, 1, tzinfo=UTC),
        "backfilled": False,
        "negative": 0.9,
        "polarity": "asserted",
        "events": [{"id": "case_filed", "polarity": "asserted", "part": "text", "start": 9, "end": 11}],
        "spans": [],
        "weight": 0.5,
        "needs_review": False,
        "story_copies": 1,
        "story_publishers": 1,
    }
    return {**usual, **more}


def shown(**more: object) -> str:
    return _story.evidence([exhibit(**more)], EVENTS)


@pytest.mark.parametrize(
    ("level", "asked"),
    [(Level.ORANGE, "为什么是橙色？"), (Level.NORMAL, "为什么是正常？"), (Level.UNKNOWN, "为什么数据不足？")],
)
def test_the_heading_is_the_question(level: Level, asked: str) -> None:
    """In the level's own words."""
    assert _story.question(level) == asked


def test_an_exhibit_names_source_time_and_original() -> None:
    """Publisher, kind, Shanghai time, link, and the event marked in its sentence."""
    html = shown()
    assert "某市公安局" in html
    assert "监管" in html
    assert "2026-01-01 08:00" in html
    assert 'href="https://example.org/1"' in html
    assert '<mark class="tw-event" title="立案">立案</mark>' in html


def test_a_bare_date_is_shown_as_a_date() -> None:
    """Midnight sharp in Shanghai is what a date without a time becomes."""
    html = shown(published_at=datetime(2025, 12, 31, 16, tzinfo=UTC))
    assert "2026-01-01" in html
    assert "00:00" not in html


def test_an_event_said_twice_has_one_chip() -> None:
    """One chip per event and polarity."""
    hit = {"id": "case_filed", "polarity": "asserted"}
    html = shown(events=[hit, hit, {**hit, "polarity": "quoted"}, hit])
    assert html.count(">立案</span>") == 1
    assert html.count(">立案（转述）</span>") == 1


def test_a_backfill_is_marked_and_explained() -> None:
    """Lead times resting on it are told apart; the mark says what it means."""
    assert 'title="回填：导入的数据没有写明何时首次看到' in shown(backfilled=True)
    assert "回填" not in shown()


def test_copies_are_counted_as_one_story() -> None:
    """Raw and independent counts, both."""
    assert "同一报道 40 篇 · 12 家发布者" in shown(story_copies=40, story_publishers=12)


def test_a_denied_event_reads_as_denied() -> None:
    """The chip says so and does not look like an accusation."""
    html = shown(events=[{"id": "case_filed", "polarity": "denied"}])
    assert '<span class="tw-chip tw-plain">立案（否认）</span>' in html


@pytest.mark.parametrize("missing", ["publisher", "published_at", "title", "weight"])
def test_what_a_document_lacks_is_said(missing: str) -> None:
    """No None, no NaN on the page."""
    html = shown(**{missing: math.nan if missing == "weight" else None})
    assert "None" not in html
    assert "nan" not in html


def test_an_original_that_is_no_web_page_is_not_linked() -> None:
    """A source cannot plant a script."""
    assert "href" not in shown(url="javascript:alert(1)")


def test_an_index_tells_not_observed_from_not_connected() -> None:
    """未观测: the source was silent. 未接入: there is none."""
    row = {
        "index_id": "R",
        "value": math.nan,
        "level_part": math.nan,
        "surprise_part": None,
        "accumulated": math.nan,
        "saturation": 0.8,
        "count": 0,
        "expected": None,
        "observed": False,
    }
    html = _story.aspects([row], [("R", "监管合规"), ("K", "危机事件")])
    assert html.count("未观测") == 1
    assert html.count("未接入") == 1
    assert ">0<" not in html


def test_the_facts_count_the_days_of_a_level() -> None:
    """The first day is day one."""
    row = {
        "since": date(2026, 1, 1),
        "t_star": 61.0,
        "t": math.nan,
        "coverage": 0.5,
        "scope": 0.9,
        "floor": "official",
        "provisional": True,
    }
    html = _story.facts(row, date(2026, 1, 3), None)
    assert "2026年1月1日（第 3 天）" in html
    assert "官方立案" in html
    assert "午夜后定稿" in html


def test_a_purged_document_says_that_and_when_it_was_emptied() -> None:
    """Retention removed the words: neither an empty line nor （无标题）, and what was found in them still stands."""
    html = shown(title="", text="", purged_at=datetime(2026, 11, 20, 18, tzinfo=UTC))
    assert "内容已按保留期限删除（2026年11月21日）" in html
    assert "无标题" not in html
    assert "某市公安局" in html
    assert ">立案</span>" in html
    assert "保留期限" not in shown(purged_at=None)
