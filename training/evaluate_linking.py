"""How surely names are linked: precision and recall on decided namings in development texts.

    python -m training.evaluate_linking --data ../shared/data/finneg_dev.csv

tests/regression/linking_dev.csv holds `id,name,mention`: whether the text `id` speaks of the platform that the
dictionary (platform_dictionary.csv beside the data) calls `name`, or merely contains its letters.
docs/evaluation-linking.md says how it was decided.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from settings.models import Platform
from signals.linking import Linker, watch_list_entry
from signals.text import Reading, fold

DECISIONS = Path(__file__).parent.parent / "tests" / "regression" / "linking_dev.csv"
_DRAWS = 1000


class Decision(NamedTuple):
    """Whether a text speaks of the platform that a name means; `name` is folded."""

    id: str
    name: str
    mention: bool


class Rate(NamedTuple):
    """A share, 0..1, with its 95 % bootstrap interval over names, and the same weighted by how common names are."""

    value: float
    low: float
    high: float
    weighted: float


@dataclass(frozen=True)
class Figures:
    """`precision` of the links that count, `recall` with those for review; `review`: decided namings sent to review."""

    decided: int
    names: int
    precision: Rate
    recall: Rate
    review: int


def read_decisions(path: Path = DECISIONS) -> list[Decision]:
    """The decided namings."""
    with path.open(encoding="utf-8", newline="") as file:
        return [Decision(row["id"], row["name"], row["mention"] == "1") for row in csv.DictReader(file)]


def read_texts(path: Path) -> dict[str, str]:
    """Texts by id."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["id"]: row["text"] for row in csv.DictReader(file)}


def read_dictionary(path: Path) -> list[Platform]:
    """The watch list at real size: names and old names, each in the tier that it deserves."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [
            watch_list_entry(
                f"p{row['pid']}", row["name"], "网贷", [row["oldname"]] if row["oldname"] else []
            )
            for row in csv.DictReader(file)
            if row["name"].strip()
        ]


def figures(
    decisions: Sequence[Decision], texts: dict[str, str], platforms: Sequence[Platform], seed: int = 0
) -> Figures:
    """Precision and recall of the linker on the decided namings."""
    linker = Linker(platforms)
    found = {one: _found(linker, texts[one]) for one in {decision.id for decision in decisions}}
    sure = np.array([found[one.id].get(one.name) is False for one in decisions])
    review = np.array([found[one.id].get(one.name) is True for one in decisions])
    true = np.array([one.mention for one in decisions])
    weight = _weights(decisions, texts)
    names = np.unique([one.name for one in decisions], return_inverse=True)[1]
    return Figures(
        len(decisions),
        int(names.max()) + 1,
        _rate(true[sure], weight[sure], names[sure], seed),
        _rate((sure | review)[true], weight[true], names[true], seed),
        int(review.sum()),
    )


def _found(linker: Linker, text: str) -> dict[str, bool]:
    """Folded names that were linked -> whether for review only."""
    reading = Reading.of("", text)
    return {
        reading.folded[start:end]: one.needs_review
        for one in sorted(linker.find(reading), key=lambda one: not one.needs_review)
        for start, end in one.at
    }


def _weights(decisions: Sequence[Decision], texts: dict[str, str]) -> np.ndarray:
    """For each decision the number of texts with its name that it stands for."""
    decided = Counter(one.name for one in decisions)
    folded = "\0".join(fold(text) for text in texts.values()).split("\0")
    holding = {name: sum(name in text for text in folded) for name in decided}
    return np.array([max(holding[one.name], 1) / decided[one.name] for one in decisions])


def _rate(good: np.ndarray, weight: np.ndarray, names: np.ndarray, seed: int) -> Rate:
    rng = np.random.default_rng(seed)
    units = np.unique(names, return_inverse=True)[1]
    hits, totals = np.bincount(units, good), np.bincount(units)
    draws = []
    for _ in range(_DRAWS):
        picked = rng.integers(len(hits), size=len(hits))
        draws.append(hits[picked].sum() / totals[picked].sum())
    low, high = np.quantile(draws, (0.025, 0.975))
    return Rate(float(good.mean()), float(low), float(high), float((good * weight).sum() / weight.sum()))


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="平台识别（链接）的评测")
    parser.add_argument("--data", type=Path, required=True, help="finneg_dev.csv")
    parser.add_argument("--names", type=Path, help="platform_dictionary.csv（默认与 --data 同目录）")
    parser.add_argument("--decisions", type=Path, default=DECISIONS, help="人工判定（id,name,mention）")
    arguments = parser.parse_args()
    dictionary = arguments.names or arguments.data.with_name("platform_dictionary.csv")
    result = figures(
        read_decisions(arguments.decisions), read_texts(arguments.data), read_dictionary(dictionary)
    )
    print(f"判定 {result.decided} 处，名称 {result.names} 个，转人工复核 {result.review} 处")
    for what, rate in (("精确率", result.precision), ("召回率", result.recall)):
        print(
            f"{what} {rate.value:.3f}（95 % 区间 {rate.low:.3f}–{rate.high:.3f}），按频次加权 {rate.weighted:.3f}"
        )


if __name__ == "__main__":
    main()
