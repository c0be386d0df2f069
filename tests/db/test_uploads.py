"""Uploads: each step once, what an upload brought is known, and taking it back touches nothing of others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from db import read, write
from db.roles import Actor, NotAllowed, Role
from db.schema import Document as Stored
from db.schema import Indicator, Mention, Pending, SourceDay, UploadReading
from db.session import Database
from signals.model import Document
from tests.db.builders import (
    LATER,
    NOW,
    SALT,
    TODAY,
    add_platforms,
    add_source,
    analyse_all,
    analyst,
    count,
    document,
)

VIEWER = Actor("某委员", Role.VIEWER)


def begun(database: Database, what: str = "documents", **more: object) -> int:
    options: dict[str, object] = {"source_id": "news"} if what == "documents" else {}
    options |= {"list_name": "公开名单"} if what == "failures" else {}
    options |= {"file": "来文.csv", "path": "t/来文.csv", "digest": "0" * 64, "size": 10, "now": NOW}
    with database.writing() as session:
        return write.begin_upload(session, analyst(), what=what, **(options | more))  # type: ignore[arg-type]


def stored(database: Database, documents: Sequence[Document], what: str = "documents") -> int:
    """An upload of these documents, from the first look to the end."""
    number = begun(database, what)
    with database.writing() as session:
        write.save_look(session, number, {"counts": {"stored": len(documents)}})
        write.confirm_upload(session, analyst(), number, now=NOW)
        run = write.start_run(session, "news", f"upload-{number}", NOW)
        assert run is not None
        write.store_upload_documents(session, number, documents, now=NOW, salt=SALT, run_id=run)
        write.finish_upload(session, number, {}, "完成", now=NOW)
    return number


def taken_back(database: Database, number: int) -> tuple[int, int, int]:
    with database.writing() as session:
        write.undo_upload(session, analyst(), number, reason="传错了", now=LATER)
        found = write.undo_documents(session, number, now=LATER)
        write.finish_undo(session, number, "已撤销", now=LATER)
    return found


@pytest.fixture(autouse=True)
def _source(database: Database) -> None:
    with database.writing() as session:
        add_source(session)
        add_platforms(session, "jia")


def titles(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(Stored.title).order_by(Stored.id)))


def test_an_upload_asks_the_worker_to_look(database: Database) -> None:
    """The row and the request are one step; the file's name is masked like all that is stored."""
    number = begun(database, file="13800138000的投诉.csv")
    with database.reading() as session:
        (asked,) = read.waiting_requests(session)
        row = read.upload(session, number)
    assert (asked.what, asked.arguments) == ("import", {"upload": number, "step": "look"})
    assert row is not None
    assert row.state == "waiting"
    assert "13800138000" not in row.file


def test_a_committee_member_uploads_nothing(database: Database) -> None:
    """Neither begins, nor confirms, nor takes back."""
    number = stored(database, [document(1)])
    with database.writing() as session:
        with pytest.raises(NotAllowed):
            write.begin_upload(
                session, VIEWER, what="documents", file="a", path="a", digest="0", size=1, now=NOW
            )
        with pytest.raises(NotAllowed):
            write.confirm_upload(session, VIEWER, number, now=NOW)
        with pytest.raises(NotAllowed):
            write.undo_upload(session, VIEWER, number, reason="x", now=NOW)


def test_confirming_twice_asks_once(database: Database) -> None:
    """A double click is one import and one entry of the log."""
    number = begun(database)
    with database.writing() as session:
        write.save_look(session, number, {})
        for _ in range(2):
            write.confirm_upload(session, analyst(), number, now=NOW)
    with database.reading() as session:
        assert [each.arguments["step"] for each in read.waiting_requests(session)] == ["look", "store"]
        assert list(read.audit(session)["action"]) == ["upload"]


def test_nothing_is_confirmed_before_it_was_looked_at(database: Database) -> None:
    """The person saw no numbers yet."""
    number = begun(database)
    with database.writing() as session, pytest.raises(write.InputRefused, match="刷新"):
        write.confirm_upload(session, analyst(), number, now=NOW)


