"""`pipeline replay`: what would have been known and warned of on every day, from dated documents."""

from __future__ import annotations

import os
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from collectors.dates import BadDate
from pipeline.errors import Exit, UsageFault, fail, reported
from pipeline.progress import terminal
from pipeline.replay.documents import moment
from pipeline.replay.platforms import read_platforms
from pipeline.replay.readings import read_readings, standing
from pipeline.replay.run import Order, run
from pipeline.replay.runs import read_runs
from pipeline.replay.table import Tally
from settings import loader
from settings.models import Settings
from settings.threshold_faults import impossible
from signals.model import Kind, shanghai_day

DEFAULT_KINDS = ",".join(kind.value for kind in Kind if kind is not Kind.DISCLOSURE)
SHARE = 0.002
SHOWN = 50
"""Refused rows that are named one by one."""


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(
        "replay",
        help="历史回放：只用每天结束前可得的文档，逐日重算分项指数、综合分与预警等级（不需要数据库）。",
    )(replay)


def replay(
    documents: Annotated[
        Path,
        typer.Option(
            metavar="DOCS.csv",
            help="文档：列 id,published_at,kind,source,publisher,title,text，可有 first_seen_at、author、url、channel、"
            "subject、official、reach；行序不限",
        ),
    ],
    platforms: Annotated[
        Path,
        typer.Option(metavar="PLATFORMS.csv", help="平台：列 platform，可有 aliases（以 ; 分隔）、category"),
    ],
    start: Annotated[str, typer.Option(metavar="D", help="第一天，如 2018-01-01；此前的文档作为历史")],
    end: Annotated[str, typer.Option(metavar="D", help="最后一天；此后的文档不计")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="结果文件夹；其中别的文件不动")],
    kinds: Annotated[
        str, typer.Option(help="整个回放期间接入的类别，以 , 分隔；其他类别的文档不计")
    ] = DEFAULT_KINDS,
    runs: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="哪些天应答：列 kind,day,answered，可有 source、items、expected；未写明的日子视为已应答",
        ),
    ] = None,
    indicators: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="数值指标：列 platform,name,period_end,value,unit，可有 available_at；给出后 Y 才接入",
        ),
    ] = None,
    thresholds: Annotated[
        Path | None, typer.Option(metavar="FILE", help="阈值文件，格式同 settings/levels.toml（默认即它）")
    ] = None,
    snownlp_share: Annotated[
        float, typer.Option(min=0, max=1, help="由 SnowNLP 判读以供对照的文档比例（按文档 id 抽取）")
    ] = SHARE,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="并行进程数，默认为处理器核数；结果逐字节相同")
    ] = None,
) -> None:
    """退出码：0 完成；1 完成但有拒收的行（逐行说明）；2 输入有误；4 无法写出结果。"""
    with reported(), terminal() as report:
        watched = read_platforms(platforms)
        for note in watched.notes:
            typer.echo(note, err=True)
        order = Order(
            documents=documents,
            watched=watched,
            start=_day("--start", start),
            end=_day("--end", end),
            kinds=_kinds(kinds),
            settings=_settings(thresholds),
            share=snownlp_share,
            workers=workers or os.cpu_count() or 1,
            runs=None if runs is None else read_runs(runs),
        )
        refused = 0
        if indicators is not None:
            order, refused = _with_indicators(order, indicators)
        try:
            tally = run(order, out, report)
        except BrokenProcessPool as error:
            told = "一个进程意外结束（多半是内存不足）。请减少 --workers 后重试；结果文件未改动。"
            raise fail(told, Exit.ENVIRONMENT) from error
    _tell(tally, documents, out)
    raise typer.Exit(Exit.REFUSED_ROWS if tally.faults or refused else Exit.DONE)


def _with_indicators(order: Order, path: Path) -> tuple[Order, int]:
    """The order with what the figures say, and how many rows were refused."""
    told = read_readings(path, order.watched.platforms, order.settings)
    for fault in told.faults[:SHOWN]:
        typer.echo(f"拒收：{fault}", err=True)
    if len(told.faults) > SHOWN:
        typer.echo(f"……{path.name} 共拒收 {len(told.faults):,} 行", err=True)
    if told.strangers:
        typer.echo(f"{path.name}：{told.strangers:,} 行的平台不在平台名单中，未计入", err=True)
    found = standing(told.readings, order.watched.platforms, order.settings, order.start, order.end)
    return replace(order, standing=found), len(told.faults)


def _tell(tally: Tally, documents: Path, out: Path) -> None:
    for row, message in tally.faults[:SHOWN]:
        named = message.startswith(documents.name)
        typer.echo(f"拒收：{message if named else f'{documents.name} 第 {row} 行：{message}'}", err=True)
    if len(tally.faults) > SHOWN:
        typer.echo(f"……共拒收 {len(tally.faults):,} 行", err=True)
    if tally.other_kinds:
        typer.echo(f"{tally.other_kinds:,} 行属于未接入的类别（--kinds），未计入", err=True)
    counted = f"{tally.documents:,} 篇（{tally.naming:,} 篇提到平台，{tally.mentions:,} 条提及）"
    left = f"重复 {tally.duplicates:,}，晚于结束日 {tally.later:,}，拒收 {len(tally.faults):,}"
    typer.echo(f"读取 {tally.rows:,} 行：计入 {counted}，{left}；结果在 {out}", err=True)


def _day(option: str, text: str) -> date:
    try:
        return shanghai_day(moment(text))
    except BadDate as error:
        raise UsageFault(f"{option} {text}：{error}") from error


def _kinds(text: str) -> tuple[Kind, ...]:
    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    if unknown := [word for word in words if word not in list(Kind)]:
        raise UsageFault(f"--kinds 中的 {'、'.join(unknown)} 不是文档类别，应为 {'、'.join(Kind)}")
    if not words:
        raise UsageFault("--kinds 为空；请至少写一个类别")
    return tuple(kind for kind in Kind if kind.value in words)


def _settings(thresholds: Path | None) -> Settings:
    """The shipped settings, with other thresholds where a file names them. Raises SettingsError."""
    settings = loader.load()
    if thresholds is None:
        return settings
    found = loader.read_thresholds(thresholds)
    told = [f"{'.'.join(map(str, fault.path))}：{fault.told}" for fault in impossible(found)]
    told += [f"weights.{each.id}：没有权重" for each in settings.indices if each.id not in found.weights]
    if told:
        raise loader.SettingsError(f"{thresholds}：" + "；".join(told))
    return loader.validate(Settings, {**dict(settings), "thresholds": found}, str(thresholds))
