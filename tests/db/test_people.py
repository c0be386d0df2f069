"""What people write down: statuses with evidence, notes, meetings, letters and calls, the watch list."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from db import read, write
from db.roles import Actor, NotAllowed, Role
from db.schema import Document, Mention, SourceDay
from db.session import Database
from settings.models import AmbiguousAlias, Platform
from signals.lifecycle import failed_status
from signals.linking import Linker
from tests.db.builders import (
    LATER,
    NOW,
    TODAY,
    add_platforms,
    add_source,
    analyse_all,
    analyst,
    count,
    days,
    document,
    flip_rows,
    platform_day_rows,
    store,
)

VIEWER = Actor("某委员", Role.VIEWER)
ADMIN = Actor("管理员甲", Role.ADMIN)
SINCE = TODAY - timedelta(days=20)
EVIDENCE = "某地通报，电话13800138000"


@pytest.fixture(autouse=True)
def _platforms(database: Database) -> None:
    with database.writing() as session:
        add_platforms(session, "jia", "yi")


def status_of(database: Database, platform: str = "jia") -> list[tuple[date, str]]:
    with database.reading() as session:
        info = read.platform(session, platform)
    assert info is not None
    return [(each.since, each.status) for each in info.statuses]


def test_a_status_is_recorded_once_with_masked_evidence(database: Database) -> None:
    """The second click changes nothing; the level is decided anew from today on, not on former days."""
    with database.writing() as session:
        for new in (True, False):
            told = write.record_status(session, analyst(), "jia", "清盘", SINCE, EVIDENCE, now=NOW)
            assert told is new
    with database.reading() as session:
        info = read.platform(session, "jia")
        assert read.pending(session, "warn") == {"jia": TODAY}
        assert list(read.audit(session)["action"]) == ["platform_status"]
        assert read.overview(session).set_index("platform_id")["failed"].to_dict() == {
            "jia": "清盘",
            "yi": None,
        }
    assert info is not None
    assert "13800138000" not in str(info.statuses[0].evidence)


@pytest.mark.parametrize(
    ("status", "since", "evidence", "why"),
    [
        ("清盘", TODAY + timedelta(days=1), "x", "不能晚于今天"),
        ("清盘", SINCE, " ", "请填写依据"),
        ("跑路", SINCE, "x", "请选择状态"),
    ],
)
def test_a_status_needs_a_day_a_word_and_evidence(
    database: Database, status: str, since: date, evidence: str, why: str
) -> None:
    """Each fault in words; nothing is recorded."""
    with database.writing() as session, pytest.raises(write.InputRefused, match=why):
        write.record_status(session, analyst(), "jia", status, since, evidence, now=NOW)
    assert status_of(database) == []


def test_who_failed_is_never_in_operation_again(database: Database) -> None:
    """Neither afterwards nor by an earlier failure put before it; a wrong entry is corrected or taken back."""
    with database.writing() as session:
        write.record_status(session, analyst(), "jia", "立案", SINCE, "通报", now=NOW)
        write.record_status(session, analyst(), "yi", "转型", SINCE, "公告", now=NOW)
    for platform, status, day in (("jia", "在营", TODAY), ("yi", "出险", SINCE - timedelta(days=1))):
        with pytest.raises(write.InputRefused, match="不再回到正常"), database.writing() as session:
            write.record_status(session, analyst(), platform, status, day, "公告", now=NOW)
    assert status_of(database) == [(SINCE, "立案")]
    with database.writing() as session:
        moved = SINCE + timedelta(days=1)
        write.correct_status(
            session,
            analyst(),
            "jia",
            SINCE,
            status="清盘",
            new_since=moved,
            evidence="公告",
            reason="日期有误",
            now=LATER,
        )
    assert status_of(database) == [(moved, "清盘")]
    with database.writing() as session:
        write.undo_status(session, analyst(), "jia", moved, reason="登错平台", now=LATER)
    assert failed_status(status_of(database)) is None
    with database.reading() as session:
        log = read.audit(session)
    assert [entry["before"]["status"] for entry in log["detail"] if "before" in entry] == ["清盘", "立案"]


def test_a_committee_member_writes_nothing_down(database: Database) -> None:
    """The function refuses, whatever a page offers."""
    told = write.MeetingText(NOW, "", "甲", "乙")
    options = {"what": "call", "platform_id": "jia", "day": TODAY, "sender": "热线", "text": "x", "now": NOW}
    with database.writing() as session:
        for attempt in (
            lambda: write.record_status(session, VIEWER, "jia", "清盘", SINCE, "x", now=NOW),
            lambda: write.add_note(session, VIEWER, "jia", TODAY, "x", now=NOW),
            lambda: write.add_meeting(session, VIEWER, told, now=NOW),
            lambda: write.enter(session, VIEWER, **options),
            lambda: write.archive_platform(session, analyst(), "jia", reason="x", now=NOW),
            lambda: write.sign_off_red(session, analyst(), "jia", "x", now=NOW),
        ):
            with pytest.raises(NotAllowed):
                attempt()


def test_a_note_keeps_every_wording(database: Database) -> None:
    """The newest counts; the same click again is nothing; others cannot change it."""
    with database.writing() as session:
        number = write.add_note(session, analyst(), "jia", TODAY, "已核实 13800138000", now=NOW)
        assert write.add_note(session, analyst(), "jia", TODAY, "已核实 13800138000", now=LATER) == number
        assert write.edit_note(session, analyst(), number, "已当面核实", version=1, now=LATER) == 2
        with pytest.raises(write.InputRefused, match="只有本人"):
            write.edit_note(session, analyst("李二"), number, "不实", version=2, now=LATER)
        with pytest.raises(write.InputRefused, match="已被您修改过"):
            write.edit_note(session, analyst(), number, "旧窗口里的话", version=1, now=LATER)
    with database.reading() as session:
        (note,) = read.platform_notes(session, "jia").to_dict("records")
        history = read.note_history(session, number)
    assert (note["text"], note["version"], note["who"], note["day"]) == ("已当面核实", 2, "陈一", TODAY)
    assert "13800138000" not in history["text"].iloc[0]
    with database.writing() as session:
        write.withdraw_note(session, analyst(), number, now=LATER)
    with database.reading() as session:
        assert read.platform_notes(session, "jia").empty
        assert len(read.note_history(session, number)) == 2


def test_of_two_who_correct_a_meeting_the_second_is_told(database: Database) -> None:
    """Nothing is overwritten; a double click records one meeting."""
    told = write.MeetingText(NOW, "例会", "甲、乙", "约谈")
    with database.writing() as session:
        number = write.add_meeting(session, analyst(), told, now=NOW)
        assert write.add_meeting(session, analyst(), told, now=LATER) == number
        first = write.MeetingText(NOW, "例会", "甲、乙、丙", "约谈")
        write.edit_meeting(session, analyst(), number, first, version=1, reason="漏记", now=LATER)
        second = write.MeetingText(NOW, "例会", "甲、乙", "约谈两次")
        with pytest.raises(write.InputRefused, match="刚被他人修改"):
            write.edit_meeting(session, analyst(), number, second, version=1, reason="漏记", now=LATER)
        future = write.MeetingText(LATER + timedelta(days=1), "", "甲", "乙")
        with pytest.raises(write.InputRefused, match="不能晚于现在"):
            write.add_meeting(session, analyst(), future, now=LATER)
    with database.reading() as session:
        (row,) = read.meetings(session)
        assert read.last_meeting(session, NOW - timedelta(hours=1)) is None
        assert read.last_meeting(session, LATER) == row
    assert (row.participants, row.version) == ("甲、乙、丙", 2)


def test_changes_since_a_moment_are_what_was_not_known_then(database: Database) -> None:
    """Net changes only: what rose and fell back is not listed; a flip withdrawn brings back the former level."""
    early, late = days(10)[0], days(3)[0]
    with database.writing() as session:
        write.save_flips(session, flip_rows("jia", [early]), NOW, computed=[])
        write.save_flips(session, flip_rows("yi", [early], level_to="红"), NOW, computed=[])
    up = flip_rows("jia", [late], level_from="蓝", level_to="橙")
    with database.writing() as session:
        write.save_flips(session, up, LATER, computed=[("yi", early)])
    with database.reading() as session:
        found = read.changes_since(session, NOW + timedelta(minutes=1))
        assert read.changes_since(session, LATER + timedelta(minutes=1)).empty
    assert found[["platform_id", "level_then", "level_now"]].to_numpy().tolist() == [
        ["jia", "蓝", "橙"],
        ["yi", "红", "正常"],
    ]


def enter(database: Database, **changes: object) -> tuple[int, bool]:
    told: dict[str, object] = {"what": "call", "platform_id": "jia", "day": SINCE, "sender": "客服热线"}
    told |= {"text": "来电称提现两周未到账，电话13800138000。", "now": NOW} | changes
    with database.writing() as session:
        return write.enter(session, analyst(), **told)  # type: ignore[arg-type]


def test_a_call_becomes_a_masked_document_that_counts_from_now(database: Database) -> None:
    """Not from the day of the call: what was known on former days stays. Entered twice it is one."""
    number, new = enter(database)
    assert (number, new) == (1, True)
    assert enter(database, now=LATER) == (1, False)
    with database.reading() as session:
        row = session.scalars(select(Document)).one()
        day = session.scalars(select(SourceDay)).one()
        assert read.sources(session).set_index("id")["documents"]["manual_entry"] == 1
    assert (row.kind, row.subject, row.available_day) == ("complaint", "平台jia", TODAY)
    assert "13800138000" not in row.text
    assert (day.day, day.kind, day.items, day.answered) == (TODAY, "complaint", 1, True)


def test_an_entry_is_taken_back_and_can_be_made_again(database: Database) -> None:
    """Its document and mentions go, and the day vouches for nothing; the record of it stays."""
    number, _ = enter(database)
    analyse_all(database, "jia")
    with database.writing() as session:
        assert write.undo_entry(session, analyst(), number, reason="录错", now=LATER)
        assert not write.undo_entry(session, analyst(), number, reason="录错", now=LATER)
    with database.reading() as session:
        assert (count(session, Document), count(session, Mention), count(session, SourceDay)) == (0, 0, 0)
        assert "jia" in read.pending(session, "index")
        assert read.entries(session)["undone_by"].tolist() == ["陈一"]
    assert enter(database) == (2, True)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"text": " "}, "请填写内容"),
        ({"sender": ""}, "来文单位"),
        ({"day": TODAY + timedelta(days=1)}, "今天"),
        ({"platform_id": "nobody"}, "一个平台"),
        ({"what": "rumour"}, "类型"),
    ],
)
def test_an_entry_that_lacks_something_is_refused(
    database: Database, changes: dict[str, object], why: str
) -> None:
    """In words; nothing is stored."""
    with pytest.raises(write.InputRefused, match=why):
        enter(database, **changes)
    with database.reading() as session:
        assert count(session, Document) == 0


@pytest.mark.parametrize(
    "platform",
    [
        Platform(id="a", name="霜月", category="x", full=("霜月优投",)),
        Platform(id="a", name="霜月优投", category="x", legal_entities=("霜月信息服务有限公司",)),
        Platform(
            id="a",
            name="财富",
            category="x",
            ambiguous=(AmbiguousAlias(text="财富", context=("财富平台", "财富跑路")),),
        ),
    ],
)
def test_an_entry_is_linked_to_the_platform_it_was_made_for(platform: Platform) -> None:
    """Whatever the platform is called: the subject holds a name that linking knows for sure."""
    linker = Linker([platform])
    (link,) = linker.link("来电投诉", "来电称两周未到账。", write.surest_name(platform))
    assert (link.platform_id, link.relevance) == ("a", 1.0)


def edited(database: Database, **changes: object) -> bool:
    with database.writing() as session:
        seen = next(each for each in read.watch_list(session) if each.id == "jia")
        after = seen.model_copy(update=changes)
        return write.edit_platform(session, ADMIN, after, seen=seen, reason="改名", now=NOW)


def test_changed_names_are_kept_and_read_again(database: Database) -> None:
    """What the texts hold, in the index of search, and what is linked already; the rest is left alone."""
    with database.writing() as session:
        add_source(session)
        store(session, [document(1, text="霜月优投提现困难"), document(2, text="与它无关"), document(3)])
    analyse_all(database, "jia")
    with database.writing() as session:
        session.query(Mention).filter(Mention.document_id != 3).delete()
    assert edited(database, brand=("霜月优投",))
    assert not edited(database, brand=("霜月优投", " 霜月优投 "))
    with database.writing() as session:
        (request,) = read.waiting_requests(session)
        assert write.reread_names(session, **_names(request.arguments)) == 2
    with database.reading() as session:
        waiting = [each.id for each in read.waiting_documents(session, "v", limit=9)]
    assert waiting == [1, 3]


def _names(arguments: dict[str, object]) -> dict[str, object]:
    return {"platform_id": arguments["platform"], "names": arguments["names"]}


def test_a_name_too_short_for_search_means_reading_all(database: Database) -> None:
    """None: the caller reads everything again."""
    with database.writing() as session:
        add_source(session)
        store(session, [document(1)])
        assert write.reread_names(session, "jia", ["财"]) is None


def test_a_name_belongs_to_one_platform(database: Database) -> None:
    """However it is written; archived platforms give theirs free, and take them back only while they are."""
    with pytest.raises(write.InputRefused, match="平台yi"):
        edited(database, brand=("平台ＹＩ",))
    with database.writing() as session:
        assert write.archive_platform(session, ADMIN, "yi", reason="停办", now=NOW)
        assert not write.archive_platform(session, ADMIN, "yi", reason="停办", now=NOW)
    assert edited(database, brand=("平台yi",))
    with pytest.raises(write.InputRefused, match="平台jia"), database.writing() as session:
        write.restore_platform(session, ADMIN, "yi", reason="恢复", now=NOW)
    with database.reading() as session:
        assert [each.id for each in read.platform_infos(session, active=False)] == ["yi"]


def test_a_platform_without_a_name_to_know_it_by_is_refused(database: Database) -> None:
    """It would never be linked."""
    with pytest.raises(write.InputRefused, match="用来识别"):
        edited(database, full=())


def test_red_is_signed_off_only_while_it_is_red(database: Database) -> None:
    """By name, with a reason, once a day."""
    signer = Actor("某联络岗", Role.LIAISON)
    with database.writing() as session:
        write.save_platform_days(session, platform_day_rows("jia", [TODAY], level="红"), NOW)
        write.save_platform_days(session, platform_day_rows("yi", [TODAY]), NOW)
        assert write.sign_off_red(session, signer, "jia", "资金到位", now=NOW)
        assert not write.sign_off_red(session, signer, "jia", "资金到位", now=LATER)
        with pytest.raises(write.InputRefused, match="蓝"):
            write.sign_off_red(session, signer, "yi", "x", now=NOW)
        with pytest.raises(write.InputRefused, match="理由"):
            write.sign_off_red(session, signer, "jia", " ", now=NOW)
    with database.reading() as session:
        assert len(read.sign_offs(session, ["jia"])) == 1
        assert read.pending(session, "warn") == {"jia": TODAY}


def test_pages_know_that_people_changed_something(database: Database) -> None:
    """What is cached from before is old."""
    with database.writing() as session:
        assert read.last_input(session) is None
        write.record_status(session, analyst(), "jia", "清盘", SINCE, "公告", now=NOW)
        assert read.last_input(session) == NOW