def test_other_columns_ask_for_another_look(database: Database) -> None:
    """The mapping is kept with the upload; a look that is overtaken by it says nothing."""
    number = begun(database)
    with database.writing() as session:
        write.save_look(session, number, {}, refused="缺少列")
        write.remap_upload(session, analyst(), number, {"text": "说明"}, now=NOW)
    with database.reading() as session:
        row = read.upload(session, number)
    assert row is not None
    assert (row.state, row.mapping) == ("waiting", {"text": "说明"})


def test_a_dropped_upload_is_not_looked_at(database: Database) -> None:
    """Somebody clicked it away while the worker was reading."""
    number = begun(database)
    with database.writing() as session:
        write.drop_upload(session, analyst(), number)
        assert not write.save_look(session, number, {})


def test_taking_back_removes_what_only_this_upload_brought(database: Database) -> None:
    """Documents, mentions and the source's count go; what was there before stays; the days wait for the index."""
    with database.writing() as session:
        write.store_documents(session, [document(9)], now=NOW, salt=SALT, backfill=True)
    number = stored(database, [document(1), document(2), document(9)])
    analyse_all(database, "jia")
    with database.writing() as session:
        session.query(Pending).delete()
    assert taken_back(database, number) == (2, 0, 0)
    assert titles(database) == ["甲平台公告9"]
    with database.reading() as session:
        assert count(session, Mention) == 1
        assert read.pending(session, "index").keys() == {"jia"}
        assert read.sources(session).set_index("id")["documents"]["news"] == 1


def test_a_document_of_two_uploads_stays_with_the_other(database: Database) -> None:
    """The second is then who brought it: when that is taken back too, the document goes."""
    first = stored(database, [document(1)])
    second = stored(database, [document(1)])
    assert taken_back(database, first) == (0, 0, 1)
    assert len(titles(database)) == 1
    assert taken_back(database, second) == (1, 0, 0)
    assert titles(database) == []


def test_a_changed_document_says_again_what_it_said(database: Database) -> None:
    """All that a revision replaces, and it waits for analysis again."""
    with database.writing() as session:
        write.store_documents(session, [document(1)], now=NOW, salt=SALT, backfill=True)
    with database.reading() as session:
        before = dict(session.execute(select(*Stored.__table__.c)).one()._mapping)
    changed = document(1, title="改写的标题", publisher="别的报", official=True, reach=0.9)
    number = stored(database, [changed])
    analyse_all(database, "jia")
    assert titles(database) == ["改写的标题"]
    assert taken_back(database, number) == (0, 1, 0)
    with database.reading() as session:
        after = dict(session.execute(select(*Stored.__table__.c)).one()._mapping)
    differ = {name for name in before if before[name] != after[name]} - {"story_id", "analysed_with"}
    assert differ == {"revision"}
    assert after["analysed_with"] is None


def test_what_others_changed_since_is_left_alone(database: Database) -> None:
    """A later import corrected the document: taking back the first upload does not undo that."""
    number = stored(database, [document(1)])
    with database.writing() as session:
        later = [document(1, title="后来的更正")]
        write.store_documents(session, later, now=LATER, salt=SALT, backfill=True)
    assert taken_back(database, number) == (0, 0, 1)
    assert titles(database) == ["后来的更正"]


def test_a_document_twice_in_a_file_is_taken_back_once(database: Database) -> None:
    """The later row revised the earlier one of the same file."""
    number = stored(database, [document(1), document(1, title="同一编号的下一行")])
    assert taken_back(database, number) == (1, 0, 0)
    assert titles(database) == []


def test_taking_back_goes_on_where_it_stopped(database: Database) -> None:
    """Batch by batch: a killed worker leaves whole batches, and the next one does the rest."""
    number = stored(database, [document(n) for n in range(1, 6)])
    with database.writing() as session:
        write.undo_upload(session, analyst(), number, reason="传错了", now=LATER)
        assert write.undo_documents(session, number, now=LATER, limit=3) == (3, 0, 0)
    assert len(titles(database)) == 2
    with database.writing() as session:
        assert write.undo_documents(session, number, now=LATER) == (2, 0, 0)
        assert write.undo_documents(session, number, now=LATER) == (0, 0, 0)


