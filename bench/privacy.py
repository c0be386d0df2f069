"""Masking on constructed texts: recall and false masking by class, and what it costs.

Goals: recall ≥ 99 % of structured numbers and ≥ 95 % of the rest, false masking ≤ .1 %, ≤ 15 µs for a text of 200
characters with nothing in it.
"""

from __future__ import annotations

import os
import random
import time

from bench.personal import INNOCENT, PRIVATE, STRUCTURED, WORDS, Make, context, hides
from signals.privacy import mask

TRIALS = int(os.environ.get("BENCH_ITEMS", "2000"))


def recall(kind: str, make: Make, rng: random.Random, trials: int) -> tuple[float, list[str]]:
    """Share of items that are masked in their context, 0..1, and the texts of those that are not."""
    missed = []
    for _ in range(trials):
        item = make(rng)
        text, start = context(rng, item)
        if not hides(kind, item, mask(text)[start : start + len(item)]):
            missed.append(text)
    return 1 - len(missed) / trials, missed


def false_masking(make: Make, rng: random.Random, trials: int) -> tuple[float, list[str]]:
    """Share of texts without anything personal that are changed, 0..1, and what they became."""
    texts = (context(rng, make(rng))[0] for _ in range(trials))
    changed = [masked for text in texts if (masked := mask(text)) != text]
    return len(changed) / trials, changed


def microseconds(text: str, times: int = 5000) -> float:
    """The best of five averages."""
    best = float("inf")
    for _ in range(5):
        begin = time.perf_counter()
        for _ in range(times):
            mask(text)
        best = min(best, (time.perf_counter() - begin) / times)
    return best * 1e6


def run() -> None:
    """One line per class."""
    rng = random.Random(7)
    for kind, make in PRIVATE.items():
        share, missed = recall(kind, make, rng, TRIALS)
        goal = 0.99 if kind in STRUCTURED else 0.95
        print(f"{kind:24} recall {share:8.2%} of {TRIALS} (goal ≥ {goal:.0%}) {missed[:1] or ''}")
    for kind, make in INNOCENT.items():
        share, changed = false_masking(make, rng, TRIALS)
        print(f"{kind:24} falsely masked {share:8.3%} of {TRIALS} (goal ≤ .1 %) {changed[:1] or ''}")
    plain = "，".join((WORDS * 3)[:16])[:200]
    dated = plain[:150] + "。2018年7月16日，京银罚决字〔2018〕12号，罚款500000元，共计3项违法事实。"
    print(f"plain text of {len(plain)} characters {microseconds(plain):6.1f} µs (goal ≤ 15)")
    print(f"with date and amount, {len(dated)}     {microseconds(dated):6.1f} µs")
