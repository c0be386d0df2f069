"""Backtest (a): dated texts that name a platform which failed later: plumbing, cut-off, and the rows read by hand."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from pipeline.backtests.checked import BAD_BEFORE, GROUPS
from pipeline.csv_files import encoding_of, write_csv
from signals.evaluation.outcomes import HORIZON

TEXTS, FAILURES = "dated_texts_dev.csv", "problem_platforms_dev.csv"
START, END = date(2015, 6, 1), date(2019, 1, 31)
CUTS = (date(2016, 9, 1), date(2018, 6, 30))
FILES = ("index_values.csv", "flips.csv", "baselines.csv")
DOCUMENT = ("id", "published_at", "kind", "source", "publisher", "title", "text")
LIMITS = (
    "The date of a text is the latest one written in it, often earlier than its publication: no lead time of the whole "
    "set means anything. Only the rows read by hand are case studies.",
    "One or two texts a platform, of posts that were collected for another purpose: a warning level rests on volume, "
    "which this set has not. A miss here says little about the method, a hit little more.",
    "Kind and publisher are not given: all rows count as news without a publisher.",
)


class CommandFailed(RuntimeError):
    """A command of the product ended with an error."""


def lines(folder: Path) -> Iterator[str]:
    """The tables as Markdown. Raises UnreadableFile, CommandFailed."""
    texts = pd.read_csv(folder / TEXTS, encoding=encoding_of(folder / TEXTS)).dropna(subset=["text_date"])
    listed = pd.read_csv(folder / FAILURES, encoding=encoding_of(folder / FAILURES))
    yield from _hand_counts(texts)
    yield ""
    with tempfile.TemporaryDirectory(prefix="trustwatch-texts-") as scratch:
        work = Path(scratch)
        documents = texts.drop_duplicates("id")
        _inputs(work, documents, listed[listed["platform"].isin(texts["platform"])])
        whole = _replay(work, "whole", documents, START, END)
        yield f"Replay of {len(documents)} texts over {texts['platform'].nunique()} platforms, {START} to {END}:"
        yield ""
        yield from _cut_off(work, documents, whole)
        yield ""
        yield from _cases(texts, whole)
        yield ""
        _run("evaluate", "--replay", whole, "--failures", work / "failures.csv", "--draws", 0)
        yield from _plumbing(whole)
    yield ""
    yield from (f"- {limit}" for limit in LIMITS)


def _hand_counts(texts: pd.DataFrame) -> Iterator[str]:
    window = texts[(texts["lead_days"] >= 1) & (texts["lead_days"] <= HORIZON)]
    yield f"{len(window)} rows lie 1 to {HORIZON} days before the failure by their date; read by hand:"
    yield ""
    yield "| judgement | rows | platforms |"
    yield "|---|---|---|"
    for name, ids in GROUPS:
        mine = window[window["id"].astype(str).isin(ids)]
        yield f"| {name} | {len(mine)} | {mine['platform'].nunique()} |"


def _inputs(work: Path, documents: pd.DataFrame, listed: pd.DataFrame) -> None:
    with write_csv(work / "platforms.csv", ("platform",)) as write:
        for name in sorted(set(listed["platform"])):
            write((name,))
    with write_csv(work / "failures.csv", ("platform", "problem_date", "reason")) as write:
        for row in listed[["platform", "problem_date", "reason"]].fillna("").itertuples(index=False):
            write(tuple(row))
    _documents(work / "documents.csv", documents)


def _documents(path: Path, documents: pd.DataFrame) -> None:
    with write_csv(path, DOCUMENT) as write:
        for row in documents.itertuples(index=False):
            write((row.id, row.text_date, "news", row.source, "", "", row.text))


def _replay(work: Path, name: str, documents: pd.DataFrame, start: date, end: date) -> Path:
    path = work / f"{name}.csv"
    _documents(path, documents)
    out = work / name
    _run("replay", "--documents", path, "--platforms", work / "platforms.csv", "--start", start, "--end", end,
         "--out", out)  # fmt: skip
    return out


def _run(*arguments: object) -> None:
    command = [sys.executable, "-m", "pipeline", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 # our own command
    if done.returncode not in (0, 1):
        raise CommandFailed(f"{' '.join(command)}: {done.stderr[-2000:]}")


def _cut_off(work: Path, documents: pd.DataFrame, whole: Path) -> Iterator[str]:
    """Whether cutting the texts off at a day leaves every earlier row as it was, bit for bit."""
    for cut in CUTS:
        kept = documents[documents["text_date"] <= cut.isoformat()]
        part = _replay(work, f"until-{cut}", kept, START, cut)
        same = [_until(whole / name, cut) == (part / name).read_text("utf-8") for name in FILES]
        told = (
            "bit-identical"
            if all(same)
            else f"DIFFERENT in {[n for n, ok in zip(FILES, same, strict=True) if not ok]}"
        )
        yield f"- cut off after {cut} ({len(kept)} texts left): all rows up to that day {told}"


def _until(path: Path, day: date) -> str:
    """The header and the rows up to `day`; the day is the second cell, names hold no comma here."""
    header, *rows = path.read_text("utf-8").splitlines(keepends=True)
    return header + "".join(row for row in rows if row.split(",")[1] <= day.isoformat())


def _cases(texts: pd.DataFrame, whole: Path) -> Iterator[str]:
    """T around the texts that were written before the failure and told bad news."""
    values = pd.read_csv(whole / "index_values.csv")
    yield "| id | text dated | failure | days | T before the text | highest T until the eve | level on the eve |"
    yield "|---|---|---|---|---|---|---|"
    for row in texts[texts["id"].astype(str).isin(BAD_BEFORE)].itertuples(index=False):
        mine = values[values["platform"] == row.platform].set_index("day")
        text_day, failure = date.fromisoformat(row.text_date), date.fromisoformat(row.problem_date)
        before, eve = (text_day - timedelta(days=1)).isoformat(), (failure - timedelta(days=1)).isoformat()
        highest = mine.loc[text_day.isoformat() : eve, "T"].max()
        yield (
            f"| {row.id} | {text_day} | {failure} | {(failure - text_day).days} | {_at(mine, before, 'T')} "
            f"| {highest:.1f} | {_at(mine, eve, 'level')} |"
        )


def _at(values: pd.DataFrame, day: str, column: str) -> str:
    if day not in values.index:
        return "–"
    found = values.loc[day, column]
    return f"{found:.1f}" if isinstance(found, float) else str(found)


def _plumbing(whole: Path) -> Iterator[str]:
    """Ours beside the baselines on the whole set: that the commands run, not how well they warn."""
    figures = pd.read_csv(whole / "evaluation.csv").set_index(["method", "metric"])["value"]
    names = ("failures", "hits", "false_alarms", "auroc", "auprc")
    yield "Plumbing (no measure of quality, see the limits):"
    yield ""
    yield f"| method | {' | '.join(names)} |"
    yield "|---" * (len(names) + 1) + "|"
    for method in figures.index.get_level_values(0).unique():
        cells = [f"{figures.get((method, name), float('nan')):.3g}" for name in names]
        yield f"| {method} | {' | '.join(cells)} |"
