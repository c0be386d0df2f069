"""Digests in the analyse stage: which stories have one, and that reading again costs nothing."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from db import read, write
from pipeline.commands.stages import carry
from pipeline.prepare import Workplace
from pipeline.progress import silent
from pipeline.stages import digests
from signals import digest
from tests.pipeline.conftest import NOW, PLATFORM
from tests.pipeline.test_feedback import Table, report
from tests.pipeline.test_stages import bring, complaint, row

DAY = date(2026, 3, 8)
CALM = f"{PLATFORM.name}昨天在城西开了一家门店，到场的人不多，活动持续了一个下午。"


def notes(workplace: Workplace) -> list[read.Note]:
    with workplace.database.reading() as session:
        ids = [int(str(each["document_id"])) for each in read.rows(session, "documents")]
        found = read.notes(session, ids)
    return [note for note in found.values() if note.keywords or note.sentences]


def test_a_negative_story_is_told_in_short(workplace: Workplace, table: Table) -> None:
    """Keywords with the watched name whole, and sentences of the text itself; every copy shows the same."""
    bring(workplace, table([report(1, "示例早报"), report(2, "示例晚报")]))
    one, other = notes(workplace)
    assert one.keywords == other.keywords
    assert PLATFORM.name in one.keywords
    assert one.sentences
    assert all(sentence in report(1, "")["text"] for sentence in one.sentences)


@pytest.mark.parametrize("kind", ["calm", "complaint", "old"])
def test_what_nobody_would_open_has_none(workplace: Workplace, table: Table, kind: str) -> None:
    """A calm text, a complaint that is its own summary, an archive older than nine weeks."""
    rows = {
        "calm": row(1, DAY, CALM, kind="news", publisher="示例早报"),
        "complaint": complaint(1, DAY),
        "old": report(1, "示例早报", date(2025, 12, 5)),
    }
    bring(workplace, table([rows[kind]]))
    assert notes(workplace) == []


def test_reading_again_makes_none_anew(
    workplace: Workplace, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A digest depends on the words alone: another model or watch list leaves it as it is."""
    bring(workplace, table([report(1, "示例早报")]))
    before = notes(workplace)
    monkeypatch.setattr(digest, "keywords", lambda *_: pytest.fail("made again"))
    with workplace.database.writing() as session:
        write.rescore(session)
    carry(workplace, NOW + timedelta(minutes=1), silent)
    assert notes(workplace) == before != []


def test_a_batch_makes_so_many_and_no_more(
    workplace: Workplace, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much arrives at once, the worker is not held up."""
    monkeypatch.setattr(digests, "MOST", 2)
    texts = [
        f"{PLATFORM.name}提现困难，{letter * 30}门店的客户已经等了三周，客服电话打不通。"
        for letter in "赤橙黄绿"
    ]
    bring(
        workplace,
        table([row(n, DAY, text, kind="news", publisher="示例早报") for n, text in enumerate(texts)]),
    )
    assert len(notes(workplace)) == 2
