"""`pipeline train`: a negativity model that has learnt from people's corrections, used only if it is no worse."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pipeline import training_runs
from pipeline.errors import Exit, UsageFault, fail, reported
from pipeline.prepare import open_workplace
from pipeline.training_runs import TrainingMissing, Trial


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(
        "train",
        help="用标注数据和人工更正训练负面识别模型，并与当前模型比较；不逊于当前模型才可启用（--activate）。",
    )(train)


def train(
    data: Annotated[
        Path | None, typer.Option(help="标注数据 CSV：列 id,text,entity,negative,key_entity")
    ] = None,
    activate: Annotated[
        bool, typer.Option("--activate", help="不逊于当前模型时启用，并重新研读全部文本")
    ] = False,
    who: Annotated[str, typer.Option(help="由谁启用，记录在案")] = "命令行",
    export: Annotated[
        Path | None, typer.Option(help="只把人工更正导出为标注数据（同样的列）到此文件，不训练")
    ] = None,
) -> None:
    """Exit code 1 when the candidate is worse: it is kept, and not used."""
    with reported():
        now = datetime.now(UTC)
        workplace = open_workplace(now)
        if export is not None:
            with workplace.database.reading() as session:
                count = training_runs.export_rows(session, export)
            typer.echo(f"已将 {count} 篇经人工更正的文本写入 {export}。")
            return
        if data is None:
            raise UsageFault(
                "请用 --data 指定标注数据（finneg_dev.csv 的格式）：只凭更正不足以训练和评估模型"
            )
        if not who.strip():
            raise UsageFault("--who 不能为空：启用模型要记录是谁做的")
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
                training_runs.activate(session, trial, who=who, now=datetime.now(UTC))
            typer.echo(f"已启用 {trial.version}：工作进程将用它重新研读全部文本，此前的结果保留为历史版本。")
        else:
            typer.echo(f"候选模型不逊于当前模型，保留在 {trial.path}；加 --activate 再运行一次即可启用。")


def told(trial: Trial) -> str:
    """What was learnt from, and both models side by side."""
    lines = [f"{trial.version}：标注数据 {trial.rows} 条，人工更正 {trial.corrections} 条。"]
    for part in trial.parts:
        change = f"低 {loss:.4f}" if (loss := trial.worse.get(part.name)) else "不逊于当前模型"
        lines.append(
            f"{part.name}（{part.judged} 项）：F1 候选 {part.candidate:.4f}，当前 {part.active:.4f}，{change}"
        )
    return "\n".join(lines)
