"""平台详情 as HTML: head, reason, evidence and index table of one platform-day. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from html import escape

from app_pages import _look, _passage, _words
from app_pages._look import Column
from signals.model import SHANGHAI, Level

ASPECTS = (
    Column("指数", "tight"),
    Column("值", "num", "I = 100·(1 − (1−L)(1−A))"),
    Column("水平 L", "num label", "L = 1 − exp(−Σ v·g / c)"),
    Column("异常 A", "num label", "A = clip((−log₁₀ p − 1)/3, 0, 0.8)"),
    Column("累积 Σ v·g", "num label", "提及权重 v 按时间衰减 g 后的累积"),
    Column("饱和 c", "num label", "随平台自身 26 周中位水平放大"),
    Column("当天条数", "num label", "用于判断异常的条数"),
    Column("预期", "num label", "按该平台自身历史估计的当天条数"),
    Column("观测", "tight"),
)

BACKFILLED = "回填：导入的数据没有写明何时首次看到，以发布时间代替；依此算出的提前量可能偏大"


def question(level: Level, failed: str | None = None) -> str:
    """The heading of the reason: 为什么是橙色？ `failed`: the platform's failed life-cycle status, if any."""
    if level is Level.NORMAL and failed is not None:
        return "为什么是已出险？"
    if level is Level.UNKNOWN:
        return "为什么数据不足？"
    return "为什么是正常？" if level is Level.NORMAL else f"为什么是{level.value}色？"


def facts(row: Mapping[str, object], chosen: date, change7: float | None) -> str:
    """Since when, T, T* and coverage of the chosen day."""
    since = row["since"]
    began = (
        f"{_words.day(since)}（第 {(chosen - since).days + 1} 天）"
        if isinstance(since, date)
        else _words.NONE
    )
    pairs = [
        ("处于该等级自", began),
        ("T*", _words.score(_number(row["t_star"]))),
        ("T", _words.score(_number(row["t"]))),
        ("7 日变化", _words.change(change7)),
        ("覆盖率", _words.share(_number(row["coverage"]))),
        ("已接入权重", _words.share(_number(row["scope"]))),
    ]
    if row.get("floor"):
        pairs.append(("直接抬升", _words.FLOORS.get(str(row["floor"]), str(row["floor"]))))
    if row["provisional"]:
        pairs.append(("状态", "盘中，午夜后定稿"))
    body = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in pairs)
    return f'<dl class="tw-facts">{body}</dl>'


def reason(level: Level, sentence: str) -> str:
    """The reason sentence beside the colour of its level."""
    return f'<p class="tw-why {_look.LOOKS[level].css}">{escape(sentence)}</p>'


def evidence(rows: Iterable[Mapping[str, object]], events: Mapping[str, str]) -> str:
    """The strongest mentions as an ordered list, each with its source, standing and highlighted sentence.

    `note`, where a row has one, is HTML that stands below it (_notes.note).
    """
    return f'<ol class="tw-evidence">{"".join(_exhibit(row, events) for row in rows)}</ol>'


def _exhibit(row: Mapping[str, object], events: Mapping[str, str]) -> str:
    spans = marks(row)
    if not _words.missing(purged := row.get("purged_at")):
        return (
            f"<li><h3>{gone(purged)}</h3><p class='tw-meta'>{provenance(row)}</p>"
            f"<p class='tw-meta'>{standing(row, events)}</p></li>"
        )
    title = str(row["title"] or "") or "（无标题）"
    shown = _passage.highlight(title, spans, "title", events) if row["title"] else escape(title)
    url = row["url"]
    original = f"　{_look.outward(url, '查看原文')}" if isinstance(url, str) and url else ""
    subject = row["subject"]
    about = ""
    if isinstance(subject, str) and subject:
        marked = _passage.highlight(subject, spans, "subject", events)
        about = f'<p class="tw-meta">投诉对象 / 当事人：{marked}</p>'
    number = row.get("document_id")
    copy = "" if number is None else "　" + _look.link("evidence", "全文与同一报道", doc=str(number))
    return (
        f"<li><h3>{shown}</h3><p class='tw-meta'>{provenance(row)}{original}{copy}</p>{about}"
        f"{_passage.passage(str(row['text'] or ''), spans, events)}"
        f"<p class='tw-meta'>{standing(row, events)}</p>{row.get('note') or ''}</li>"
    )


