"""What the words over (or beside) a cell mean."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

Column = Literal[
    "serial",
    "party",
    "unit",
    "person",
    "decision_number",
    "violation",
    "basis",
    "content",
    "authority",
    "decided_on",
    "remarks",
    "other",
]
"""`unit` and `person` are the two places of a form that asks for the party; `other` is known and not kept."""

PARTIES: tuple[Column, ...] = ("party", "unit", "person")
MAX_LABEL = 30

_SQUEEZED = re.compile(r"[\s:：*()\[\]【】、,/／·.]+")
_NO_LABEL = re.compile(r"[0-9〔《。；;%]|万元$")
_MEANINGS: tuple[tuple[Column, re.Pattern[str]], ...] = (
    ("serial", re.compile(r"序号|序|编号")),
    ("other", re.compile(r".*(法定代表人|主要负责人|负责人姓名|信用代码|证件|身份证|机构代码|注册号).*")),
    ("other", re.compile(r".*(地址|住所|职务|公示期|公示截止|公示日期|公开期|发布日期|有效期|抓取|链接).*")),
    ("other", re.compile(r"类别|来源|电话|处罚类别|处罚种类")),
    ("decision_number", re.compile(r".*(文号|书号|(决定|处罚|文书)书?编?号).*")),
    ("authority", re.compile(r".*(机关|作出.*(机构|部门)|(?<![被受])处罚单位).*")),
    ("decided_on", re.compile(r".*(日期|处罚时间|决定时间).*")),
    ("basis", re.compile(r".*依据.*")),
    ("violation", re.compile(r".*(违法|违规|案由|处罚事由|处罚原因|处罚事实).*")),
    ("content", re.compile(r".*(处罚(内容|结果|决定|措施|情况)|监管措施|处理(决定|结果)).*|行政处罚|处罚")),
    ("unit", re.compile(r"(被处罚|被罚|受处罚|涉及)?(单位|企业|机构|法人)(名称|全称)")),
    ("person", re.compile(r"(被处罚|被罚|受处罚)?(个人|自然人|人员)(姓名|名称)?")),
    ("party", re.compile(r".*(当事人|相对人|被处罚|受处罚|被罚|处罚对象).*")),
    ("remarks", re.compile(r"备注|其他|说明|备注说明")),
)
_BELOW_PARTY: dict[str, Column] = {
    **dict.fromkeys(("名称", "单位", "机构", "法人", "全称", "单位全称", "法人或其他组织", "企业"), "unit"),
    **dict.fromkeys(("姓名", "个人", "自然人"), "person"),
    "姓名或名称": "party",
    "名称或姓名": "party",
}


def meaning(label: str) -> Column | None:
    """The column that a label names by itself; None for what is no label."""
    return _column(_squeezed(label))


@lru_cache(maxsize=1024)  # the same dozen words stand over every table
def _column(word: str) -> Column | None:
    if not word or len(word) > MAX_LABEL or _NO_LABEL.search(word):
        return None
    return next((column for column, pattern in _MEANINGS if pattern.fullmatch(word)), None)


def is_label(text: str) -> bool:
    """Whether text can be a label, alone or under another one."""
    return meaning(text) is not None or _squeezed(text) in _BELOW_PARTY


def nested_meaning(labels: Sequence[str]) -> Column | None:
    """What labels one under the other mean: 被处罚当事人姓名或名称 > 单位 > 名称 is the name of a unit."""
    above = [column for label in labels[:-1] if (column := meaning(label))]
    lowest = meaning(labels[-1])
    generic = next(
        (column for label in reversed(labels) if (column := _BELOW_PARTY.get(_squeezed(label)))), None
    )
    if lowest is not None and lowest not in PARTIES:
        return lowest
    if above and above[-1] not in PARTIES:
        return above[-1]
    return lowest if lowest in ("unit", "person") else (generic if above or lowest else None) or lowest


def _squeezed(label: str) -> str:
    """Labels are stretched with spaces and broken over lines: 当 事 人."""
    return _SQUEEZED.sub("", unicodedata.normalize("NFKC", label[: 4 * MAX_LABEL]))
