"""Tables as they come from offices are read: encodings, delimiters, quotes, titles; in constant memory."""

from __future__ import annotations

import csv
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.readers.table import read_file
from signals.model import Kind, day_start, shanghai_day
from tests.collectors.examples import (
    GOOD,
    HEAD,
    NOW,
    documents,
    read,
    refusals,
    table_source,
    texts,
    write,
)


def test_a_row_becomes_a_document(tmp_path: Path) -> None:
    """Mapped cells, the source's own values, and a bare date as midnight in Shanghai."""
    [row] = read(write(tmp_path, HEAD + GOOD), publisher="热线", reach=0.3)
    document = documents([row])[0]
    assert row.number == 2
    assert (document.external_id, document.title, document.text) == ("1", "提现困难", "三日未到账")
    assert (document.kind, document.publisher, document.reach) == (Kind.COMPLAINT, "热线", 0.3)
    assert document.published_at == day_start(shanghai_day(document.published_at))
    assert document.first_seen_at is None
    assert document.encoding == "utf-8"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le"])
def test_every_encoding_of_an_office_is_read(tmp_path: Path, encoding: str) -> None:
    """UTF-8 with or without mark, GB18030 and UTF-16 are recognised without being told."""
    rows = read(write(tmp_path, HEAD + GOOD + "2,喆镕理财,逾期,2026-11-19\n", encoding=encoding))
    assert [document.title for document in documents(rows)] == ["提现困难", "喆镕理财"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_recognised(tmp_path: Path, delimiter: str) -> None:
    """Semicolons, tabs and bars are as good as commas."""
    assert texts(read(write(tmp_path, (HEAD + GOOD).replace(",", delimiter)))) == ["三日未到账"]


def test_quoted_line_breaks_stay_in_their_cell(tmp_path: Path) -> None:
    """A record of several lines is one row, and the next row is counted as a sheet counts it."""
    rows = read(write(tmp_path, HEAD + '1,甲,"第一行\r\n第二行",2026-11-18\n' + "2,乙,丙,2026-11-18\n"))
    assert texts(rows) == ["第一行\n第二行", "丙"]
    assert [row.number for row in rows] == [2, 3]


def test_titles_may_stand_above_the_header(tmp_path: Path) -> None:
    """The header is the first row that has the needed columns."""
    rows = read(write(tmp_path, "投诉明细表,,,\n2026年11月,,,\n" + HEAD + GOOD))
    assert [row.number for row in rows] == [4]


def test_blank_rows_are_no_rows(tmp_path: Path) -> None:
    """Rows of empty cells, with which sheets end, are neither taken nor refused, but counted in the numbering."""
    rows = read(write(tmp_path, HEAD + ",,,\n" + GOOD + ",,,\n"))
    assert [row.number for row in rows] == [3]


def test_column_names_may_differ_in_width_and_case(tmp_path: Path) -> None:
    """「 ＴＥＸＴ 」 is the column text."""
    path = write(tmp_path, "标题,　ＴＥＸＴ ,日期\n甲,乙,2026-11-18\n")
    assert texts(read(path, mapping={"text": "text"})) == ["乙"]


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """Streaming: five thousand rows need no more than a few."""
    source, path = table_source(), write(tmp_path, HEAD + GOOD * 5_000)
    tracemalloc.start()
    count = sum(1 for _ in read_file(path, source, NOW))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 5_000
    assert peak < 2_500_000


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=30).filter(str.strip),
            st.text(alphabet='甲乙,"\n;\t x', max_size=30),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_what_a_csv_writer_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str]]
) -> None:
    """Any cells, quotes and line breaks included, survive the way through a file."""
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["标题", "内容", "日期"])
        writer.writerows([title, text, "2026-11-18"] for title, text in cells)
    rows = read(path)
    expected = [text.strip().replace("\r\n", "\n").replace("\r", "\n") for _, text in cells]
    assert refusals(rows) == []
    assert texts(rows) == expected
