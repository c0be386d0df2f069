"""Who may do what. Checked where data changes (db.write), so that no page and no route goes around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person is here for; `word` is what the screen says."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    LIAISON = "liaison"
    APPROVER = "approver"
    ADMIN = "admin"

    @property
    def word(self) -> str:
        """The role in Chinese."""
        return WORDS[self]


WORDS: Mapping[Role, str] = {
    Role.VIEWER: "委员",
    Role.ANALYST: "分析员",
    Role.LIAISON: "联络岗",
    Role.APPROVER: "复核",
    Role.ADMIN: "管理员",
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something. `machine`: the programme itself or its command line; whoever has a shell has the database."""

    name: str
    role: Role
    machine: bool = False


SYSTEM = Actor("系统", Role.ADMIN, machine=True)
"""The worker and what happens by itself."""


def command_line(name: str = "命令行") -> Actor:
    """Somebody at the command line, by the name given there."""
    return Actor(name.strip() or "命令行", Role.ADMIN, machine=True)


RESERVED = frozenset({SYSTEM.name, "命令行"})
"""Names that no account may bear: the log would not tell who it was."""

_ALL = frozenset(Role)
_WORK = frozenset({Role.ANALYST, Role.LIAISON, Role.ADMIN})
_ADMIN = frozenset({Role.ADMIN})

MAY: Mapping[str, frozenset[Role]] = {
    "read": _ALL,
    "export": _ALL - {Role.VIEWER},
    "brief": _ALL,
    "watch": _ALL,
    "note": _ALL - {Role.VIEWER},
    "correct": _WORK,
    "discover": _WORK,
    "upload": _WORK,
    "enter": _WORK,
    "status": _WORK,
    "meeting": _ALL - {Role.VIEWER},
    "sign_off": frozenset({Role.LIAISON, Role.APPROVER, Role.ADMIN}),
    "threshold.propose": frozenset({Role.LIAISON, Role.ADMIN}),
    "threshold.decide": frozenset({Role.APPROVER, Role.ADMIN}),
    "evaluate": _ALL - {Role.VIEWER},
    "collect": frozenset({Role.ANALYST, Role.ADMIN}),
    "platform.edit": _ADMIN,
    "source.edit": _ADMIN,
    "health": frozenset({Role.ANALYST, Role.ADMIN}),
    "audit.read": frozenset({Role.LIAISON, Role.APPROVER, Role.ADMIN}),
    "users": _ADMIN,
    "work": _ADMIN,
}
"""Action -> roles. `work`: any other request to the worker. A new action is a line here, with its word in ACTIONS."""

ACTIONS: Mapping[str, str] = {
    "read": "查看",
    "export": "导出",
    "brief": "生成简报",
    "watch": "管理我的关注",
    "note": "写批注",
    "correct": "更正判断",
    "discover": "处理新发现的平台",
    "upload": "上传数据",
    "enter": "录入数据",
    "status": "登记平台状态",
    "meeting": "登记会议记录",
    "sign_off": "签字解除红色预警",
    "threshold.propose": "提交阈值",
    "threshold.decide": "复核阈值",
    "evaluate": "回放与评估",
    "collect": "立即采集",
    "platform.edit": "修改平台名单",
    "source.edit": "管理数据源",
    "health": "查看系统健康",
    "audit.read": "查看审计日志",
    "users": "管理用户",
    "work": "向后台下达任务",
}
"""Action -> what messages call it."""


class NotAllowed(PermissionError):
    """The role does not permit it. The message is for the user and says which role may."""


def may(actor: Actor, action: str) -> bool:
    """Whether the actor's role permits the action. KeyError: no such action."""
    roles = MAY[action]
    return actor.machine or actor.role in roles


def require(actor: Actor, action: str) -> None:
    """Raises NotAllowed unless the actor's role permits the action. KeyError: no such action."""
    if may(actor, action):
        return
    able = "、".join(role.word for role in Role if role in MAY[action])
    raise NotAllowed(f"您的角色是“{actor.role.word}”，不能{ACTIONS[action]}；可由{able}办理。")
