"""Links on decided namings in development texts; skipped where the development data is absent."""

from __future__ import annotations

from pathlib import Path

from training.evaluate_linking import figures, read_decisions, read_dictionary, read_texts

PRECISION, RECALL = 0.97, 0.95


def test_decisions_hold_no_text() -> None:
    """The file holds ids, names and decisions only, enough of them."""
    decisions = read_decisions()
    assert len(decisions) >= 300
    assert all(len(one.name) <= 20 and len(one.id) <= 12 for one in decisions)


def test_precision_and_recall(shared: Path) -> None:
    """On the dictionary of 6,591 names: links are right, and few namings are missed."""
    texts, platforms = (
        read_texts(shared / "finneg_dev.csv"),
        read_dictionary(shared / "platform_dictionary.csv"),
    )
    result = figures(read_decisions(), texts, platforms)
    assert result.precision.value >= PRECISION
    assert result.recall.value >= RECALL
