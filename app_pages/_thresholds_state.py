"""The edit in progress on the page 阈值: what was begun from, and what is changed so far. One per browser session."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from app_pages import _correct, _data, _who, _words
from db import read, write
from db.read import VersionRow
from db.session import Session
from settings.models import Thresholds
from settings.threshold_diff import Path, Rebased, rebased
from settings.threshold_faults import normalised, parsed

KEPT = "thresholds_edit"


@dataclass
class Edit:
    """`base`: the approved version that is edited; `seen`: the newest proposal that the person knows of; `turn` changes
    when the content is replaced, so that fields take the new values. `both`: what an other version changed too."""

    base: VersionRow
    seen: int
    content: dict[str, Any]
    copy_of: int | None = None
    why: str = ""
    turn: int = 0
    from_draft: bool = False
    both: tuple[Any, ...] = field(default=())

    @property
    def changed(self) -> bool:
        """Whether there is anything to submit."""
        return self.content != self.base.content

    def get(self, path: Path, default: Any = None) -> Any:
        """The value at a path."""
        place: Any = self.content
        for name in path:
            if not isinstance(place, Mapping) or name not in place:
                return default
            place = place[name]
        return place

    def set(self, path: Path, value: Any) -> None:
        """Change one value; None takes it out, and with it a scope that has nothing left."""
        place = self.content
        for name in path[:-1]:
            place = place.setdefault(name, {})
        if value is None:
            place.pop(path[-1], None)
            self._tidy(path[:-1])
        else:
            place[path[-1]] = deepcopy(value)

    def _tidy(self, path: Path) -> None:
        if path[:1] == ("overrides",) and self.get(path) == {}:
            self.set(path, None)

    def thresholds(self) -> Thresholds | None:
        """The content with its weights in proportion, or None while something is wrong with it."""
        content = deepcopy(self.content)
        content["weights"] = _proportional(content.get("weights"))
        for scopes in content.get("overrides", {}).values():
            for own in scopes.values():
                if "weights" in own:
                    own["weights"] = _proportional(own["weights"])
        return parsed(content)[0]


def _proportional(weights: Any) -> Any:
    sound = isinstance(weights, dict) and all(
        isinstance(one, int | float) and one >= 0 for one in weights.values()
    )
    return normalised(weights) if sound else weights


def current() -> Edit:
    """The edit, begun from the draft where there is one. Nothing edited yet: always the newest version."""
    found = st.session_state.get(KEPT)
    with _data.database().reading() as session:
        newest = read.newest_approved(session)
        if isinstance(found, Edit) and (found.changed or found.base.id == newest.id):
            return found
        waiting = read.newest_proposal(session)
        draft = read.threshold_draft(session, _who.here().name)
        base = read.threshold_version(session, draft.base_id) if draft else None
    edit = Edit(newest, waiting, newest.content)
    if draft is not None and base is not None:
        edit = Edit(base, 0, draft.content, why=draft.why, from_draft=True)
    return begin(edit)


def begin(edit: Edit) -> Edit:
    """Make it the edit in progress; every field is drawn anew."""
    last = st.session_state.get(KEPT)
    edit.turn = last.turn + 1 if isinstance(last, Edit) else 1
    st.session_state[KEPT] = edit
    st.session_state["thresholds_why"] = edit.why
    return edit


def store(path: Path, key: str) -> None:
    """A field was changed."""
    current().set(path, st.session_state[key])


def take_up(version: VersionRow) -> None:
    """Begin from a former version or a proposal: its content over the newest approved one."""
    with _data.database().reading() as session:
        newest, waiting = read.newest_approved(session), read.newest_proposal(session)
    copied = version.id if version.state == "active" else None
    why = f"恢复为版本 {version.id}：" if copied else ""
    begin(Edit(newest, waiting, version.content, copy_of=copied, why=why))
    st.session_state["view"] = "修改"


def onto_newest() -> None:
    """Carry the edit over to the version that was approved meanwhile."""
    edit = current()
    with _data.database().reading() as session:
        newest, waiting = read.newest_approved(session), read.newest_proposal(session)
    done: Rebased = rebased(edit.base.content, edit.content, newest.content)
    begin(replace(edit, base=newest, seen=waiting, content=done.content, both=done.both, copy_of=None))


def beside() -> None:
    """The person knows of the other proposals now, and submits beside them."""
    edit = current()
    with _data.database().reading() as session:
        edit.seen = read.newest_proposal(session)


def discard() -> None:
    """Forget the edit and the draft."""

    def do(session: Session) -> str:
        write.discard_draft(session, actor=_who.actor())
        st.session_state.pop(KEPT, None)
        return "已放弃修改"

    _correct.change(do)


def keep() -> None:
    """Save the edit as a draft."""
    edit = current()
    edit.why = str(st.session_state.get("thresholds_why", ""))

    def do(session: Session) -> str:
        now = _data.now()
        write.save_draft(session, edit.content, base=edit.base.id, actor=_who.actor(), why=edit.why, now=now)
        return "已保存草稿，下次打开本页可继续"

    _correct.change(do)


def submit() -> None:
    """Hand the edit in for another person's decision."""
    edit = current()
    edit.why = str(st.session_state.get("thresholds_why", ""))
    thresholds = edit.thresholds()
    if thresholds is None:
        st.session_state["refused"] = "没有提交：请先改正标红的各项"
        return

    def do(session: Session) -> str:
        same = thresholds.model_dump(mode="json") == _copied(session, edit)
        found = write.submit_thresholds(
            session,
            thresholds,
            base=edit.base.id,
            seen=edit.seen,
            actor=_who.actor(),
            why=edit.why,
            now=_data.now(),
            copy_of=edit.copy_of if same else None,
        )
        if isinstance(found, write.Overtaken):
            st.session_state["refused"] = overtaken(found.by)
            return ""
        st.session_state.pop(KEPT, None)
        return f"已提交版本 {found}，等待另一位有复核权限的人处理"

    _correct.change(do)


def _copied(session: Session, edit: Edit) -> dict[str, Any] | None:
    """What the former version says: an edit of it is no copy any more."""
    found = read.threshold_version(session, edit.copy_of) if edit.copy_of else None
    return found.content if found else None


def overtaken(by: VersionRow) -> str:
    """What the second of two is told."""
    did = "通过了" if by.state == "active" else "提交了待复核的"
    who = by.decided_by if by.state == "active" else by.who
    when = _words.moment(by.decided_at if by.state == "active" else by.created_at)
    return f"没有提交：您编辑期间，{who or '系统'}于 {when} {did}版本 {by.id}。您的修改已存为草稿，没有覆盖任何内容。"
