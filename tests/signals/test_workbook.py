"""Workbooks: numbers as numbers, days as days, text exactly as text, and nothing that runs."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from signals import workbook
from signals.export import ExportMeta
from signals.workbook import CUT, LONGEST, write_workbook

MOMENT = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
META = ExportMeta("flips", "1", "abc123", MOMENT, "model-7", {"平台": "青禾宝", "起始日": None})


def made(rows: list[dict[str, object]], columns: list[str], **more: Any) -> io.BytesIO:
    target = io.BytesIO()
    write_workbook(target, rows, columns, more.pop("meta", META), **more)
    target.seek(0)
    return target


def opened(rows: list[dict[str, object]], columns: list[str], **more: Any) -> Any:
    return openpyxl.load_workbook(made(rows, columns, **more))


def told(book: Any) -> dict[str, object]:
    """The sheet 说明."""
    return {row[0].value: row[1].value for row in book["说明"].iter_rows(min_row=2)}


def test_headers_are_chinese_or_the_columns_and_stay_in_sight() -> None:
    """People choose; either way the first row is frozen."""
    rows: list[dict[str, object]] = [{"platform_name": "青禾宝", "t_star": 61.5}]
    chinese = opened(rows, ["platform_name", "t_star"])["数据"]
    plain = opened(rows, ["platform_name", "t_star"], chinese=False)["数据"]
    assert [cell.value for cell in chinese[1]] == ["平台", "T*"]
    assert [cell.value for cell in plain[1]] == ["platform_name", "t_star"]
    assert chinese.freeze_panes == plain.freeze_panes == "A2"


def test_a_screen_may_call_a_column_by_its_own_word() -> None:
    """`labels` go before the dictionary; an unknown column keeps its name, and no header stands twice."""
    sheet = opened([{"a": 1, "count": 2, "b": 3}], ["a", "count", "b"], labels={"a": "条数"})["数据"]
    assert [cell.value for cell in sheet[1]] == ["条数（a）", "条数（count）", "b"]


def test_types_of_cells() -> None:
    """Excel sorts and adds them up: numbers with their format, days and times as such, flags as flags."""
    row: dict[str, object] = {
        "day": date(2026, 2, 28),
        "as_of": MOMENT,
        "t": -3.25,
        "count": 1200,
        "demo": True,
    }
    cells = opened([row], list(row))["数据"][2]
    assert [cell.data_type for cell in cells] == ["d", "d", "n", "n", "b"]
    assert cells[0].value == datetime(2026, 2, 28)
    assert cells[1].value == datetime(2026, 3, 1, 12, 0)
    assert [cell.value for cell in cells[2:]] == [-3.25, 1200, True]
    assert [cell.number_format for cell in cells[:4]] == ["yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "0.0", "#,##0"]


def test_missing_is_an_empty_cell_and_zero_is_zero() -> None:
    """Missing is not zero."""
    row: dict[str, object] = {"t": float("nan"), "q": None, "count": 0, "reason": ""}
    assert [cell.value for cell in opened([row], list(row))["数据"][2]] == [None, None, 0, None]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
            st.sampled_from("=+-@＝＋－＠\t").flatmap(lambda sign: st.text(max_size=9).map(sign.__add__)),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_what_is_in_comes_out_and_nothing_is_a_formula(texts: list[str]) -> None:
    """Any text: not one cell is a formula or a link, and what is read back is what was written.

    But for what a cell cannot hold: control characters show as �, line ends become one kind.
    """
    rows: list[dict[str, object]] = [{"reason": text} for text in texts]
    target = made(rows, ["reason"])
    sheets = zipfile.ZipFile(target)
    assert not [name for name in sheets.namelist() if b"<f" in sheets.read(name) and "worksheets" in name]
    assert not [name for name in sheets.namelist() if "hyperlink" in sheets.read(name).decode("utf-8")]
    target.seek(0)
    read = CalamineWorkbook.from_filelike(target).get_sheet_by_name("数据").to_python(skip_empty_area=False)
    found = [row[0] for row in read[1:]]
    ends = [text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n") for text in texts]
    kept = [workbook.UNWRITABLE.sub("\ufffd", text) for text in ends]
    assert found + [""] * (len(kept) - len(found)) == kept


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "＝1", "\t=1"])
def test_what_looks_like_a_formula_bears_excels_own_quote(text: str) -> None:
    """The text is unchanged, and stays text when somebody edits the cell."""
    cell = opened([{"reason": text}], ["reason"])["数据"]["A2"]
    assert cell.data_type == "s"
    assert cell.value == text
    assert cell.quotePrefix


@given(st.floats(-1e300, 1e300), st.integers(-(10**15), 10**15))
@settings(max_examples=25, deadline=None)
def test_numbers_come_out_as_they_went_in(number: float, count: int) -> None:
    """To the sixteenth digit that a cell keeps."""
    cells = opened([{"t": number, "count": count}], ["t", "count"])["数据"][2]
    assert float(cells[0].value) == pytest.approx(number, rel=1e-15)
    assert cells[1].value == count


def test_what_excel_cannot_hold_is_cut_and_told() -> None:
    """A cell ends at 32,767 characters: never silently."""
    book = opened([{"text": "长" * (LONGEST + 1)}], ["text"])
    assert book["数据"]["A2"].value.endswith(CUT)
    assert len(book["数据"]["A2"].value) == LONGEST
    assert "1 个单元格" in str(told(book)["截断"])
    assert "截断" not in told(opened([{"text": "长" * LONGEST}], ["text"]))


def test_days_before_excels_calendar_are_text() -> None:
    """1900 had no 29 February, whatever Excel says."""
    assert opened([{"since": date(1899, 12, 31)}], ["since"])["数据"]["A2"].value == "1899-12-31"


def test_the_sheet_that_says_what_it_rests_on() -> None:
    """Versions, as-of, filters and the number of rows; what was not narrowed is not listed."""
    said = told(opened([{"t": 1.0}] * 3, ["t"]))
    assert said["行数"] == 3
    assert said["筛选：平台"] == "青禾宝"
    assert "筛选：起始日" not in said
    assert said["设置指纹 settings_hash"] == "abc123"
    assert said["模型版本 model_version"] == "model-7"
    assert said["数据截至 data_as_of"] == datetime(2026, 3, 1, 12, 0)


def test_nothing_computed_is_said() -> None:
    """Not an empty cell that people pass over."""
    said = told(opened([], ["t"], meta=ExportMeta("flips", "1", "abc", None)))
    assert said["行数"] == 0
    assert said["数据截至 data_as_of"] == "尚无计算结果"


def test_columns_are_explained_where_the_dictionary_knows_them() -> None:
    """The sheet 字段; without a known column there is none."""
    rows = list(opened([], ["t_star", "unheard_of"])["字段"].iter_rows(values_only=True))
    assert [row[0] for row in rows] == ["列", "t_star"]
    assert "字段" not in opened([], ["unheard_of"]).sheetnames


def test_more_rows_than_a_sheet_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """They go on in a second sheet with its own header."""
    monkeypatch.setattr(workbook, "MOST_ROWS", 2)
    book = opened([{"count": n} for n in range(5)], ["count"])
    assert book.sheetnames == ["数据", "数据2", "数据3", "说明", "字段"]
    assert [cell.value for cell in book["数据3"]["A"]] == ["条数", 4]


def test_a_missing_column_is_an_error() -> None:
    """A row without one of the promised columns must not become a silent hole."""
    with pytest.raises(KeyError):
        made([{"a": 1}], ["a", "b"])


def test_same_rows_same_bytes() -> None:
    """A file carries no clock of its own."""
    assert made([{"t": 1.0}], ["t"]).getvalue() == made([{"t": 1.0}], ["t"]).getvalue()
