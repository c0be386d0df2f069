"""Excel workbooks: the visible sheet with the wanted columns; merged cells say what their first cell says."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetVisibleEnum

from collectors.base import UnreadableFile
from collectors.readers.tables import HEADER_WITHIN, Table, Wanted, blank, by_position, find_header

MAX_UNPACKED = 500_000_000
"""Bytes: a workbook that unpacks to more is refused before it fills the memory."""
_VISIBLE = SheetVisibleEnum.Visible
Merged = list[tuple[tuple[int, int], tuple[int, int]]]


def open_workbook(path: Path, wanted: Wanted) -> Table[list[object]]:
    """Finds sheet and header. Raises UnreadableFile."""
    _check_size(path)
    try:
        book = CalamineWorkbook.from_path(path)
        sheets = [
            book.get_sheet_by_name(meta.name) for meta in book.sheets_metadata if meta.visible == _VISIBLE
        ]
    except PasswordError as error:
        raise UnreadableFile(f"{path.name}：工作簿有密码，请去掉密码后再导入") from error
    except CalamineError as error:
        raise UnreadableFile(f"{path.name}：不是完好的 Excel 工作簿（{error}），请重新导出") from error
    sheet = _choose(path.name, sheets, wanted)
    rows = _filled(sheet)
    head = list(islice(rows, HEADER_WITHIN))
    place, columns = _header(path.name, head, sheet.merged_cell_ranges or [], wanted)
    below = chain(head[place + 1 :], rows)
    numbered = ((number, cells) for number, cells in enumerate(below, place + 2) if not blank(cells))
    return Table(columns, by_position(columns), numbered)


def _check_size(path: Path) -> None:
    if path.stat().st_size == 0:
        raise UnreadableFile(f"{path.name}：文件是空的，请检查导出是否完成")
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > MAX_UNPACKED:
            raise UnreadableFile(f"{path.name}：解压后有 {size // 10**6} MB，过大；请拆分，或另存为 CSV")


def _choose(file: str, sheets: list[CalamineSheet], wanted: Wanted) -> CalamineSheet:
    """The only sheet with the wanted columns. Of several nobody can say which is meant."""
    filled = [sheet for sheet in sheets if sheet.start is not None]
    if not filled:
        raise UnreadableFile(f"{file}：工作簿里没有内容，请检查导出是否完成")
    fitting = [sheet for sheet in filled if any(not wanted.missing(_names(row)) for row in _head(sheet))]
    if len(fitting) > 1:
        names = "、".join(sheet.name for sheet in fitting)
        raise UnreadableFile(f"{file}：有多个工作表含有所需的列（{names}），请每个工作表另存为一个文件")
    return fitting[0] if fitting else filled[0]


def _head(sheet: CalamineSheet) -> list[list[object]]:
    return list(islice(_filled(sheet), HEADER_WITHIN))


def _names(cells: list[object]) -> list[str]:
    return [str(cell).strip() for cell in cells]


def _header(
    file: str, head: list[list[object]], merged: Merged, wanted: Wanted
) -> tuple[int, tuple[str, ...]]:
    """A header of two storeys, told by cells merged downwards, ends with its lower one."""
    place, columns = find_header(file, head, wanted)
    last = max((end[0] for start, end in merged if start[0] <= place <= end[0]), default=place)
    if last == place or last >= len(head):
        return place, columns
    columns = tuple(_names(head[last]))
    wanted.check(file, columns)
    return last, columns


def _filled(sheet: CalamineSheet) -> Iterator[list[object]]:
    """Every row from the sheet's first on; each cell of a merged range says what its first cell says."""
    left = sheet.start[1] if sheet.start else 0
    waiting = sorted(sheet.merged_cell_ranges or [], reverse=True)
    active: list[tuple[int, range, object]] = []
    for place, row in enumerate(sheet.iter_rows()):
        cells: list[object] = list(row)
        active = [entry for entry in active if entry[0] >= place]
        while waiting and waiting[-1][0][0] <= place:
            (_, first), (last_row, last) = waiting.pop()
            active.append((last_row, range(first - left, last - left + 1), cells[first - left]))
        for _, columns, value in active:
            for column in columns:
                cells[column] = value
        yield cells
