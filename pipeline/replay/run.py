"""One replay from its files to its folder: documents read by all workers, ordered, judged by blocks of platforms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.bulk import bulk
from pipeline.errors import UsageFault
from pipeline.progress import Report
from pipeline.replay import output
from pipeline.replay.blocks import PLATFORMS, Block, blocks, parts
from pipeline.replay.documents import Batch, batches
from pipeline.replay.industry import industry
from pipeline.replay.levels import Plan
from pipeline.replay.platforms import Watched
from pipeline.replay.rates import usual_complaints
from pipeline.replay.reading import KINDS, SNOWNLP_CHARS, Instructions
from pipeline.replay.runs import Row, configured
from pipeline.replay.table import Gatherer, Store, Table, Tally
from pipeline.replay.workers import Work, workers
from settings.models import Settings
from signals.calendar import dates
from signals.model import Kind

READING, JUDGING = "研读文档", "计算等级"


@dataclass(frozen=True)
class Order:
    """What is to be replayed. `settings` with the thresholds to go by; `share`: of documents for SnowNLP; `runs`: see
    read_runs; `standing`: what indicators say (signals.open_items.standing_days). None = not given."""

    documents: Path
    watched: Watched
    start: date
    end: date
    kinds: tuple[Kind, ...]
    settings: Settings
    share: float
    workers: int
    runs: Sequence[Row] | None = None
    standing: pd.DataFrame | None = None


def run(order: Order, out: Path, report: Report) -> Tally:
    """Replays, and writes the files. Raises UnreadableFile, UsageFault, WeightsError, BrokenProcessPool, OSError."""
    _check(order, out)
    waiting = batches(order.documents)
    first = next(waiting, None)  # a missing column is told before anything is loaded
    platforms = order.watched.platforms
    instructions = Instructions(order.settings, platforms, frozenset(order.kinds), order.end, order.share)
    with (
        output.folder(out) as write,
        closing(Store(out)) as store,
        workers(instructions, order.workers) as work,
    ):
        table, tally = _read(order, chain([first] if first else [], waiting), work, store, report)
        version = work.version()
        plan = _plan(order, table)
        places = parts(len(platforms))
        with closing(output.Spool(out, (order.end - order.start).days + 1, places)) as spool:
            waiting_blocks = blocks(table, store, platforms, order.standing)
            rolled = _judge(order, plan, waiting_blocks, work, spool, report)
            values, days = industry(plan, platforms, rolled, table.counts, order.standing)
            named = order.settings.industry
            told = output.industry_rows(values, days, named.name, named.policy.id, order.start)
            write(spool, told, _described(order, tally, version))
    return tally


def _check(order: Order, out: Path) -> None:
    if order.end < order.start:
        raise UsageFault(f"--end {order.end} 早于 --start {order.start}，请对调")
    mine = {(out / name).resolve(): name for name in output.FILES}
    if (name := mine.get(order.documents.resolve())) is not None:
        raise UsageFault(f"--out 文件夹中的 {name} 正是输入文件，会被覆盖；请另取文件夹")


def _read(
    order: Order, waiting: Iterable[Batch], work: Work, store: Store, report: Report
) -> tuple[Table, Tally]:
    gatherer, size, seen = Gatherer(store), order.documents.stat().st_size, 0
    with bulk() as batch_done:
        for found in work.read(waiting):
            gatherer.add(found)
            seen += found.seen
            batch_done()
            report(READING, seen, max(seen, seen * size // max(found.read, 1)), order.documents.name)
    return gatherer.finish()


def _plan(order: Order, table: Table) -> Plan:
    first = table.counts.groupby("kind")["day"].min()
    began = {KINDS[int(place)]: dates(np.array([day]))[0] for place, day in first.items()}
    known = configured(order.kinds, began, order.runs or (), order.start, order.end)
    rates = usual_complaints(table.counts, known, order.end)
    return Plan(order.settings, known, order.start, order.end, order.watched.written, rates)


def _judge(
    order: Order, plan: Plan, waiting: Iterable[Block], work: Work, spool: output.Spool, report: Report
) -> list[pd.DataFrame]:
    """Spools the blocks' rows; returns what each adds to the industry."""
    rolled, platforms = [], len(order.watched.platforms)
    for number, outcome in enumerate(work.judge((block, plan) for block in waiting)):
        spool.add(number, outcome.rows)
        rolled.append(outcome.rolled)
        report(JUDGING, min((number + 1) * PLATFORMS, platforms), platforms)
    return rolled


def _described(order: Order, tally: Tally, version: str) -> dict[str, Any]:
    """replay.json: what the figures rest on besides the rows, and nothing that may differ between two runs."""
    return {
        "start": order.start.isoformat(),
        "end": order.end.isoformat(),
        "kinds": [kind.value for kind in order.kinds],
        "platforms": len(order.watched.written),
        "runs_given": order.runs is not None,
        "indicators_given": order.standing is not None,
        "settings_hash": order.settings.hash,
        "model_version": version,
        "sign_off": "first eligible day",
        "snownlp_sample": {
            "rule": "CRC-32 of the id < share * 2**32",
            "share": order.share,
            "characters": SNOWNLP_CHARS,
        },
        "rows": asdict(tally) | {"faults": len(tally.faults)},
        "thresholds": order.settings.thresholds.model_dump(mode="json"),
    }
