"""Columns of the negativity model against a plain count of the same thing."""

from __future__ import annotations

import numpy as np

from signals import columns, ngrams, targets
from signals.columns import Linear


def test_the_margin_counts_every_ngram_of_a_text_once() -> None:
    """The mean weight of the distinct n-grams times the root of their number; an empty text has the intercept."""
    weights = np.random.default_rng(3).normal(size=ngrams.BUCKETS).astype(np.float16).astype(np.float32)
    texts = ["", "岚桥优贷跑路跑路跑路", "a", "岚桥优贷", ""]
    rows = targets.rows(texts, [[] for _ in texts])
    expected = []
    for text in texts:
        codes = np.array([ord(character) for character in text], np.uint32)
        grams = {int(one) for order in range(1, 5) for one in ngrams.hashes(codes, order)} - {0}
        total = sum(float(weights[gram]) for gram in grams)
        expected.append(0.5 + (total / len(grams) ** 0.5 if grams else 0.0))
    np.testing.assert_allclose(columns.document_margin(rows, Linear(weights, 0.5)), expected, rtol=1e-12)
