"""`pipeline detect IN.csv OUT.csv`: counts judged by a surprise detector, without a database."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from pipeline.bulk import bulk
from pipeline.csv_files import whole_file
from pipeline.errors import UsageFault, reported
from pipeline.progress import Report, terminal
from pipeline.series_files import Faults, SeriesTable, read_series
from signals.calendar import HolidayPlanMissing, dates
from signals.detectors import DEFAULT, REGISTRY, Detector, UnknownDetector, create

ADDED = ("expected", "upper", "score", "alarm")
TOGETHER = 500
"""Series judged at once: enough to share a design, few enough to fit in memory."""
UNJUDGED = ",,,,0\n"
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Frequency(StrEnum):
    """Weeks or days."""

    W = "W"
    D = "D"


@dataclass(frozen=True)
class Verdicts:
    """Per row of the file; NaN = not judged. `wanted`: rows that were to be judged."""

    expected: Floats
    upper: Floats
    score: Floats
    alarm: NDArray[np.bool_]
    wanted: NDArray[np.bool_]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("detect", help="突增检测：CSV 中每个序列、每一期的计数是否异常偏高（不需要数据库）。")(detect)


def detect(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="IN.csv",
            help="列：series,date,count，可有其他列；缺少的日期与空的 count 为未观测，不是 0（除非 --fill-zero）",
        ),
    ],
    target: Annotated[
        Path,
        typer.Argument(
            metavar="OUT.csv", help=f"结果：输入的每一行，按原顺序，另加 {'、'.join(ADDED)}（0/1）"
        ),
    ],
    freq: Annotated[
        Frequency, typer.Option(help="W 周计数（每个序列可从任一星期几开始），D 日计数", case_sensitive=False)
    ],
    detector: Annotated[str, typer.Option(help=f"检测器：{'、'.join(REGISTRY)}", metavar="NAME")] = DEFAULT,
    fill_zero: Annotated[
        bool,
        typer.Option("--fill-zero", help="一个序列首末日期之间缺少的日期按 0 计（空的 count 仍为未观测）"),
    ] = False,
    last: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="只判断每个序列按日历的最后 N 期；其余各行留空、alarm 为 0"),
    ] = None,
) -> None:
    """退出码：0 完成；2 输入有误（指明文件、行、列）；4 无法写出结果。"""
    with reported(), terminal() as report:
        told = run(source, target, freq, detector, fill_zero, last, report)
    typer.echo(told, err=True)


def run(
    source: Path,
    target: Path,
    freq: Frequency,
    detector: str,
    fill_zero: bool,
    last: int | None,
    report: Report,
) -> str:
    """Judge a file; returns the summary for the person.

    Raises UnreadableFile, UsageFault (IN is OUT, unknown detector), OSError (OUT cannot be written).
    """
    if source.exists() and target.exists() and source.samefile(target):
        raise UsageFault(f"输入与输出是同一个文件：{source}。请为结果另取文件名。")
    try:
        judge = create(detector, 7 if freq is Frequency.W else 1)
    except UnknownDetector as error:
        raise UsageFault(f"{error}") from error
    with bulk() as batch_done, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", HolidayPlanMissing)
        table = read_series(source, ADDED)
        if freq is Frequency.W:
            _check_weeks(table, source.name)
        verdicts = _blank(len(table.lines))
        done = 0
        for rows in _batches(table, judge.period_days) if table.lines else ():
            _judge(table, rows, judge, fill_zero, last, verdicts)
            done += rows.size
            batch_done()
            report("检测", done, len(table.lines), source.name)
        with whole_file(target) as handle:
            handle.write(f"{table.header},{','.join(ADDED)}\n")
            handle.writelines(_lines(table, verdicts))
    return _summary(table, verdicts, caught, target)


def _check_weeks(table: SeriesTable, file: str) -> None:
    """Raises UnreadableFile where dates of a series are not whole weeks apart."""
    faults = Faults(file)
    first = np.full(len(table.names), np.iinfo("int64").max)
    np.minimum.at(first, table.series, table.days)
    for at in np.flatnonzero((table.days - first[table.series]) % 7).tolist():
        since = dates(first[table.series[at : at + 1]])[0]
        name = table.names[int(table.series[at])]
        told = f"与序列 {name!r} 的首个日期 {since} 相隔不是整周；周计数的日期须在同一星期几，日计数请用 --freq D"
        faults.add(int(table.numbers[at]), "date", told)
    faults.check()


def _blank(rows: int) -> Verdicts:
    expected, upper, score = (np.full(rows, np.nan) for _ in range(3))
    return Verdicts(expected, upper, score, np.zeros(rows, dtype=np.bool_), np.zeros(rows, dtype=np.bool_))


def _batches(table: SeriesTable, period_days: int) -> Iterator[Ints]:
    """Row numbers of series to be judged together: of one weekday where weekly, of like spans."""
    first, last = _spans(table)
    batch = np.zeros(first.size, dtype=np.int64)
    for weekday in range(period_days):
        chosen = np.flatnonzero(first % period_days == weekday)
        chosen = chosen[np.lexsort((last[chosen], first[chosen]))]
        batch[chosen] = weekday * first.size + np.arange(chosen.size) // TOGETHER
    of_row = batch[table.series]
    rows = np.argsort(of_row, kind="stable")
    yield from np.split(rows, np.flatnonzero(np.diff(of_row[rows])) + 1)


def _spans(table: SeriesTable) -> tuple[Ints, Ints]:
    """First and last day number of each series."""
    first = np.full(len(table.names), np.iinfo("int64").max)
    last = np.full(len(table.names), np.iinfo("int64").min)
    np.minimum.at(first, table.series, table.days)
    np.maximum.at(last, table.series, table.days)
    return first, last


def _judge(
    table: SeriesTable, rows: Ints, detector: Detector, fill_zero: bool, last: int | None, verdicts: Verdicts
) -> None:
    """Judges the series of `rows` and writes into `verdicts`."""
    names, column = np.unique(table.series[rows], return_inverse=True)
    begin, step = int(table.days[rows].min()), detector.period_days
    period = (table.days[rows] - begin) // step
    counts = np.full((int(period.max()) + 1, names.size), np.nan)
    ends = np.zeros(names.size, dtype=np.int64)
    np.maximum.at(ends, column, period)
    if fill_zero:
        starts = np.full(names.size, counts.shape[0])
        np.minimum.at(starts, column, period)
        at = np.arange(counts.shape[0])[:, None]
        counts[(at >= starts) & (at <= ends)] = 0.0
    counts[period, column] = table.counts[rows]
    wanted = np.zeros(counts.shape, dtype=np.bool_)
    wanted[period, column] = True if last is None else period > ends[column] - last
    start = int(np.flatnonzero(wanted.any(axis=1))[0])
    days = begin + step * np.arange(counts.shape[0])
    judgement = detector.judge(counts, days, start, wanted=wanted[start:])
    upper = np.floor(judgement.upper(detector.alpha) + 1e-9)
    judged = wanted[period, column]
    at, of, into = period[judged] - start, column[judged], rows[judged]
    verdicts.wanted[into] = True
    verdicts.expected[into], verdicts.upper[into] = judgement.expected[at, of], upper[at, of]
    p = judgement.p[at, of]
    verdicts.score[into] = -np.log10(np.maximum(p, 1e-300)) + 0.0
    verdicts.alarm[into] = ~np.isnan(p) & (table.counts[into] > upper[at, of])


def _lines(table: SeriesTable, verdicts: Verdicts) -> Iterator[str]:
    judged = ~np.isnan(verdicts.expected)
    ends = np.full(judged.size, UNJUDGED, dtype=object)
    columns = (verdicts.expected, verdicts.upper, verdicts.score, verdicts.alarm)
    ends[judged] = [
        _end(*values) for values in zip(*(part[judged].tolist() for part in columns), strict=True)
    ]
    return map(str.__add__, table.lines, ends.tolist())


def _end(expected: float, upper: float, score: float, alarm: bool) -> str:
    if score != score:  # too few items: no p
        return f",{expected:.4f},{upper:.0f},,0\n"
    return f",{expected:.4f},{upper:.0f},{score:.4f},{alarm:d}\n"


def _summary(
    table: SeriesTable, verdicts: Verdicts, caught: list[warnings.WarningMessage], target: Path
) -> str:
    judged = ~np.isnan(verdicts.expected)
    silent = len(set(table.series[verdicts.wanted].tolist()) - set(table.series[judged].tolist()))
    told = [
        f"{len(table.names):,} 个序列，判断 {judged.sum():,} 期，报警 {verdicts.alarm.sum():,} 期，结果在 {target}"
    ]
    if silent:
        told.append(
            f"{silent:,} 个序列因历史不足（或全部未观测）一期也未能判断：其 expected 为空，alarm 为 0，不表示正常"
        )
    if any(issubclass(warning.category, HolidayPlanMissing) for warning in caught):
        told.append("部分年份的放假安排未收录：这些年份只按固定日期的节日与周末计算")
    return "\n".join(told)
