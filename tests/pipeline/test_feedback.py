"""Corrections in the stages: they move today's row at once, outlive every reading, and reach copies that come later."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from db import read, write
from db.roles import Actor, Role
from pipeline import learnt_models
from pipeline.commands.stages import carry
from pipeline.prepare import Workplace
from pipeline.progress import silent
from pipeline.stages import feedback
from signals.negativity import NegativityModel
from tests.pipeline.conftest import NOW, PLATFORM, Rows
from tests.pipeline.test_stages import bring, complaint, days_of, row

Table = Callable[[Rows], Path]
DAY = date(2026, 3, 8)
MINUTE = timedelta(minutes=1)
BODY = (
    "多名投资人反映，岚桥优贷自本周起出现提现困难，资金迟迟无法到账，平台尚未说明原因，"
    "记者多次拨打客服电话均无人接听，部分用户已前往注册地交涉，公司大门紧闭。"
)


def report(number: int, paper: str, day: date = DAY) -> dict[str, str]:
    """The first paper prints the bare text, others take it over with a source line."""
    text = BODY if number == 1 else f"【{paper}转载】{BODY}"
    return dict(row(number, day, text, kind="news", publisher=paper))


def evidence(workplace: Workplace, day: date = NOW.date()) -> list[dict[str, object]]:
    with workplace.database.reading() as session:
        return read.evidence(session, PLATFORM.id, day).to_dict("records")


def events(workplace: Workplace) -> dict[str, object]:
    return {event.id: event for event in workplace.settings.events}


def correct(workplace: Workplace, document: object, what: str, at: datetime, **more: str) -> int:
    with workplace.database.writing() as session:
        return write.correct(
            session,
            int(str(document)),
            PLATFORM.id,
            what,
            actor=Actor("陈一", Role.ANALYST),
            now=at,
            events=events(workplace),  # type: ignore[arg-type]
            **more,
        )


def rescore(workplace: Workplace, at: datetime) -> None:
    with workplace.database.writing() as session:
        write.rescore(session)
    carry(workplace, at, silent)


def test_a_correction_lowers_finished_days_and_keeps_what_was_known(
    workplace: Workplace, table: Table
) -> None:
    """Not this platform: T falls from the correction's moment on; a replay of the moment before sees the old one."""
    bring(workplace, table([report(1, "示例早报"), complaint(2, DAY)]))
    before = days_of(workplace, DAY, DAY)["t"].iloc[0]
    (wrong,) = (each for each in evidence(workplace) if each["kind"] == "news")
    correct(workplace, wrong["document_id"], "wrong_platform", NOW + MINUTE)
    carry(workplace, NOW + 2 * MINUTE, silent)
    assert days_of(workplace, DAY, DAY)["t"].iloc[0] < before
    with workplace.database.reading() as session:
        then = read.platform_days(session, PLATFORM.id, DAY, DAY, as_of=NOW + MINUTE)
    assert then["t"].iloc[0] == before


def test_a_platform_of_which_nothing_is_left_is_unknown_not_calm(workplace: Workplace, table: Table) -> None:
    """The only text that an import brought was about somebody else: neither the old value stands nor a green zero."""
    bring(workplace, table([report(1, "示例早报")]))
    assert days_of(workplace, DAY, DAY)["t"].iloc[0] > 0
    (found,) = evidence(workplace)
    correct(workplace, found["document_id"], "wrong_platform", NOW + MINUTE)
    carry(workplace, NOW + 2 * MINUTE, silent)
    day = days_of(workplace, DAY, DAY).iloc[0]
    assert pd.isna(day["t"])
    assert day["level"] == "数据不足"
    assert carry(workplace, NOW + 3 * MINUTE, silent) == (0, 0, 0)


