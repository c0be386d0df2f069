"""Names that a text treats as platforms, coins, schemes or companies though nobody watches them. Read with numpy.

A linear reader rates every stretch of words; the likeliest of a text become candidates; boosted trees judge each from
its scores, its places, its surroundings and how it nests with the others. Of names that nest only the surest is kept.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from signals.discovery_candidates import Candidates, candidates
from signals.discovery_columns import Columns, Lexicon, columns, context
from signals.discovery_reader import Floats, Table, read
from signals.discovery_spans import BATCH_CHARS, GAP, Batch, lay_out, spans
from signals.names import stands_alone
from signals.text import Reading
from signals.trees import Trees

FORMAT: Final = 1
WEIGHTS: Final = Path(__file__).parent / "weights" / "discovery.npz"
READ: Final = 1000
"""Characters of a text that are read; a name that a longer text is about stands in its beginning."""
MOST_SPOTS: Final = 200
"""Places of one name that are told."""
_TEXTS: Final = 512
_CLIP: Final = 1e-4
Spot = tuple[int, int]
Parts = dict[str, npt.NDArray[np.generic]]


class DiscoveryError(ValueError):
    """The weights file is missing, damaged or of another format."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"无法读取新名称发现模型 {path}：{reason}。请运行 python -m training.train_discovery 重新生成。"
        )
        self.path = path


class Discovery(NamedTuple):
    """A name as the text writes it, where it stands in `Reading.folded`, and P(the text is about it), 0..1."""

    name: str
    at: tuple[Spot, ...]
    confidence: float


class Judged(NamedTuple):
    """Candidates of a batch of texts and the columns that the trees look at."""

    found: Candidates
    values: Columns


@dataclass(frozen=True)
class Discoverer:
    """The weights, and the columns that the trees expect in their order."""

    version: str
    reader: Table
    surroundings: Table
    lexicon: Lexicon
    names: list[str]
    trees: Trees
    log_odds: Floats
    probability: Floats
    threshold: float

    @classmethod
    def load(cls, path: Path | None = None) -> Discoverer:
        """Reads the weights that ship with the product, or those at `path`.

        Raises: DiscoveryError: the file is missing, damaged or of another format.
        """
        path = path or WEIGHTS
        try:
            with np.load(path, allow_pickle=False) as stored:
                parts = {name: stored[name] for name in stored.files}
            if int(parts["format"]) != FORMAT:
                raise DiscoveryError(path, f"格式 {int(parts['format'])}，需要 {FORMAT}")
            return _model(parts)
        except (OSError, KeyError, ValueError, zipfile.BadZipFile, EOFError) as error:
            if isinstance(error, DiscoveryError):
                raise
            raise DiscoveryError(path, str(error)) from error

    def save(self, path: Path) -> None:
        """Writes the model to `path` (.npz); the same model gives the same arrays."""
        np.savez_compressed(path, **_parts(self))  # type: ignore[arg-type]

    def find(
        self, readings: Sequence[Reading], taken: Sequence[Sequence[Spot]] = ()
    ) -> list[list[Discovery]]:
        """Names of each text with a confidence of at least `threshold`, surest first. Never raises.

        Args: taken: per text, spans of `Reading.folded` that belong to watched platforms; a name that stands in one of
              them, around it or across its edge is not proposed.
        """
        used: Sequence[Sequence[Spot]] = taken or [()] * len(readings)
        out: list[list[Discovery]] = [[] for _ in readings]
        kept: list[list[str]] = [[] for _ in readings]
        shown = [_shown(reading) for reading in readings]
        for chosen in _batches([end - start for start, end in shown]):
            texts = [readings[index].folded[slice(*shown[index])] for index in chosen]
            found, confidence = self.judge(texts)
            likely = np.flatnonzero(confidence >= self.threshold)
            for number in likely[np.argsort(-confidence[likely], kind="stable")].tolist():
                index = chosen[int(found.document[number])]
                at = _spots(readings[index].folded, found.names[number])
                if _free(at, used[index]) and _apart(found.names[number], kept[index]):
                    name = readings[index].raw[slice(*readings[index].whole(*at[0]))]
                    kept[index].append(found.names[number])
                    out[index].append(Discovery(name, at, float(confidence[number])))
        return out

    def judge(self, texts: Sequence[str]) -> tuple[Candidates, Floats]:
        """Candidates of non-empty folded texts of one batch, and the calibrated probability of each."""
        found, values = self.candidates(texts)
        if not len(found.document):
            return found, np.empty(0)
        return found, self.calibrate(self.trees.log_odds(matrix(values, self.names)))

    def candidates(self, texts: Sequence[str]) -> Judged:
        """Candidates with all their columns."""
        batch, found, values = prepare(texts, self.reader, self.lexicon)
        if len(found.document):
            values |= context(batch, found, self.surroundings)
        return Judged(found, values)

    def calibrate(self, raw: Floats) -> Floats:
        """Probability 0..1 of uncalibrated log-odds."""
        return np.clip(np.interp(raw, self.log_odds, self.probability), _CLIP, 1 - _CLIP)


