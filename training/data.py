"""Reads the labelled rows."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

_COLUMNS = ("id", "text", "entity", "negative", "key_entity")


class DataError(ValueError):
    """The file of labelled rows is not what training needs."""


@dataclass(frozen=True)
class Labelled:
    """Rows of finneg_dev.csv: texts, candidates and which of them each text is negative about."""

    texts: list[str]
    candidates: list[list[str]]
    keys: list[set[str]]
    negative: npt.NDArray[np.int64]

    @property
    def forms(self) -> list[list[list[str]]]:
        """The candidates as the model takes them: each with its one surface form."""
        return [[[name] for name in names] for names in self.candidates]

    @property
    def about(self) -> npt.NDArray[np.int64]:
        """1 for every candidate, text by text, that the text is negative about."""
        return np.array(
            [name in keys for names, keys in zip(self.candidates, self.keys, strict=True) for name in names],
            np.int64,
        )

    @property
    def owner(self) -> npt.NDArray[np.int64]:
        """Row of every candidate."""
        return np.repeat(np.arange(len(self.texts)), [len(names) for names in self.candidates])

    def take(self, rows: npt.NDArray[np.int64]) -> "Labelled":
        """The given rows in the given order."""
        return Labelled(
            [self.texts[row] for row in rows],
            [self.candidates[row] for row in rows],
            [self.keys[row] for row in rows],
            self.negative[rows],
        )


def read(path: Path) -> Labelled:
    """Reads a UTF-8 CSV with the columns id, text, entity, negative, key_entity.

    Raises: DataError: a column is missing or a label is neither 0 nor 1.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows or set(_COLUMNS) - set(rows[0]):
        raise DataError(f"{path}: 需要列 {', '.join(_COLUMNS)}")
    for number, row in enumerate(rows, 2):
        if row["negative"] not in {"0", "1"}:
            raise DataError(f"{path} 第 {number} 行 negative={row['negative']!r}:应为 0 或 1")
    return Labelled(
        [row["text"] for row in rows],
        [_names(row["entity"]) for row in rows],
        [set(_names(row["key_entity"])) for row in rows],
        np.array([int(row["negative"]) for row in rows], np.int64),
    )


def _names(field: str) -> list[str]:
    return [name for name in field.split(";") if name]
