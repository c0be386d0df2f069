"""The stages together: what goes in as a file comes out as a level, once, and no finished day is rewritten."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from db import read
from pipeline.commands.stages import carry
from pipeline.prepare import Workplace
from pipeline.progress import silent
from pipeline.stages.collect import Outcome, import_file
from signals.model import day_start
from tests.pipeline.conftest import NOW, PLATFORM, Rows

Table = Callable[[Rows], Path]


def row(number: int, day: date, text: str, **more: str) -> Mapping[str, str]:
    return {
        "id": str(number),
        "title": text[:12],
        "text": text,
        "published_at": day.isoformat(),
        "first_seen_at": more.get("seen", day.isoformat()),
        "kind": more.get("kind", "complaint"),
        "author": more.get("author", f"用户{number}"),
        "publisher": more.get("publisher", ""),
    }


def complaint(number: int, day: date, **more: str) -> Mapping[str, str]:
    text = f"我在岚桥优贷申请提现已经{number}天没有到账，客服一直推脱，现在完全无法提现，编号{number}"
    return row(number, day, text, **more)


def bring(workplace: Workplace, path: Path, now: datetime = NOW) -> Outcome:
    source = workplace.source("import_documents")
    assert source is not None
    outcome = import_file(workplace, source, path, now=now)
    carry(workplace, now, silent)
    return outcome


def days_of(workplace: Workplace, start: date, end: date) -> pd.DataFrame:
    with workplace.database.reading() as session:
        return read.platform_days(session, PLATFORM.id, start, end)


def test_distinct_complainants_raise_the_withdrawal_floor(workplace: Workplace, table: Table) -> None:
    """Six people who cannot withdraw, on two days running: T is at least 60 and the level orange, with its evidence."""
    first, second = date(2026, 3, 7), date(2026, 3, 8)
    rows = [complaint(n, first) for n in range(1, 7)] + [complaint(n, second) for n in range(7, 14)]
    outcome = bring(workplace, table(rows))
    assert outcome.counts.stored == 13
    found = days_of(workplace, first, second)
    assert list(found["t"] >= 60) == [True, True]
    assert found["level"].iloc[-1] in {"橙", "红"}
    with workplace.database.reading() as session:
        evidence = read.evidence(session, PLATFORM.id, second)
    assert len(evidence) == 10
    assert all(evidence["negative"] > 0.5)


def test_an_import_repeated_changes_nothing(workplace: Workplace, table: Table) -> None:
    """The same rows again are duplicates; no document, mention or value gets a second version."""
    path = table([complaint(n, date(2026, 3, 8)) for n in range(1, 7)])
    bring(workplace, path)
    before = exported(workplace)
    again = bring(workplace, path, NOW + timedelta(minutes=5))
    assert (again.counts.stored, again.counts.duplicates) == (0, 6)
    assert exported(workplace) == before


def exported(workplace: Workplace) -> dict[str, list[object]]:
    with workplace.database.reading() as session:
        return {
            name: [str(each) for each in read.rows(session, name)]
            for name in ("documents", "mentions", "index_values", "flips")
        }


def test_a_late_document_counts_from_the_day_it_was_seen(workplace: Workplace, table: Table) -> None:
    """Published on the 5th, seen on the 9th: the days between keep what was known on them."""
    rows = [complaint(n, date(2026, 3, 4)) for n in range(1, 4)]
    bring(workplace, table([*rows, complaint(99, date(2026, 3, 9))]))
    before = days_of(workplace, date(2026, 3, 4), date(2026, 3, 8))
    late = [complaint(n, date(2026, 3, 5), seen="2026-03-09") for n in range(20, 40)]
    bring(workplace, table(late), NOW + timedelta(minutes=5))
    after = days_of(workplace, date(2026, 3, 4), date(2026, 3, 8))
    pd.testing.assert_frame_equal(before, after)
    assert days_of(workplace, date(2026, 3, 9), date(2026, 3, 9))["t"].iloc[0] > before["t"].max()


def test_a_backfill_is_available_when_published_and_marked(workplace: Workplace, table: Table) -> None:
    """Without first_seen_at there is no other truth; the mark travels into the export."""
    rows = [{k: v for k, v in complaint(1, date(2026, 3, 8)).items() if k != "first_seen_at"}]
    bring(workplace, table(rows))
    with workplace.database.reading() as session:
        (document,) = read.rows(session, "documents")
    assert document["backfilled"] is True
    assert document["available_at"] == day_start(date(2026, 3, 8))


def test_days_after_the_last_news_turn_grey_not_green(workplace: Workplace, table: Table) -> None:
    """A manual source vouches only for its own days: three days of holding, then 数据不足."""
    bring(workplace, table([complaint(n, date(2026, 3, 3)) for n in range(1, 4)]))
    levels = days_of(workplace, date(2026, 3, 3), date(2026, 3, 10)).set_index("day")["level"]
    assert levels[date(2026, 3, 3)] != "数据不足"
    assert levels[date(2026, 3, 7)] == "数据不足"
    assert levels[date(2026, 3, 10)] == "数据不足"


def test_an_official_denial_takes_the_rumour_out(workplace: Workplace, table: Table) -> None:
    """Press reports of stalled withdrawals lift T; once the regulator clears the platform, the floor falls."""
    papers = ("示例早报", "示例晚报", "示例财讯")
    texts = (
        "多名投资人反映，岚桥优贷自本周起出现提现困难，资金迟迟无法到账，平台尚未说明原因。",
        "记者获悉，网贷平台岚桥优贷无法提现，部分用户称等待超过十天，已有人前往公司交涉。",
        "岚桥优贷提现困难的消息今天引发关注，有出借人表示提现申请被多次驳回，客服电话无人接听。",
    )
    rumour = [
        row(n, date(2026, 3, 6 + n % 2), text, kind="news", publisher=paper)
        for n, (paper, text) in enumerate(zip(papers, texts, strict=True))
    ]
    bring(workplace, table(rumour))
    raised = days_of(workplace, date(2026, 3, 7), date(2026, 3, 7))
    assert raised["t"].iloc[0] >= 60
    text = "经核查，网传岚桥优贷提现困难的消息不实，该平台运营正常、提现渠道畅通，请公众不信谣、不传谣。"
    cleared = {
        **row(50, date(2026, 3, 8), text, kind="regulatory", publisher="示例市金融监管局"),
        "official": "1",
    }
    bring(workplace, table([cleared]), NOW + timedelta(minutes=5))
    carry(workplace, NOW + timedelta(minutes=6), silent)
    assert days_of(workplace, date(2026, 3, 8), date(2026, 3, 8))["t"].iloc[0] < 60
    assert days_of(workplace, date(2026, 3, 7), date(2026, 3, 7))["t"].iloc[0] < 60
    with workplace.database.reading() as session:
        known_then = read.platform_days(
            session, PLATFORM.id, date(2026, 3, 7), date(2026, 3, 7), as_of=NOW + timedelta(minutes=1)
        )
    assert known_then["t"].iloc[0] == raised["t"].iloc[0], "what was known on the day must stay on record"


def test_forty_copies_are_one_story(workplace: Workplace, table: Table) -> None:
    """A reprint with another lead or tail joins the story; raw copies and independent publishers are both counted."""
    body = (
        "岚桥优贷今日公布年度经营报告，全年撮合金额同比下降三成，逾期率升至百分之四点二，"
        "公司称将收缩信用借款业务并加强贷后管理，同时聘请外部机构对存量资产进行核查。"
    )
    places = [first + second for first in "云江海山河湖林泉" for second in "州城川港阳"]
    rows = [
        row(
            n,
            date(2026, 3, 8),
            f"【{place}在线转载】{body}（{place}网）",
            kind="news",
            publisher=f"{place}网",
        )
        for n, place in enumerate(places)
    ]
    bring(workplace, table(rows))
    with workplace.database.reading() as session:
        documents = list(read.rows(session, "documents"))
    assert len({document["story_id"] for document in documents}) == 1
    assert {document["story_publishers"] for document in documents} == {40}


def test_complaints_alike_are_not_copies(workplace: Workplace, table: Table) -> None:
    """Mass complaints read alike; merging them would hide the very thing we look for."""
    bring(workplace, table([complaint(n, date(2026, 3, 8)) for n in range(1, 9)]))
    with workplace.database.reading() as session:
        assert len({document["story_id"] for document in read.rows(session, "documents")}) == 8


def test_nothing_waits_after_a_turn(workplace: Workplace, table: Table) -> None:
    """Every stage clears its own work list, and a second turn has nothing to do."""
    bring(workplace, table([complaint(1, date(2026, 3, 8))]))
    assert carry(workplace, NOW + timedelta(minutes=1), silent) == (0, 0, 0)


@pytest.mark.parametrize("later", [timedelta(days=1), timedelta(days=3)])
def test_midnight_decides_every_day_that_passed(workplace: Workplace, table: Table, later: timedelta) -> None:
    """A worker that slept finds each missed day decided and today begun, for every platform of the list."""
    bring(workplace, table([complaint(1, date(2026, 3, 9))]))
    carry(workplace, NOW + later, silent)
    today = (NOW + later).date()
    found = days_of(workplace, date(2026, 3, 9), today)
    assert list(found["day"])[-1] == today
    assert list(found["provisional"])[-1]
    assert not found[found["day"] < today]["provisional"].any()


def test_two_rows_do_not_vouch_for_the_years_between(workplace: Workplace, table: Table) -> None:
    """What is imported by hand covers its own days and the platforms it names: silence elsewhere is not calm."""
    bring(workplace, table([complaint(1, date(2025, 3, 1)), complaint(2, date(2026, 3, 8))]))
    between = days_of(workplace, date(2025, 3, 6), date(2026, 3, 7))
    assert set(between["level"]) <= {"数据不足"}
    with workplace.database.reading() as session:
        other = read.platform_days(session, "alipay", date(2025, 3, 1), date(2026, 3, 9))
    assert other.empty or set(other["level"]) == {"数据不足"}
