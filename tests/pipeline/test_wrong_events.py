"""What corrected events tell: which phrases err, and what would cancel their wrong findings and no right one."""

from __future__ import annotations

from datetime import date, timedelta

from db.roles import command_line
from pipeline.commands.train import event_lines
from pipeline.prepare import Workplace
from pipeline.wrong_events import Phrase, wrong_events
from tests.pipeline.conftest import NOW, PLATFORM
from tests.pipeline.test_feedback import MINUTE, Table, correct, evidence
from tests.pipeline.test_stages import bring, row

DAY = date(2026, 3, 8)
EVENT = "withdrawal_difficulty"
WRONG = (
    f"我是老用户，{PLATFORM.name}的防骗演练里写着提现困难演练通知，看完觉得很有意思，大家可以去参加。",
    f"今天公园里人很多，{PLATFORM.name}客服说提现困难演练通知发错了人，已经道歉并且送了积分。",
)
RIGHT = (
    f"已经等了两周，{PLATFORM.name}提现困难，客服电话一直打不通，请大家小心这个平台。",
    f"昨天下午去了公司，{PLATFORM.name}提现困难的事没有人出来解释，门口站满了投资人。",
)


def brought(workplace: Workplace, table: Table) -> dict[str, int]:
    """The four texts, by how they begin -> document."""
    bring(workplace, table([row(n, DAY, text, kind="social") for n, text in enumerate((*WRONG, *RIGHT), 1)]))
    found = {str(each["text"]): int(str(each["document_id"])) for each in evidence(workplace)}
    assert set(found) == {*WRONG, *RIGHT}
    return found


def triggers(workplace: Workplace) -> list[tuple[str, str, int, int, tuple[Phrase, ...]]]:
    with workplace.database.reading() as session:
        found = wrong_events(session, NOW.date())
    return [(one.event_id, one.matched, one.corrected, one.others, one.phrases) for one in found]


def test_a_phrase_that_cancels_wrong_findings_only_is_told(workplace: Workplace, table: Table) -> None:
    """It holds what was matched, stands in both corrected stories, and in none of those that nobody objects to."""
    documents = brought(workplace, table)
    for minute, text in enumerate(WRONG, 1):
        correct(workplace, documents[text], "wrong_event", NOW + minute * MINUTE, event_id=EVENT)
    (one,) = triggers(workplace)
    assert one == (EVENT, "提现困难", 2, 2, (Phrase("提现困难演", 2),))
    with workplace.database.reading() as session:
        told = event_lines(wrong_events(session, NOW.date()))
    assert "“提现困难”：2 / 2；可作反例：提现困难演（2 篇）" in told


def test_one_story_suggests_nothing(workplace: Workplace, table: Table) -> None:
    """A single correction is counted, and no pattern is made of it."""
    documents = brought(workplace, table)
    correct(workplace, documents[WRONG[0]], "wrong_event", NOW + MINUTE, event_id=EVENT)
    assert triggers(workplace) == [(EVENT, "提现困难", 1, 3, ())]


def test_what_stands_in_right_findings_too_is_not_suggested(workplace: Workplace, table: Table) -> None:
    """Two wrong findings whose only common neighbour is one that right ones have as well."""
    documents = brought(workplace, table)
    for minute, text in enumerate((WRONG[0], RIGHT[1]), 1):
        correct(workplace, documents[text], "wrong_event", NOW + minute * MINUTE, event_id=EVENT)
    assert triggers(workplace) == [(EVENT, "提现困难", 2, 2, ())]


def test_what_was_taken_back_or_never_said_tells_nothing(workplace: Workplace, table: Table) -> None:
    """No correction stands: nothing to list, and it says so."""
    from db import write

    documents = brought(workplace, table)
    number = correct(workplace, documents[WRONG[0]], "wrong_event", NOW + MINUTE, event_id=EVENT)
    events = {each.id: each for each in workplace.settings.events}
    with workplace.database.writing() as session:
        write.undo_correction(
            session, number, actor=command_line("李二"), now=NOW + timedelta(minutes=2), events=events
        )
    assert triggers(workplace) == []
    assert "没有" in event_lines([])


def test_purged_texts_have_nothing_to_tell(workplace: Workplace, table: Table) -> None:
    """Their words are gone."""
    from db import write

    documents = brought(workplace, table)
    correct(workplace, documents[WRONG[0]], "wrong_event", NOW + MINUTE, event_id=EVENT)
    write.purge(workplace.database, document_ids=[documents[WRONG[0]]], now=NOW + 2 * MINUTE)
    assert triggers(workplace) == []
