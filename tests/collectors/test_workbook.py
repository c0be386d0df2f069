"""Excel workbooks: real cell types, merged cells, several sheets, and what is no workbook."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from collectors.base import UnreadableFile
from collectors.readers import workbook
from collectors.rules import as_text
from signals.model import SHANGHAI
from tests.collectors.examples import documents, read, refusals, texts

HEAD = ["编号", "标题", "内容", "日期"]


def book(folder: Path, fill: Callable[[Worksheet], None], name: str = "投诉.xlsx") -> Path:
    """A workbook whose first sheet is filled by a test."""
    file = Workbook()
    sheet = file.active
    assert isinstance(sheet, Worksheet)
    fill(sheet)
    file.save(folder / name)
    return folder / name


def test_cells_keep_their_meaning(tmp_path: Path) -> None:
    """Numbers are ids without `.0`, dates are dates, and rows are numbered as the sheet numbers them."""

    def fill(sheet: Worksheet) -> None:
        sheet.append(HEAD)
        sheet.append([17351050542, "甲", "三日未到账", datetime(2026, 11, 18, 9, 30)])
        sheet.append([])
        sheet.append(["A-2", "乙", "逾期", date(2026, 11, 19)])

    rows = read(book(tmp_path, fill))
    first, second = documents(rows)
    assert [row.number for row in rows] == [2, 4]
    assert (first.external_id, second.external_id) == ("17351050542", "A-2")
    assert first.published_at == datetime(2026, 11, 18, 9, 30, tzinfo=SHANGHAI)
    assert second.published_at == datetime(2026, 11, 19, tzinfo=SHANGHAI)


def test_cells_merged_downwards_hold_for_every_row(tmp_path: Path) -> None:
    """A penalty table merges the authority over its parties: each party's row says it."""

    def fill(sheet: Worksheet) -> None:
        sheet.append([*HEAD, "机关"])
        for number in (1, 2, 3):
            sheet.append(
                [number, f"当事人{number}", "罚款", date(2026, 11, 18), "示例分局" if number == 1 else None]
            )
        sheet.merge_cells("E2:E4")
        sheet.merge_cells("D2:D4")

    rows = read(book(tmp_path, fill), mapping={"publisher": "机关"})
    assert refusals(rows) == []
    assert [document.publisher for document in documents(rows)] == ["示例分局"] * 3


def test_a_merged_title_may_stand_above_the_header(tmp_path: Path) -> None:
    """The header is looked for below it, and the table may begin anywhere on the sheet."""

    def fill(sheet: Worksheet) -> None:
        sheet["C3"] = "2026年11月投诉明细"
        sheet.merge_cells("C3:F3")
        for column, name in zip("CDEF", HEAD, strict=True):
            sheet[f"{column}4"] = name
        for column, value in zip("CDEF", (1, "甲", "乙", date(2026, 11, 18)), strict=True):
            sheet[f"{column}5"] = value

    rows = read(book(tmp_path, fill))
    assert texts(rows) == ["乙"]
    assert rows[0].number == 5


def test_a_header_of_two_storeys_is_read_by_its_lower_one(tmp_path: Path) -> None:
    """Columns merged over both rows keep their name, grouped ones have that of the second row."""

    def fill(sheet: Worksheet) -> None:
        sheet.append(["编号", "投诉", None, "日期"])
        sheet.append([None, "标题", "内容", None])
        for area in ("A1:A2", "B1:C1", "D1:D2"):
            sheet.merge_cells(area)
        sheet.append([1, "甲", "乙", date(2026, 11, 18)])

    [document] = documents(read(book(tmp_path, fill), mapping={"title": ["标题"]}))
    assert (document.external_id, document.title, document.text) == ("1", "甲", "乙")


