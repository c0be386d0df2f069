"""`pipeline train`: a negativity model that has learnt from people's corrections, used only if it is no worse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from db import write
from db.roles import Actor
from db.session import Session
from pipeline import learnt_models, training_runs
from pipeline.errors import Exit, UsageFault, fail, reported
from pipeline.learnt_models import SHIPPED, Kept
from pipeline.prepare import Workplace, open_workplace
from pipeline.signature import signed
from pipeline.training_runs import Part, TrainingMissing, Trial
from pipeline.wrong_events import Trigger, wrong_events
from signals.model import SHANGHAI, shanghai_day


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(
        "train",
        help="用标注数据和人工更正训练负面识别模型，并与当前模型比较；不逊于当前模型才可启用（--activate）。"
        "--list 列出各版本，--use 换回曾经启用的版本，--events 列出常被更正的事件。",
    )(train)


def train(
    data: Annotated[
        Path | None, typer.Option(help="标注数据 CSV：列 id,text,entity,negative,key_entity")
    ] = None,
    activate: Annotated[
        bool, typer.Option("--activate", help="不逊于当前模型时启用，并重新研读全部文本")
    ] = False,
    who: Annotated[str, typer.Option(help="由谁启用或导出，记录在案")] = "命令行",
    export: Annotated[
        Path | None, typer.Option(help="只把人工更正导出为标注数据（同样的列）到此文件，不训练")
    ] = None,
    listed: Annotated[
        bool, typer.Option("--list", help="列出现有的模型版本：评估结果、何时由谁启用")
    ] = False,
    use: Annotated[
        str | None,
        typer.Option(help=f"换回曾经启用的版本（{SHIPPED} = 随产品发布的模型），并重新研读全部文本"),
    ] = None,
    events: Annotated[
        bool, typer.Option("--events", help="列出被更正最多的事件词句，供维护 settings/events.toml")
    ] = False,
) -> None:
    """Exit code 1 when the candidate is worse: it is kept, and not used."""
    with reported():
        if sum((export is not None, listed, use is not None, events, data is not None)) > 1:
            raise UsageFault("--data、--export、--list、--use、--events 一次只能用一个")
        now = datetime.now(UTC)
        workplace = open_workplace(now)
        if data is not None:
            _train(workplace, data, activate, signed(who), now)
            return
        if activate:
            raise UsageFault("--activate 要与 --data 同用；换回曾经启用的版本请用 --use")
        if use is not None:
            with workplace.database.writing() as session:
                learnt_models.go_back(session, use, actor=signed(who), now=now)
            typer.echo(_in_use(use))
            return
        if export is not None:
            with workplace.database.writing() as session:
                typer.echo(_exported(session, export, signed(who), now))
            return
        with workplace.database.reading() as session:
            typer.echo(_looked_up(session, listed, events, now))


def _exported(session: Session, path: Path, actor: Actor, now: datetime) -> str:
    """The labelled rows on disk; texts leave the system, so the audit log says so."""
    count = training_runs.export_rows(session, path)
    write.record_export(session, actor, "training_rows", {}, rows=count, now=now)
    return f"已将 {count} 篇经人工更正的文本写入 {path}。"


def _looked_up(session: Session, listed: bool, events: bool, now: datetime) -> str:
    """What only reads, as text."""
    if listed:
        return "\n".join(line for each in learnt_models.kept(session) for line in model_lines(each))
    if events:
        return event_lines(wrong_events(session, shanghai_day(now)))
    raise UsageFault("请用 --data 指定标注数据（finneg_dev.csv 的格式）：只凭更正不足以训练和评估模型")


def _train(workplace: Workplace, data: Path, activate: bool, actor: Actor, now: datetime) -> None:
    typer.echo("正在训练与评估，约需几分钟……", err=True)
    try:
        trial = training_runs.train(workplace.database, data, now=now)
    except TrainingMissing as error:
        raise fail(str(error), Exit.ENVIRONMENT) from error
    typer.echo(told(trial))
    if trial.worse:
        raise fail(f"候选模型未启用，已保留在 {trial.path}。", Exit.REFUSED_ROWS)
    if activate:
        with workplace.database.writing() as session:
            training_runs.activate(session, trial, actor=actor, now=datetime.now(UTC))
        typer.echo(_in_use(trial.version))
    else:
        typer.echo(f"候选模型不逊于当前模型，保留在 {trial.path}；加 --activate 再运行一次即可启用。")


def _in_use(version: str) -> str:
    return f"已启用 {version}：工作进程将用它重新研读全部文本，此前的结果保留为历史版本。"


def told(trial: Trial) -> str:
    """What was learnt from, and both models side by side."""
    lines = [f"{trial.version}：标注数据 {trial.rows} 条，人工更正 {trial.corrections} 条。"]
    lines += [_part_line(part) for part in trial.parts]
    if trial.worse and all(part.high >= 0 for part in trial.parts):
        lines.append("差距在抽样误差之内，但只要有一项较低就不启用：请积累更多更正后重试。")
    return "\n".join(lines)


def _part_line(part: Part) -> str:
    loss = part.active - part.candidate
    change = f"低 {loss:.4f}" if loss > 0 else "不逊于当前模型"
    return (
        f"{part.name}（{part.judged} 项）：F1 候选 {part.candidate:.4f}，当前 {part.active:.4f}，{change}；"
        f"差值的 95% 区间 {part.low:+.4f} 至 {part.high:+.4f}"
    )


def model_lines(model: Kept) -> list[str]:
    """A version, how it fared, and when it was put to use by whom."""
    lines = [f"{'*' if model.in_use else ' '} {model.version}{'　（使用中）' if model.in_use else ''}"]
    trial = model.trial
    if trial:
        learnt = f"{datetime.fromisoformat(trial['learnt_at']).astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
        parts: Sequence[Mapping[str, float]] = trial["parts"]
        scores = "，".join(f"{part['name']} {part['candidate']:.4f} / {part['active']:.4f}" for part in parts)
        lines.append(
            f"    {learnt} 训练：标注数据 {trial['rows']} 条，人工更正 {trial['corrections']} 条；"
            f"F1 候选 / 当时（{trial['against']}）：{scores}"
        )
    for each in model.activated:
        when = datetime.fromisoformat(each.activated_at).astimezone(SHANGHAI)
        lines.append(f"    {when:%Y-%m-%d %H:%M} 由 {each.who} 启用")
    if not model.activated and model.version != SHIPPED:
        lines.append("    从未启用")
    return lines


def event_lines(found: Sequence[Trigger]) -> str:
    """Which phrases err, and what would cancel them."""
    if not found:
        return "没有“事件有误”的更正。"
    lines = [
        "被更正最多的事件词句：更正过的报道数 / 近 400 天同一词句无人更正的报道数。“可作反例”的词句只出现在更正过的"
        "句子里，写入 events.toml 的 counter 即可排除这些误判；是否采用由维护者决定。"
    ]
    for each in found:
        phrases = "、".join(f"{one.words}（{one.stories} 篇）" for one in each.phrases)
        lines.append(
            f"{each.event_id}　“{each.matched}”：{each.corrected} / {each.others}；"
            f"{f'可作反例：{phrases}' if phrases else '没有可作反例的共同词句'}"
        )
    return "\n".join(lines)
