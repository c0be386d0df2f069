"""The page behind an item: its text, or one document for every party that its table of penalties names."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from typing import Any

from parsel import Selector

from collectors.base import Context, Response, SourceBlocked, SourceBroken, SourceConfig
from collectors.config import Article
from collectors.encoding import Decoded
from collectors.guard import site_of
from collectors.mapping import BadField, Mapper, Origin, Raw, build
from collectors.markup import is_xpath
from collectors.penalties import Penalty, split
from collectors.readers.answers import decoded, html_resolve, parse_json
from collectors.readers.extract import extracted
from collectors.readers.paths import json_path
from collectors.rules import as_text
from signals.model import Document

TEXT_FROM = "fields.text_from"
"""The field that says where a text comes from when it is not what the selector found."""
PATIENCE = 3
"""Refused pages of one host in a row after which it is not the pages but we who are not wanted."""


def article_documents(
    source: SourceConfig, context: Context, origin: Origin, raw: Raw, address: str, doors: Doors
) -> list[Document]:
    """What the page at `address` says; its values win over those of the list in `raw`.

    Raises: BadField when the page cannot be had, has no text, or holds a value that cannot be used; SourceBlocked
    when the site wants us to stop altogether.
    """
    article = source.article
    if article is None:
        return [build(raw, source, origin)]
    try:
        answer = decoded(doors.opened(source, context, origin.file, address))
        opened = _Opened(article, answer)
        merged = {**raw, **opened.raw()}
    except SourceBroken as error:
        raise BadField("文章页", address, str(error)) from error
    origin = Origin(origin.file, context.now, answer.encoding, answer.replaced_share)
    if article.split is not None:
        if penalties := split(opened.markup(), as_text(merged.get("title"))):
            return _penalised(build(merged, source, origin), penalties)
        merged["fields.table"] = "未识别"
    if article.mapping.text and not as_text(merged.get("text")):
        raise BadField("文章页", address, "没有找到正文，页面可能已改版，请检查 article.mapping.text")
    return [build(merged, source, origin)]


class Doors:
    """Who refused article pages in this run. A page for members costs itself; a site that refuses us ends the run.

    Were every refusal the end, one forbidden page in a list would keep all pages behind it from being read for ever.
    """

    def __init__(self) -> None:
        self._in_a_row = Counter[str]()
        self._closed = set[str]()

    def opened(self, source: SourceConfig, context: Context, list_url: str, address: str) -> Response:
        """The page at `address`.

        Raises: SourceBroken; BadField for a page that is refused, without asking where a host other than the list's
        has refused us before; SourceBlocked when the list's own host wants to be left alone, or any host for a time.
        """
        host = site_of(address).turn
        if host in self._closed:
            raise BadField("文章页", address, f"{host} 已拒绝采集，本轮不再访问，下次采集时重试")
        try:
            response = context.get(address, source.politeness)
        except SourceBlocked as error:
            self._in_a_row[host] += 1
            if not error.page_only or self._in_a_row[host] >= PATIENCE:
                if error.retry_after is not None or host == site_of(list_url).turn:
                    raise
                self._closed.add(host)
            raise BadField("文章页", address, str(error)) from error
        self._in_a_row[host] = 0
        return response


class _Opened:
    """An article page, parsed once."""

    def __init__(self, article: Article, answer: Decoded) -> None:
        self._article, self._answer = article, answer
        self._json: Any = _json_object(answer) if article.format == "json" else None
        self._root = Selector(text=answer.text, type="html") if article.format == "html" else None

    def raw(self) -> dict[str, object]:
        """The cells that the page fills, with the extracted text where the selector of the text finds none."""
        article = self._article
        if self._root is None:
            found = Mapper(article.mapping, json_path).raw(self._json)
        else:
            found = Mapper(article.mapping, html_resolve).raw(self._root)
        filled = {name: value for name, value in found.items() if as_text(value)}
        if self._root is not None and article.mapping.text and "text" not in filled:
            text = extracted(self._answer.text) if article.fallback else ""
            filled |= {"text": text, TEXT_FROM: "正文提取"} if text else {TEXT_FROM: "列表摘要"}
        return filled

    def markup(self) -> str:
        """The markup of the text, for its tables; the whole page where its selector finds nothing."""
        rule = self._article.mapping.text
        for column in rule.columns() if rule else ():
            if self._root is None:
                text = as_text(json_path(column)(self._json))
            else:
                nodes = self._root.xpath(column) if is_xpath(column) else self._root.css(column)
                text = "".join(node.get() for node in nodes)
            if text:
                return text
        return self._answer.text if self._root is not None else ""


def _json_object(answer: Decoded) -> dict[str, Any]:
    found = parse_json(answer)
    if not isinstance(found, dict):
        raise SourceBroken(f"回应不是 JSON 对象（开头：{answer.text[:40]!r}），接口可能已改版")
    return found


def _penalised(page: Document, penalties: list[Penalty]) -> list[Document]:
    """One document per penalised party, all with the link and the date of the page that names them."""
    page_id = page.external_id or page.url or page.title
    kept = {name: text for name, text in page.fields.items() if f"fields.{name}" != TEXT_FROM}
    return [
        replace(
            page,
            external_id=f"{page_id}#{place}",
            title=f"{page.title}：{penalty.party}"
            if page.title and penalty.party
            else page.title or penalty.party,
            text=_sentences(page.title, penalty),
            subject=penalty.party or page.subject,
            fields={**kept, **_fields(penalty), "page_id": page_id},
        )
        for place, penalty in enumerate(penalties, 1)
    ]


def _sentences(heading: str, penalty: Penalty) -> str:
    """What the row says, as sentences that are read and analysed like any other text."""
    party = f"{penalty.party}（{penalty.party_kind}）" if penalty.party_kind else penalty.party
    said = {
        "当事人": party,
        "行政处罚决定书文号": penalty.decision_number,
        "主要违法违规行为": penalty.violation,
        "行政处罚依据": penalty.basis,
        "行政处罚内容": penalty.content,
        "作出决定的机关": penalty.authority,
        "作出决定的日期": penalty.decided_on,
        "备注": penalty.remarks,
    }
    lines = [f"{name}：{text.rstrip('。；; ')}。" for name, text in said.items() if text]
    return "\n".join([heading, *lines] if heading else lines)


def _fields(penalty: Penalty) -> dict[str, str]:
    """The cells as fields; what the page does not say is left out, for missing is not zero."""
    known = {
        "party": penalty.party,
        "party_kind": penalty.party_kind,
        "decision_number": penalty.decision_number,
        "violation": penalty.violation,
        "basis": penalty.basis,
        "penalty": penalty.content,
        "amount_yuan": _yuan(penalty.amount),
        "confiscated_yuan": _yuan(penalty.confiscated),
        "authority": penalty.authority,
        "decided_on": penalty.decided_on,
    }
    return {name: text for name, text in known.items() if text}


def _yuan(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount.normalize():f}"
