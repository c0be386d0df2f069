"""How outlets copy a story: another headline, a line of their own before or after, a sentence cut."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from random import Random

from collectors.sources.sample_archive.compose import Draft, compose
from collectors.sources.sample_archive.script import Event, Script

HEADLINES = (
    "{title}",
    "{title}",
    "{title}",
    "关注｜{title}",
    "突发！{title}",
    "{title}？",
    "【转载】{title}",
    "{short}",
)
OPENINGS = (
    "",
    "",
    "【{name}】",
    "据{first}消息，",
    "来源：{first} ",
    "{name}综合报道 ",
    "原标题：{title} ",
    "（转自{first}）",
)
ENDINGS = (
    "",
    "",
    "（来源：{first}）",
    "（责任编辑：{name}编辑部）",
    "声明：本文转载自{first}，不代表本网立场。",
    "更多财经资讯，请关注{name}。",
    "文章来源于网络，如有侵权请联系删除。",
)
_SENTENCE = re.compile(r"[^。]*。[”」』]?")


def copies(script: Script, platform_id: str, event: Event, first_day: date, rng: Random) -> list[list[Draft]]:
    """Per day of `event.copies` its texts: the original first, every one by another publisher."""
    original = compose(script, event.theme, platform_id, first_day, rng, event.speaker)
    others = [
        (one.reach, name) for one in script.outlets.news for name in one.names if name != original.publisher
    ]
    rng.shuffle(others)
    told = [original]
    for reach, name in others[: sum(event.copies) - 1]:
        told.append(_edited(original, name, reach, rng))
    days = []
    for count in event.copies:
        days.append(told[:count])
        told = told[count:]
    return days


def _edited(original: Draft, name: str, reach: float, rng: Random) -> Draft:
    words = {
        "title": original.title,
        "short": original.title.split(" ")[0].split("：")[-1],
        "first": original.publisher,
        "name": name,
    }
    sentences = _SENTENCE.findall(original.text)
    if rng.random() < 0.4:
        del sentences[rng.randrange(1, len(sentences))]
    opening, ending = rng.choice(OPENINGS).format(**words), rng.choice(ENDINGS).format(**words)
    return replace(
        original,
        title=rng.choice(HEADLINES).format(**words),
        text=opening + "".join(sentences) + ending,
        publisher=name,
        reach=reach,
    )
