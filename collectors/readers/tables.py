"""What the file formats have in common: columns, rows, and whether a header has what a source needs."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from collectors.base import UnreadableFile
from collectors.columns import Mapping as MappingConfig
from collectors.columns import Rule
from collectors.config import SourceConfig
from collectors.mapping import NAMES
from collectors.rules import Getter

T = TypeVar("T")
HEADER_WITHIN = 10
"""A header stands within the first so many rows; titles may stand above it."""


@dataclass(frozen=True, slots=True)
class RowFault:
    """A row whose cells cannot be told."""

    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Table(Generic[T]):
    """An opened file: numbered rows below the header, and how a column is taken from one."""

    columns: tuple[str, ...]
    resolve: Callable[[str], Getter[T] | None]
    rows: Iterator[tuple[int, T | RowFault]]
    encoding: str | None = None
    damaged: bool = False


def normal(column: str) -> str:
    """Column names are compared without width, case, spaces and invisible characters."""
    text = unicodedata.normalize("NFKC", column).casefold()
    return "".join(c for c in text if not c.isspace() and unicodedata.category(c) != "Cf")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a header must have: a text, a date unless undated rows are kept, and what was asked for."""

    mapping: MappingConfig
    targets: tuple[tuple[str, ...], ...]
    """Of each group at least one target must be found."""

    @classmethod
    def of(cls, source: SourceConfig, mapping: MappingConfig, asked: Sequence[str] = ()) -> Wanted:
        """`asked` are the targets that a person mapped by hand: a typo there must not pass silently."""
        groups: list[tuple[str, ...]] = [("text", "title")]
        if source.undated == "refuse":
            groups.append(("published_at", "first_seen_at"))
        groups += [(name,) for name in (*source.required, *asked)]
        return cls(mapping, tuple(dict.fromkeys(groups)))

    def missing(self, columns: Sequence[str]) -> list[tuple[str, ...]]:
        """The groups for which the header has no column."""
        have = {normal(column) for column in columns}
        rules = self.mapping.rules()
        return [
            group
            for group in self.targets
            if not any(name in rules and _present(rules[name], have) for name in group)
        ]

    def check(self, file: str, columns: Sequence[str]) -> None:
        """Raises UnreadableFile naming the missing columns, those found, and how to map."""
        if lacking := self.missing(columns):
            found = "、".join(column for column in columns if column) or "（无）"
            says = "；".join(self._says(group) for group in lacking)
            raise UnreadableFile(
                f"{file}：缺少必需的列：{says}。文件中的列有：{found}。"
                f"请改列名，或指定列映射，例如 --map {lacking[0][0]}=文件中的列名"
            )
        self._check_unique(file, columns)

    def _says(self, group: tuple[str, ...]) -> str:
        rules = self.mapping.rules()
        names = [column for name in group if name in rules for column in rules[name].columns()]
        shown = "、".join(names[:8]) + ("…" if len(names) > 8 else "")
        words = "或".join(NAMES[name] for name in group)
        return f"{words}（{'、'.join(group)}；认得的列名：{shown or '未映射'}）"

    def _check_unique(self, file: str, columns: Sequence[str]) -> None:
        names = [normal(column) for column in columns if column]
        twice = {name for name in names if names.count(name) > 1}
        used = {normal(column) for rule in self.mapping.rules().values() for column in rule.columns()}
        if clash := sorted(twice & used):
            raise UnreadableFile(
                f"{file}：表头「{clash[0]}」出现了不止一次（合并的表头？），请让每列有自己的名称"
            )


def _present(rule: Rule, have: set[str]) -> bool:
    return rule.const is not None or any(normal(column) in have for column in rule.columns())


def blank(cells: Sequence[object]) -> bool:
    """Whether a row holds nothing: it is no record and not counted, however many a sheet ends with."""
    return not any(cell.strip() if isinstance(cell, str) else cell is not None for cell in cells)


def by_position(columns: Sequence[str]) -> Callable[[str], Getter[list[object]] | None]:
    """Resolver for rows that are lists of cells in the order of `columns`."""
    places: Mapping[str, int] = {normal(name): i for i, name in reversed(list(enumerate(columns))) if name}

    def resolve(column: str) -> Getter[list[object]] | None:
        place = places.get(normal(column))
        return None if place is None else lambda cells: cells[place]

    return resolve


def find_header(
    file: str, head: Sequence[Sequence[object] | RowFault], wanted: Wanted
) -> tuple[int, tuple[str, ...]]:
    """Place and names of the first row that has the wanted columns; titles may stand above it.

    Raises: UnreadableFile, about the first row with text, when none has.
    """
    rows = [(place, cells) for place, cells in enumerate(head) if not isinstance(cells, RowFault)]
    names = [
        (place, tuple("" if cell is None else str(cell).strip() for cell in cells)) for place, cells in rows
    ]
    filled = [(place, columns) for place, columns in names if any(columns)]
    if not filled:
        raise UnreadableFile(f"{file}：没有表头；第一行应为各列的名称")
    place, columns = next((found for found in filled if not wanted.missing(found[1])), filled[0])
    wanted.check(file, columns)
    return place, columns
