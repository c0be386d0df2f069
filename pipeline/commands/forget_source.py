"""`pipeline forget-source ID`: remove a source and all that came of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from pipeline.errors import reported
from pipeline.prepare import open_workplace
from pipeline.progress import terminal


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("forget-source", help="删除一个数据源及由它而来的一切（演示数据：sample_archive）。")(
        forget_source
    )


def forget_source(source: Annotated[str, typer.Argument(help="数据源 id")]) -> None:
    """Safe to repeat; works while a worker runs."""
    from pipeline.forget import forget

    with reported():
        workplace = open_workplace(datetime.now(UTC))
        with terminal() as report:
            message = forget(
                workplace, source, report=lambda share, text: report("forget", int(share * 100), 100, text)
            )
        typer.echo(message)
