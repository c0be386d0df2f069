"""What a run brought against what its source promises in `[contract]`. Pure: counts rows as they pass, then judges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from collectors.base import Refusal
from collectors.config import Contract
from signals.model import Document

REPLACED_LIMIT = 0.001
"""Share of a document's characters that no encoding reads, 0..1, from which it counts as undecodable."""
REFUSED_SHARE = 0.5
FIELD_NAMES = {
    "external_id": "编号",
    "title": "标题",
    "text": "正文",
    "kind": "类型",
    "url": "链接",
    "publisher": "发布者",
    "author": "作者",
    "published_at": "日期",
    "first_seen_at": "首次发现时间",
    "reach": "影响力",
    "official": "官方标记",
    "channel": "渠道",
    "subject": "对象",
}


@dataclass
class Tally:
    """Rows of one run or of several: `documents` were taken, `refused` were not; the rest counts documents with a
    fault each."""

    fields: tuple[str, ...] = ()
    documents: int = 0
    refused: int = 0
    undated: int = 0
    undecodable: int = 0
    lacking: int = 0
    """Documents without one of `fields` at least."""
    lacking_by: Counter[str] = field(default_factory=Counter)
    """By field; empty over several runs, of which only `lacking` is known."""
    runs: int = 1

    @property
    def rows(self) -> int:
        """All rows, refused ones too."""
        return self.documents + self.refused

    def add(self, item: Document | Refusal) -> None:
        """Count one row."""
        if isinstance(item, Refusal):
            self.refused += 1
            return
        self.documents += 1
        self.undated += item.published_at is None
        self.undecodable += item.replaced_share > REPLACED_LIMIT
        empty = [name for name in self.fields if getattr(item, name) in (None, "")]
        self.lacking += bool(empty)
        self.lacking_by.update(empty)


def widened(tally: Tally, earlier: Iterable[Tally], rows: int) -> Tally:
    """`tally` with as many `earlier` ones (newest first) as it takes to have `rows` rows, or with all of them.

    A source that brings two rows a run would never be judged by one run alone.
    """
    found = tally
    for each in earlier:
        if found.rows >= rows:
            break
        found = Tally(
            tally.fields,
            documents=found.documents + each.documents,
            refused=found.refused + each.refused,
            undated=found.undated + each.undated,
            undecodable=found.undecodable + each.undecodable,
            lacking=found.lacking + each.lacking,
            runs=found.runs + each.runs,
        )
    return found


def breach(contract: Contract, tally: Tally) -> str | None:
    """Why a run breaks its contract, for people; None when it does not, or brought too few rows to tell.

    Every fault is named with its field and share, the refused rows first: they explain the others.
    """
    faults = []
    rows = tally.rows
    if rows >= contract.from_rows and tally.refused > REFUSED_SHARE * rows:
        faults.append(f"{rows} 条中 {tally.refused} 条被拒收")
    taken = tally.documents
    if taken >= contract.from_rows:
        if tally.undated > contract.undated_share * taken:
            faults.append(f"{taken} 条中 {tally.undated} 条没有日期")
        if tally.undecodable > contract.undecodable_share * taken:
            faults.append(f"{taken} 条中 {tally.undecodable} 条含无法解码的文字")
        faults += [
            f"{taken} 条中 {empty} 条没有{FIELD_NAMES[name]}（{name}）"
            for name, empty in tally.lacking_by.items()
            if taken - empty < contract.filled_share * taken
        ]
        if tally.runs > 1 and taken - tally.lacking < contract.filled_share * taken:
            faults.append(f"{taken} 条中 {tally.lacking} 条缺少约定的字段（{'、'.join(contract.fields)}）")
    if not faults:
        return None
    span = f"最近 {tally.runs} 次运行合计：" if tally.runs > 1 else ""
    return (
        f"{span}{'；'.join(faults)}。页面可能已改版，请对照原网页检查 source.toml 的选择器；合格的条目已入库"
    )
