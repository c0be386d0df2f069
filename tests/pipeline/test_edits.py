"""A page edited after its day, through the real stages: the old day stays, and the new one counts only what is new."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from db import read, write
from pipeline.commands.stages import carry
from pipeline.prepare import Workplace
from pipeline.progress import silent
from signals.model import Document, Kind
from tests.pipeline.conftest import PLATFORM

FIRST = datetime(2026, 3, 4, 4, tzinfo=UTC)
LATER = datetime(2026, 3, 9, 4, tzinfo=UTC)
BAD = "岚桥优贷已经无法提现，多名出借人反映提现困难，平台至今没有给出解释。"
OTHER = "据了解，本地多家企业昨日举行了座谈会，会上交流了今年的经营情况。"


def show(workplace: Workplace, kind: Kind, words: str, now: datetime) -> None:
    """The site shows its page, and everything is computed."""
    page = Document(
        source_id="import_documents",
        kind=kind,
        title="本地消息",
        text=words,
        external_id="7",
        publisher="晨报" if kind is Kind.NEWS else None,
        published_at=FIRST - timedelta(hours=2),
    )
    with workplace.database.writing() as session:
        write.store_documents(session, [page], now=now, salt="s")
    carry(workplace, now, silent)


def days(workplace: Workplace, day: date) -> list[dict[str, Any]]:
    """The roll-ups of a day."""
    with workplace.database.reading() as session:
        rows: list[dict[str, Any]] = read.index_days(session, [PLATFORM.id], day, day).to_dict("records")
    return rows


@pytest.mark.parametrize("kind", [Kind.NEWS, Kind.COMPLAINT, Kind.SOCIAL])
def test_an_edit_that_says_the_same_raises_nothing(workplace: Workplace, kind: Kind) -> None:
    """A comma, a further sentence: no index counts the page again, on the day of the edit or before."""
    show(workplace, kind, BAD, FIRST)
    before = days(workplace, FIRST.date())
    assert any(row["count"] for row in before)
    show(workplace, kind, BAD + "记者将继续关注。", LATER)
    assert days(workplace, FIRST.date()) == before
    assert days(workplace, LATER.date()) == []


@pytest.mark.parametrize("kind", [Kind.NEWS, Kind.COMPLAINT, Kind.SOCIAL])
def test_what_an_edit_adds_counts_from_its_own_day(workplace: Workplace, kind: Kind) -> None:
    """The platform is named only now: nothing on the old day, once on the new one."""
    show(workplace, kind, OTHER, FIRST)
    show(workplace, kind, OTHER + BAD, LATER)
    assert days(workplace, FIRST.date()) == []
    added = days(workplace, LATER.date())
    assert {row["raw"] for row in added} == {1}
    assert any(row["count"] == 1 for row in added)
