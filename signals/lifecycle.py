"""What a platform's life-cycle status means for what is shown: who failed never reads 正常 again. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from signals.model import FAILED_STATUSES, Level, Status

QUIET_DAYS = 90
"""Days without a single document about a platform after which its calm is silence."""

Entry = tuple[date, str]
"""(since, status), as db.read.StatusEntry has them."""


class WrongOrder(ValueError):
    """A history in which a platform that failed is in operation again; the message is for the user."""


def failed_status(history: Iterable[Entry], day: date | None = None) -> str | None:
    """The newest failed status of a history up to `day` (None: of all of it); None = it never failed.

    Args:    history: in any order.
    """
    upto = sorted(entry for entry in history if day is None or entry[0] <= day)
    failed = [status for _, status in upto if status in FAILED_STATUSES]
    return failed[-1] if failed else None


def require_order(history: Iterable[Entry]) -> None:
    """Raises WrongOrder where 在营 or 转型 follows a failed status: a wrong entry is corrected, not followed."""
    failed: Entry | None = None
    for since, status in sorted(history):
        if status in FAILED_STATUSES:
            failed = (since, status)
        elif failed is not None:
            raise WrongOrder(
                f"该平台自 {failed[0]} 起已登记为“{failed[1]}”，之后不能再登记为“{status}”："
                "出险的平台不再回到正常。若原登记有误，请更正或撤销那一条"
            )


def failed_word(status: str) -> str:
    """How a failed platform reads where another would be 正常: 已出险, 已出险（清盘）."""
    return "已出险" if status == Status.IN_TROUBLE else f"已出险（{status}）"


def is_quiet(level: str, mentions90: int) -> bool:
    """Whether 正常 means that nobody spoke of the platform for QUIET_DAYS, not that all that was said is calm."""
    return level == Level.NORMAL and mentions90 == 0


QUIET = f"{Level.NORMAL}（{QUIET_DAYS} 天无提及）"


def shown_word(level: str, failed: str | None, mentions90: int | None = None) -> str:
    """The level as a word for people: the level, but 已出险（…） or 正常（90 天无提及） where 正常 would mislead.

    Args:    level: a word of signals.model.Level. failed: see `failed_status`. mentions90: documents naming it in the
             last QUIET_DAYS days; None = not known.
    """
    if level != Level.NORMAL:
        return level
    if failed is not None:
        return failed_word(failed)
    return QUIET if mentions90 is not None and is_quiet(level, mentions90) else level


def told_reason(reason: str, failed: str | None) -> str:
    """A stored reason as people read it: 数据不足 hides 正常 (此前：正常), which a failed platform never is."""
    return (
        reason if failed is None else reason.replace(f"此前：{Level.NORMAL}", f"此前：{failed_word(failed)}")
    )