def test_todays_row_moves_in_the_same_turn(workplace: Workplace, table: Table) -> None:
    """Nobody waits for midnight: the next turn of the worker shows it, and the floor goes with its claims."""
    today = NOW.date()
    bring(workplace, table([complaint(n, today) for n in range(1, 7)]))
    before = days_of(workplace, today, today)["t"].iloc[0]
    for found in evidence(workplace):
        correct(workplace, found["document_id"], "not_negative", NOW + MINUTE)
    carry(workplace, NOW + 2 * MINUTE, silent)
    assert days_of(workplace, today, today)["t"].iloc[0] < before


@pytest.mark.parametrize("what", ["wrong_platform", "not_negative"])
def test_no_reading_undoes_a_correction(workplace: Workplace, table: Table, what: str) -> None:
    """Re-scoring the whole archive leaves it as people have it, and writes no second version of it."""
    bring(workplace, table([report(1, "示例早报")]))
    (found,) = evidence(workplace)
    correct(workplace, found["document_id"], what, NOW + MINUTE)
    carry(workplace, NOW + 2 * MINUTE, silent)
    before = versions(workplace)
    rescore(workplace, NOW + 3 * MINUTE)
    assert versions(workplace) == before
    assert [each["negative"] for each in evidence(workplace)] == ([] if what == "wrong_platform" else [0.0])


def versions(workplace: Workplace) -> list[tuple[object, ...]]:
    from sqlalchemy import select

    from db.schema import Mention

    with workplace.database.reading() as session:
        columns = (Mention.document_id, Mention.as_of, Mention.negative, Mention.removed)
        return [tuple(each) for each in session.execute(select(*columns).order_by(*columns))]


def test_a_copy_that_comes_later_follows_its_story(workplace: Workplace, table: Table) -> None:
    """Another paper prints the corrected report two days on, in a batch of its own: it makes no mention."""
    bring(workplace, table([report(1, "示例早报")]))
    (found,) = evidence(workplace)
    correct(workplace, found["document_id"], "wrong_platform", NOW + MINUTE)
    later = [report(2, "示例晚报", DAY + timedelta(days=1)), report(3, "示例财讯", DAY + timedelta(days=1))]
    bring(workplace, table(later), NOW + 2 * MINUTE)
    assert evidence(workplace) == []
    with workplace.database.reading() as session:
        assert [document["story_copies"] for document in read.rows(session, "documents")] == [3, 3, 3]


def test_another_story_about_the_same_platform_stands(workplace: Workplace, table: Table) -> None:
    """A correction speaks of one story, not of a platform."""
    bring(workplace, table([report(1, "示例早报"), complaint(2, DAY)]))
    wrong = next(each for each in evidence(workplace) if each["kind"] == "news")
    correct(workplace, wrong["document_id"], "wrong_platform", NOW + MINUTE)
    rescore(workplace, NOW + 2 * MINUTE)
    assert [each["kind"] for each in evidence(workplace)] == ["complaint"]


def test_a_wrong_event_stays_away(workplace: Workplace, table: Table) -> None:
    """Read again, the document has every other event and not this one."""
    bring(workplace, table([report(1, "示例早报")]))
    (found,) = evidence(workplace)
    names = {event["id"] for event in found["events"]}  # type: ignore[attr-defined]
    assert "withdrawal_difficulty" in names
    correct(workplace, found["document_id"], "wrong_event", NOW + MINUTE, event_id="withdrawal_difficulty")
    rescore(workplace, NOW + 2 * MINUTE)
    (after,) = evidence(workplace)
    assert {event["id"] for event in after["events"]} == names - {"withdrawal_difficulty"}  # type: ignore[attr-defined]