def prepare(texts: Sequence[str], reader: Table, lexicon: Lexicon) -> tuple[Batch, Candidates, Columns]:
    """Candidates by the reader, with all columns but those of the context reader."""
    batch = lay_out(texts, lexicon.words)
    stretches, parts = read(batch, spans(batch), reader)
    found = candidates(texts, batch, stretches, parts)
    if not len(found.document):
        return batch, found, {}
    return batch, found, columns(batch, stretches, parts, found, lexicon)


def matrix(values: Columns, names: Sequence[str]) -> npt.NDArray[np.float32]:
    """The named columns side by side, float32 (candidates, names)."""
    return np.stack([values[name] for name in names], axis=1).astype(np.float32)


def _shown(reading: Reading) -> Spot:
    """The stretch of the folded text that is read: without the blanks around it, and not without end."""
    text = reading.folded
    start = len(text) - len(text.lstrip())
    return start, max(start, min(len(text.rstrip()), start + READ))


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Numbers of the texts that are read together; empty texts are in none."""
    chosen: list[int] = []
    chars = 0
    for index, length in enumerate(lengths):
        if not length:
            continue
        if chosen and (len(chosen) == _TEXTS or chars + length + 2 * GAP > BATCH_CHARS):
            yield chosen
            chosen, chars = [], 0
        chosen.append(index)
        chars += length + GAP
    if chosen:
        yield chosen


def _spots(text: str, name: str) -> tuple[Spot, ...]:
    """Where the name stands on its own; where it first stands if it never does."""
    at: list[Spot] = []
    start = text.find(name)
    while start >= 0 and len(at) < MOST_SPOTS:
        at.append((start, start + len(name)))
        start = text.find(name, start + len(name))
    return tuple(spot for spot in at if stands_alone(text, *spot)) or tuple(at[:1])


def _free(at: Sequence[Spot], taken: Sequence[Spot]) -> bool:
    return not any(
        start < busy_end and busy_start < end for start, end in at for busy_start, busy_end in taken
    )


def _apart(name: str, kept: Sequence[str]) -> bool:
    return not any(name in other or other in name for other in kept)


_TABLES: Final = ("reader", "surroundings")


def _parts(model: Discoverer) -> Parts:
    parts: Parts = {
        "format": np.array(FORMAT),
        "version": np.array(model.version),
        "threshold": np.array(model.threshold),
        "words": model.lexicon.words,
        "cohesion": model.lexicon.cohesion,
        "likeness": model.lexicon.likeness,
        "names": np.array(model.names),
        "tree_feature": model.trees.feature.astype(np.int16),
        "tree_threshold": model.trees.threshold,
        "tree_leaf": model.trees.leaf,
        "log_odds": model.log_odds,
        "probability": model.probability,
    }
    for name in _TABLES:
        table: Table = getattr(model, name)
        parts |= {
            f"{name}_weights": table.weights.astype(np.float16),
            f"{name}_intercept": np.array(table.intercept),
        }
    return parts


def _model(parts: Parts) -> Discoverer:
    reader, surroundings = (
        Table(parts[f"{name}_weights"].astype(np.float32), _number(parts[f"{name}_intercept"]))
        for name in _TABLES
    )
    return Discoverer(
        str(parts["version"]),
        reader,
        surroundings,
        Lexicon(
            parts["words"].astype(np.uint32),
            parts["cohesion"].astype(np.int16),
            parts["likeness"].astype(np.int16),
        ),
        parts["names"].tolist(),
        Trees(
            parts["tree_feature"].astype(np.int64),
            parts["tree_threshold"].astype(np.float32),
            parts["tree_leaf"].astype(np.float64),
        ),
        parts["log_odds"].astype(np.float64),
        parts["probability"].astype(np.float64),
        _number(parts["threshold"]),
    )


def _number(value: npt.NDArray[np.generic]) -> float:
    return float(value.astype(np.float64))
