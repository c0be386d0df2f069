"""What `try-source` shows of a trial: a table for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from collectors.base import Row, SourceConfig, SourceError
from pipeline.replay_sample import told
from pipeline.trial import Trial, excerpt
from signals.model import SHANGHAI, Document
from signals.privacy import discreet

OPENING = 40
"""Characters of a text that the table shows."""


def show(source: SourceConfig, trial: Trial) -> None:
    """The table, the refusals and one line that sums up. Cells are data: nothing in them is taken for markup."""
    console = Console()
    if trial.documents:
        console.print(_table(trial.documents))
    for refusal in trial.refusals:
        console.print(Text(f"拒收：{refusal}", "yellow"))
    if trial.error:
        console.print(Text(_fault(trial.error), "red"))
    if broken := trial.broken_promise(source):
        console.print(Text(f"与 [contract] 不符：{broken}", "yellow"))
    console.print(Text(summary(source, trial)))


def summary(source: SourceConfig, trial: Trial) -> str:
    """One line: how much came, in which encoding, for how many requests and how long."""
    parts = [
        f"{source.id}：可用 {len(trial.documents)} 条，其中无日期 {trial.undated}；拒收 {len(trial.refusals)}",
        f"编码 {'、'.join(trial.encodings) or '—'}",
        f"请求 {len(trial.asked)} 次，用时 {trial.seconds:.1f} 秒",
    ]
    if trial.cut:
        parts.append(f"已读够 {len(trial.rows)} 条即停（--limit 可改）")
    return "；".join(parts) + "。未写入任何内容。"


def as_json(source: SourceConfig, trial: Trial) -> str:
    """One object: rows, refusals, error, summary; masked like the table."""
    return json.dumps(
        {
            "source": source.id,
            "rows": [told(Row(number, document)) for number, document in enumerate(trial.documents, 1)],
            "refusals": [str(refusal) for refusal in trial.refusals],
            "error": _fault(trial.error) if trial.error else None,
            "contract": trial.broken_promise(source),
            "undated": trial.undated,
            "encodings": trial.encodings,
            "asked": [discreet(url) for url in trial.asked],
            "seconds": round(trial.seconds, 3),
            "cut": trial.cut,
        },
        ensure_ascii=False,
        indent=1,
    )


def _table(documents: list[Document]) -> Table:
    table = Table(
        "时间", "类别", Column("标题", overflow="fold"), "发布者", "对象", Column("其他栏目", overflow="fold"),
        "正文字数", Column("正文开头", overflow="fold"),
    )  # fmt: skip
    for document in documents:
        table.add_row(*(Text(cell) for cell in _cells(document)))
    return table


def _cells(document: Document) -> Iterator[str]:
    when = document.published_at
    yield when.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M") if when else "—"
    yield document.kind.value
    yield document.title
    yield document.publisher or "—"
    yield document.subject or "—"
    yield "；".join(f"{name}={value}" for name, value in document.fields.items()) or "—"
    yield str(len(document.text))
    yield document.text[:OPENING].replace("\n", " ")


def _fault(error: SourceError) -> str:
    """The message, and what the site answered: often the page itself says what it wants."""
    evidence = error.evidence
    if evidence is None:
        return discreet(f"失败：{error}")
    status = f"HTTP {evidence.status}" if evidence.status is not None else "没有 HTTP 回应"
    body = excerpt(evidence)
    return discreet(f"失败：{error}\n网站的回应（{status}，{evidence.url}）：{body or '（空）'}")
