"""JSON Lines: one object a line, streaming; nested values are reached by dotted paths."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import Any

from collectors.base import UnreadableFile
from collectors.readers.paths import json_path
from collectors.readers.tables import RowFault, Table, Wanted
from collectors.readers.textfile import MAX_LINE, TextFile, open_text

_SAMPLE = 20
_TOO_LONG = f"这一行超过 {MAX_LINE // 10_000} 万字，已跳过；请检查换行符"


def open_jsonl(path: Path, wanted: Wanted) -> Table[Mapping[str, Any]]:
    """Columns are those of the first objects together: a key may be left out. Raises UnreadableFile."""
    file = open_text(path)
    if _begins_array(file):
        raise UnreadableFile(f"{path.name}：是一个 JSON 数组；请改成每行一个对象（JSON Lines）")
    rows = _objects(file)
    head = list(islice(rows, _SAMPLE))
    objects = [item for _, item in head if not isinstance(item, RowFault)]
    if not objects:
        raise UnreadableFile(
            f"{path.name}：开头各行都不是 JSON 对象；应为每行一个 {{…}}，而不是整个数组或别的格式"
        )
    columns = tuple(dict.fromkeys(name for item in objects for name in _names(item)))
    wanted.check(path.name, columns)
    return Table(columns, json_path, chain(head, rows), file.encoding, file.damaged)


def _begins_array(file: TextFile) -> bool:
    first = next((line for line in file.lines() if line is None or line.strip()), None)
    return first is not None and first.lstrip("\ufeff \t").startswith("[")


def _objects(file: TextFile) -> Iterator[tuple[int, Mapping[str, Any] | RowFault]]:
    for number, line in enumerate(file.lines(), 1):
        if line is None:
            yield number, RowFault("", _TOO_LONG)
        elif text := line.strip().lstrip("\ufeff"):
            yield number, _object(text)


def _object(text: str) -> Mapping[str, Any] | RowFault:
    try:
        item = json.loads(text)
    except json.JSONDecodeError as error:
        return RowFault(text, f"不是合法的 JSON，错在第 {error.colno} 个字符附近；请检查引号和逗号")
    except (ValueError, RecursionError):
        return RowFault(text, "不是可用的 JSON：数字过长或嵌套过深")
    return item if isinstance(item, dict) else RowFault(text, "不是 JSON 对象；应为每行一个 {…}")


def _names(item: Mapping[str, Any], before: str = "") -> Iterator[str]:
    for key, value in item.items():
        yield before + key
        if isinstance(value, dict) and not before:
            yield from _names(value, f"{key}.")
