"""The comparison column: a sample drawn by id alone, filled beside the analysis, never in its way."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from db.read import StoredDocument
from pipeline.stages.comparison import MOST, ONE_IN, in_sample, snownlp_sample
from signals.model import Document, Kind

ROOT = Path(__file__).parents[2]


def stored(number: int, text: str) -> StoredDocument:
    document = Document(source_id="s", kind=Kind.SOCIAL, title="", text=text)
    return StoredDocument(number, 0, document, datetime(2026, 1, 1, tzinfo=UTC), date(2026, 1, 1))


def sampled(count: int) -> list[int]:
    return [number for number in range(1, 10_000) if in_sample(number)][:count]


def test_about_one_document_in_fifty_is_in_the_sample() -> None:
    """By its number alone: the same document is in it at every re-reading."""
    hits = sum(in_sample(number) for number in range(1, 100_001))
    assert abs(hits - 100_000 / ONE_IN) < 200


def test_a_batch_costs_no_more_than_a_few_texts() -> None:
    """However many documents of a batch are in the sample, the first MOST are judged."""
    found = snownlp_sample([stored(number, "服务很好，非常满意") for number in sampled(MOST + 3)])
    assert list(found) == sampled(MOST)
    assert all(0 <= value <= 1 for value in found.values())


def test_nothing_to_read_is_not_computed() -> None:
    """Empty is NULL in the database, not neutral."""
    assert snownlp_sample([stored(sampled(1)[0], "  ")]) == {}


def test_outside_the_sample_snownlp_is_not_even_loaded() -> None:
    """Its 400 MB and seconds are paid at the first sampled document."""
    code = (
        "import sys, tests.pipeline.test_comparison as t\n"
        "other = next(n for n in range(1, 99) if not t.in_sample(n))\n"
        "print(t.snownlp_sample([t.stored(other, '好')]), 'snownlp' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "{} False"
