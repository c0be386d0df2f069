"""Is a document negative, and about which of the platforms that it names? Read with numpy alone."""

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from signals import columns, targets
from signals.columns import Columns, Linear, Readers
from signals.heads import (
    CLIP,
    Head,
    Parts,
    Table,
    Weighted,
    number,
    sum_head,
    sum_parts,
    table,
    tree_head,
    tree_parts,
)
from signals.ngrams import MAX_CHARS, Floats, Ints
from signals.reduce import ABSENT, rival
from signals.surroundings import rivals
from signals.targets import Candidates, Rows
from signals.trees import Trees

FORMAT: Final = 3
THRESHOLD: Final = 0.5
"""P(negative) from which a judgement reads "negative", unless the weights say otherwise."""
WEIGHTS: Final = Path(__file__).parent / "weights" / "negativity.npz"
_BATCH: Final = 1024  # texts read at once, fewer where they are long
_BATCH_CHARS: Final = 400_000


class WeightsError(ValueError):
    """The weights file is missing, damaged or of another format."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"无法读取负面识别模型 {path}:{reason}。请运行 python -m training.train_negativity 重新生成。"
        )
        self.path = path


class Rating(NamedTuple):
    """`document` float (texts,): P(negative about any platform); `about`: per text one float per candidate."""

    document: Floats
    about: list[Floats]


@dataclass(frozen=True)
class NegativityModel:
    """Linear readers of hashed character n-grams under four heads.

    `about_head` rates every candidate alone; `document_head` and `plain_head` the text, with and without candidates;
    `culprit_head` a candidate beside its rivals, given that the text is negative about somebody. `joint` calibrates
    the product of the last two. `threshold`: P(negative about a candidate) from which it is judged negative.
    """

    version: str
    readers: Readers
    dictionary: npt.NDArray[np.uint32]
    about_head: Head[Trees]
    document_head: Head[Weighted]
    plain_head: Head[Weighted]
    culprit_head: Head[Trees]
    joint: Table
    threshold: float = THRESHOLD

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
            out[start:end] = self.plain_head.probability(documents)
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
            negative = self.document_head.probability(whole | summary(raw, owner, rows))
            share = self.culprit_head.probability(pairs | rivals(raw, owner, len(negative)))
            bounds = np.cumsum(np.bincount(owner, minlength=len(negative)))[:-1]
            about += np.split(self.joint.calibrate(joint_log_odds(negative, share, owner)), bounds)
            documents.append(negative)
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
    best = np.full(texts, ABSENT)
    np.maximum.at(best, owner, raw)
    runner_up = np.full(texts, ABSENT)
    np.maximum.at(runner_up, owner, np.minimum(raw, rival(raw, owner)))
    expected = np.bincount(owner, 1 / (1 + np.exp(-np.clip(raw, -30, 30))), texts)
    return {"about_best": best, "about_second": runner_up, "about_expected": expected}


def joint_log_odds(negative: Floats, share: Floats, owner: Ints) -> Floats:
    """Log-odds that a text is negative about each of its candidates, before the last calibration.

    A negative text is negative about somebody: the shares, P(it is me | the text is negative) judged one by one, are
    conditioned on not all of them being wrong, and multiplied by P(the text is negative).

    Args: negative: per text, 0..1; share: per candidate, strictly between 0 and 1; owner: text of every candidate.
    """
    nobody = np.exp(np.bincount(owner, np.log1p(-share), len(negative)))
    joint = np.clip(negative[owner] * np.minimum(share / (1 - nobody[owner]), 1), CLIP, 1 - CLIP)
    odds: Floats = np.log(joint) - np.log1p(-joint)
    return odds


_READERS: Final = ("document", "context", "culprit")


def _parts(model: NegativityModel) -> Parts:
    parts: Parts = {
        "format": np.array(FORMAT),
        "version": np.array(model.version),
        "threshold": np.array(model.threshold),
        "dictionary": model.dictionary,
        "joint_log_odds": model.joint.log_odds,
        "joint_probability": model.joint.probability,
    }
    for name in _READERS:
        reader: Linear = getattr(model.readers, name)
        parts |= {
            f"{name}_weights": reader.weights.astype(np.float16),
            f"{name}_intercept": np.array(reader.intercept),
        }
    parts |= tree_parts("about", model.about_head) | tree_parts("culprit", model.culprit_head)
    return parts | sum_parts("document", model.document_head) | sum_parts("plain", model.plain_head)


def _model(parts: Parts) -> NegativityModel:
    readers = (
        Linear(parts[f"{n}_weights"].astype(np.float32), number(parts[f"{n}_intercept"])) for n in _READERS
    )
    return NegativityModel(
        str(parts["version"]),
        Readers(*readers),
        parts["dictionary"].astype(np.uint32),
        tree_head("about", parts),
        sum_head("document", parts),
        sum_head("plain", parts),
        tree_head("culprit", parts),
        table("joint", parts),
        number(parts["threshold"]),
    )