def test_a_header_merged_sideways_is_refused(tmp_path: Path) -> None:
    """Two columns of one name: which holds the date cannot be told."""

    def fill(sheet: Worksheet) -> None:
        sheet.append(["标题", "内容", "日期", None])
        sheet.merge_cells("C1:D1")
        sheet.append(["甲", "乙", date(2026, 11, 18), date(2026, 11, 19)])

    with pytest.raises(
        UnreadableFile, match="表头「日期」出现了不止一次（合并的表头？），请让每列有自己的名称"
    ):
        read(book(tmp_path, fill))


def test_the_sheet_with_the_columns_is_found(tmp_path: Path) -> None:
    """A cover sheet and hidden sheets are passed over."""
    file = Workbook()
    cover = file.active
    assert isinstance(cover, Worksheet)
    cover["A1"] = "填表说明"
    hidden, wanted = file.create_sheet("旧"), file.create_sheet("明细")
    hidden.sheet_state = "hidden"
    for sheet in (hidden, wanted):
        sheet.append(HEAD)
        sheet.append([1, "甲", sheet.title, date(2026, 11, 18)])
    file.save(tmp_path / "投诉.xlsx")
    assert texts(read(tmp_path / "投诉.xlsx")) == ["明细"]


def test_two_sheets_with_the_columns_are_refused(tmp_path: Path) -> None:
    """Reading one silently would lose the other."""
    file = Workbook()
    for name in ("十月", "十一月"):
        file.create_sheet(name).append(HEAD)
    file.save(tmp_path / "投诉.xlsx")
    with pytest.raises(UnreadableFile, match="有多个工作表含有所需的列（十月、十一月）"):
        read(tmp_path / "投诉.xlsx")


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    """The same message as for CSV, with the columns found."""
    with pytest.raises(UnreadableFile, match="文件中的列有：编号、标题。"):
        read(book(tmp_path, lambda sheet: sheet.append(["编号", "标题"])))


def test_an_empty_workbook_is_told(tmp_path: Path) -> None:
    """Sheets without any cell hold nothing."""
    with pytest.raises(UnreadableFile, match=r"投诉\.xlsx：工作簿里没有内容"):
        read(book(tmp_path, lambda sheet: None))


def test_an_id_of_more_than_fifteen_digits_is_refused(tmp_path: Path) -> None:
    """A spreadsheet keeps fifteen; the rest is invented."""

    def fill(sheet: Worksheet) -> None:
        sheet.append(HEAD)
        sheet.append([123456789012345678, "甲", "乙", date(2026, 11, 18)])

    [refusal] = refusals(read(book(tmp_path, fill)))
    assert (refusal.row, refusal.field) == (2, "编号")
    assert refusal.reason.startswith("编号超过 15 位")


@pytest.mark.parametrize("content", [b"not a workbook at all", b"PK\x03\x04 cut off", "编号,标题\n".encode()])
def test_what_is_no_workbook_is_told(tmp_path: Path, content: bytes) -> None:
    """A broken or misnamed file gives one message, not a traceback."""
    path = tmp_path / "投诉.xlsx"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=r"投诉\.xlsx：不是完好的 Excel 工作簿"):
        read(path)


def test_an_empty_file_is_told(tmp_path: Path) -> None:
    """Zero bytes are no workbook."""
    path = tmp_path / "投诉.xlsx"
    path.touch()
    with pytest.raises(UnreadableFile, match=r"投诉\.xlsx：文件是空的"):
        read(path)


def test_a_workbook_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A zip bomb is told by the sizes it declares, before anything is unpacked."""
    monkeypatch.setattr(workbook, "MAX_UNPACKED", 1_000_000)
    path = tmp_path / "投诉.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 5_000_000)
    with pytest.raises(UnreadableFile, match=r"投诉\.xlsx：解压后有 5 MB，过大"):
        read(path)


@pytest.mark.parametrize(
    ("cell", "text"), [(3.0, "3"), (3.5, "3.5"), (None, ""), (" 甲 ", "甲"), (["", "乙"], "乙")]
)
def test_cells_become_text(cell: object, text: str) -> None:
    """Numbers without a tail, nothing as nothing, lists by their first entry."""
    assert as_text(cell) == text
