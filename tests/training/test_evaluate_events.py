"""The figures of the event evaluation, on rows written for this file."""

from __future__ import annotations

from pathlib import Path

import pytest

from settings.loader import load
from training.evaluate_events import (
    ENOUGH,
    DataError,
    Row,
    Type,
    evaluate,
    figures,
    held_out,
    read_mapping,
    read_rows,
)

RUN = Type("失联跑路", frozenset({"lost_contact"}), frozenset({"涉嫌欺诈"}))


def row(event: str, entity: str, text: str = "") -> Row:
    return Row("1", text, event, entity)


def test_strict_and_forgiving() -> None:
    """A type laid at the subject of a `beside` row counts against the strict F1 alone."""
    rows = [row("失联跑路", "甲贷"), row("涉嫌欺诈", "乙贷"), row("评级调整", "丙贷")]
    one = figures(RUN, rows, [{"甲贷"}, {"乙贷"}, set()])
    assert (one.rows, one.precision, one.recall, one.f1.value) == (1, 1, 1, 1)
    assert one.strict == pytest.approx(2 / 3)


def test_wrong_subject() -> None:
    """An event laid at somebody else's door is a miss and a wrong subject; a longer form of the name is neither."""
    rows = [row("失联跑路", "甲贷"), row("失联跑路", "丁贷"), row("失联跑路", "丙贷")]
    one = figures(RUN, rows, [{"甲贷集团"}, {"乙贷"}, set()])
    assert one.recall == pytest.approx(1 / 3)
    assert one.subject.value == pytest.approx(2 * 1 / (1 + 1 + 2))


def test_rows_are_read_end_to_end() -> None:
    """Texts are read with all names as candidates, and rows without a subject show idle blame."""
    rows = [
        row("失联跑路", "云帆钱庄", "云帆钱庄老板跑路，飞鱼贷贷发布声明。"),
        row("其他", "", "飞鱼贷贷跑路了。"),
        row("其他", "", "今天天气不错。"),
    ]
    (one,), idle = evaluate(rows, ["云帆钱庄", "飞鱼贷贷"], [RUN])
    assert (one.recall, one.subject.value, idle) == (1, 1, 0.5)


def test_halves_share_no_subject() -> None:
    """All rows of a company lie in one half."""
    assert len({held_out(Row(str(n), "", "x", "云帆钱庄")) for n in range(50)}) == 1


def test_mapping_names_events_that_exist() -> None:
    """Every event of the mapping is configured, and every type beside is one of theirs."""
    known = {event.id for event in load().events}
    assert all(kind.events <= known for kind in read_mapping())


def test_missing_column_is_named(tmp_path: Path) -> None:
    """A file of another shape is refused with the columns it needs."""
    path = tmp_path / "rows.csv"
    path.write_text("id,text\n1,x\n", "utf-8")
    with pytest.raises(DataError, match="entity"):
        read_rows(path)


def test_goals_on_the_held_out_half(shared: Path) -> None:
    """Macro F1 over types of enough rows reaches .85, and so does that of subjects."""
    rows = read_rows(shared / "events_dev.csv")
    names = sorted({one.entity for one in rows if one.entity})
    table, _ = evaluate([one for one in rows if held_out(one)], names, read_mapping())
    big = [one for one in table if one.rows >= ENOUGH]
    assert sum(one.f1.value for one in big) / len(big) >= 0.85
    assert sum(one.subject.value for one in big) / len(big) >= 0.85
