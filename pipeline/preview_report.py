"""What `import --dry-run` prints: counts, then the first revisions and refusals, masked like all that is stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from pipeline.contract import FIELD_NAMES
from pipeline.preview import SHOWN, Preview, Revision
from signals.model import SHANGHAI
from signals.privacy import mask

LONGEST = 60
"""Characters of a value that are shown; of longer ones the part around the first difference."""
BEFORE = 10
COLUMN_NAMES = {**FIELD_NAMES, "status": "状态", "resolved_at": "办结时间"}


def lines(preview: Preview) -> Iterator[str]:
    """The report, line by line."""
    counts = preview.counts
    yield (
        f"预演：读取 {counts.items} 行，将新增 {counts.stored}，重复 {counts.duplicates}，"
        f"修订 {counts.revised}，拒收 {counts.refused}。"
    )
    if preview.revisions:
        yield _heading("将修订的行", counts.revised)
        for revision in preview.revisions:
            yield from _revision(revision)
    if preview.refusals:
        yield _heading("将拒收的行", counts.refused)
        for each in preview.refusals:
            yield f"  {replace(each, value=mask(each.value), reason=mask(each.reason))}"
    yield "未写入任何内容。去掉 --dry-run 即正式导入。"


def _heading(what: str, total: int) -> str:
    return f"{what}（共 {total}，列出前 {SHOWN}）：" if total > SHOWN else f"{what}："


def _revision(revision: Revision) -> Iterator[str]:
    document = revision.document
    name = document.external_id or mask(document.title)[:LONGEST] or "（无标题）"
    yield f"  第 {revision.row} 行 {name}"
    for label, before, after in change_words(revision):
        yield f"    {label}：{before} → {after}"


def change_words(revision: Revision) -> list[tuple[str, str, str]]:
    """What a revision would change, for people: the field's word, what is stored, what the row says; masked and cut."""
    told = []
    for column, (old, new) in revision.changes.items():
        label = COLUMN_NAMES.get(column.removeprefix("fields."), column)
        told.append((label, *_around(_said(old), _said(new))))
    return told


def _said(value: object) -> str:
    if value is None or value == "":
        return "（空）"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return value.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
    return mask(str(value)).replace("\n", " ")


def _around(old: str, new: str) -> tuple[str, str]:
    """Both cut alike: two long texts that differ in their last sentence must not look the same."""
    same = next(
        (i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new))
    )
    start = max(0, same - BEFORE) if max(len(old), len(new)) > LONGEST else 0
    return _cut(old, start), _cut(new, start)


def _cut(text: str, start: int) -> str:
    piece = text[start : start + LONGEST]
    return f"{'…' if start else ''}{piece}{'…' if start + LONGEST < len(text) else ''}"
