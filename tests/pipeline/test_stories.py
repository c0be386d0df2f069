"""Stories end to end: forty sites with one text are one story with forty publishers, look-alikes are their own."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from bench.articles import DIFFERENT, EDITS, article
from db import read
from pipeline.commands.stages import carry
from pipeline.prepare import Workplace
from pipeline.progress import silent
from pipeline.stages.collect import import_file
from tests.pipeline.conftest import NOW, PLATFORM, Rows

Table = Callable[[Rows], Path]
DAY = date(2026, 3, 8)


def item(number: int, text: str, kind: str = "news") -> Mapping[str, str]:
    return {
        "id": str(number),
        "title": "",
        "text": text,
        "published_at": DAY.isoformat(),
        "first_seen_at": DAY.isoformat(),
        "kind": kind,
        "publisher": f"示例{number}网",
    }


def stories(workplace: Workplace, path: Path) -> list[dict[str, Any]]:
    """Import, analyse, and every stored document in the order of the file."""
    source = workplace.source("import_documents")
    assert source is not None
    import_file(workplace, source, path, now=NOW)
    carry(workplace, NOW, silent)
    with workplace.database.reading() as session:
        return sorted(read.rows(session, "documents"), key=lambda row: int(row["external_id"]))


def test_forty_sites_with_edits_are_one_story(workplace: Workplace, table: Table) -> None:
    """Wrapped, cut, retouched: one story, forty publishers and the original's."""
    rng = random.Random(8)
    original = article(rng, PLATFORM.name, sentences=8)
    texts = [original] + [rng.choice(list(EDITS.values()))(original, rng) for _ in range(40)]
    found = stories(workplace, table([item(n, text) for n, text in enumerate(texts)]))
    assert len({row["story_id"] for row in found}) == 1
    assert {row["story_publishers"] for row in found} == {41}


def test_copies_that_come_later_join_through_the_store(workplace: Workplace, table: Table) -> None:
    """The second half arrives in another file: candidates come from the database, not from the batch."""
    rng = random.Random(9)
    original = article(rng, PLATFORM.name, sentences=8)
    first = [item(n, EDITS["prefix added"](original, rng)) for n in range(5)]
    later = [item(n, EDITS["cut and wrapped"](original, rng)) for n in range(5, 10)]
    stories(workplace, table(first))
    assert len({row["story_id"] for row in stories(workplace, table(later))}) == 1


def test_different_articles_on_one_subject_stay_apart(workplace: Workplace, table: Table) -> None:
    """Thirty reports on one platform and thirty notices of one form: sixty stories."""
    rng = random.Random(10)
    texts = DIFFERENT["one platform"](rng, 30) + DIFFERENT["one notice, many companies"](rng, 30)
    found = stories(workplace, table([item(n, text) for n, text in enumerate(texts)]))
    assert len({row["story_id"] for row in found}) == len(texts)
