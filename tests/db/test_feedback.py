"""People's corrections: they win at once for a story, none is lost, and taking one back restores the model."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from db import read, write
from db.roles import Actor, NotAllowed, Role
from db.session import Database
from db.write import AnalysisRow
from settings.loader import load
from signals.analyse import READ
from signals.corrections import REASONS, What
from signals.model import EventHit, Polarity, Span, shanghai_day
from signals.negativity import THRESHOLD
from tests.db.builders import (
    LATER,
    NOW,
    TODAY,
    add_platforms,
    add_source,
    analyse_all,
    analyst,
    document,
    mention,
    store,
)

EVENTS = {event.id: event for event in load().events}
RUMOUR = EventHit("withdrawal_difficulty", Polarity.ASSERTED, Span("text", 9, 13, "withdrawal_difficulty"))
OVERDUE = EventHit("overdue", Polarity.QUOTED, Span("text", 4, 6, "overdue"))
SECOND = timedelta(seconds=1)
B = mention("b", spans=(Span("text", 4, 6, "乙平台"),))


@pytest.fixture
def story(database: Database) -> tuple[Database, list[int]]:
    """Three copies of one story about a and b, and a fourth document that tells another; all analysed and indexed."""
    with database.writing() as session:
        add_source(session)
        add_platforms(session, "a", "b")
        store(session, [document(n) for n in range(4)])
    with database.reading() as session:
        ids = [item.id for item in read.waiting_documents(session, "v1", limit=9)]
    rows = [
        AnalysisRow(number, [mention("a"), B], same_story_as=ids[0] if number in ids[1:3] else None)
        for number in ids
    ]
    with database.writing() as session:
        write.save_analysis(session, rows, version="v1", as_of=NOW)
        write.clear_pending(session, "index", {"a": TODAY, "b": TODAY})
    return database, ids


def correct(database: Database, document_id: int, what: str, at: datetime = LATER, **more: Any) -> int:
    options: dict[str, Any] = {"actor": analyst("陈一"), "now": at, "events": EVENTS}
    with database.writing() as session:
        return write.correct(session, document_id, more.pop("platform", "a"), what, **(options | more))


def undo(database: Database, number: int, at: datetime = LATER + SECOND) -> bool:
    with database.writing() as session:
        return write.undo_correction(session, number, actor=analyst("李二"), now=at, events=EVENTS)


def mentions(database: Database, platform: str = "a") -> dict[int, Mapping[str, Any]]:
    """The mentions that count, by document."""
    with database.reading() as session:
        table = read.mention_table(session, [platform], (date(2026, 1, 1), date(2026, 12, 31)))
    return {row["document_id"]: row for row in table.to_dict("records")}


def pending(database: Database) -> set[str]:
    with database.reading() as session:
        return {row.platform_id for row in read.pending_rows(session, "index")}


def test_a_wrong_platform_goes_for_the_whole_story(story: tuple[Database, list[int]]) -> None:
    """All copies at once; another story and another platform are untouched, and the days wait for the index."""
    database, ids = story
    correct(database, ids[1], "wrong_platform")
    assert set(mentions(database)) == {ids[3]}
    assert set(mentions(database, "b")) == set(ids)
    assert pending(database) == {"a"}


def test_the_reason_and_the_former_version_stay_on_record(story: tuple[Database, list[int]]) -> None:
    """The new version says that people did it and is valid from their moment; what was known before is still there."""
    from sqlalchemy import select

    from db.schema import Mention

    database, ids = story
    correct(database, ids[0], "wrong_platform")
    with database.reading() as session:
        versions = session.scalars(
            select(Mention)
            .where(Mention.document_id == ids[0], Mention.platform_id == "a")
            .order_by(Mention.as_of)
        ).all()
    assert [(row.as_of, row.removed) for row in versions] == [(NOW, False), (LATER, True)]
    assert versions[1].removed_reason == REASONS[What.WRONG_PLATFORM] == "人工更正：不是该平台"


def test_not_negative_keeps_how_it_was_said(story: tuple[Database, list[int]]) -> None:
    """n is 0 for every copy, polarity and events stay, and the weight waits to be computed again."""
    database, ids = story
    correct(database, ids[0], "not_negative")
    found = mentions(database)
    assert [found[number]["negative"] for number in ids] == [0.0, 0.0, 0.0, 0.9]
    assert found[ids[0]]["polarity"] == "asserted"
    assert [event["id"] for event in found[ids[0]]["events"]] == ["withdrawal_difficulty"]
    assert pd.isna(found[ids[0]]["weight"])


def test_negative_overrules_what_passed_for_an_advert(story: tuple[Database, list[int]]) -> None:
    """A person says it is negative: n is 1, and what would weigh nothing is taken as asserted."""
    database, ids = story
    row = AnalysisRow(ids[3], [mention("a", negative=0.05, polarity=Polarity.ADVERT, severity=0.3)])
    with database.writing() as session:
        write.save_analysis(session, [row], version="v2", as_of=NOW + SECOND)
    correct(database, ids[3], "negative")
    found = mentions(database)[ids[3]]
    assert (found["negative"], found["polarity"]) == (1.0, "asserted")


def test_a_wrong_event_goes_and_the_others_decide(story: tuple[Database, list[int]]) -> None:
    """Severity and polarity follow the event that is left; without any, severity is that of a mention without event."""
    database, ids = story
    both = mention("a", events=(RUMOUR, OVERDUE), severity=EVENTS["withdrawal_difficulty"].severity)
    with database.writing() as session:
        write.save_analysis(session, [AnalysisRow(ids[3], [both])], version="v2", as_of=NOW + SECOND)
    correct(database, ids[3], "wrong_event", event_id="withdrawal_difficulty")
    found = mentions(database)[ids[3]]
    assert [event["id"] for event in found["events"]] == ["overdue"]
    assert (found["polarity"], found["severity"]) == ("quoted", EVENTS["overdue"].severity)
    correct(database, ids[3], "wrong_event", LATER + SECOND, event_id="overdue")
    found = mentions(database)[ids[3]]
    assert (found["events"], found["severity"], found["negative"]) == ([], 0.3, 0.9)


def test_a_right_link_is_no_longer_doubtful(story: tuple[Database, list[int]]) -> None:
    """It leaves the queue with its whole story and counts like a sure link."""
    database, ids = story
    doubtful = mention("a", needs_review=True, relevance=0.2)
    with database.writing() as session:
        rows = [AnalysisRow(number, [doubtful]) for number in ids[:3]]
        write.save_analysis(session, rows, version="v2", as_of=NOW + SECOND)
    with database.reading() as session:
        queue = read.review_queue(session)
    assert queue[["document_id", "platform_id", "platform_name", "copies"]].values.tolist() == [
        [ids[2], "a", "平台a", 3]
    ]
    correct(database, ids[2], "right_link")
    with database.reading() as session:
        assert read.review_queue(session).empty
    assert [mentions(database)[number]["relevance"] for number in ids[:3]] == [0.95] * 3


def test_the_queue_is_answered_with_no_too(story: tuple[Database, list[int]]) -> None:
    """A doubtful link that is wrong leaves the queue and the mentions."""
    database, ids = story
    with database.writing() as session:
        row = AnalysisRow(ids[3], [mention("a", needs_review=True, relevance=0.2)])
        write.save_analysis(session, [row], version="v2", as_of=NOW + SECOND)
    correct(database, ids[3], "wrong_platform")
    with database.reading() as session:
        assert read.review_queue(session).empty
    assert ids[3] not in mentions(database)


def test_the_same_correction_twice_is_one(story: tuple[Database, list[int]]) -> None:
    """Two people clicking the same thing make one record and one version."""
    database, ids = story
    first = correct(database, ids[0], "not_negative")
    before = mentions(database)[ids[0]]["as_of"]
    assert correct(database, ids[0], "not_negative", LATER + SECOND, actor=analyst("李二")) == first
    assert mentions(database)[ids[0]]["as_of"] == before
    with database.reading() as session:
        assert list(read.corrections(session)["who"]) == ["陈一"]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.APPROVER])
def test_who_only_looks_corrects_nothing(story: tuple[Database, list[int]], role: Role) -> None:
    """A direct call with the wrong role is refused by name of who may, and nothing is written."""
    database, ids = story
    with pytest.raises(NotAllowed, match="分析员"):
        correct(database, ids[0], "not_negative", actor=Actor("王委员", role))
    with database.reading() as session:
        assert read.corrections(session).empty


def test_a_correction_needs_its_object(story: tuple[Database, list[int]]) -> None:
    """No such document, no such mention, no event named, an unknown kind of correction: refused."""
    database, ids = story
    with database.writing() as session:
        add_platforms(session, "c")
    with pytest.raises(write.CorrectionRefused, match="不存在"):
        correct(database, 999, "not_negative")
    with pytest.raises(write.CorrectionRefused, match="没有提及"):
        correct(database, ids[0], "not_negative", platform="c")
    with pytest.raises(write.CorrectionRefused, match="事件"):
        correct(database, ids[0], "wrong_event")
    with pytest.raises(ValueError):
        correct(database, ids[0], "nonsense")


@pytest.mark.parametrize("what", ["wrong_platform", "not_negative", "negative", "wrong_event"])
def test_undo_restores_what_the_model_said(story: tuple[Database, list[int]], what: str) -> None:
    """At once, for every copy; the documents are read again, and the record names who took it back and when."""
    database, ids = story
    before = mentions(database)
    event = {"event_id": "withdrawal_difficulty"} if what == "wrong_event" else {}
    number = correct(database, ids[0], what, **event)
    assert undo(database, number)
    after = mentions(database)
    assert set(after) == set(before)
    for name in ("negative", "polarity", "severity", "relevance", "events"):
        assert [after[i][name] for i in ids] == [before[i][name] for i in ids], name
    with database.reading() as session:
        assert {item.id for item in read.waiting_documents(session, "v1", limit=9)} == set(ids[:3])
        (row,) = read.corrections(session).to_dict("records")
    assert (row["who"], row["undone_by"], row["undone_at"]) == ("陈一", "李二", LATER + SECOND)
    assert not undo(database, number, LATER + 2 * SECOND)


def test_undoing_one_leaves_the_other(story: tuple[Database, list[int]]) -> None:
    """Two corrections of one mention: taking back the first keeps the second, taking back both restores the model."""
    database, ids = story
    first = correct(database, ids[0], "not_negative")
    second = correct(database, ids[0], "wrong_event", LATER + SECOND, event_id="withdrawal_difficulty")
    undo(database, first, LATER + 2 * SECOND)
    found = mentions(database)[ids[0]]
    assert (found["negative"], found["events"]) == (0.9, [])
    undo(database, second, LATER + 3 * SECOND)
    found = mentions(database)[ids[0]]
    assert (found["negative"], [event["id"] for event in found["events"]]) == (0.9, ["withdrawal_difficulty"])


def test_of_two_that_contradict_the_later_counts(story: tuple[Database, list[int]]) -> None:
    """Not this platform, says one; it is, says another after him: the mention is back, and read again."""
    database, ids = story
    correct(database, ids[0], "wrong_platform")
    correct(database, ids[1], "right_link", LATER + SECOND)
    assert set(ids) == set(mentions(database))
    correct(database, ids[0], "not_negative", LATER + 2 * SECOND)
    correct(database, ids[0], "negative", LATER + 3 * SECOND)
    assert mentions(database)[ids[0]]["negative"] == 1.0


def test_a_correction_is_newer_than_what_it_corrects(story: tuple[Database, list[int]]) -> None:
    """Clocks differ: a version stamped later than the correction does not hide it."""
    database, ids = story
    correct(database, ids[0], "not_negative", NOW - SECOND)
    assert mentions(database)[ids[0]]["negative"] == 0.0


def test_a_denial_is_not_lifted_by_an_undo(story: tuple[Database, list[int]]) -> None:
    """What an official clarification took out stays out, whatever people correct about it."""
    database, ids = story
    number = correct(database, ids[0], "not_negative")
    denied = pd.DataFrame({"document_id": [ids[0]], "platform_id": ["a"]})
    with database.writing() as session:
        write.remove_mentions(session, denied, reason="官方澄清", as_of=LATER + SECOND)
    undo(database, number, LATER + 2 * SECOND)
    assert set(mentions(database)) == set(ids[1:])


def test_a_purged_document_is_restored_without_being_read(story: tuple[Database, list[int]]) -> None:
    """Its text is gone: the version before the correction stands again, and nobody analyses an empty text."""
    database, ids = story
    number = correct(database, ids[0], "wrong_platform")
    write.purge(database, document_ids=[ids[0]], now=LATER, compact=False)
    undo(database, number)
    assert mentions(database)[ids[0]]["negative"] == 0.9
    with database.reading() as session:
        assert {item.id for item in read.waiting_documents(session, "v1", limit=9)} == set(ids[1:3])


def test_what_stands_is_found_for_a_document_about_to_join(story: tuple[Database, list[int]]) -> None:
    """A later copy, directly or through an earlier row of its batch; a document of another story hears nothing."""
    database, ids = story
    correct(database, ids[0], "wrong_platform")
    with database.reading() as session:
        found = read.standing_corrections(session, {50: ids[1], 51: 50, 52: None, ids[3]: None, ids[2]: None})
    assert set(found) == {50, 51, ids[2]}
    assert [said.what for said in found[51]["a"]] == [What.WRONG_PLATFORM]


def test_nothing_stands_after_an_undo(story: tuple[Database, list[int]]) -> None:
    """Only what stands is applied to later analyses."""
    database, ids = story
    undo(database, correct(database, ids[0], "wrong_platform"))
    with database.reading() as session:
        assert read.standing_corrections(session, {ids[1]: None}) == {}


def test_the_newest_correction_is_known(story: tuple[Database, list[int]]) -> None:
    """By which pages see that something changed: made or taken back."""
    database, ids = story
    with database.reading() as session:
        assert read.last_correction(session) is None
    number = correct(database, ids[0], "not_negative")
    with database.reading() as session:
        assert read.last_correction(session) == LATER
    undo(database, number)
    with database.reading() as session:
        assert read.last_correction(session) == LATER + SECOND


def test_corrected_evidence_keeps_its_place(story: tuple[Database, list[int]]) -> None:
    """The row is there though the mention is out, with its former strength, who corrected it and when."""
    database, ids = story
    correct(database, ids[0], "wrong_platform", note="  同名  ")
    with database.reading() as session:
        rows, said = read.corrected_evidence(session, "a", shanghai_day(NOW))
        plain = read.evidence(session, "a", shanghai_day(NOW))
    assert set(plain.columns) == set(rows.columns)
    assert list(rows["document_id"]) == [ids[0]]
    assert rows["weight"].iloc[0] == pytest.approx(0.9)
    assert said[["what", "who", "note"]].values.tolist() == [["wrong_platform", "陈一", "同名"]]
    assert ids[1] not in set(plain["document_id"])


def test_corrections_become_labelled_rows(story: tuple[Database, list[int]]) -> None:
    """People label the platform they spoke of, the model the others; events teach nothing about negativity."""
    database, ids = story
    correct(database, ids[0], "not_negative")
    correct(database, ids[3], "wrong_event", event_id="withdrawal_difficulty")
    with database.reading() as session:
        rows = read.training_rows(session)
    (row,) = rows.to_dict("records")
    assert (row["id"], row["negative"], row["key_entity"]) == (f"correction-{ids[0]}", 1, "乙平台")
    assert set(row["entity"].split(";")) == {"甲平台", "乙平台"}
    assert row["text"].startswith("甲平台公告")


def test_labelled_rows_are_as_of_a_moment(story: tuple[Database, list[int]]) -> None:
    """What a model learnt from can be told later: corrections made since, and those taken back before, are left out."""
    database, ids = story
    number = correct(database, ids[0], "not_negative")
    undo(database, number)
    correct(database, ids[3], "negative", LATER + 2 * SECOND)
    with database.reading() as session:
        now = list(read.training_rows(session)["id"])
        then = list(read.training_rows(session, at=LATER)["id"])
        before = read.training_rows(session, at=NOW)
    assert (now, then) == ([f"correction-{ids[3]}"], [f"correction-{ids[0]}"])
    assert before.empty
    assert list(before.columns) == ["id", "text", "entity", "negative", "key_entity"]


def test_the_limits_are_the_models() -> None:
    """Written down twice, because the web process must not load the model."""
    from db.read import feedback

    assert (feedback.LONGEST, feedback.THRESHOLD) == (READ, THRESHOLD)


def test_forgetting_a_source_takes_its_corrections(story: tuple[Database, list[int]]) -> None:
    """Nothing dangles when the documents go."""
    database, ids = story
    correct(database, ids[0], "not_negative")
    write.forget_source(database, "news", now=LATER)
    with database.reading() as session:
        assert read.corrections(session).empty


def test_reading_again_under_a_correction_writes_nothing(database: Database) -> None:
    """The stage hands in what people made of it: an unchanged mention gets no new version."""
    with database.writing() as session:
        add_source(session)
        add_platforms(session, "a")
        store(session, [document(1)])
    (item,) = analyse_all(database, "a")
    correct(database, item.id, "not_negative")
    before = mentions(database)[item.id]["as_of"]
    with database.writing() as session:
        row = AnalysisRow(item.id, [mention("a", negative=0.0)])
        write.save_analysis(session, [row], version="v2", as_of=LATER + SECOND)
    assert mentions(database)[item.id]["as_of"] == before


def test_a_reading_begun_before_a_correction_is_not_hidden_by_it(story: tuple[Database, list[int]]) -> None:
    """The stage stamps with its beginning; what it finds after a person corrected is the newest all the same."""
    database, ids = story
    correct(database, ids[3], "not_negative", LATER)
    with database.writing() as session:
        row = AnalysisRow(ids[3], [mention("a", negative=0.0, relevance=0.4)])
        write.save_analysis(session, [row], version="v2", as_of=NOW + SECOND)
    assert mentions(database)[ids[3]]["relevance"] == 0.4
