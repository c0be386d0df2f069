"""`pipeline score IN.csv OUT.csv`: texts judged without a database, in constant memory."""

from __future__ import annotations

import gc
import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from pipeline.bulk import bulk
from pipeline.csv_files import LOST, CsvRow, read_csv, write_csv
from pipeline.errors import Exit, UsageFault, fail, reported
from pipeline.progress import Report, terminal
from pipeline.watch_list import read_watch_list
from settings import loader
from settings.models import Platform, Settings
from signals import discovery
from signals.asked import Question
from signals.discovery import Discoverer, DiscoveryError
from signals.scoring import Answer, Scorer

CHUNK = 1000
CHUNK_CHARS = 2_000_000
"""Texts, and characters, judged at once: long texts must not fill the memory."""
WAITING = 3
"""Batches per worker that may wait: memory must not grow with the file."""
HEADER = (
    *("id", "entity", "negative", "is_negative", "doc_negative", "sentiment"),
    *("events", "risk_types", "polarity", "evidence", "reason"),
)
Row = tuple[object, ...]
_scorer: Scorer | None = None
"""One per process: compiled by `_start`."""


class Batch(NamedTuple):
    """Rows to judge (id, question); `rows` and `read`: rows and bytes of the file up to its end."""

    asked: list[tuple[str, Question]]
    rows: int
    read: int


class Outcome(NamedTuple):
    """What became of a file: rows judged, rows refused, rows with bytes that its encoding does not know."""

    judged: int
    refused: int
    damaged: int


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(
        "score", help="判读 CSV 中的文本：对每个平台是否负面、发生了什么、依据哪句话（不需要数据库）。"
    )(score)


def score(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="IN.csv",
            help="列：id,text，可有 title、entity（候选名称，以半角 ; 分隔；为空则由监测名单与新名称发现提出）",
        ),
    ],
    target: Annotated[
        Path, typer.Argument(metavar="OUT.csv", help="结果：每篇文本的每个候选一行，UTF-8，保持输入顺序")
    ],
    platforms: Annotated[
        Path | None,
        typer.Option(
            help="监测名单 CSV（列 name 或 platform，可有 aliases）；默认用 settings/platforms.toml"
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="并行进程数；结果与 1 个进程逐字节相同")] = 1,
) -> None:
    """退出码：0 完成；1 完成但有拒收的行（逐行说明）；2 输入有误；4 无法写出结果。"""
    with reported(), terminal() as report:
        try:
            outcome = run(source, target, platforms, workers, report)
        except DiscoveryError as error:
            raise fail(str(error), Exit.ENVIRONMENT) from error
        except BrokenProcessPool as error:
            told = "一个判读进程意外结束（多半是内存不足）。请减少 --workers 后重试；结果文件未改动。"
            raise fail(told, Exit.ENVIRONMENT) from error
    typer.echo(f"判读 {outcome.judged:,} 行，拒收 {outcome.refused:,} 行，结果在 {target}", err=True)
    if outcome.damaged:
        typer.echo(f"{outcome.damaged:,} 行含无法解码的字符（{LOST}），请核对文件编码", err=True)
    raise typer.Exit(Exit.REFUSED_ROWS if outcome.refused else Exit.DONE)


