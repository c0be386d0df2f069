"""The script of the play: cast, timeline, outlets and texts of this folder, checked together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import Field

from settings.loader import SettingsError, read_platforms, read_toml, validate
from settings.models import KindWord, Platform, Share, Strict

FOLDER = Path(__file__).parent


class Theme(Strict):
    """How a kind of text is put together: a title, then a sentence of each part ("@pool": a shared one)."""

    kind: KindWord
    titles: tuple[str, ...] = Field(min_length=1)
    parts: tuple[tuple[str, ...] | str, ...] = Field(min_length=1)
    paired: int | None = None
    """Place of the part whose sentences belong to the titles, one to one."""
    two: tuple[int, ...] = ()
    """Places of parts of which two sentences can stand together."""
    agency: tuple[str, ...] = ()
    """Who may sign a regulatory text."""
    penalty: bool = False
    """A penalty row: its 当事人 is the legal entity."""
    after: int | None = None
    """Not used before this offset."""


class Speaker(Strict):
    """Outlets, communities or complaint sites of one standing."""

    names: tuple[str, ...] = Field(min_length=1)
    reach: Share
    channel: str | None = None


class Agency(Strict):
    """An authority of the platform's (fictional) city."""

    name: str
    short: str
    reach: Share
    official: bool


class Outlets(Strict):
    """outlets.toml."""

    news: tuple[Speaker, ...]
    social: tuple[Speaker, ...]
    complaint: tuple[Speaker, ...]
    agency: dict[str, Agency]


class Member(Strict):
    """A platform's part in ordinary days; `ends` gives the last ordinary day by kind."""

    city: str
    bank: str
    names: tuple[str, ...] = Field(min_length=1)
    amounts: tuple[int, int]
    facts: dict[str, str] = Field(default_factory=dict)
    weight: dict[KindWord, int]
    ends: dict[KindWord, int] = Field(default_factory=dict)
    complaint: tuple[str, ...]
    news: tuple[str, ...]
    social: tuple[str, ...]

    def plays(self, kind: KindWord, offset: int) -> bool:
        """Whether ordinary documents of a kind still appear on that day."""
        last = self.ends.get(kind, min(self.ends.values(), default=offset))
        return offset <= last


class Phase(Strict):
    """About `rate` documents a day from day `from` to day `to`, changing evenly from first to second."""

    theme: str
    first: int = Field(alias="from")
    last: int = Field(alias="to")
    rate: tuple[float, float]
    hours: tuple[int, int] | None = None

    def rate_on(self, offset: int) -> float:
        """Documents expected on a day within the phase."""
        share = (offset - self.first) / max(self.last - self.first, 1)
        return self.rate[0] + (self.rate[1] - self.rate[0]) * share


class Event(Strict):
    """`count` documents on one day, or one text that `copies` publishers carry on that and the next days."""

    theme: str
    day: int
    count: int = 1
    copies: tuple[int, ...] = ()
    speaker: str | None = None
    """The outlet that has it first."""
    hours: tuple[int, int] | None = None


class Strand(Strict):
    """What happens to one platform."""

    platform: str
    phases: tuple[Phase, ...] = ()
    events: tuple[Event, ...] = ()


class Occasional(Strict):
    """Something that comes now and then, over the whole cast."""

    theme: str
    rate: float
    weekdays_only: bool = False


class Stories(Strict):
    """stories.toml."""

    daily: dict[KindWord, tuple[int, int]]
    now_and_then: tuple[Occasional, ...]
    cast: dict[str, Member]
    strand: tuple[Strand, ...]


@dataclass(frozen=True, slots=True)
class Script:
    """Everything that documents are made of."""

    stories: Stories
    outlets: Outlets
    themes: dict[str, Theme]
    pools: dict[str, tuple[str, ...]]
    platforms: dict[str, Platform]

    def parts(self, theme: Theme) -> tuple[tuple[str, ...], ...]:
        """The theme's sentence pools, shared ones filled in."""
        return tuple(self.pools[part[1:]] if isinstance(part, str) else part for part in theme.parts)


class _Texts(Strict):
    pool: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    theme: dict[str, Theme] = Field(default_factory=dict)


@cache
def load(folder: Path = FOLDER) -> Script:
    """The script. Raises SettingsError naming file, key and remedy."""
    themes: dict[str, Theme] = {}
    pools: dict[str, tuple[str, ...]] = {}
    for path in sorted((folder / "texts").glob("*.toml")):
        texts = validate(_Texts, read_toml(path), str(path))
        if twice := set(texts.theme) & set(themes):
            raise SettingsError(f"{path}：主题 {sorted(twice)} 在另一个文件中已有，请改名")
        themes |= texts.theme
        pools |= texts.pool
    stories = validate(Stories, read_toml(folder / "stories.toml"), str(folder / "stories.toml"))
    outlets = validate(Outlets, read_toml(folder / "outlets.toml"), str(folder / "outlets.toml"))
    platforms = {platform.id: platform for platform in read_platforms(folder / "platforms.toml")}
    script = Script(stories, outlets, themes, pools, platforms)
    _check(script, folder)
    return script


def _check(script: Script, folder: Path) -> None:
    used = {theme for member in script.stories.cast.values() for theme in _ordinary(member)}
    used |= {one.theme for one in script.stories.now_and_then}
    for strand in script.stories.strand:
        used |= {phase.theme for phase in strand.phases} | {event.theme for event in strand.events}
    if wrong := used ^ set(script.themes):
        raise SettingsError(
            f"{folder}：主题 {sorted(wrong)} 只在 stories.toml 或只在 texts/ 中出现，请补上或删除"
        )
    people = set(script.stories.cast) | {strand.platform for strand in script.stories.strand}
    if wrong := people ^ set(script.platforms):
        raise SettingsError(f"{folder}：平台 {sorted(wrong)} 在 stories.toml 与 platforms.toml 中不一致")


def _ordinary(member: Member) -> tuple[str, ...]:
    return (*member.complaint, *member.news, *member.social)
