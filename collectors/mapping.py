"""From a raw item (cells, a JSON object, an HTML node) to a Document, or to the Refusal that says why not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from urllib.parse import urljoin

from collectors.base import Refusal, Row
from collectors.columns import Mapping as MappingConfig
from collectors.columns import Rule
from collectors.config import SourceConfig
from collectors.parse import BadDate, parse_date
from collectors.rules import Getter, Resolve, UnknownValue, as_text, compile_rule
from signals.model import Document, Kind

T = TypeVar("T")
Raw = Mapping[str, object]
"""Target -> cell as the source has it; further fields under `fields.<name>`."""
MAX_TEXT = 1_000_000
"""Characters of one text. Nobody writes a complaint of a million characters; a broken export does."""

NAMES = {
    **{
        "external_id": "编号",
        "title": "标题",
        "text": "正文",
        "kind": "类别",
        "url": "链接",
        "publisher": "发布者",
    },
    **{"author": "作者", "published_at": "发布时间", "first_seen_at": "首次发现时间", "reach": "影响力"},
    **{"official": "是否官方", "channel": "渠道", "subject": "对象"},
}
"""What messages call a target."""
KIND_WORDS = {
    **{"监管": "regulatory", "监管信息": "regulatory", "处罚": "regulatory", "行政处罚": "regulatory"},
    **{
        "新闻": "news",
        "资讯": "news",
        "媒体": "news",
        "社交": "social",
        "社交媒体": "social",
        "帖子": "social",
    },
    **{
        "论坛": "social",
        "微博": "social",
        "投诉": "complaint",
        "用户投诉": "complaint",
        "公告": "disclosure",
    },
    **{"披露": "disclosure", "平台公告": "disclosure", "信息披露": "disclosure"},
}
_YES = frozenset({"1", "true", "yes", "y", "是"})
_NO = frozenset({"0", "false", "no", "n", "否"})
_MANGLED = re.compile(r"\d\.\d+E\+\d+")
_HTTP = re.compile(r"https?://\S+")


class BadField(ValueError):
    """One field of one row cannot be used; `field` is a target, the message reason and remedy."""

    def __init__(self, field: str, value: object, reason: str) -> None:
        super().__init__(reason)
        self.field, self.value, self.reason = field, as_text(value), reason


@dataclass(frozen=True, slots=True)
class Origin:
    """Where items come from: `file` is a file's name or the page's URL, and the base of relative links."""

    file: str
    now: datetime
    encoding: str | None = None
    replaced_share: float = 0.0
    labels: Mapping[str, str] | None = None
    """Target -> column, for messages."""

    def refusal(self, number: int, fault: BadField) -> Row:
        """The row that says why item `number` was not taken, naming the column where there is one."""
        named = NAMES.get(fault.field, fault.field)
        column = (self.labels or {}).get(fault.field)
        shown = f"{named}（{column}）" if column and column != named else named
        return Row(number, Refusal(self.file, number, shown, fault.value, fault.reason))


class Mapper(Generic[T]):
    """The compiled `[mapping]` for one file or page; `resolve` finds a column in an item."""

    def __init__(self, mapping: MappingConfig, resolve: Resolve[T]) -> None:
        rules = mapping.rules() | {f"fields.{name}": rule for name, rule in mapping.fields.items()}
        self._getters: list[tuple[str, Getter[T]]] = []
        self.labels: dict[str, str] = {}
        for name, rule in rules.items():
            if getter := compile_rule(rule, resolve):
                self._getters.append((name, getter))
                self.labels[name] = _label(rule, resolve)

    def raw(self, item: T) -> dict[str, object]:
        """The mapped cells of one item. Raises BadField for a value the mapping does not know."""
        found: dict[str, object] = {}
        for name, get in self._getters:
            try:
                found[name] = get(item)
            except UnknownValue as error:
                raise BadField(name, error, "values 中没有这个值，请在 source.toml 的映射里补上") from error
        return found


def _label(rule: Rule, resolve: Resolve[T]) -> str:
    return "、".join(name for name in rule.columns() if resolve(name))


def build(raw: Raw, source: SourceConfig, origin: Origin) -> Document:
    """The document that the cells of one item describe. Raises BadField."""
    title = " ".join(as_text(raw.get("title")).split())
    text = _lines(raw.get("text"))
    if not title and not text:
        raise BadField("text", "", "标题和正文都为空，请至少填一项")
    if len(text) > MAX_TEXT:
        raise BadField("text", text, f"正文有 {len(text)} 字，超过 {MAX_TEXT} 字，请检查分隔符和引号")
    published = _moment("published_at", raw, origin.now)
    first_seen = _moment("first_seen_at", raw, origin.now)
    if published is None and first_seen is None and source.undated == "refuse":
        raise BadField("published_at", "", '没有日期，请补上；确实没有日期的来源请设 undated = "keep"')
    publisher = as_text(raw.get("publisher"))
    url, extra = _link(raw, origin)
    return Document(
        source_id=source.id,
        kind=_kind(as_text(raw.get("kind")), source),
        title=title,
        text=text,
        external_id=_identity(raw.get("external_id")),
        url=url,
        publisher=publisher or source.publisher,
        author=as_text(raw.get("author")) or None,
        published_at=published,
        first_seen_at=first_seen,
        reach=_reach(as_text(raw.get("reach")), None if publisher else source.reach),
        official=_official(as_text(raw.get("official")), source.official),
        channel=as_text(raw.get("channel")) or source.channel,
        subject=as_text(raw.get("subject")) or None,
        fields=_fields(raw) | extra,
        encoding=origin.encoding,
        replaced_share=origin.replaced_share,
    )


def _lines(value: object) -> str:
    """Several matches of a selector are the paragraphs of one text."""
    if isinstance(value, list | tuple):
        return "\n".join(text for text in map(as_text, value) if text)
    text = as_text(value)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _moment(name: str, raw: Raw, now: datetime) -> datetime | None:
    value = raw.get(name)
    if isinstance(value, str | list | tuple):
        value = as_text(value)
    if value is None or value == "":
        return None
    try:
        return parse_date(value, now)
    except BadDate as error:
        raise BadField(name, value, str(error)) from error


def _kind(word: str, source: SourceConfig) -> Kind:
    if not word:
        return Kind(source.kind)
    kind = KIND_WORDS.get(word, word.lower())
    if kind not in source.kinds:
        known = "、".join(source.kinds)
        raise BadField(
            "kind", word, f"不是该数据源的类别（{known}），请改正，或在 mapping.kind 的 values 中说明"
        )
    return Kind(kind)


def _identity(value: object) -> str | None:
    text = as_text(value)
    if _MANGLED.fullmatch(text):
        raise BadField("external_id", text, "编号已被表格软件改成科学计数法，请把该列设为文本格式后重新导出")
    if isinstance(value, float) and abs(value) >= 1e15:
        raise BadField(
            "external_id", text, "编号超过 15 位，表格软件已改动末位数字，请设为文本格式后重新导出"
        )
    return text or None


def _link(raw: Raw, origin: Origin) -> tuple[str | None, dict[str, str]]:
    """The item's link, absolute; what is no link is kept as a field, for nobody may click it."""
    text = as_text(raw.get("url"))
    base = origin.file if _HTTP.match(origin.file) else "https:"
    try:
        link = (
            absolute(base, text) if text.startswith(("//", "/")) or base != "https:" else absolute("", text)
        )
    except BadField:
        return None, {"url_text": text}
    if not text or _HTTP.fullmatch(link):
        return (link if text else None), {}
    return None, {"url_text": text}


def absolute(base: str, link: str) -> str:
    """`link` as seen from `base`. Raises BadField for what cannot be parsed, such as https://[::."""
    try:
        return urljoin(base or link, link)
    except ValueError as error:
        raise BadField("url", link, "不是合法的网址，请检查链接一列") from error


def _reach(text: str, default: float | None) -> float | None:
    """A publisher named by the row is not the source's: its reach is looked up by name, later."""
    if not text:
        return default
    try:
        reach = float(text)
    except ValueError:
        reach = -1.0
    if not 0 <= reach <= 1:
        raise BadField("reach", text, "影响力应为 0 到 1 之间的数")
    return reach


def _official(text: str, default: bool) -> bool:
    word = text.lower()
    if word and word not in _YES | _NO:
        raise BadField("official", text, "应为 是 或 否")
    return word in _YES if word else default


def _fields(raw: Raw) -> dict[str, str]:
    extra = [name for name in raw if name.startswith("fields.")]
    return {name.removeprefix("fields."): text for name in extra if (text := as_text(raw[name]))}
