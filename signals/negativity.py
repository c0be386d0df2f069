"""Is a document negative, and about which of the platforms that it names? Read with numpy alone."""

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, NamedTuple, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from signals import columns, targets
from signals.columns import Columns, Linear, Readers
from signals.ngrams import MAX_CHARS, Floats, Ints
from signals.targets import Candidates, Rows
from signals.trees import Trees

FORMAT: Final = 2
WEIGHTS: Final = Path(__file__).parent / "weights" / "negativity.npz"
_BATCH: Final = 1024  # texts read at once, fewer where they are long
_BATCH_CHARS: Final = 400_000
_CLIP: Final = 1e-4

Parts = dict[str, npt.NDArray[np.generic]]


class WeightsError(ValueError):
    """The weights file is missing, damaged or of another format."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"无法读取负面识别模型 {path}:{reason}。请运行 python -m training.train_negativity 重新生成。"
        )
        self.path = path


class Scorer(Protocol):
    """Turns a float32 matrix (rows, columns) without NaN into log-odds (rows,)."""

    def log_odds(self, rows: npt.NDArray[np.float32]) -> Floats:
        """One value per row; the same row gives the same value in any batch."""
        ...


@dataclass(frozen=True)
class Weighted:
    """A weighted sum of the columns: float64 (columns,) and an intercept."""

    weights: Floats
    intercept: float

    def log_odds(self, rows: npt.NDArray[np.float32]) -> Floats:
        # Column by column: a matrix product may round by the number of rows, and a score must not know its batch.
        total = np.full(len(rows), self.intercept)
        for column, weight in zip(rows.T, self.weights, strict=True):
            total += column.astype(np.float64) * weight
        return total


S = TypeVar("S", bound=Scorer)


@dataclass(frozen=True)
class Head(Generic[S]):
    """A scorer over named columns and the table that turns its log-odds into a calibrated probability."""

    names: list[str]
    scorer: S
    log_odds: Floats
    probability: Floats

    def raw(self, values: Columns) -> Floats:
        """Uncalibrated log-odds of every row."""
        return self.scorer.log_odds(columns.matrix(values, self.names))

    def calibrate(self, raw: Floats) -> Floats:
        """Probability 0..1 by linear interpolation in the calibration table."""
        return np.clip(np.interp(raw, self.log_odds, self.probability), _CLIP, 1 - _CLIP)


class Rating(NamedTuple):
    """`document` float (texts,): P(negative about any platform); `about`: per text one float per candidate."""

    document: Floats
    about: list[Floats]


@dataclass(frozen=True)
class NegativityModel:
    """Linear readers of hashed character n-grams under three heads."""

    version: str
    readers: Readers
    dictionary: npt.NDArray[np.uint32]
    about_head: Head[Trees]
    document_head: Head[Weighted]
    plain_head: Head[Weighted]

    @classmethod
    def load(cls, path: Path | None = None) -> "NegativityModel":
        """Reads the weights that ship with the product, or those at `path`.

        Raises: WeightsError: the file is missing, damaged or of another format.
        """
        path = path or WEIGHTS
        try:
            with np.load(path, allow_pickle=False) as stored:
                parts = {name: stored[name] for name in stored.files}
            if int(parts["format"]) != FORMAT:
                raise WeightsError(path, f"格式 {int(parts['format'])},需要 {FORMAT}")
            return _model(parts)
        except (OSError, KeyError, ValueError, zipfile.BadZipFile, EOFError) as error:
            if isinstance(error, WeightsError):
                raise
            raise WeightsError(path, str(error)) from error

    def save(self, path: Path) -> None:
        """Writes the model to `path` (.npz); the same model gives the same arrays."""
        np.savez_compressed(path, **_parts(self))  # type: ignore[arg-type]

    def score(self, texts: Sequence[str], candidates: Sequence[Candidates] | None = None) -> Floats:
        """Calibrated P(the text is negative about any financial platform), float64 (texts,), 0..1, never NaN.

        Args: candidates: for each text the platforms that it may be about, each by its surface forms;
              without them the text is judged by its words alone, somewhat less surely.
        """
        if candidates is not None:
            return self.rate(texts, candidates).document
        out = np.empty(len(texts))
        for start, end in _batches(texts):
            rows = targets.rows(texts[start:end], [[]] * (end - start))
            documents = columns.document_columns(rows, self.readers.document)
            out[start:end] = self.plain_head.calibrate(self.plain_head.raw(documents))
        return out

    def score_about(
        self,
        texts: Sequence[str],
        names: Sequence[Sequence[str]],
        others: Sequence[Sequence[str]] | None = None,
    ) -> Floats:
        """Calibrated P(texts[i] is negative about the one platform that it calls names[i]), float64 (texts,), 0..1.

        Args: others: names of the other platforms in texts[i]; they tell a culprit from a bystander.
        """
        rivals: Sequence[Sequence[str]] = others if others is not None else [()] * len(texts)
        candidates = [[own, *([name] for name in rest)] for own, rest in zip(names, rivals, strict=True)]
        return np.array([about[0] for about in self.rate(texts, candidates).about], np.float64)

    def rate(self, texts: Sequence[str], candidates: Sequence[Candidates]) -> Rating:
        """Both judgements in one pass: of every text, and of every candidate in it."""
        documents, about = [], []
        for start, end in _batches(texts):
            rows = targets.rows(texts[start:end], candidates[start:end])
            whole, pairs, owner = self.columns(rows)
            raw = self.about_head.raw(pairs)
            documents.append(
                self.document_head.calibrate(self.document_head.raw(whole | summary(raw, owner, rows)))
            )
            bounds = np.cumsum(np.bincount(owner, minlength=len(rows.folded)))[:-1]
            about += np.split(self.about_head.calibrate(raw), bounds)
        return Rating(np.concatenate(documents) if documents else np.empty(0), about)

    def columns(self, rows: Rows) -> tuple[Columns, Columns, Ints]:
        """Columns of the texts, of their candidates, and the text of every candidate."""
        return columns.columns(rows, self.readers, self.dictionary)


def _batches(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Bounds of batches that keep memory small whatever the lengths of the texts."""
    start = chars = 0
    for end, text in enumerate(texts, 1):
        chars += min(len(text), MAX_CHARS)
        if end - start == _BATCH or chars >= _BATCH_CHARS or end == len(texts):
            yield start, end
            start, chars = end, 0


