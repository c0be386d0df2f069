"""`pipeline sign-off`: a named person's consent to lowering a red level."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from db import read, write
from pipeline.errors import UsageFault, reported
from pipeline.prepare import open_workplace
from pipeline.signature import signed
from signals.model import Level, shanghai_day


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("sign-off", help="签字同意解除红色预警（满足降级条件后生效）。")(sign_off)


def sign_off(
    platform: Annotated[str, typer.Argument(help="平台 id")],
    who: Annotated[str, typer.Option(help="签字人姓名")],
    why: Annotated[str, typer.Option(help="理由与依据")],
) -> None:
    """Takes effect with the next decided day."""
    with reported():
        now = datetime.now(UTC)
        workplace = open_workplace(now)
        actor = signed(who)
        if not why.strip():
            raise UsageFault("--why 不能为空：请写明理由与依据")
        with workplace.database.writing() as session:
            if read.platform(session, platform) is None:
                raise UsageFault(f"没有 id 为 {platform!r} 的平台")
            last = read.prior_days(session, [platform], shanghai_day(now) + timedelta(days=1))
            shown = Level(last["level"].iloc[0]) if len(last) else Level.UNKNOWN
            hidden = last["level_before_grey"].iloc[0] if len(last) else None
            if Level.RED not in (shown, hidden):
                raise UsageFault(f"{platform} 当前为“{shown.value}”，只有红色预警需要签字解除")
            write.add_sign_off(session, platform, shanghai_day(now), actor, why.strip(), now)
        typer.echo(f"已记录 {actor.name} 对 {platform} 的签字。")
