"""CSV exports: Chinese survives Excel, nothing runs, and every row says what it rests on."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signals.export import STAMP, ExportMeta, cell, csv_chunks, defuse

META = ExportMeta("flips", "1", "abc123", datetime(2026, 3, 1, 4, 0, tzinfo=UTC), "model-7")


def parsed(rows: list[dict[str, object]], columns: list[str]) -> list[list[str]]:
    data = b"".join(csv_chunks(rows, columns, META))
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_chinese_round_trips_and_header_is_the_first_line() -> None:
    """The file is utf-8-sig, its first line the header ending in the stamp columns."""
    rows = parsed([{"平台": "青禾宝", "T": 61.5}], ["平台", "T"])
    assert rows == [
        ["平台", "T", *STAMP],
        ["青禾宝", "61.5", "1", "abc123", "model-7", "2026-03-01T12:00:00+08:00"],
    ]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40))
def test_no_text_cell_begins_with_a_formula_character(text: str) -> None:
    """Whatever the text, what a spreadsheet reads does not start a formula, and nothing of the text is lost."""
    value = parsed([{"x": text}], ["x"])[1][0]
    assert value[:1] not in set("=+-@\t\r＝＋－＠")
    assert value.removeprefix("'") == text.removeprefix("'")


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(-(10**9), 10**9))
def test_negative_numbers_stay_numbers(number: float, count: int) -> None:
    """Only text is defused: a change of -3.2 must add up in the spreadsheet."""
    row = parsed([{"a": number, "b": count}], ["a", "b"])[1]
    assert float(row[0]) == number
    assert int(row[1]) == count


def test_not_observed_is_an_empty_cell_and_zero_is_zero() -> None:
    """Missing is not zero, in exports too."""
    assert parsed([{"a": float("nan"), "b": None, "c": 0}], ["a", "b", "c"])[1][:3] == ["", "", "0"]


def test_a_missing_column_is_an_error() -> None:
    """A row without one of the promised columns must not become a silent hole."""
    with pytest.raises(KeyError):
        parsed([{"a": 1}], ["a", "b"])


def test_a_file_without_rows_still_has_its_header() -> None:
    """An empty result opens as an empty table."""
    assert parsed([], ["a"]) == [["a", *STAMP]]


def test_lists_are_json_and_defused_like_text() -> None:
    """Event lists keep their Chinese readable."""
    assert cell(["提现困难"]) == '["提现困难"]'
    assert defuse("@import") == "'@import"


def test_many_rows_come_in_pieces() -> None:
    """A large export is streamed, not built in memory."""
    pieces = list(csv_chunks(({"a": n} for n in range(2500)), ["a"], META))
    assert len(pieces) == 4
    assert len(b"".join(pieces).splitlines()) == 2501


def test_the_name_says_table_and_day() -> None:
    """People find the file again."""
    assert META.filename(date(2026, 3, 1)) == "trustwatch_flips_2026-03-01.csv"


def test_no_two_columns_have_one_name() -> None:
    """A row may carry the settings it was computed with beside those of the export."""
    header = parsed([{"settings_hash": "old", "a": 1}], ["settings_hash", "a"])[0]
    assert header == ["row_settings_hash", "a", *STAMP]
