"""From a grid to its entries: which cells belong to one penalised party, in every layout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from collectors.penalties.grid import Cell, Grid, distinct
from collectors.penalties.labels import PARTIES, Column, is_label, meaning, nested_meaning

Entry = dict[Column, list[Cell]]
"""Column -> its cells. A merged cell is one and the same in every entry that it covers."""

_NOTHING = frozenset(("", "/", "\\", "-", "--", "—", "——", "无", "空", "不适用", "N/A"))
_CORE: frozenset[Column] = frozenset((*PARTIES, "decision_number", "violation", "content"))


@dataclass(slots=True)
class Found:
    """Entries of a table, its columns for a following table without a header, and the line above its header."""

    entries: list[Entry] = field(default_factory=list)
    columns: list[Column | None] = field(default_factory=list)
    caption: str = ""


def entries(grid: Grid, columns: Sequence[Column | None] = ()) -> Found:
    """What a grid says of penalised parties; no entries when it is no table of penalties.

    `columns` of the table before continue in a table without header of the same width that begins with a number.
    """
    found = _horizontal(grid)
    if found.columns:
        return found
    if upright := _vertical(grid):
        return Found(upright)
    continues = bool(grid and columns) and len(grid[0]) == len(columns)
    if continues and columns[0] == "serial" and grid[0][0].text.isdigit():
        return Found([entry for row in grid if (entry := _entry(row, columns))], list(columns))
    return Found()


def filled(cells: Sequence[Cell]) -> list[Cell]:
    """The cells that say something; a dash or 无 does not."""
    return [cell for cell in cells if len(cell.text) > 9 or "".join(cell.text.split()) not in _NOTHING]


def _horizontal(grid: Grid) -> Found:
    found = Found()
    place = 0
    while place < len(grid):
        if _is_header(grid[place]):
            height = _header_height(grid, place)
            found.columns = _columns(grid[place : place + height])
            place += height
            continue
        row = grid[place]
        if not found.columns:
            cells = list(distinct(row))
            found.caption += cells[0].text if len(cells) == 1 else ""
        elif entry := _entry(row, found.columns):
            found.entries.append(entry)
        place += 1
    return found


def _is_header(row: Sequence[Cell]) -> bool:
    """Mostly labels, of which two belong to the core; names for parts of the party are one."""
    cells = {cell for cell in row if cell.text}
    meanings = [column for cell in cells if (column := meaning(cell.text))]
    core = {"party" if column in PARTIES else column for column in meanings if column in _CORE}
    if len(cells) == 2:
        return core == {"party", "content"}
    return len(core) >= 2 and len(meanings) >= 0.6 * len(cells)


def _header_height(grid: Grid, top: int) -> int:
    """Rows of a header: a second level shares the cells that reach down from the first, and adds only labels."""
    height = 1
    above = set(grid[top])
    while top + height < len(grid):
        row = grid[top + height]
        added = [cell for cell in distinct(row) if cell not in above and cell.text]
        if not added or all(cell not in above for cell in row) or not all(is_label(c.text) for c in added):
            break
        above |= set(row)
        height += 1
    return height


def _columns(header: Grid) -> list[Column | None]:
    width = max(len(row) for row in header)
    found: list[Column | None] = []
    for place in range(width):
        labels = [cell.text for cell in distinct([row[place] for row in header if place < len(row)])]
        found.append(nested_meaning([label for label in labels if label] or [""]))
    return found


def _entry(row: Sequence[Cell], columns: Sequence[Column | None]) -> Entry:
    """The cells of one row by column; nothing for a note across the table, an empty row or one of labels."""
    cells = [cell for cell in distinct(row) if cell.text]
    if len(list(distinct(row))) < 2 or all(is_label(cell.text) for cell in cells):
        return {}
    entry: Entry = {}
    for column, cell in zip(columns, row, strict=False):
        if column and cell not in entry.setdefault(column, []):
            entry[column].append(cell)
    return entry if any(filled(entry.get(column, [])) for column in _CORE) else {}


def _vertical(grid: Grid) -> list[Entry]:
    """Label and value side by side, labels nested or in pairs; several values are several parties."""
    blocks: list[list[Entry]] = [[]]
    for row in grid:
        for column, values in _pairs(list(distinct(row))):
            block = blocks[-1]
            if block and column in block[0] and filled(block[0][column]) and column in _CORE:
                blocks.append(block := [])
            while len(block) < len(values):
                block.append({key: list(cells) for key, cells in block[0].items()} if block else {})
            for place, entry in enumerate(block):
                entry.setdefault(column, []).append(values[min(place, len(values) - 1)])
    return [entry for block in blocks for entry in block if _is_complete(entry)]


def _pairs(cells: Sequence[Cell]) -> list[tuple[Column, list[Cell]]]:
    """(label, values) of a row: 文号 | 1号 | 机关 | 某局 has two, 当事人 | 姓名 | 张某 one."""
    found: list[tuple[Column, list[Cell]]] = []
    path: list[str] = []
    values: list[Cell] = []
    for place, cell in enumerate(cells):
        if place < len(cells) - 1 and is_label(cell.text):
            if values:
                path, values = [], []
            path.append(cell.text)
        elif path:
            if not values and (column := nested_meaning(path)):
                found.append((column, values))
            values.append(cell)
    return found


def _is_complete(entry: Entry) -> bool:
    return any(filled(entry.get(column, [])) for column in PARTIES) and len(_CORE & entry.keys()) >= 2
