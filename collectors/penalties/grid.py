"""HTML tables, or tabbed text, to rows in which a merged cell stands in every place it covers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from lxml import etree  # type: ignore[import-untyped] # ships no types
from parsel import Selector

MAX_COLUMNS = 64
MAX_PLACES = 100_000
"""Places of one table; its further rows are not read. No table of penalties comes near."""
MAX_DEPTH = 8
"""Tables within tables; what lies deeper is text of the cell around it."""
MAX_LINES = 20_000
"""Lines of a page's text; what follows is not read."""

_BREAKS = {"address", "blockquote", "br", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "hr"}
_BREAKS |= {"li", "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul"}
_HIDDEN = {"script", "style", "noscript", "template", "head", "svg"}
_COUNT = re.compile(r"\s*(\d+)")
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n[ \n]*")


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One cell; cells are told apart by identity, for a merged one stands in several places of a grid."""

    text: str


Grid = list[list[Cell]]


@dataclass(slots=True)
class Table:
    """A table as written: cells with the columns and rows they span, and the tables inside them."""

    rows: list[list[tuple[Cell, int, int]]] = field(default_factory=list)
    inner: list[Table] = field(default_factory=list)

    def grid(self) -> Grid:
        """Rows of equal meaning: every place holds the cell that covers it. Rows may differ in length."""
        grid: Grid = []
        places = 0
        pending: dict[int, tuple[Cell, int]] = {}
        for written in self.rows:
            row, pending = _placed(written, pending)
            places += len(row) + 1
            if places > MAX_PLACES:
                break
            grid.append(row)
        return grid


def _placed(
    written: list[tuple[Cell, int, int]], pending: dict[int, tuple[Cell, int]]
) -> tuple[list[Cell], dict[int, tuple[Cell, int]]]:
    """One row with the cells that reach down into it, and those that reach further."""
    row: list[Cell] = []
    following: dict[int, tuple[Cell, int]] = {}
    cells = iter(written)
    while len(row) < MAX_COLUMNS:
        if len(row) in pending:
            cell, left = pending[len(row)]
            columns = 1
        else:
            found = next(cells, None)
            if found is None:
                if not any(place > len(row) for place in pending):
                    break
                found = (Cell(""), 1, 1)
            cell, columns, left = found
        for _ in range(min(columns, MAX_COLUMNS - len(row))):
            if left > 1:
                following[len(row)] = (cell, left - 1)
            row.append(cell)
    return row, following


def tables(markup: str) -> list[Table]:
    """The outermost tables of a page, in order. Rows outside any table count as one table."""
    text = markup.replace("\0", "").encode("utf-8", "replace").decode()
    if not text.strip():
        return []
    root = Selector(text=f"<body>{text}</body>", type="html").root
    outer = _Walk().over(root)
    return [outer, *outer.inner] if outer.rows else outer.inner


@dataclass(slots=True)
class _Open:
    """A table being read; `element` is the open cell."""

    table: Table
    element: etree._Element | None = None
    pieces: list[str] = field(default_factory=list)
    columns: int = 1
    rows: int = 1


class _Walk:
    """One pass over a page without recursion, since markup may nest without end."""

    def __init__(self) -> None:
        self._open = [_Open(Table())]
        self._elements: list[etree._Element | None] = [None]
        self._too_deep = 0

    def over(self, root: etree._Element) -> Table:
        hidden = 0
        for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
            tag = element.tag if isinstance(element.tag, str) else ""
            if event == "start":
                hidden += tag in _HIDDEN
                self._enter(element, tag)
                self._say(None if hidden else element.text)
                continue
            if event == "end":
                self._leave(element, tag)
                hidden -= tag in _HIDDEN
            self._say(None if hidden else element.tail)
        return self._open[0].table

    def _say(self, text: str | None) -> None:
        here = self._open[-1]
        if text and here.element is not None:
            here.pieces.append(text.replace("\r", " ").replace("\n", " "))

    def _break(self) -> None:
        if self._open[-1].element is not None:
            self._open[-1].pieces.append("\n")

    def _enter(self, element: etree._Element, tag: str) -> None:
        if tag in _BREAKS:
            self._break()
        if tag == "table" and len(self._open) <= MAX_DEPTH:
            self._open.append(_Open(Table()))
            self._elements.append(element)
        elif tag == "table":
            self._too_deep += 1
        elif self._too_deep:
            return
        elif tag == "tr":
            self._close_cell()
            self._open[-1].table.rows.append([])
        elif tag in ("td", "th"):
            self._close_cell()
            here = self._open[-1]
            here.element = element
            here.columns, here.rows = _span(element, "colspan"), _span(element, "rowspan")

    def _leave(self, element: etree._Element, tag: str) -> None:
        if element is self._open[-1].element:
            self._close_cell()
        elif tag == "table" and element is self._elements[-1]:
            self._close_cell()
            self._elements.pop()
            table = self._open.pop().table
            self._open[-1].table.inner.append(table)
        elif tag == "table":
            self._too_deep -= 1
        if tag in _BREAKS:
            self._break()

    def _close_cell(self) -> None:
        """The text of a finished cell is also text of the cell around its table."""
        here = self._open[-1]
        if here.element is None:
            return
        text = _tidy("".join(here.pieces))
        if not here.table.rows:
            here.table.rows.append([])
        here.table.rows[-1].append((Cell(text), here.columns, here.rows))
        here.element, here.pieces = None, []
        around = self._open[-2] if len(self._open) > 1 else None
        if around is not None and around.element is not None:
            around.pieces += [text, "\n"]


def _span(element: etree._Element, name: str) -> int:
    """At least 1; a span of 0 rows reaches to the end, as in browsers. Nobody means a span of ten digits."""
    written = _COUNT.match(element.get(name) or "")
    count = int(written[1][:6]) if written else 1
    return count or (MAX_PLACES if name == "rowspan" else 1)


def _tidy(text: str) -> str:
    return _LINES.sub("\n", _SPACES.sub(" ", text)).strip()


def text_grid(text: str) -> Grid:
    """Lines of cells parted by tabs, or of `label：value`; a line without either continues the cell before it."""
    grid: Grid = []
    parted = _by_tab if "\t" in text else _by_colon
    for line in text.replace("\r\n", "\n").split("\n", MAX_LINES)[:MAX_LINES]:
        cells = parted(line)
        if len(cells) > 1:
            grid.append([Cell(_tidy(cell)) for cell in cells[:MAX_COLUMNS]])
        elif grid and line.strip():
            *before, last = grid[-1]
            grid[-1] = [*before, Cell(f"{last.text}\n{_tidy(line)}".strip())]
    return grid


def _by_tab(line: str) -> list[str]:
    return line.split("\t")


def _by_colon(line: str) -> list[str]:
    label, colon, value = line.replace("：", ":", 1).partition(":")
    return [label, value] if colon and 2 <= len(label.strip()) <= 24 else [line]


def distinct(row: Sequence[Cell]) -> Iterator[Cell]:
    """The cells of a row, each once, in order."""
    before = None
    for cell in row:
        if cell is not before:
            yield cell
        before = cell
