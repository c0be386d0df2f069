"""A brief from request to files, whoever asks: the schedule, a page, the command line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from db import read
from db.session import Session
from pipeline.brief.gather import brief_of
from pipeline.brief.keep import Written, briefs_dir, write_files
from pipeline.errors import UsageFault
from pipeline.prepare import Workplace
from signals.brief import Period
from signals.model import shanghai_day


def make(
    workplace: Workplace, period: Period, day: date, *, demo: bool | None, who: str, out: Path | None = None
) -> Written:
    """Compose and write. `demo` None: the real platforms, or the demonstration where nothing real was seen that day.

    Raises UsageFault where nothing was computed for that day, OSError.
    """
    with workplace.database.reading() as session:
        fictional = tells_demo(session, day) if demo is None else demo
        brief = brief_of(session, workplace.settings, period, day, demo=fictional)
    return write_files(brief, out or briefs_dir(), who=who)


def tells_demo(session: Session, day: date) -> bool:
    """Whether that day has only the demonstration to tell of."""
    return not read.observed(session, day, demo=False) and read.observed(session, day, demo=True)


def asked(workplace: Workplace, arguments: Mapping[str, Any], who: str) -> str:
    """What the page 简报 asked for; a sentence for it. Raises UsageFault."""
    period, day, demo = _read(arguments)
    written = make(workplace, period, day, demo=demo, who=who)
    told = f"{day} 的{period.word}已生成，见“简报”页。"
    return told if written.no_pdf is None else f"{told}没有 PDF：{written.no_pdf}"


def _read(arguments: Mapping[str, Any]) -> tuple[Period, date, bool | None]:
    try:
        period, day = Period(arguments["period"]), date.fromisoformat(arguments["day"])
    except (KeyError, TypeError, ValueError) as error:
        raise UsageFault("简报请求缺少种类或日期，请在“简报”页重新提交") from error
    demo = arguments.get("demo")
    return period, day, demo if isinstance(demo, bool) else None


def last_day(period: Period, now: datetime) -> date:
    """The newest day on which a brief can end: yesterday, or last Sunday."""
    today = shanghai_day(now)
    return today - timedelta(days=1 if period is Period.DAILY else today.weekday() + 1)