def test_taking_it_back_brings_the_level_back(workplace: Workplace, table: Table) -> None:
    """After the next turn everything is as the model has it, to the last decimal."""
    bring(workplace, table([report(1, "示例早报")]))
    before, (found,) = days_of(workplace, DAY, DAY)["t"].iloc[0], evidence(workplace)
    number = correct(workplace, found["document_id"], "not_negative", NOW + MINUTE)
    carry(workplace, NOW + 2 * MINUTE, silent)
    with workplace.database.writing() as session:
        write.undo_correction(
            session,
            number,
            actor=Actor("李二", Role.ANALYST),
            now=NOW + 3 * MINUTE,
            events=events(workplace),  # type: ignore[arg-type]
        )
    carry(workplace, NOW + 4 * MINUTE, silent)
    assert days_of(workplace, DAY, DAY)["t"].iloc[0] == pytest.approx(before, abs=1e-9)
    assert carry(workplace, NOW + 5 * MINUTE, silent) == (0, 0, 0)


def ask(workplace: Workplace, arguments: dict[str, object]) -> str | None:
    with workplace.database.writing() as session:
        number = write.ask(session, write.RESCORE, arguments, Actor("陈一", Role.ADMIN), NOW)
    with workplace.database.reading() as session:
        (request,) = (each for each in read.waiting_requests(session) if each.id == number)
    return feedback.serve(workplace, request)


def test_the_worker_reads_everything_again_when_asked(workplace: Workplace, table: Table) -> None:
    """A request without a name is the whole archive; the sentence says how many."""
    bring(workplace, table([complaint(n, DAY) for n in range(1, 4)]))
    assert "3 篇" in str(ask(workplace, {"model": "m"}))
    with workplace.database.reading() as session:
        assert read.waiting_count(session) == 3


def test_a_promoted_name_is_found_in_what_it_came_from(workplace: Workplace, table: Table) -> None:
    """From discovery to the watch list to mentions of its own, in the documents that brought it and no others."""
    text = "用户称青藤理财通无法提现，客服电话一直打不通，到账时间一拖再拖。"
    bring(workplace, table([row(1, DAY, text), complaint(2, DAY)]))
    with workplace.database.reading() as session:
        first = next(iter(read.rows(session, "documents")))["document_id"]
    with workplace.database.writing() as session:
        write.save_discoveries(session, {int(str(first)): {"青藤理财通": 0.9}})
        chen = Actor("陈一", Role.ANALYST)
        platform = write.promote(session, "青藤理财通", actor=chen, evidence=text, now=NOW + MINUTE)
    assert "1 篇" in str(ask(workplace, {"name": "青藤理财通"}))
    carry(workplace, NOW + 2 * MINUTE, silent)
    with workplace.database.reading() as session:
        found = read.evidence(session, platform, NOW.date())
    assert list(found["document_id"]) == [first]


def test_the_active_model_reads(workplace: Workplace, table: Table) -> None:
    """The pointer decides from the next turn on; every mention says which model judged it."""
    folder = learnt_models.models_dir()
    folder.mkdir(parents=True)
    model = NegativityModel.load()
    from dataclasses import replace

    replace(model, version="negativity-local-test").save(folder / "negativity-local-test.npz")
    point(workplace, "negativity-local-test")
    bring(workplace, table([complaint(1, DAY)]))
    with workplace.database.reading() as session:
        (found,) = read.rows(session, "mentions")
    assert str(found["model_version"]).startswith("negativity-local-test+")


def point(workplace: Workplace, version: str) -> None:
    chosen = learnt_models.Activated(version, NOW.isoformat(), NOW.isoformat(), "陈一")
    with workplace.database.writing() as session:
        write.set_fact(session, learnt_models.ACTIVE, json.dumps(chosen.__dict__, ensure_ascii=False))


def test_a_lost_model_stops_nobody(workplace: Workplace, table: Table) -> None:
    """A database restored elsewhere points to a file that is not there: the shipped model reads on."""
    point(workplace, "negativity-local-gone")
    bring(workplace, table([complaint(1, DAY)]))
    with workplace.database.reading() as session:
        (found,) = read.rows(session, "mentions")
    assert str(found["model_version"]).startswith(NegativityModel.load().version)