def test_a_day_without_its_documents_was_not_answered(database: Database) -> None:
    """What people import vouches for a day by what it brings."""
    number = stored(database, [document(1), document(30)])
    rows = [
        {"source_id": "news", "day": day, "kind": "news", "answered": True, "items": 1, "expected": 0.0}
        for day in (TODAY, TODAY - timedelta(days=1))
    ]
    with database.writing() as session:
        write.save_source_days(session, rows)
        write.store_documents(session, [document(2)], now=NOW, salt=SALT, backfill=True)
    taken_back(database, number)
    with database.reading() as session:
        left = session.execute(select(SourceDay.day, SourceDay.items)).all()
    assert [tuple(row) for row in left] == [(TODAY, 1)]


def test_taking_back_needs_a_reason_and_is_logged(database: Database) -> None:
    """Who, what and why."""
    number = stored(database, [document(1)])
    with database.writing() as session, pytest.raises(write.InputRefused, match="理由"):
        write.undo_upload(session, analyst(), number, reason=" ", now=LATER)
    taken_back(database, number)
    with database.reading() as session:
        last = read.audit(session).iloc[0]
    assert (last["action"], last["reason"], last["actor"]) == ("upload_undo", "传错了", "陈一")


def test_readings_of_an_upload_are_taken_back(database: Database) -> None:
    """Those it brought and no others."""
    number = begun(database, "indicators")
    end = date(2026, 10, 31)
    old, new = (
        write.ReadingRow("jia", name, end, 1.0, 1.0, "%", NOW, False) for name in ("yield", "overdue")
    )
    with database.writing() as session:
        write.store_readings(session, [old], NOW)
        write.store_upload_readings(session, number, [new], now=NOW)
    with database.writing() as session:
        assert write.undo_readings(session, number) == [new]
        assert write.undo_readings(session, number) == []
    with database.reading() as session:
        assert list(session.scalars(select(Indicator.name))) == ["yield"]
        assert count(session, UploadReading) == 0


def listed(database: Database, *rows: tuple[str, date]) -> int:
    number = begun(database, "failures")
    told = [
        {"list_name": "公开名单", "platform_id": platform, "problem_date": day, "reason": "失联"}
        for platform, day in rows
    ]
    with database.writing() as session:
        write.save_look(session, number, {})
        write.confirm_upload(session, analyst(), number, now=NOW)
        write.store_failures(session, number, told)
        write.store_failures(session, number, told)
        write.finish_upload(session, number, {}, "完成", now=NOW)
    return number


def test_of_a_list_the_newest_date_counts_and_taking_back_brings_the_former(database: Database) -> None:
    """Lists are read by name; a withdrawn upload does not count."""
    with database.writing() as session:
        add_platforms(session, "yi")
    listed(database, ("jia", date(2018, 7, 1)), ("yi", date(2018, 6, 1)))
    second = listed(database, ("jia", date(2018, 7, 15)))
    with database.reading() as session:
        found = read.failures(session)
        assert list(found["platform_id"]) == ["yi", "jia"]
        assert list(found["problem_date"]) == [date(2018, 6, 1), date(2018, 7, 15)]
        assert read.failure_dates(session, "别的名单") == {}
    with database.writing() as session:
        write.undo_upload(session, analyst(), second, reason="日期有误", now=LATER)
        write.finish_undo(session, second, "已撤销", now=LATER)
    with database.reading() as session:
        assert read.failure_dates(session, "公开名单")["jia"] == (date(2018, 7, 1), "失联")


def test_a_failure_list_has_a_name(database: Database) -> None:
    """Evaluation chooses it by that."""
    with pytest.raises(write.InputRefused, match="名称"):
        begun(database, "failures", list_name=" ")
