"""The data dictionary: complete, in both languages, and the same in code and in docs."""

from __future__ import annotations

from pathlib import Path

import pytest

from db.read import COLUMNS
from signals.dictionary import TABLES, Type, field, headers, markdown
from signals.export import STAMP

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize("table", COLUMNS)
def test_every_exported_column_is_explained(table: str) -> None:
    """A column without words would be a riddle to whoever opens the file."""
    assert table in TABLES
    assert [column for column in COLUMNS[table] if field(table, column) is None] == []


@pytest.mark.parametrize("table", COLUMNS)
def test_no_two_headers_of_a_table_are_alike(table: str) -> None:
    """Excel's filters and pivots go by the header."""
    found = headers(table, COLUMNS[table])
    assert len(set(found)) == len(found)


def test_what_ends_every_row_is_explained_too() -> None:
    """The stamp of a CSV."""
    assert all(field("flips", column) for column in STAMP)


def test_a_tables_own_meaning_goes_first() -> None:
    """`value` of an indicator is in its own unit, of an index in points."""
    assert field("index_values", "value").unit == "points"  # type: ignore[union-attr] # it is there
    assert field("indicators", "value").unit == "kept"  # type: ignore[union-attr] # it is there
    assert field("flips", "unheard_of") is None


def test_types_have_words() -> None:
    """For the sheet 字段."""
    assert all(kind.word for kind in Type)


def test_the_document_is_what_the_code_says() -> None:
    """docs/data-dictionary.md is made by `python -m pipeline data-dictionary docs/data-dictionary.md`."""
    tables = {name: COLUMNS[name] for name in TABLES if name in COLUMNS}
    assert (ROOT / "docs" / "data-dictionary.md").read_text("utf-8") == markdown(tables)


def test_a_column_without_words_stops_the_document() -> None:
    """Rather than being left out of it."""
    with pytest.raises(KeyError, match=r"flips\.unheard_of"):
        markdown({"flips": ("unheard_of",)})
