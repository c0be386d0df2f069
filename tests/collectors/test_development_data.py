"""The real exports are read whole: every row is a document or a refusal with its reason; skipped without them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from collectors.base import UnreadableFile, load_sources
from collectors.readers.table import read_file
from signals.model import Kind
from tests.collectors.examples import NOW, documents, refusals


@pytest.mark.parametrize(
    ("file", "source_id", "mapping", "taken", "refused"),
    [
        ("heimao/export_2020-10.csv", "heimao_export", {}, 176, 11),
        ("heimao/export_2025-11.csv", "heimao_export", {}, 3, 0),
        ("csrc_cases_to_2024.csv", "csrc_cases", {}, 1152, 0),
        ("dated_texts_dev.csv", "import_documents", {"published_at": "text_date"}, 466, 0),
    ],
)
def test_a_real_export_is_read_whole(
    shared: Path, file: str, source_id: str, mapping: dict[str, Any], taken: int, refused: int
) -> None:
    """The counts are those of the file; three rows of the first are blank, eleven hold neither title nor text."""
    source = next(source for source in load_sources()[0] if source.id == source_id)
    rows = list(read_file(shared / file, source, NOW, mapping=mapping))
    assert (len(documents(rows)), len(refusals(rows))) == (taken, refused)


def test_an_export_without_dates_is_kept_undated(shared: Path) -> None:
    """Complaints without a date column name their subject and count from their import."""
    source = next(source for source in load_sources()[0] if source.id == "heimao_export")
    found = documents(list(read_file(shared / "heimao/export_2020-10.csv", source, NOW)))
    assert {document.published_at for document in found} == {None}
    assert {document.kind for document in found} == {Kind.COMPLAINT}
    assert sum(document.subject is not None for document in found) > 90


def test_labels_are_not_taken_for_content(shared: Path) -> None:
    """The column platform of the dated texts is the answer to be found, not whom a row says it is about."""
    source = next(source for source in load_sources()[0] if source.id == "import_documents")
    rows = read_file(shared / "dated_texts_dev.csv", source, NOW, mapping={"published_at": "text_date"})
    assert {document.subject for document in documents(list(rows))} == {None}


def test_a_file_without_dates_says_what_to_do(shared: Path) -> None:
    """Training texts without any date are refused as a whole, with the columns found."""
    source = next(source for source in load_sources()[0] if source.id == "import_documents")
    with pytest.raises(UnreadableFile, match="文件中的列有：id、text、entity、negative、key_entity"):
        next(read_file(shared / "finneg_dev.csv", source, NOW))
