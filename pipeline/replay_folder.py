"""The folder that `replay` writes, read back for `evaluate` and `calibrate`, every bad row named."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from collectors.base import UnreadableFile
from pipeline.csv_files import encoding_of, read_csv
from signals.evaluation.baselines import NAMES
from signals.evaluation.grid import RANKS, Grid, RepeatedDay, grid

INDEX_VALUES, BASELINES, DESCRIPTION = "index_values.csv", "baselines.csv", "replay.json"
_DAY = re.compile(
    r"\s*(\d{4})(?:\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?|(\d{2})(\d{2}))"
    r"\s*(?:[T ]\s*0?0:00(?::00(?:\.0+)?)?)?\s*"
)


@dataclass(frozen=True)
class ReplayFolder:
    """`values`: the columns read of index_values.csv; `counted`: baselines.csv, None where there is none;
    `described`: replay.json, empty where there is none."""

    path: Path
    values: pd.DataFrame
    grid: Grid
    counted: pd.DataFrame | None
    described: Mapping[str, Any]


def read_folder(path: Path, indices: Sequence[str] = ()) -> ReplayFolder:
    """A replay with T, level and the wanted indices of every platform-day.

    Raises UnreadableFile: no such folder or file, a column missing, a value that cannot be read (file, row and
    column named), two rows of one platform-day.
    """
    if not path.is_dir():
        raise UnreadableFile(f"没有这个文件夹：{path}；请给出 python -m pipeline replay 的 --out 文件夹")
    if not (path / INDEX_VALUES).is_file():
        raise UnreadableFile(
            f"{path} 中没有 {INDEX_VALUES}：请先运行 python -m pipeline replay … --out {path}"
        )
    numbers = ("T", *indices, *(("scope", "coverage") if indices else ()))
    values = _read(path / INDEX_VALUES, numbers, ("level",))
    _refuse_words(values, path / INDEX_VALUES)
    try:
        found = grid(values)
    except RepeatedDay as error:
        raise UnreadableFile(f"{path / INDEX_VALUES}：{error}；请重新运行 replay") from error
    counted = None
    if (path / BASELINES).is_file():
        counted = _read(path / BASELINES, tuple(NAMES.values()), ())
        _refuse_repeated(counted, path / BASELINES)
    return ReplayFolder(path, values, found, counted, _described(path / DESCRIPTION))


def _read(path: Path, numbers: Sequence[str], words: Sequence[str]) -> pd.DataFrame:
    """platform, day (datetime64), the numbers (NaN where empty) and the words of a file."""
    wanted = ("platform", "day", *numbers, *words)
    try:
        table = pd.read_csv(
            path, dtype=str, keep_default_na=False, na_filter=False, encoding=encoding_of(path)
        )
    except pd.errors.EmptyDataError as error:
        raise UnreadableFile(f"{path}：文件是空的；请重新运行 replay") from error
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        raise UnreadableFile(f"{path}：不是完好的 CSV（{error}）；请重新运行 replay") from error
    if missing := [name for name in wanted if name not in table.columns]:
        raise UnreadableFile(f"{path}：缺少列 {'、'.join(missing)}；文件中的列有：{'、'.join(table.columns)}")
    if table.empty:
        raise UnreadableFile(f"{path}：没有一行数据；请检查 replay 的平台名单与起止日期")
    table = table[list(wanted)]
    _refuse(path, "platform", table["platform"], table["platform"].str.strip() == "", "平台名称为空")
    days = pd.to_datetime(table["day"], format="%Y-%m-%d", errors="coerce")
    _refuse(path, "day", table["day"], days.isna(), "不是 2018-07-16 这样的日期")
    return table.assign(day=days, **{name: _numbers(path, table[name], name) for name in numbers})


def _numbers(path: Path, cells: pd.Series, name: str) -> pd.Series:
    stripped = cells.str.strip()
    unknown = stripped.str.lower().isin(("", "nan"))
    found = pd.to_numeric(stripped.mask(unknown), errors="coerce").astype("float64")
    bad = (found.isna() & ~unknown) | np.isinf(found)
    _refuse(path, name, cells, bad, "不是数字（没有观测到的应留空或写 NaN）")
    return found


def _refuse(path: Path, column: str, cells: pd.Series, bad: pd.Series, told: str) -> None:
    """Raises UnreadableFile for the first bad cell; rows are counted as a sheet does, the header being row 1."""
    if bad.any():
        at = int(np.flatnonzero(bad.to_numpy("bool"))[0])
        more = f"（共 {int(bad.sum())} 行如此）" if bad.sum() > 1 else ""
        raise UnreadableFile(f"{path} 第 {at + 2} 行，列 {column}：“{str(cells.iat[at])[:40]}”{told}{more}")


def _refuse_words(values: pd.DataFrame, path: Path) -> None:
    told = f"不是预警等级；应为 {'、'.join(RANKS)}"
    _refuse(path, "level", values["level"], ~values["level"].isin(list(RANKS)), told)


def _refuse_repeated(values: pd.DataFrame, path: Path) -> None:
    twice = values.duplicated(["platform", "day"])
    _refuse(path, "day", values["day"].dt.strftime("%Y-%m-%d"), twice, "：同一平台同一天有不止一行")


def _described(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise UnreadableFile(f"{path}：不是 JSON（{error}）；请重新运行 replay") from error
    return found if isinstance(found, dict) else {}


@dataclass(frozen=True)
class FailureList:
    """`rows`: platform, day (datetime64), reason; `refusals`: what was wrong with the rows that are not in it."""

    path: Path
    rows: pd.DataFrame
    refusals: Sequence[str]


def read_failures(path: Path) -> FailureList:
    """A list platform, problem_date[, reason]. Raises UnreadableFile: no such file, columns missing, no usable row."""
    rows, refusals = [], []
    for row in read_csv(path, ("platform", "problem_date"), ("reason",)):
        if row.fault is not None:
            refusals.append(row.fault)
            continue
        name, day = row.cells["platform"].strip(), _day(row.cells["problem_date"])
        if not name or day is None:
            told = f"problem_date “{row.cells['problem_date'][:40]}” 不是 2018-07-16 这样的日期"
            refusals.append(f"{path.name} 第 {row.number} 行：{told if name else 'platform 为空'}")
            continue
        rows.append((name, day, row.cells["reason"].strip()))
    if not rows:
        told = "；".join(refusals[:3]) or "文件只有表头"
        raise UnreadableFile(f"{path.name}：没有一行可用的出险记录（{told}）")
    frame = pd.DataFrame(rows, columns=["platform", "day", "reason"])
    return FailureList(path, frame.assign(day=pd.to_datetime(frame["day"])), refusals)


def _day(text: str) -> date | None:
    match = _DAY.fullmatch(text)
    if match is None:
        return None
    try:
        year, month, day = (int(part) for part in match.groups() if part is not None)
        return date(year, month, day)
    except ValueError:
        return None
