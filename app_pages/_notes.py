"""What helps people to read a story, as HTML: keywords, summary, generic sentiment; nothing warns by it. Pure."""

from __future__ import annotations

from html import escape

from app_pages import _look, _words
from db.read import Compared, Note

DISCLAIMER = "词频与句子相似度自动摘取，供快速浏览；不参与指数与预警等级的计算。"
GENERIC = "SnowNLP 由购物评论训练，仅作对照；不参与指数与预警等级的计算。"


def note(told: Note | None) -> str:
    """What helps to read a story, folded away; empty where nothing was made of it."""
    if told is None:
        return ""
    rows = []
    if told.keywords:
        rows.append(f'<p class="tw-meta">关键词：{" ".join(_look.chip(word) for word in told.keywords)}</p>')
    if told.sentences:
        shown = "<br>".join(escape(sentence) for sentence in told.sentences)
        rows.append(f'<p class="tw-meta">摘要句：<span class="tw-quote">{shown}</span></p>')
    if rows:
        rows.append(f'<p class="tw-mute">{DISCLAIMER}</p>')
    if told.snownlp is not None:
        negative = _words.share(1 - told.snownlp)
        rows.append(
            f'<p class="tw-meta">通用情感对照（SnowNLP）：负面 {negative}</p><p class="tw-mute">{GENERIC}</p>'
        )
    if not rows:
        return ""
    return f'<details class="tw-more"><summary>报道摘要与关键词</summary>{"".join(rows)}</details>'


def comparison(found: Compared) -> str:
    """SnowNLP beside ours over a sample; says so where the sample is empty."""
    if not found.documents:
        told = "近 30 天没有抽到该平台的文本（每 50 篇抽 1 篇）。"
        return f'<p class="tw-mute">通用情感对照（SnowNLP）：{told}{GENERIC}</p>'
    return (
        f'<p class="tw-mute">通用情感对照（SnowNLP）：近 30 天抽到 {found.documents} 篇，SnowNLP 判为负面 '
        f"{found.snownlp} 篇，本系统判为对该平台负面 {found.ours} 篇。{GENERIC}</p>"
    )
