"""Figures of a model: F1, AUC, calibration error, bootstrap intervals; and the cross-validation that yields them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import f1_score, roc_auc_score

from signals.negativity import THRESHOLD, NegativityModel
from training.data import Labelled
from training.folds import Split

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_BINS = 10
_DRAWS = 500


@dataclass(frozen=True)
class Judged:
    """Labels and calibrated probabilities; `group` is the row that a value belongs to, the unit of resampling.

    `threshold`: the probability, of each value or of all, from which it counts as positive.
    """

    label: Ints
    probability: Floats
    group: Ints
    threshold: float | Floats = THRESHOLD


@dataclass(frozen=True)
class Figures:
    """Figures over one set of judged values; `f1_low` and `f1_high` bound the 95 % bootstrap interval."""

    rows: int
    f1: float
    f1_low: float
    f1_high: float
    auc: float
    ece: float


def calibration_error(label: Ints, probability: Floats) -> float:
    """Expected calibration error over ten bins of equal mass (Naeini et al., 2015), 0..1."""
    bins = np.array_split(np.argsort(probability, kind="stable"), _BINS)
    return float(
        sum(abs(label[b].mean() - probability[b].mean()) * len(b) for b in bins if len(b)) / len(label)
    )


def figures(judged: Judged, seed: int) -> Figures:
    """All figures; the bootstrap draws whole rows, so candidates of one text stay together."""
    guess = (judged.probability >= judged.threshold).astype(np.int64)
    units, index = np.unique(judged.group, return_inverse=True)
    rng = np.random.default_rng(seed)
    draws = []
    for _ in range(_DRAWS):
        times = np.bincount(rng.integers(len(units), size=len(units)), minlength=len(units))[index]
        hit = (times * (judged.label & guess)).sum()
        draws.append(2 * hit / max((times * (judged.label + guess)).sum(), 1))
    low, high = np.quantile(draws, (0.025, 0.975))
    return Figures(
        len(units),
        float(f1_score(judged.label, guess)),
        float(low),
        float(high),
        float(roc_auc_score(judged.label, judged.probability)),
        calibration_error(judged.label, judged.probability),
    )


def cross_validate(
    data: Labelled, splits: Iterable[Split], fit: Callable[[Labelled], NegativityModel], rename: bool = False
) -> dict[str, Judged]:
    """Fits on every split's training rows and judges its test rows: `document`, `platform`, `plain` (no names given).

    Args: rename: also judge the test rows with every candidate renamed (`document_renamed`, `platform_renamed`).
    """
    parts: dict[str, list[Judged]] = {}
    for split in splits:
        model, test = fit(data.take(split.train)), data.take(split.test)
        found = _judge(model, test, split.test)
        if rename:
            renamed = _judge(model, invent(test), split.test)
            found |= {f"{name}_renamed": value for name, value in renamed.items() if name != "plain"}
        for name, value in found.items():
            parts.setdefault(name, []).append(value)
    return {name: _joined(values) for name, values in parts.items()}


def _judge(model: NegativityModel, test: Labelled, rows: Ints) -> dict[str, Judged]:
    rating = model.rate(test.texts, test.forms)
    return {
        "document": Judged(test.negative, rating.document, rows),
        "platform": Judged(test.about, np.concatenate(rating.about), rows[test.owner], model.threshold),
        "plain": Judged(test.negative, model.score(test.texts), rows),
    }


def _joined(parts: list[Judged]) -> Judged:
    return Judged(
        np.concatenate([part.label for part in parts]),
        np.concatenate([part.probability for part in parts]),
        np.concatenate([part.group for part in parts]),
        np.concatenate([np.broadcast_to(part.threshold, len(part.label)) for part in parts]),
    )


def invent(data: Labelled) -> Labelled:
    """The same rows with every candidate called by an invented name; nested names stay nested.

    A name is replaced by letters drawn from a fixed alphabet, character by character, so that what contained a name
    still contains it. Company suffixes and brackets stay: they are grammar, not a name.
    """
    texts, candidates, keys = [], [], []
    for text, names, own in zip(data.texts, data.candidates, data.keys, strict=True):
        new = {name: _invented(name) for name in names}
        for name in sorted(names, key=len, reverse=True):
            text = text.replace(name, new[name])
        texts.append(text)
        candidates.append([new[name] for name in names])
        keys.append({new[name] for name in own})
    return Labelled(texts, candidates, keys, data.negative)


_LETTERS = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"
_KEPT = ("股份有限公司", "有限责任公司", "有限公司", "公司", "集团")


def _invented(name: str) -> str:
    for suffix in _KEPT:
        if name.endswith(suffix) and name != suffix:
            return _invented(name.removesuffix(suffix)) + suffix
    return "".join(_LETTERS[ord(c) % len(_LETTERS)] if c.isalnum() else c for c in name)
