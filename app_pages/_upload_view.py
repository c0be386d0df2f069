"""An upload on screen: which column feeds which field, the first rows, what would be refused and why. Pure HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from app_pages import _look, _words
from app_pages._look import Column

COUNTED = {
    "items": "读取",
    "stored": "新增",
    "revised": "修订",
    "duplicates": "重复",
    "refused": "拒收",
}
SHOWN = 20


def counts(found: Mapping[str, Any], would: bool = True) -> str:
    """Read, new, revised, repeated, refused; `would`: nothing is stored yet."""
    told = "将" if would else "已"
    parts = [
        f"<span>{escape(word if name == 'items' else told + word)} <b>{int(found.get(name, 0)):,}</b> 行</span>"
        for name, word in COUNTED.items()
    ]
    return f'<div class="tw-counts" role="group" aria-label="行数">{"".join(parts)}</div>'


def sample(found: Mapping[str, Any]) -> str:
    """The first rows under the file's own column names, with the field that each column feeds."""
    columns: Sequence[str] = found.get("columns", [])
    rows: Sequence[Sequence[str]] = found.get("sample", [])
    if not columns or not rows:
        return ""
    fed = {each["column"]: each["word"] for each in found.get("fields", []) if each["column"]}
    head = [Column(f"{name} → {fed[name]}" if name in fed else name, "tight") for name in columns]
    body = [[escape(cell) for cell in row] for row in rows]
    return f'<div class="tw-scroll">{_look.table(head, body, "文件的前几行")}</div>'


def refusals(found: Mapping[str, Any]) -> str:
    """Rows that are not taken: row, field, value, reason with remedy."""
    rows = found.get("refusals", [])
    if not rows:
        return ""
    columns = (Column("行", "tight"), Column("字段", "tight"), Column("值"), Column("原因与改法", "wide"))
    body = [
        [
            str(each["row"]),
            escape(each["field"]),
            escape(each["value"] or _words.NONE),
            escape(each["reason"]),
        ]
        for each in rows[:SHOWN]
    ]
    number = int(found.get("counts", {}).get("refused", len(rows)))
    more = f'<p class="tw-mute">共 {number:,} 行，列出前 {len(body)} 行。</p>' if number > len(body) else ""
    return _look.table(columns, body, "拒收的行") + more


def revisions(found: Mapping[str, Any]) -> str:
    """Rows that would change what is stored: field, what stands, what the row says."""
    rows = found.get("revisions", [])
    if not rows:
        return ""
    body = [
        [str(each["row"]), escape(each["name"]), escape(label), escape(old), escape(new)]
        for each in rows[:SHOWN]
        for label, old, new in each["changes"]
    ]
    columns = (
        Column("行", "tight"),
        Column("文档", "tight"),
        Column("字段", "tight"),
        Column("现为"),
        Column("将改为"),
    )
    return _look.table(columns, body, "将修订的行")


def state(row: Mapping[str, Any], words: Mapping[str, tuple[str, str]]) -> str:
    """The chip of an upload's state."""
    word, tone = words[str(row["state"])]
    return _look.chip(word, tone)


def outcome(row: Mapping[str, Any]) -> str:
    """What storing did, in a few words."""
    counted = row["counts"] if isinstance(row["counts"], Mapping) else {}
    parts = [f"{word} {int(counted[name])}" for name, word in COUNTED.items() if counted.get(name)]
    return escape("，".join(parts))


def subject(row: Mapping[str, Any], whats: Mapping[str, str], names: Mapping[str, str]) -> str:
    """What was uploaded: kind, file, and where it belongs; `names`: source id -> name."""
    where = row["list_name"] or names.get(str(row["source_id"]), row["source_id"]) or ""
    return f"{escape(whats[str(row['what'])])}　<b>{escape(str(row['file']))}</b>　" + (
        f'<span class="tw-mute">{escape(str(where))}</span>' if where else ""
    )
