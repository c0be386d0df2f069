"""`pipeline calibrate`: weights, lines and c fitted on replays with known failures; proposed, never put in force."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from pydantic import ValidationError
from rich import box
from rich.console import Console
from rich.table import Column, Table

from db import write
from pipeline.errors import Exit, UsageFault, reported
from pipeline.prepare import open_workplace
from pipeline.progress import Report, terminal
from pipeline.replay_folder import ReplayFolder, read_failures, read_folder
from pipeline.signature import signed
from pipeline.thresholds_file import write_thresholds
from settings import loader
from settings.models import Settings, Thresholds
from signals.composite import Rules
from signals.evaluation import calibrate as fitting
from signals.evaluation.calibrate import Case, Fit, Goal, Knobs, Score, c_only, changed, fit
from signals.evaluation.failures import lay
from signals.evaluation.recompute import material
from signals.evaluation.words import told

FOLDS = 5
FIGURES = ("损失", "POD", "误报 / 平台年", "平常周预警占比", "AUROC")
AGREES = 0.99
"""Share of platform-days whose T must come out as the replay gives it; below, the replay's thresholds are others."""
LIMITS = (
    "拟合的是权重、单一指数份额与橙色线；蓝、黄按比例随橙移动，红保持在橙与 100 之间的相对位置；"
    "底线随所达等级的线上移。",
    "回放文件只存各分项指数，不分水平与突增：c 的建议值把指数整体当作水平部分换算，无突增之日精确，有突增之日为近似；"
    "c 不属于阈值版本，采用前请改 settings/indices.toml 后重新回放核对。",
    "样本外：每个平台都由没有见过它的一折拟合来判定（按平台交叉验证）；样本内的数字偏乐观。",
)


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(
        "calibrate",
        help="用回放与出险名单拟合权重、预警线与 c，打印前后对比，写出建议的阈值版本（从不直接生效）。",
    )(calibrate)


def calibrate(
    replay: Annotated[list[Path], typer.Option(metavar="DIR", help="回放文件夹；可重复给出多个")],
    failures: Annotated[
        list[Path],
        typer.Option(metavar="FAILURES.csv", help="出险名单；给一份则用于全部回放，否则与 --replay 一一对应"),
    ],
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="建议的阈值写入此 TOML，可交给 replay --thresholds")
    ] = Path("thresholds.toml"),
    propose: Annotated[
        bool, typer.Option("--propose", help="同时作为“建议”版本存入数据库，待人批准")
    ] = False,
    who: Annotated[str, typer.Option(help="由谁提出，与 --propose 同用")] = "命令行",
    mu: Annotated[float, typer.Option(min=0.01, max=0.99, help="漏报相对误报的权重 μ")] = Goal.preference,
    budget: Annotated[float, typer.Option(min=0, help="误报预算：次 / 平台年")] = Goal.budget,
    ridge: Annotated[float, typer.Option(min=0, help="向现行取值收缩的强度")] = Goal.ridge,
) -> None:
    """退出码：0 完成；1 完成但出险名单有拒收的行；2 输入有误；4 无法写出结果或打开数据库。"""
    with reported(), terminal() as report:
        actor = signed(who)
        settings = loader.load()
        goal = Goal(mu, budget, ridge)
        folders, base = _folders(replay, settings)
        cases, refused = _cases(folders, failures, settings, base)
        found = fit(
            cases, base, goal, number_of_folds=FOLDS, step=lambda n, of: report("calibrate", n, 2 * of)
        )
        ids = cases[0].material.index_ids
        further = _fit_c(cases, base, goal, found, report)
        after = changed(base, ids, found.knobs)
        c = {index.id: index.c for index in settings.indices}
        lines = list(_summary(goal, found, further, ids, c, [folder.path.name for folder in folders]))
        write_thresholds(out, after, lines)
        _print(base, after, found, further, ids, c)
        typer.echo(f"建议的阈值已写入 {out}（未生效）", err=True)
        if propose:
            why = "；".join(lines)
            with open_workplace(datetime.now(UTC)).database.writing() as session:
                number = write.propose_thresholds(session, after, actor=actor, why=why, now=datetime.now(UTC))
            typer.echo(f"已存为建议版本 {number}，需由人批准后才生效", err=True)
    raise typer.Exit(Exit.REFUSED_ROWS if refused else Exit.DONE)


def _folders(paths: Sequence[Path], settings: Settings) -> tuple[list[ReplayFolder], Thresholds]:
    """The replays and the thresholds they were made with. Raises UsageFault where they differ."""
    folders = [read_folder(path, [index.id for index in settings.indices]) for path in paths]
    used: Thresholds | None = None
    for folder in folders:
        found = _thresholds(folder, settings)
        if used is not None and found != used:
            told = f"{paths[0]} 与 {folder.path} 用的阈值不同；请用同一份 --thresholds 重新回放"
            raise UsageFault(told)
        used = found
    assert used is not None
    return folders, used


def _thresholds(folder: ReplayFolder, settings: Settings) -> Thresholds:
    content = folder.described.get("thresholds")
    if content is None:
        return settings.thresholds
    try:
        return Thresholds.model_validate(content)
    except ValidationError as error:
        raise UsageFault(f"{folder.path}：replay.json 中的 thresholds 与本版本不符，请重新回放") from error