def gone(purged: object) -> str:
    """In place of a text that retention removed: what was found in it still counts."""
    when = _words.day(purged.astimezone(SHANGHAI).date()) if isinstance(purged, datetime) else _words.NONE
    return f'<span class="tw-mute">内容已按保留期限删除（{when}）</span>'


def marks(row: Mapping[str, object]) -> list[_passage.Span]:
    """Everything to highlight in one mention: the names that link it and the events found."""
    names = [span for span in _list(row["spans"]) if isinstance(span, Mapping)]
    events = [
        {**hit, "label": hit["id"]}
        for hit in _list(row["events"])
        if isinstance(hit, Mapping) and "part" in hit
    ]
    return [*names, *events]


def provenance(row: Mapping[str, object]) -> str:
    """Kind, publisher, date and copies of a text."""
    kind = str(row["kind"])
    parts = [_look.chip(_words.KINDS.get(kind, kind)), escape(str(row["publisher"] or "发布者不详"))]
    published = row["published_at"] if not _words.missing(row["published_at"]) else None
    parts.append(_words.published(published) if published is not None else "无发布日期")  # type: ignore[arg-type]
    if row["backfilled"]:
        parts.append(_look.chip("回填", "warn", BACKFILLED))
    copies, publishers = int(str(row["story_copies"])), int(str(row["story_publishers"]))
    if copies > 1:
        parts.append(
            _look.chip(f"同一报道 {copies} 篇 · {publishers} 家发布者", "plain", "近乎相同的转载合并计算")
        )
    return "　".join(parts)


def standing(row: Mapping[str, object], events: Mapping[str, str]) -> str:
    """How a text speaks of the platform: tone, events, doubt, P(negative) and weight."""
    polarity = str(row["polarity"])
    chips = [_look.chip(f"语气：{_words.POLARITIES.get(polarity, polarity)}")]
    hits = [hit for hit in _list(row["events"]) if isinstance(hit, Mapping)]
    for event, said in dict.fromkeys((str(hit["id"]), str(hit["polarity"])) for hit in hits):
        denied = said in ("denied", "advert")
        tail = "" if said == "asserted" else f"（{_words.POLARITIES.get(said, said)}）"
        chips.append(_look.chip(events.get(event, event) + tail, "plain" if denied else "bad"))
    if row["needs_review"]:
        chips.append(_look.chip("待复核链接", "warn", "名称有歧义，尚未经人工确认"))
    negative = _words.share(_number(row["negative"]))
    weight = _number(row["weight"])
    weighed = _words.NONE if weight is None else f"{weight:.2f}"
    told = f'<span class="tw-keep">对该平台为负面的概率 {negative}　权重 v = {weighed}</span>'
    return f"{' '.join(chips)}　{told}"


def aspects(rows: Iterable[Mapping[str, object]], names: Sequence[tuple[str, str]]) -> str:
    """The sub-indices of the day as a table; an index without a row is not fed by any source (未接入)."""
    found = {str(row["index_id"]): row for row in rows}
    body = []
    for index, name in names:
        label = f"<b>{escape(index)}</b> {escape(name)}"
        row = found.get(index)
        if row is None:
            body.append([label, *[_words.NONE] * (len(ASPECTS) - 2), _look.chip("未接入")])
            continue
        state = (
            _look.chip("已观测", "good")
            if row["observed"]
            else _look.chip("未观测", "warn", "来源当天没有应答")
        )
        numbers = [_number(row[key]) for key in ("level_part", "surprise_part", "accumulated", "saturation")]
        cells = [_words.NONE if value is None else f"{value:.2f}" for value in numbers]
        expected = _number(row["expected"])
        counted = _words.count(_number(row["count"])) if row["observed"] else _words.NONE
        body.append([label, f"<b>{_words.score(_number(row['value']))}</b>", *cells, counted,
                     _words.score(expected), state])  # fmt: skip
    return _look.table(ASPECTS, body, "当天各指数的取值与组成")


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


def _number(value: object) -> float | None:
    return None if value is None or _words.missing(value) else float(str(value))
