"""Names that nobody watches yet: counted once, offered, refused, put on the watch list, and all of it taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from db import read, write
from db.roles import Actor, NotAllowed, Role
from db.session import Database
from signals.model import Document
from tests.db.builders import (
    LATER,
    NOW,
    TODAY,
    add_platforms,
    add_source,
    analyse_all,
    analyst,
    document,
    store,
)

NAME = "霜月优投"


@pytest.fixture
def found(database: Database) -> tuple[Database, list[int]]:
    """Four documents of three papers, today and yesterday, that name 霜月优投; one names another too."""
    with database.writing() as session:
        add_source(session)
        add_platforms(session, "a")
        store(session, [named(n) for n in (0, 1, 2, 20)], backfill=True)
    ids = [item.id for item in analyse_all(database)]
    seen(database, {number: {NAME: 0.8} for number in ids[1:]} | {ids[0]: {NAME: 0.6, "青藤理财通": 0.5}})
    return database, ids


def named(number: int) -> Document:
    return document(number, text=f"今天第{number}条消息。用户称{NAME}无法提现！客服没有回应。")


def seen(database: Database, names: dict[int, dict[str, float]]) -> None:
    with database.writing() as session:
        write.save_discoveries(session, names)


def offered(database: Database) -> dict[str, list[tuple[int, int]]]:
    """name -> (documents, publishers) of its days, oldest first."""
    with database.reading() as session:
        days = read.discovery_days(session, TODAY)
    return {
        name: list(zip(rows["documents"], rows["publishers"], strict=True))
        for name, rows in days.groupby("name")
    }


def requests(database: Database) -> list[tuple[str, dict[str, object], str]]:
    with database.reading() as session:
        return [(row.what, row.arguments, row.who) for row in read.waiting_requests(session)]


def promote(database: Database, name: str = NAME, who: str = "陈一") -> str:
    with database.writing() as session:
        return write.promote(
            session, name, actor=analyst(who), evidence="用户称霜月优投无法提现！", now=LATER, category="网贷"
        )


def test_days_count_documents_and_publishers(found: tuple[Database, list[int]]) -> None:
    """By the day they became available; the confidence is the mean, the first sight the earliest."""
    database, _ = found
    assert offered(database) == {NAME: [(1, 1), (3, 3)], "青藤理财通": [(1, 1)]}
    with database.reading() as session:
        days = read.discovery_days(session, TODAY)
    today = days[(days["name"] == NAME) & (days["day"] == TODAY)].iloc[0]
    assert today["confidence"] == pytest.approx((0.6 + 0.8 + 0.8) / 3)
    assert today["first_seen"] == NOW - timedelta(hours=20)


def test_reading_again_counts_nothing_twice(found: tuple[Database, list[int]]) -> None:
    """The same result changes nothing; a name that is no longer found goes from its day."""
    database, ids = found
    before = offered(database)
    seen(database, {ids[1]: {NAME: 0.8}})
    assert offered(database) == before
    seen(database, {ids[0]: {}, ids[3]: {}})
    assert offered(database) == {NAME: [(2, 2)]}


def test_an_example_is_the_sentence_with_the_name(found: tuple[Database, list[int]]) -> None:
    """Of a document that can still be read: what is purged shows nothing."""
    database, ids = found
    with database.reading() as session:
        example = read.discovery_examples(session, [NAME])[NAME]
    assert (example.document_id, example.sentence) == (ids[2], f"用户称{NAME}无法提现！")
    write.purge(database, document_ids=ids, now=LATER, compact=False)
    with database.reading() as session:
        assert read.discovery_examples(session, [NAME]) == {}


def test_an_example_is_found_however_it_is_written(found: tuple[Database, list[int]]) -> None:
    """Pulled apart by blanks, the name is found in its sentence as it stands there."""
    database, _ = found
    with database.writing() as session:
        store(session, [document(30, text="今天天气不错。霜 月 优 投 怎么了？")], backfill=True)
    (item,) = analyse_all(database)
    seen(database, {item.id: {"霜 月 优 投": 0.5}})
    with database.reading() as session:
        example = read.discovery_examples(session, ["霜 月 优 投"])["霜 月 优 投"]
    assert example.sentence == "霜 月 优 投 怎么了？"


def test_promoting_makes_a_platform(found: tuple[Database, list[int]]) -> None:
    """On the watch list with who and evidence; no longer offered; the worker is asked to read its documents again."""
    database, _ = found
    platform_id = promote(database)
    assert promote(database) == platform_id
    with database.reading() as session:
        info = read.platform(session, platform_id)
        assert platform_id in {platform.id for platform in read.watch_list(session)}
        decided = read.decided_discoveries(session).to_dict("records")
    assert info is not None
    assert (info.name, info.category, info.status) == (NAME, "网贷", "在营")
    assert info.statuses[0].evidence == "用户称霜月优投无法提现！"
    assert [(row["name"], row["promoted_by"]) for row in decided] == [(NAME, "陈一")]
    assert set(offered(database)) == {"青藤理财通"}
    assert requests(database) == [("rescore", {"name": NAME}, "陈一")]


def test_documents_of_a_promoted_name_are_read_again(found: tuple[Database, list[int]]) -> None:
    """Those that brought it, even after a reading in which it is no discovery any more."""
    database, ids = found
    promote(database)
    seen(database, {number: {} for number in ids})
    with database.writing() as session:
        assert write.reread_name(session, NAME) == 4
    with database.reading() as session:
        assert read.waiting_count(session) == 4


def test_promotion_can_be_taken_back(found: tuple[Database, list[int]]) -> None:
    """The platform leaves the watch list, nothing computed is deleted, the name is offered and added again."""
    database, _ = found
    platform_id = promote(database)
    with database.writing() as session:
        assert write.undo_promotion(session, NAME, actor=analyst("李二"), now=LATER)
        assert not write.undo_promotion(session, NAME, actor=analyst("李二"), now=LATER)
    with database.reading() as session:
        assert platform_id not in {platform.id for platform in read.watch_list(session)}
        assert read.platform(session, platform_id) is not None
    assert NAME in offered(database)
    assert promote(database) == platform_id
    with database.reading() as session:
        assert platform_id in {platform.id for platform in read.watch_list(session)}


def test_a_name_on_the_list_is_not_added_twice(found: tuple[Database, list[int]]) -> None:
    """However it is written, the platform that bears it is named."""
    database, ids = found
    seen(database, {ids[0]: {"平台ａ": 0.9}})
    with pytest.raises(write.CorrectionRefused, match="平台a"):
        promote(database, "平台ａ")
    with database.reading() as session:
        assert len(read.watch_list(session)) == 1


def test_a_refused_name_stays_refused(found: tuple[Database, list[int]]) -> None:
    """Whatever comes later; until somebody takes the refusal back."""
    database, ids = found
    with database.writing() as session:
        write.dismiss(session, NAME, actor=analyst("陈一"), now=LATER)
        write.dismiss(session, NAME, actor=analyst("李二"), now=LATER)
    seen(database, {ids[0]: {NAME: 0.99}})
    assert NAME not in offered(database)
    with database.reading() as session:
        (row,) = read.decided_discoveries(session).to_dict("records")
    assert (row["dismissed_by"], row["dismissed_at"]) == ("陈一", LATER)
    with database.writing() as session:
        assert write.undo_dismissal(session, NAME, actor=analyst("李二"), now=LATER)
    assert NAME in offered(database)


def test_decisions_need_a_role_and_an_object(found: tuple[Database, list[int]]) -> None:
    """Nobody decides without the role, or about what was never found, or refuses what is watched."""
    database, _ = found
    with database.writing() as session, pytest.raises(NotAllowed):
        write.dismiss(session, NAME, actor=Actor("王委员", Role.VIEWER), now=LATER)
    with pytest.raises(write.CorrectionRefused, match="没有发现"):
        promote(database, "从未出现")
    promote(database)
    with database.writing() as session, pytest.raises(write.CorrectionRefused, match="先撤销"):
        write.dismiss(session, NAME, actor=analyst("陈一"), now=LATER)


def test_old_names_are_forgotten_but_not_decisions(found: tuple[Database, list[int]]) -> None:
    """What was found long ago goes; what people refused stays refused when it comes again."""
    database, ids = found
    with database.writing() as session:
        write.dismiss(session, NAME, actor=analyst("陈一"), now=LATER)
        assert write.prune_discoveries(session, TODAY + timedelta(days=1)) == 1
    seen(database, {ids[0]: {NAME: 0.9, "青藤理财通": 0.5}})
    assert set(offered(database)) == {"青藤理财通"}


def test_forgetting_a_source_takes_its_names(found: tuple[Database, list[int]]) -> None:
    """Documents go with what they named: nothing is offered that no text bears out."""
    database, _ = found
    write.forget_source(database, "news", now=LATER)
    assert offered(database) == {}
    with database.reading() as session:
        assert read.discovery_examples(session, [NAME]) == {}
