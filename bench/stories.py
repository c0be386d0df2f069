"""Copies found and different articles merged, on constructed edits; with 95 % intervals (Wilson).

Goals: recall ≥ 95 % of the copies of every edit, ≤ .1 % of the pairs of different articles merged.
"""

from __future__ import annotations

import os
import random
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import sqrt

from bench.articles import DIFFERENT, EDITS, Edit, article
from signals.stories import band_keys, same_story

COPIES = int(os.environ.get("BENCH_COPIES", "1000"))
GROUP = 60
GROUPS = int(os.environ.get("BENCH_GROUPS", "6"))


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of a share, 0..1."""
    z, share = 1.96, hits / trials
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)) / (1 + z * z / trials)
    return max(0.0, middle - half), min(1.0, middle + half)


def together(a: str, b: str) -> bool:
    """Whether two texts meet in a band and are confirmed: what the analyse stage does with two documents."""
    return bool(set(band_keys(a)) & set(band_keys(b))) and same_story(a, b)


def found_copies(edit: Edit, originals: Iterable[str], rng: random.Random) -> list[bool]:
    """Per original whether its edited copy joins it."""
    return [together(text, edit(text, rng)) for text in originals]


def merged_pairs(texts: Sequence[str]) -> tuple[int, int]:
    """Pairs of texts that are merged, and all pairs."""
    keys = [set(band_keys(text)) for text in texts]
    pairs = [(a, b) for a in range(len(texts)) for b in range(a) if texts[a] != texts[b]]
    return sum(bool(keys[a] & keys[b]) and same_story(texts[a], texts[b]) for a, b in pairs), len(pairs)


def clustered(texts: Sequence[str]) -> list[int]:
    """The story of each text in order of arrival: it joins through the newest copy of a story that shares a key."""
    newest: dict[int, int] = {}
    by_key: dict[int, set[int]] = defaultdict(set)
    stories: list[int] = []
    for at, text in enumerate(texts):
        keys = band_keys(text)
        shared: dict[int, int] = defaultdict(int)
        for key in keys:
            for story in by_key[key]:
                shared[story] += 1
        likely = sorted(shared, key=lambda story: -shared[story])[:10]
        story = next((each for each in likely if same_story(text, texts[newest[each]])), at)
        for key in keys:
            by_key[key].add(story)
        newest[story] = at
        stories.append(story)
    return stories


def reposts(original: str, rng: random.Random, count: int, *, drift: bool) -> list[str]:
    """`count` copies, each edited at random; with drift each is a copy of the one before (2 % changed again)."""
    texts = [original]
    for _ in range(count):
        edit = EDITS["2 % changed"] if drift else rng.choice(list(EDITS.values()))
        texts.append(edit(texts[-1] if drift else original, rng))
    return texts


def sizes() -> dict[str, tuple[int, ...]]:
    """Characters -> how many statements an article has."""
    return {"120-250": (3, 5), "350-1,200": (8, 12, 30)}


def _line(what: str, hits: int, trials: int, goal: str) -> None:
    low, high = wilson(hits, trials)
    print(f"{what:44} {hits / trials:8.3%}  [{low:.3%}, {high:.3%}] of {trials} ({goal})")


def run() -> None:
    """One line per edit, per sort of different articles, and for chains of reposts."""
    rng = random.Random(11)
    for name, edit in EDITS.items():
        for size, counts in sizes().items():
            originals = (article(rng, sentences=rng.choice(counts)) for _ in range(COPIES))
            hits = found_copies(edit, originals, rng)
            _line(f"{name}, {size} characters", sum(hits), len(hits), "goal ≥ 95 %")
    for name, make in DIFFERENT.items():
        merged = pairs = 0
        for _ in range(GROUPS):
            more, of = merged_pairs(make(rng, GROUP))
            merged, pairs = merged + more, pairs + of
        _line(f"merged: {name}", merged, pairs, "goal ≤ .1 %")
    _chains(rng)
    text = article(rng, sentences=12)
    begin = time.perf_counter()
    for _ in range(500):
        band_keys(text)
    print(f"keys of {len(text)} characters: {(time.perf_counter() - begin) * 2000:.0f} µs")


def _chains(rng: random.Random) -> None:
    for drift, what in (
        (False, "forty reposts of forty articles on one subject"),
        (True, "forty times copied from the last copy"),
    ):
        split = foreign = texts_seen = 0
        for _ in range(GROUPS):
            originals = DIFFERENT["one platform"](rng, 20)
            batches = [reposts(text, rng, 40, drift=drift) for text in originals]
            flat = [(at, text) for step in zip(*batches, strict=True) for at, text in enumerate(step)]
            stories = clustered([text for _, text in flat])
            first = {at: story for (at, _), story in reversed(list(zip(flat, stories, strict=True)))}
            split += sum(story != first[at] for (at, _), story in zip(flat, stories, strict=True))
            foreign += len(originals) - len(set(first.values()))
            texts_seen += len(flat)
        _line(what + ": apart", split, texts_seen, "goal ≤ 5 %")
        print(f"{'':44} stories swallowed by another: {foreign} of {GROUPS * 20}")
