"""Thresholds under governance: one person proposes, another decides, and what somebody edited is never overwritten.

Every function records its act in the audit log, in the same transaction. Raises NotAllowed for a role that may not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db.read import governance as known
from db.read.accounts import folded
from db.read.governance import ACTIVE, PROPOSED, REJECTED, WITHDRAWN, VersionRow
from db.read.industry import industry_ids
from db.roles import Actor, require
from db.schema import Platform, ThresholdDraft, ThresholdVersion
from db.sql import upsert
from db.write.audit import record
from db.write.work import add_pending
from settings.models import Thresholds
from settings.threshold_diff import diff
from settings.threshold_faults import impossible
from signals.model import day_start, shanghai_day

STATES = {REJECTED: "已被驳回", WITHDRAWN: "已撤回", ACTIVE: "已通过"}


class ThresholdsRefused(ValueError):
    """What was asked of a version cannot be done; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Overtaken:
    """Nothing was submitted: since the edit began, `by` was approved or proposed. The edit is kept as a draft."""

    by: VersionRow


def propose_thresholds(
    session: Session, thresholds: Thresholds, *, actor: Actor, why: str, now: datetime
) -> int:
    """A machine's proposal (`pipeline calibrate`), beside whatever else waits; returns its number.

    The same content proposed for the same reason is one version: proposing again returns the first.
    """
    require(actor, "threshold.propose")
    content = thresholds.model_dump(mode="json")
    earlier = session.execute(
        select(ThresholdVersion.id, ThresholdVersion.content)
        .where(ThresholdVersion.state == PROPOSED, ThresholdVersion.why == why)
        .order_by(ThresholdVersion.id)
    )
    for number, stored in earlier:
        if stored == content:
            return int(number)
    return _insert(session, content, known.newest_approved(session), None, actor, why, now)


def submit_thresholds(
    session: Session,
    thresholds: Thresholds,
    *,
    base: int,
    seen: int,
    actor: Actor,
    why: str,
    now: datetime,
    copy_of: int | None = None,
) -> int | Overtaken:
    """A person's edit for another person's decision; returns its number, or who was faster.

    Args:    base: the approved version that was edited; seen: the newest proposal that the person knows of (0: none);
             copy_of: the former version that is taken up again.
    Raises ThresholdsRefused without a reason, without a change, and for what settings.threshold_faults calls
    impossible.
    """
    require(actor, "threshold.propose")
    why = _reason(why, "请填写理由：复核人据此判断，并记入审计日志")
    if faults := list(impossible(thresholds)):
        raise ThresholdsRefused("；".join(fault.told for fault in faults))
    content = thresholds.model_dump(mode="json")
    _alone(session)
    current, waiting = known.newest_approved(session), known.newest_proposal(session)
    newer = current.id if current.id != base else waiting if waiting > seen else None
    if newer is not None:
        save_draft(session, content, base=base, actor=actor, why=why, now=now)
        by = known.threshold_version(session, newer)
        assert by is not None
        return Overtaken(by)
    if content == current.content:
        raise ThresholdsRefused(f"与现行版本 {current.id} 相同，没有需要复核的修改")
    discard_draft(session, actor=actor)
    return _insert(session, content, current, copy_of, actor, why, now)


def approve_thresholds(
    session: Session, number: int, *, effective: date, actor: Actor, comment: str, now: datetime
) -> None:
    """In force from the beginning of the day `effective` (Asia/Shanghai), today or later; today is judged anew.

    Raises ThresholdsRefused: one's own; decided already; made from a version that is not the newest approved one any
    more (approving would undo that silently); before today, or before the newest approved one comes into force.
    """
    require(actor, "threshold.decide")
    version = _undecided(session, number)
    _not_own(version, actor)
    newest = known.newest_approved(session)
    if version.base_id is not None and version.base_id != newest.id:
        raise ThresholdsRefused(
            f"版本 {number} 由版本 {version.base_id} 修改而来，而最新通过的是版本 {newest.id}，"
            f"直接通过会抹掉其中的修改。请驳回或由{version.who}撤回，再基于版本 {newest.id} 重新提交"
        )
    today = shanghai_day(now)
    if effective < max(today, shanghai_day(newest.effective_from)):
        later = "今天" if today >= shanghai_day(newest.effective_from) else f"版本 {newest.id} 的生效日"
        raise ThresholdsRefused(
            f"生效日期不能早于{later}（{max(today, shanghai_day(newest.effective_from))}）"
        )
    _decide(version, ACTIVE, actor, comment, now)
    version.effective_from = day_start(effective)
    if effective == today:
        _judge_today(session, today)
    detail = {
        "version": number,
        "effective_from": effective.isoformat(),
        "changes": _changes(newest, version),
    }
    _record(session, "threshold_approve", actor, number, detail, comment, now)


