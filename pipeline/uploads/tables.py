"""An uploaded table of named fields (indicators, failure lists), whatever its format: which column is which field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path

from collectors.base import UnreadableFile
from collectors.columns import Mapping as MappingConfig
from collectors.readers.table import open_table
from collectors.readers.tables import RowFault, Table, Wanted, normal
from collectors.rules import as_text

Told = tuple[int, Mapping[str, str] | str]
"""Row number, and its cells by field, or what is wrong with the row."""


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a row says: its id, its word on screen, the names its column is known by."""

    id: str
    word: str
    names: tuple[str, ...]
    required: bool = True


@dataclass(frozen=True, slots=True)
class Wishes(Wanted):
    """A header must have a column for every required field."""

    fields: Sequence[Field] = ()
    chosen: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def all_of(cls, fields: Sequence[Field], chosen: Mapping[str, str]) -> Wishes:
        """`chosen`: field -> column, as a person mapped them; "" = none."""
        return cls(MappingConfig(), (), fields, chosen)

    def missing(self, columns: Sequence[str]) -> list[tuple[str, ...]]:
        """The required fields without a column."""
        found = columns_by_field(self.fields, self.chosen, columns)
        return [(each.id,) for each in self.fields if each.required and each.id not in found]

    def check(self, file: str, columns: Sequence[str]) -> None:
        """Raises UnreadableFile naming fields without a column, and columns that stand there twice."""
        lacking = {name for (name,) in self.missing(columns)}
        if lacking:
            there = "、".join(column for column in columns if column) or "（无）"
            words = "、".join(each.word for each in self.fields if each.id in lacking)
            raise UnreadableFile(
                f"{file}：没有认出这些列：{words}。文件中的列有：{there}。请在下方指定各列的对应关系"
            )
        used = columns_by_field(self.fields, self.chosen, columns).values()
        names = [normal(column) for column in columns]
        if twice := [column for column in used if names.count(normal(column)) > 1]:
            raise UnreadableFile(f"{file}：列“{twice[0]}”出现了不止一次，请让每列有自己的名称")


def columns_by_field(
    fields: Sequence[Field], chosen: Mapping[str, str], columns: Sequence[str]
) -> dict[str, str]:
    """Field -> the column that feeds it; fields without one are left out."""
    there = {normal(column): column for column in columns if column}
    found: dict[str, str] = {}
    for each in fields:
        names = (chosen[each.id],) if each.id in chosen else each.names
        known = next((there[normal(name)] for name in names if name and normal(name) in there), None)
        if known is not None:
            found[each.id] = known
    return found


def open_fields(path: Path, fields: Sequence[Field], chosen: Mapping[str, str]) -> Table[list[object]]:
    """The table, whose header has all required fields. Raises UnreadableFile."""
    return open_table(path, Wishes.all_of(fields, chosen))


def told_rows(path: Path, fields: Sequence[Field], chosen: Mapping[str, str]) -> Iterator[Told]:
    """Every row by field; a field without a column is "". Raises UnreadableFile."""
    table = open_fields(path, fields, chosen)
    columns = columns_by_field(fields, chosen, table.columns)
    getters = {name: getter for name, column in columns.items() if (getter := table.resolve(column))}
    for number, item in table.rows:
        if isinstance(item, RowFault):
            yield number, item.reason
        else:
            yield (
                number,
                {each.id: _text(getters[each.id](item)) if each.id in getters else "" for each in fields},
            )


def _text(value: object) -> str:
    """A cell as text; a workbook's date is a date, not a midnight."""
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    return as_text(value).strip()
