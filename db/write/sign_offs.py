"""A named person's consent to lowering a red level, given on the page."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.read.values import prior_days
from db.roles import Actor, require
from db.schema import Platform, SignOff
from db.write.uploads import InputRefused
from db.write.work import add_pending, add_sign_off
from signals.model import Level, shanghai_day
from signals.privacy import mask


def sign_off_red(session: Session, actor: Actor, platform_id: str, why: str, *, now: datetime) -> bool:
    """Sign, if the platform is red now; the level is decided anew. False: this person signed today already.

    A signature lowers nothing by itself: T* must have been below the line long enough (METHOD section 5).
    Raises NotAllowed, InputRefused.
    """
    require(actor, "sign_off")
    told, today = mask(why.strip()), shanghai_day(now)
    if not told:
        raise InputRefused("请填写理由与依据：签字会记入审计日志")
    if session.get(Platform, platform_id, with_for_update=True) is None:
        raise InputRefused("监测名单里没有这个平台，请刷新页面后重试")
    last = prior_days(session, [platform_id], today + timedelta(days=1))
    shown = Level(last["level"].iloc[0]) if len(last) else Level.UNKNOWN
    hidden = last["level_before_grey"].iloc[0] if len(last) else None
    if Level.RED not in (shown, hidden):
        raise InputRefused(f"该平台当前为“{shown.value}”，只有红色预警需要签字解除")
    mine = (SignOff.platform_id == platform_id, SignOff.day == today, SignOff.who == actor.name)
    if session.scalar(select(SignOff.id).where(*mine)) is not None:
        return False
    add_sign_off(session, platform_id, today, actor, told, now)
    add_pending(session, "warn", [(platform_id, today)])
    return True