def run(source: Path, target: Path, platforms: Path | None, workers: int, report: Report) -> Outcome:
    """Judge a file; every refused row is named on standard error.

    Raises UnreadableFile, UsageFault (IN is OUT), SettingsError, WeightsError, OSError (OUT cannot be written).
    """
    if source.exists() and target.exists() and source.samefile(target):
        raise UsageFault(f"输入与输出是同一个文件：{source}。请为结果另取文件名。")
    batches = _Batches(read_csv(source, ("id", "text"), ("title", "entity")))
    size, judged = source.stat().st_size, 0
    with write_csv(target, HEADER) as write, bulk() as batch_done, _judge(platforms, workers) as judge:
        gc.freeze()  # what is compiled once need not be walked by the cycle collector
        for batch, rows in judge(batches):
            for row in rows:
                write(row)
            judged += len(batch.asked)
            batch_done()
            report("score", batch.rows, max(batch.rows, batch.rows * size // max(batch.read, 1)), source.name)
    return Outcome(judged, batches.refused, batches.damaged)


class _Batches:
    """The usable rows of a file in batches; counts the others and says what is wrong with them."""

    def __init__(self, rows: Iterator[CsvRow]) -> None:
        self.refused = self.damaged = 0
        self._rows = rows
        self._first = next(
            rows, None
        )  # opens the file: a missing column is told before the models are loaded

    def __iter__(self) -> Iterator[Batch]:
        asked: list[tuple[str, Question]] = []
        chars = seen = read = 0
        for row in self._all():
            seen, read = seen + 1, row.read
            if row.fault is not None:
                self.refused += 1
                typer.echo(f"拒收：{row.fault}", err=True)
                continue
            question = _question(row)
            self.damaged += LOST in question.text
            asked.append((row.cells["id"], question))
            chars += len(question.text)
            if len(asked) >= CHUNK or chars >= CHUNK_CHARS:
                yield Batch(asked, seen, read)
                asked, chars = [], 0
        if asked:
            yield Batch(asked, seen, read)

    def _all(self) -> Iterator[CsvRow]:
        if self._first is not None:
            yield self._first
        yield from self._rows


def _question(row: CsvRow) -> Question:
    """Candidates as they are written, each as often as it stands; a cell without any means: find them."""
    names = tuple(name for name in row.cells["entity"].split(";") if name.strip())
    return Question(row.cells["text"], row.cells["title"], names or None)


Judged = Iterator[tuple[Batch, list[Row]]]


@contextmanager
def _judge(platforms: Path | None, workers: int) -> Iterator[Callable[[Iterable[Batch]], Judged]]:
    """A function from batches to their answers, in order, in this process or in a pool."""
    settings = loader.load()
    watch_list, bare = _watch_list(platforms, settings)
    if workers == 1:
        _start(settings, watch_list, bare)
        yield lambda batches: ((batch, _answered(batch.asked)) for batch in batches)
        return
    # Spawned, not forked: the progress bar's thread may hold a lock at the moment of a fork.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, _start_worker, (settings, watch_list, bare))
    try:
        yield lambda batches: _parallel(pool, batches, WAITING * workers)
    finally:
        pool.shutdown(cancel_futures=True)


def _parallel(pool: ProcessPoolExecutor, batches: Iterable[Batch], most: int) -> Judged:
    waiting: deque[tuple[Batch, Future[list[Row]]]] = deque()
    for batch in batches:
        waiting.append((batch, pool.submit(_answered, batch.asked)))
        if len(waiting) > most:
            first, answers = waiting.popleft()
            yield first, answers.result()
    for last, answers in waiting:
        yield last, answers.result()


def _watch_list(path: Path | None, settings: Settings) -> tuple[Sequence[Platform], Sequence[str]]:
    """The platforms of the file, then those of the settings that it does not name; and names without more."""
    if path is None:
        return settings.platforms, ()
    told = read_watch_list(path, settings.platforms, keep_bare=True)
    for refusal in told.refusals:
        typer.echo(f"监测名单 {refusal.file} 第 {refusal.row} 行：{refusal.reason}", err=True)
    return told.platforms + settings.platforms, told.bare


def _start(settings: Settings, watch_list: Sequence[Platform], bare: Sequence[str]) -> None:
    global _scorer
    discoverer = Discoverer.load() if discovery.WEIGHTS.exists() else None
    _scorer = Scorer(settings, watch_list, bare, discoverer=discoverer)


def _start_worker(settings: Settings, watch_list: Sequence[Platform], bare: Sequence[str]) -> None:
    """Ctrl-C is the parent's business; what is compiled once need not be walked by the cycle collector."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _start(settings, watch_list, bare)
    gc.collect()
    gc.freeze()


def _answered(asked: Sequence[tuple[str, Question]]) -> list[Row]:
    assert _scorer is not None
    answers = _scorer.score([question for _, question in asked])
    return [_row(name, answer) for (name, _), each in zip(asked, answers, strict=True) for answer in each]


def _row(name: str, answer: Answer) -> Row:
    return (
        name,
        answer.entity,
        f"{answer.negative:.6f}",
        int(answer.is_negative),
        f"{answer.document:.6f}",
        f"{answer.sentiment:.4f}",
        ";".join(answer.events),
        ";".join(answer.risks),
        str(answer.polarity),
        answer.evidence,
        answer.reason,
    )
