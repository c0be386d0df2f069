"""`pipeline try-source ID`: fetch once and show what comes, or replay the sample; nothing is stored either way."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from collectors.base import SourceBlocked, SourceBroken
from pipeline.errors import Exit, UsageFault, fail, reported
from pipeline.progress import terminal
from pipeline.source_files import Located, locate


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("try-source", help="试读一个数据源：只显示解析结果，不入库，不需要数据库。")(try_source)


def try_source(
    source: Annotated[str, typer.Argument(metavar="ID", help="数据源 id")],
    limit: Annotated[int, typer.Option(min=1, help="最多读几条；读够即停，不再请求网站")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON，便于程序处理")] = False,
    sample: Annotated[
        bool, typer.Option("--sample", help="不联网，读 sample 并与 expected.json 比较")
    ] = False,
    expected: Annotated[
        bool, typer.Option("--write-expected", help="与 --sample 同用：把读到的结果写成 expected.json")
    ] = False,
) -> None:
    """Exit code 1: rows refused, site failed, or the sample reads otherwise than promised. 2: no such source."""
    with reported():
        if expected and not sample:
            raise UsageFault("--write-expected 需要与 --sample 一起使用")
        found = locate(source)
        code = _replay(found, expected) if sample else _look(found, limit, as_json)
    raise typer.Exit(code)


def _look(found: Located, limit: int, as_json: bool) -> Exit:
    from collectors.fetch import Fetcher
    from pipeline import trial_report
    from pipeline.trial import look

    with terminal() as report:

        def asking(number: int, url: str) -> None:
            report("collect", number, 0, url)

        trial = look(found.source, Fetcher(), datetime.now(UTC), limit=limit, asking=asking)
    if as_json:
        typer.echo(trial_report.as_json(found.source, trial))
    else:
        trial_report.show(found.source, trial)
    return Exit.REFUSED_ROWS if trial.error or trial.refusals else Exit.DONE


def _replay(found: Located, write: bool) -> Exit:
    from pipeline.replay_sample import differences, replay, write_expected

    try:
        done = replay(found.source, found.folder, datetime.now(UTC))
    except (SourceBlocked, SourceBroken) as error:
        raise fail(f"{found.source.id}：样例读不下去：{error}", Exit.REFUSED_ROWS) from error
    if write:
        typer.echo(f"已写入 {write_expected(found.folder, done)}（{len(done.found)} 条），请逐行核对。")
        return Exit.DONE
    if done.wanted is None:
        raise UsageFault(
            f"{found.folder} 里没有 expected.json；核对样例后运行 "
            f"python -m pipeline try-source {found.source.id} --sample --write-expected"
        )
    if done.same:
        typer.echo(f"{found.source.id}：样例的 {len(done.found)} 条与 expected.json 完全一致。")
        return Exit.DONE
    raise fail(
        "\n".join([f"{found.source.id}：样例与 expected.json 不一致：", *differences(done)]),
        Exit.REFUSED_ROWS,
    )