def reject_thresholds(session: Session, number: int, *, actor: Actor, comment: str, now: datetime) -> None:
    """Refuse a proposal. Raises ThresholdsRefused: without a comment; one's own; decided already."""
    require(actor, "threshold.decide")
    comment = _reason(comment, "请写明驳回的原因：提交人据此修改，并记入审计日志")
    version = _undecided(session, number)
    _not_own(version, actor)
    _decide(version, REJECTED, actor, comment, now)
    _record(session, "threshold_reject", actor, number, {"version": number}, comment, now)


def withdraw_thresholds(session: Session, number: int, *, actor: Actor, why: str, now: datetime) -> None:
    """Take one's own proposal back. Raises ThresholdsRefused: somebody else's; decided already."""
    require(actor, "threshold.propose")
    version = _undecided(session, number)
    if folded(version.who) != folded(actor.name):
        raise ThresholdsRefused(f"版本 {number} 由{version.who}提交，只能由本人撤回；复核人可以驳回")
    _decide(version, WITHDRAWN, actor, why, now)
    _record(session, "threshold_withdraw", actor, number, {"version": number}, why, now)


def save_draft(
    session: Session, content: Mapping[str, Any], *, base: int, actor: Actor, why: str, now: datetime
) -> None:
    """Keep a person's unsubmitted edit of version `base`, in place of the one before."""
    require(actor, "threshold.propose")
    row = {
        "who": actor.name,
        "base_id": base,
        "content": dict(content),
        "why": why.replace("\0", ""),
        "saved_at": now,
    }
    upsert(session, ThresholdDraft, [row])


def discard_draft(session: Session, *, actor: Actor) -> None:
    """Forget one's own draft."""
    require(actor, "threshold.propose")
    session.execute(delete(ThresholdDraft).where(ThresholdDraft.who == actor.name))


def _insert(
    session: Session,
    content: dict[str, Any],
    base: VersionRow,
    copy_of: int | None,
    actor: Actor,
    why: str,
    now: datetime,
) -> int:
    version = ThresholdVersion(
        content=content,
        who=actor.name,
        why=why.replace("\0", ""),
        created_at=now,
        effective_from=now,
        state=PROPOSED,
        base_id=base.id,
        copy_of=copy_of,
    )
    session.add(version)
    session.flush()
    detail: dict[str, Any] = {"version": version.id, "base": base.id, "changes": _changes(base, version)}
    _record(
        session,
        "threshold_submit",
        actor,
        version.id,
        detail | ({"copy_of": copy_of} if copy_of else {}),
        why,
        now,
    )
    return version.id


def _alone(session: Session) -> None:
    """One submission after the other: whoever comes second sees the first."""
    first = select(ThresholdVersion.id).order_by(ThresholdVersion.id).limit(1).with_for_update()
    session.execute(first)


def _undecided(session: Session, number: int) -> ThresholdVersion:
    """The proposal, locked after every other act on versions. Raises ThresholdsRefused."""
    _alone(session)
    found = session.get(ThresholdVersion, number, populate_existing=True, with_for_update=True)
    if found is None:
        raise ThresholdsRefused(f"没有版本 {number}，请刷新页面")
    if found.state != PROPOSED:
        by = f"（{found.decided_by}）" if found.decided_by else ""
        raise ThresholdsRefused(f"版本 {number} {STATES.get(found.state, found.state)}{by}，请刷新页面")
    return found


def _not_own(version: ThresholdVersion, actor: Actor) -> None:
    if folded(version.who) == folded(actor.name):
        raise ThresholdsRefused(f"版本 {version.id} 是您自己提交的：须由另一个人复核，您可以撤回")


def _decide(version: ThresholdVersion, state: str, actor: Actor, comment: str, now: datetime) -> None:
    version.state = state
    version.decided_by, version.decided_at = actor.name, now
    version.comment = comment.replace("\0", "").strip() or None


def _judge_today(session: Session, today: date) -> None:
    """Finished days keep the version of their time; today's row goes by what is in force now."""
    active = session.scalars(select(Platform.id).where(Platform.active))
    add_pending(session, "warn", [(name, today) for name in (*active, *industry_ids(session))])


def _changes(before: VersionRow, after: ThresholdVersion) -> dict[str, list[Any]]:
    return {".".join(one.path): [one.before, one.after] for one in diff(before.content, after.content)}


def _record(
    session: Session,
    action: str,
    actor: Actor,
    number: int,
    detail: Mapping[str, Any],
    why: str,
    now: datetime,
) -> None:
    session.flush()
    record(session, actor=actor, action=action, subject=f"版本 {number}", detail=detail, reason=why, now=now)


def _reason(text: str, missing: str) -> str:
    found = text.replace("\0", "").strip()
    if not found:
        raise ThresholdsRefused(missing)
    return found
