"""The words of the field as types. Everything here is immutable and knows nothing of storage or network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has had one zone without daylight saving since 1992; a fixed offset needs no zone database."""


class Kind(StrEnum):
    """What a document is."""

    REGULATORY = "regulatory"
    NEWS = "news"
    SOCIAL = "social"
    COMPLAINT = "complaint"
    DISCLOSURE = "disclosure"


class Polarity(StrEnum):
    """How a claim stands in its sentence (METHOD section 1)."""

    ASSERTED = "asserted"
    CONDITIONAL = "conditional"
    ASKED = "asked"
    HISTORICAL = "historical"
    QUOTED = "quoted"
    DENIED = "denied"
    ADVERT = "advert"


class Tier(StrEnum):
    """How far an alias alone identifies its platform."""

    FULL = "full"
    BRAND = "brand"
    AMBIGUOUS = "ambiguous"


class Level(StrEnum):
    """Warning level; the value is the word on screen and in exports."""

    NORMAL = "正常"
    BLUE = "蓝"
    YELLOW = "黄"
    ORANGE = "橙"
    RED = "红"
    UNKNOWN = "数据不足"

    @property
    def rank(self) -> int:
        """0 正常 … 4 红; 数据不足 has no place in the order and raises ValueError."""
        return LADDER.index(self)


LADDER: tuple[Level, ...] = (Level.NORMAL, Level.BLUE, Level.YELLOW, Level.ORANGE, Level.RED)


class Status(StrEnum):
    """Life-cycle status of a platform."""

    OPERATING = "在营"
    IN_TROUBLE = "出险"
    LIQUIDATION = "清盘"
    CASE_FILED = "立案"
    TRANSFORMED = "转型"
    EXITED = "退出"


FAILED_STATUSES = frozenset({Status.IN_TROUBLE, Status.LIQUIDATION, Status.CASE_FILED, Status.EXITED})


@dataclass(frozen=True, slots=True)
class Document:
    """One page, post, announcement or complaint as a collector hands it over.

    `published_at` and `first_seen_at` are aware UTC datetimes. `first_seen_at` None means that the input
    did not say: live sources are stamped when stored, backfills become 回填 (available = published).
    `published_at` None means undated. `reach` is 0..1, None = unknown publisher (.3 in METHOD section 2).
    `external_id` is the source's own id, an opaque string; with `source_id` it identifies the document.
    """

    source_id: str
    kind: Kind
    title: str
    text: str
    external_id: str | None = None
    url: str | None = None
    publisher: str | None = None
    author: str | None = None
    published_at: datetime | None = None
    first_seen_at: datetime | None = None
    reach: float | None = None
    official: bool = False
    channel: str | None = None
    subject: str | None = None
    """Whom a complaint or penalty names in its own field (投诉对象, 当事人); linked like text, full relevance."""
    fields: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None
    replaced_share: float = 0.0


@dataclass(frozen=True, slots=True)
class Span:
    """Evidence in one of a document's parts: character offsets into the stored text, end exclusive."""

    part: str  # "title" | "text" | "subject"
    start: int
    end: int
    label: str  # alias text, or event id, or "negative"


@dataclass(frozen=True, slots=True)
class EventHit:
    """One event of `settings/events.toml` found in a document, with how it stands in its sentence."""

    event_id: str
    polarity: Polarity
    span: Span


@dataclass(frozen=True, slots=True)
class Mention:
    """What one document says about one platform.

    relevance r, negative n in 0..1; severity sigma and reach rho in 0..1; `snownlp` is the comparison
    column and NaN when not computed. `needs_review` marks an ambiguous link.
    """

    platform_id: str
    relevance: float
    negative: float
    polarity: Polarity
    events: tuple[EventHit, ...]
    severity: float
    spans: tuple[Span, ...]
    model_version: str
    needs_review: bool = False


def shanghai_day(moment: datetime) -> date:
    """The calendar day in Asia/Shanghai of an aware datetime."""
    return moment.astimezone(SHANGHAI).date()


def day_start(day: date) -> datetime:
    """Midnight of a Shanghai day, in UTC: what a bare date means (METHOD section 1)."""
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).astimezone(UTC)


def day_end(day: date) -> datetime:
    """The first moment after a Shanghai day, in UTC."""
    return day_start(day + timedelta(days=1))