def summary(raw: Floats, owner: Ints, rows: Rows) -> Columns:
    """What the log-odds of its candidates say about a text: the largest two and the expected number of targets."""
    texts = len(rows.folded)
    best = np.full(texts, columns.ABSENT)
    np.maximum.at(best, owner, raw)
    runner_up = np.full(texts, columns.ABSENT)
    np.maximum.at(runner_up, owner, np.minimum(raw, columns.rival(raw, owner)))
    expected = np.bincount(owner, 1 / (1 + np.exp(-np.clip(raw, -30, 30))), texts)
    return {"about_best": best, "about_second": runner_up, "about_expected": expected}


_READERS: Final = ("document", "context", "culprit")


def _parts(model: NegativityModel) -> Parts:
    parts: Parts = {
        "format": np.array(FORMAT),
        "version": np.array(model.version),
        "dictionary": model.dictionary,
        "about_head_feature": model.about_head.scorer.feature.astype(np.int16),
        "about_head_threshold": model.about_head.scorer.threshold,
        "about_head_leaf": model.about_head.scorer.leaf,
    }
    for name in _READERS:
        reader: Linear = getattr(model.readers, name)
        parts |= {
            f"{name}_weights": reader.weights.astype(np.float16),
            f"{name}_intercept": np.array(reader.intercept),
        }
    for name, scorer in (("document", model.document_head.scorer), ("plain", model.plain_head.scorer)):
        parts |= {
            f"{name}_head_weights": scorer.weights,
            f"{name}_head_intercept": np.array(scorer.intercept),
        }
    return (
        parts
        | _head_parts("about", model.about_head)
        | _head_parts("document", model.document_head)
        | _head_parts("plain", model.plain_head)
    )


def _head_parts(name: str, head: Head[S]) -> Parts:
    return {
        f"{name}_head_names": np.array(head.names),
        f"{name}_head_log_odds": head.log_odds,
        f"{name}_head_probability": head.probability,
    }


def _model(parts: Parts) -> NegativityModel:
    readers = (
        Linear(parts[f"{n}_weights"].astype(np.float32), _number(parts[f"{n}_intercept"])) for n in _READERS
    )
    trees = Trees(
        parts["about_head_feature"].astype(np.int64),
        parts["about_head_threshold"].astype(np.float32),
        parts["about_head_leaf"].astype(np.float64),
    )
    return NegativityModel(
        str(parts["version"]),
        Readers(*readers),
        parts["dictionary"].astype(np.uint32),
        _head("about", trees, parts),
        _head("document", _weighted("document", parts), parts),
        _head("plain", _weighted("plain", parts), parts),
    )


def _weighted(name: str, parts: Parts) -> Weighted:
    return Weighted(
        parts[f"{name}_head_weights"].astype(np.float64), _number(parts[f"{name}_head_intercept"])
    )


def _head(name: str, scorer: S, parts: Parts) -> Head[S]:
    return Head(
        parts[f"{name}_head_names"].tolist(),
        scorer,
        parts[f"{name}_head_log_odds"].astype(np.float64),
        parts[f"{name}_head_probability"].astype(np.float64),
    )


def _number(value: npt.NDArray[np.generic]) -> float:
    return float(value.astype(np.float64))
