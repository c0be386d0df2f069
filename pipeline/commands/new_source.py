"""`pipeline new-source ID`: the skeleton of a source, which a person then fills in."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from collectors.base import load_sources
from collectors.config import ReaderWord
from pipeline.errors import UsageFault, reported
from pipeline.paths import source_folders
from settings.models import KindWord


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("new-source", help="生成一个数据源的骨架：source.toml、样例与 expected.json。")(new_source)


def new_source(
    source: Annotated[
        str, typer.Argument(metavar="ID", help="数据源 id，也是文件夹名：小写字母、数字、下划线")
    ],
    name: Annotated[str | None, typer.Option(help="中文名，显示在页面上；默认与 id 相同")] = None,
    reader: Annotated[ReaderWord, typer.Option(help="用哪种方式读取")] = "html_list",
    kind: Annotated[KindWord, typer.Option(help="条目是什么：监管、新闻、社交、投诉或披露")] = "news",
    url: Annotated[str | None, typer.Option(help="列表页、接口或订阅的地址；默认为示例地址")] = None,
    folder: Annotated[
        Path | None,
        typer.Option(help="建在哪个文件夹；默认为 TRUSTWATCH_SOURCES，未设置时为 collectors/sources"),
    ] = None,
) -> None:
    """Exit code 2 when the id or the address cannot be used, or the folder exists."""
    from pipeline.skeleton import Draft, write_source

    with reported():
        _require_unused(source)
        parent = folder or source_folders()[-1]
        draft = Draft(source, name or source, reader, kind, url)
        written = write_source(draft, parent, datetime.now(UTC))
        typer.echo(f"已建立 {written}")
        for path in sorted(path for path in written.rglob("*") if path.is_file()):
            typer.echo(f"  {path.relative_to(written)}")
        typer.echo("接下来：")
        for number, step in enumerate(_steps(source, written, listed=parent in source_folders()), 1):
            typer.echo(f"{number}. {step}")


def _require_unused(source_id: str) -> None:
    """An id names a source wherever it lies: with two of them the second would never be loaded."""
    if source_id in {source.id for source in load_sources(source_folders())[0]}:
        raise UsageFault(f"已有 id 为 {source_id!r} 的数据源，请换一个 id")


def _steps(source_id: str, folder: Path, *, listed: bool) -> list[str]:
    command = "python -m pipeline try-source"
    where = "" if listed else f"（先设置 TRUSTWATCH_SOURCES={folder.parent}）"
    return [
        f"填写 {folder / 'source.toml'}，然后试读一次，不入库{where}：{command} {source_id}",
        "把 sample 换成网站的真实结构（文字自己编写），再生成预期结果并逐行核对："
        f"{command} {source_id} --sample --write-expected",
        f"核对无误后立即采集一次：python -m pipeline collect --source {source_id}；成功后把 verified 改为 true",
    ]
