"""The navigation: which pages for which audience, and what a person must be allowed to do to see one."""

from __future__ import annotations

GROUPS = {
    "风险委员会": (
        ("", "总览"),
        ("brief", "简报"),
        ("watching", "我的关注"),
        ("platform", "平台详情"),
        ("compare", "平台对比"),
        ("industry", "行业与监管"),
        ("meetings", "会议记录"),
    ),
    "分析员": (
        ("evidence", "证据"),
        ("review", "待复核链接"),
        ("discovery", "新平台发现"),
        ("entry", "数据录入"),
        ("replays", "回放与评估"),
        ("export", "导出"),
    ),
    "监管联络岗": (("thresholds", "阈值"), ("audit", "审计")),
    "管理员": (("platforms", "平台管理"), ("sources", "数据源"), ("health", "系统健康"), ("users", "用户")),
    "帮助": (("method", "方法说明"), ("account", "我的账号")),
}
"""Audience -> address and title of its pages; a new page is one line here and one in _links.PAGES."""

NEEDS = {
    "review": "correct",
    "discovery": "discover",
    "entry": "upload",
    "export": "export",
    "platforms": "status",
    "audit": "audit.read",
    "sources": "collect",
    "health": "health",
    "users": "users",
}
"""Address of a page -> the action that shows it; a page that is not named is for everybody."""
