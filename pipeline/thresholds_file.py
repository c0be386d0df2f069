"""Thresholds as a TOML file in levels.toml's shape, with what they rest on as comments above."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from settings.loader import read_thresholds
from settings.models import Thresholds

BARE = re.compile(r"[A-Za-z0-9_-]+")
"""A TOML key that needs no quotation marks; a class of platforms does."""


def write_thresholds(path: Path, thresholds: Thresholds, remarks: Iterable[str]) -> None:
    """Written beside `path`, read back, and only then put in its place. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [*(f"# {remark}" for remark in remarks), "", *_tables(thresholds.model_dump(mode="json"))]
    handle, name = tempfile.mkstemp(suffix=".toml", prefix=f".{path.stem}-", dir=path.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        if read_thresholds(part) != thresholds:
            raise OSError(f"{path}：写出的阈值读回后不一致，已放弃")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _tables(values: Mapping[str, object], above: Sequence[str] = ()) -> Iterator[str]:
    """The plain values of a table, then its tables."""
    for name, value in values.items():
        if not isinstance(value, Mapping):
            yield f"{name} = {json.dumps(value, ensure_ascii=False)}"
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield ""
            path = (*above, name if BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False))
            if any(not isinstance(one, Mapping) for one in value.values()):
                yield f"[{'.'.join(path)}]"
            yield from _tables(value, path)