def _cases(
    folders: Sequence[ReplayFolder], lists: Sequence[Path], settings: Settings, base: Thresholds
) -> tuple[list[Case], int]:
    if len(lists) not in (1, len(folders)):
        raise UsageFault(f"给出了 {len(folders)} 个 --replay、{len(lists)} 份 --failures；请给一份或一一对应")
    cases, refused = [], 0
    rules = Rules(base, settings.indices, settings.events)
    listed = [read_failures(path) for path in lists]
    for one in listed:
        refused += len(one.refusals)
        for refusal in one.refusals:
            typer.echo(f"拒收：{refusal}", err=True)
    for number, folder in enumerate(folders):
        given = material(folder.values, folder.grid, rules)
        if not given.agrees >= AGREES:
            typer.echo(
                f"注意：{folder.path} 只有 {given.agrees:.1%} 的平台日能由分项指数复算出 T，"
                "可能是用另一版本的权重回放的；结果仅供参考。",
                err=True,
            )
        cases.append(fitting.case(given, lay(listed[number % len(listed)].rows, folder.grid)))
    judged = sum(int(one.failures.judged.sum()) for one in cases)
    if judged < FOLDS:
        raise UsageFault(
            f"可参评的出险只有 {judged} 家，少于 {FOLDS} 家，无法按平台交叉验证；请增加回放或名单"
        )
    return cases, refused


def _fit_c(cases: Sequence[Case], base: Thresholds, goal: Goal, found: Fit, report: Report) -> Fit:
    """c on top of the fitted thresholds: what else would be gained, as a recommendation of its own."""
    return fit(
        cases,
        base,
        goal,
        number_of_folds=FOLDS,
        start=found.knobs,
        free=c_only,
        step=lambda n, of: report("calibrate", of + n, 2 * of),
    )


def _summary(
    goal: Goal, found: Fit, further: Fit, ids: Sequence[str], c: dict[str, float], names: Sequence[str]
) -> Iterator[str]:
    yield f"由 pipeline calibrate 提出，未生效。回放：{'、'.join(names)}；参评出险 {found.before.failures} 家。"
    yield (
        f"损失 = {goal.preference:g}·(1−POD) + {1 - goal.preference:g}·平常周预警占比"
        f" + {fitting.PENALTY:g}·超过 {goal.budget:g} 次/平台年的误报"
        f" + {fitting.RANKING:g}·(1−AUROC)；收缩 {goal.ridge:g}。"
    )
    for name, score in (
        ("之前", found.before),
        ("之后（样本内）", found.after),
        ("之后（样本外）", found.held_out),
    ):
        yield f"{name}：{_told(score)}"
    moved = {i: k for i, k in zip(ids, further.knobs.c, strict=True) if k}
    factors = "，".join(f"{i} {c[i]:g}→{c[i] * float(np.exp(k)):.2f}" for i, k in moved.items())
    yield f"c 的建议（不在本文件中）：{factors or '不变'}；再改 c 之后（样本外）：{_told(further.held_out)}"


def _told(score: Score) -> str:
    return (
        f"损失 {score.loss:.4f}，POD {told(score.pod, 'share')}，"
        f"误报/平台年 {told(score.false_alarms_per_year, 'rate')}，"
        f"平常周预警 {told(score.calm_share, 'share')}，AUROC {told(score.auroc, 'area')}"
    )


def _print(
    base: Thresholds, after: Thresholds, found: Fit, further: Fit, ids: Sequence[str], c: dict[str, float]
) -> None:
    console = Console(width=120, highlight=False)
    table = Table("", *(Column(name, justify="right") for name in FIGURES),
                  title="校准前后", title_justify="left", box=box.SIMPLE_HEAD)  # fmt: skip
    rows = (
        ("之前", found.before),
        ("之后，样本内", found.after),
        ("之后，样本外", found.held_out),
        ("再改 c，样本内", further.after),
        ("再改 c，样本外", further.held_out),
    )
    for name, score in rows:
        table.add_row(
            name,
            f"{score.loss:.4f}",
            told(score.pod, "share"),
            told(score.false_alarms_per_year, "rate"),
            told(score.calm_share, "share"),
            told(score.auroc, "area"),
        )
    console.print(table)
    console.print(_changes(base, after, further.knobs, ids, c))
    for limit in LIMITS:
        console.print(f"· {limit}", markup=False, soft_wrap=True)


def _changes(
    base: Thresholds, after: Thresholds, knobs: Knobs, ids: Sequence[str], c: dict[str, float]
) -> Table:
    table = Table("取值", Column("现行", justify="right"), Column("建议", justify="right"),
                  title="改了什么", title_justify="left", box=box.SIMPLE_HEAD)  # fmt: skip
    for index in ids:
        if index in base.weights:
            table.add_row(f"权重 {index}", f"{base.weights[index]:g}", f"{after.weights[index]:g}")
    table.add_row("单一指数份额", f"{base.single_index_share:g}", f"{after.single_index_share:g}")
    for word, name in (("蓝", "blue"), ("黄", "yellow"), ("橙", "orange"), ("红", "red")):
        table.add_row(f"{word}色线", f"{getattr(base, name).enter:g}", f"{getattr(after, name).enter:g}")
    for name, floor in base.floors.items():
        table.add_row(f"底线 {name}", f"{floor.score:g}", f"{after.floors[name].score:g}")
    for index, log in zip(ids, knobs.c, strict=True):
        table.add_row(f"c {index}（另行建议）", f"{c[index]:g}", f"{c[index] * float(np.exp(log)):.2f}")
    return table
