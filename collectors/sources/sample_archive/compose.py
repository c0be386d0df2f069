"""One text: a title and a few sentences drawn from a theme."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random

from collectors.sources.sample_archive.gaps import Gaps, Scene
from collectors.sources.sample_archive.script import Member, Script, Speaker, Theme
from settings.models import KindWord, Platform

TWO = 0.7
"""How often two sentences of a part are used where they go together."""
HANDLES = (
    (
        "早起",
        "路过",
        "南方",
        "认真",
        "一只",
        "半糖",
        "城东",
        "爱笑",
        "普通",
        "慢慢",
        "山里",
        "夜班",
        "隔壁",
        "新手",
    ),
    (
        "小陈",
        "老周",
        "豆浆",
        "上班族",
        "蜗牛",
        "会计",
        "阿明",
        "大叔",
        "柠檬",
        "司机",
        "宝妈",
        "石头",
        "小鱼",
        "店主",
    ),
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A document before it has times and an id."""

    kind: KindWord
    title: str
    text: str
    publisher: str
    reach: float
    official: bool
    channel: str | None
    author: str | None
    subject: str | None
    status: str | None


def compose(
    script: Script, theme_id: str, platform_id: str, day: date, rng: Random, speaker: str | None = None
) -> Draft:
    """A text of the theme about the platform, as of `day`; `speaker` names the outlet, else one is drawn."""
    theme, platform = script.themes[theme_id], script.platforms[platform_id]
    member = script.stories.cast[platform_id]
    publisher, reach, official, channel, agency = _voice(script, theme, platform, member, rng, speaker)
    gaps = Gaps(Scene(script, platform, member, theme, day, rng, publisher, agency))
    choice = rng.randrange(len(theme.titles))
    title = theme.titles[choice].format_map(gaps)
    text = "".join(sentence.format_map(gaps) for sentence in _sentences(script, theme, choice, rng))
    complaint = theme.kind == "complaint"
    return Draft(
        kind=theme.kind,
        title=title,
        text=text,
        publisher=publisher,
        reach=reach,
        official=official,
        channel=channel,
        author=_author(theme.kind, rng),
        subject=rng.choice(platform.full)
        if complaint
        else platform.legal_entities[0]
        if theme.penalty
        else None,
        status=rng.choice(("处理中", "处理中", "已回复", "已回复", "已完成")) if complaint else None,
    )


def _sentences(script: Script, theme: Theme, choice: int, rng: Random) -> Iterator[str]:
    for place, part in enumerate(script.parts(theme)):
        if place == theme.paired:
            yield part[choice]
        else:
            yield from rng.sample(part, 2 if place in theme.two and rng.random() < TWO else 1)


def _voice(
    script: Script, theme: Theme, platform: Platform, member: Member, rng: Random, speaker: str | None
) -> tuple[str, float, bool, str | None, str]:
    if theme.kind == "regulatory":
        code = rng.choice(theme.agency)
        agency = script.outlets.agency[code]
        return agency.name.format(city=member.city), agency.reach, agency.official, "官网", code
    if theme.kind == "disclosure":
        return f"{platform.name}官网", 0.5, False, "平台公告", ""
    speakers: tuple[Speaker, ...] = getattr(script.outlets, theme.kind)
    named = [(one, name) for one in speakers for name in one.names if speaker in (None, name)]
    one, name = rng.choice(named)
    return name, one.reach, False, one.channel or "新闻网站", ""


def _author(kind: KindWord, rng: Random) -> str | None:
    if kind == "complaint":
        return f"用户{rng.randrange(10**7, 10**8)}"
    if kind == "social":
        return rng.choice(HANDLES[0]) + rng.choice(HANDLES[1]) + str(rng.randrange(1, 1000))
    return None
