"""`pipeline evaluate`: a replay against a list of failures, with what a user would look at instead beside it."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from rich.console import Console

from pipeline.csv_files import write_csv
from pipeline.errors import Exit, UsageFault, reported
from pipeline.evaluation_table import tables
from pipeline.progress import Report, terminal
from pipeline.replay_folder import FailureList, ReplayFolder, read_failures, read_folder
from signals.calendar import dates
from signals.evaluation.evaluate import OURS, Evaluation, Plan
from signals.evaluation.evaluate import evaluate as judge
from signals.evaluation.failures import Status
from signals.evaluation.outcomes import HORIZON
from signals.evaluation.words import limits
from signals.model import LADDER, Level

FAILURES = "failures_judged.csv"
FILES = ("evaluation.csv", "episodes.csv", FAILURES, "curve.csv")
DESCRIPTION = "evaluation.json"
SHOWN = 20
WIDTH = 144
"""Columns of the printed tables: figures with their intervals are not cut to fit a narrow terminal."""
WHY = {
    Status.UNKNOWN: "不在回放的平台名单中",
    Status.REPEATED: "同一平台的后续记录（只计第一次）",
    Status.BEFORE: "回放开始之前或当日已出险",
    Status.AFTER: "回放结束之后才出险",
    Status.UNOBSERVED: "出险前从未被观测（一直数据不足）",
}


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(
        "evaluate",
        help="用出险名单评估一次回放：命中率、误报、提前天数，并与负面条数、SnowNLP、投诉条数、随机预警比较（不需要数据库）。",
    )(evaluate)


def evaluate(
    replay: Annotated[Path, typer.Option(metavar="DIR", help="replay 的输出文件夹（含 index_values.csv）")],
    failures: Annotated[
        Path, typer.Option(metavar="FAILURES.csv", help="出险名单：列 platform,problem_date，可有 reason")
    ],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="结果写入此文件夹；默认写入回放文件夹")
    ] = None,
    level: Annotated[str, typer.Option(help="从哪一级起算预警：蓝、黄、橙、红")] = Level.ORANGE.value,
    draws: Annotated[int, typer.Option(min=0, max=20_000, help="自助法抽样次数（按平台抽样）")] = 500,
    seed: Annotated[int, typer.Option(min=0, help="随机数种子；同样的输入得到同样的结果")] = Plan.seed,
) -> None:
    """退出码：0 完成；1 完成但出险名单有拒收的行（逐行说明）；2 输入有误；4 无法写出结果。"""
    with reported(), terminal() as report:
        plan = Plan(level=_level(level), draws=draws, seed=seed)
        refused = run(replay, failures, out or replay, plan, report)
    raise typer.Exit(Exit.REFUSED_ROWS if refused else Exit.DONE)


def run(replay: Path, failures: Path, out: Path, plan: Plan, report: Report) -> int:
    """Evaluate, write and print; returns how many rows of the list were refused. Raises UnreadableFile, UsageFault,
    OSError."""
    listed, folder, done = evaluated(replay, failures, out, plan, report)
    console = Console(width=WIDTH, highlight=False)
    for table in tables(done, plan):
        console.print(table)
    ours = done.figures[done.figures["method"] == OURS].set_index("metric")["value"].to_dict()
    for line in limits(ours, plan.draws, folder.counted is not None):
        console.print(f"· {line}", soft_wrap=True, markup=False)
    _tell(listed, done)
    typer.echo(f"结果：{'、'.join(FILES)}，在 {out}", err=True)
    return len(listed.refusals)


def evaluated(
    replay: Path, failures: Path, out: Path, plan: Plan, report: Report
) -> tuple[FailureList, ReplayFolder, Evaluation]:
    """Evaluate and write, without a word. Raises UnreadableFile, UsageFault, OSError."""
    listed = read_failures(failures)
    _refuse_itself(failures, out)
    folder = read_folder(replay)
    done = judge(folder.grid, listed.rows, folder.counted, plan, lambda n, of: report("evaluate", n, of))
    _write(out, done, _about(folder, listed, plan))
    return listed, folder, done


def _level(word: str) -> Level:
    if word not in {level.value for level in LADDER[1:]}:
        raise UsageFault(f"--level “{word}” 不是预警等级；请用 蓝、黄、橙 或 红")
    return Level(word)


def _refuse_itself(failures: Path, out: Path) -> None:
    target = out / FAILURES
    if target.exists() and failures.samefile(target):
        told = "出险名单与结果是同一个文件，写出会覆盖它。请给名单另取文件名，或用 --out 指定别的文件夹。"
        raise UsageFault(f"{failures}：{told}")


def _tell(listed: FailureList, done: Evaluation) -> None:
    """Names on standard error every row of the list that does not count, and why."""
    for refusal in listed.refusals:
        typer.echo(f"拒收：{refusal}", err=True)
    for status, why in WHY.items():
        rows = done.failures[done.failures["status"] == status.value]
        if len(rows):
            names = "、".join(rows["platform"].head(SHOWN))
            more = f" 等，全部见 {FAILURES} 中 status={status.value} 的行" if len(rows) > SHOWN else ""
            typer.echo(f"{len(rows)} 行未计入命中率：{why}：{names}{more}", err=True)


def _about(folder: ReplayFolder, listed: FailureList, plan: Plan) -> dict[str, object]:
    first, last = dates(np.array([folder.grid.first, folder.grid.last]))
    return {
        "level": plan.level.value,
        "horizon_days": HORIZON,
        "draws": plan.draws,
        "random_draws": plan.random_draws,
        "seed": plan.seed,
        "start": str(first),
        "end": str(last),
        "platforms": len(folder.grid.platforms),
        "failures_file": listed.path.name,
        "failures_sha256": hashlib.sha256(listed.path.read_bytes()).hexdigest(),
        "refused_rows": len(listed.refusals),
        "baselines": folder.counted is not None,
    }


def _write(out: Path, done: Evaluation, about: dict[str, object]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    frames = (done.figures, done.episodes, done.failures, done.curve)
    for name, frame in zip(FILES, frames, strict=True):
        with write_csv(out / name, list(frame.columns)) as write:
            for row in frame.itertuples(index=False, name=None):
                write([_cell(value) for value in row])
    part = out / f"{DESCRIPTION}.part"
    part.write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n", "utf-8")
    os.replace(part, out / DESCRIPTION)


def _cell(value: object) -> object:
    """Plain text: nothing where nothing is known, numbers short, dates alone."""
    if value is None or value != value:
        return ""
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    if isinstance(value, float):
        return f"{value:.10g}"
    return value
