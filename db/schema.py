"""The tables. `documents -> mentions -> index_days -> index_values, platform_days -> flips`; see docs/data-model.md.

Times are UTC; days are Asia/Shanghai. Rows that a person may dispute carry `as_of`: a new version is a new row,
and nothing rewrites what was known on a day. Changing this file needs a migration (db/migrations).
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

SCHEMA_VERSION = "2"
"""Stamped on exports; raised when a column people may rely on changes its name or meaning (signals.dictionary)."""


class Utc(TypeDecorator[datetime]):
    """Aware UTC datetimes on both databases: SQLite keeps no zone, so it is checked on the way in and put back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: times are stored in UTC")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


CLUSTERED = {"sqlite_with_rowid": False}
"""Rows kept in primary-key order on SQLite: a platform's days lie side by side, and one B-tree is written, not two."""

Key = BigInteger().with_variant(Integer, "sqlite")
"""SQLite auto-numbers only a column of type INTEGER."""


class Base(DeclarativeBase):
    """Naming convention: Alembic needs constraint names to alter them on SQLite."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: Utc, dict[str, Any]: JSON, list[Any]: JSON, str: Text}  # noqa: RUF012 # read by SQLAlchemy


class Source(Base):
    """A configured source, as last loaded from its source.toml; `state` is ok | late | broken | blocked | off | new."""

    __tablename__ = "sources"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str]
    kinds: Mapped[list[Any]]
    config: Mapped[dict[str, Any]]
    enabled: Mapped[bool]
    demo: Mapped[bool] = mapped_column(default=False)
    verified: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(16), default="new")
    state_reason: Mapped[str | None]
    last_success_at: Mapped[datetime | None]
    next_run_at: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]
    """Not to be asked before: the site said so (Retry-After), or it refused us. NULL = no such wish."""
    removed_at: Mapped[datetime | None]
    documents: Mapped[int] = mapped_column(default=0)
    """Rows in `documents`, kept in step in the same transaction: counting millions for a page takes seconds."""


class Run(Base):
    """The ledger: one row per source and slot. `state` is running | done | partial | failed | missed.

    `undated`, `undecodable`, `lacking` count rows without a date, with many replaced characters, without a required
    field; `unchanged` marks a run whose pages all said that nothing is new (304).
    """

    __tablename__ = "runs"
    __table_args__ = (
        UniqueConstraint("source_id", "slot"),
        Index("ix_runs_source", "source_id", "started_at"),
    )
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    source_id: Mapped[str] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"))
    slot: Mapped[str] = mapped_column(String(128))
    started_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(16))
    items: Mapped[int] = mapped_column(default=0)
    stored: Mapped[int] = mapped_column(default=0)
    duplicates: Mapped[int] = mapped_column(default=0)
    revised: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    undated: Mapped[int] = mapped_column(default=0)
    undecodable: Mapped[int] = mapped_column(default=0)
    lacking: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[bool] = mapped_column(default=False)
    error: Mapped[str | None]


class SourceDay(Base):
    """Did a source bring what it should on a day? Coverage rests on this. `answered` False = silence, not calm."""

    __tablename__ = "source_days"
    __table_args__ = CLUSTERED
    source_id: Mapped[str] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    answered: Mapped[bool]
    items: Mapped[int] = mapped_column(default=0)
    expected: Mapped[float] = mapped_column(default=0.0)


class PageValidator(Base):
    """By what a site recognises the version of a list page that was read: sent back, it may answer 304.

    Of use only with the same `reading` (digest of the source's configuration): a changed mapping reads all again.
    """

    __tablename__ = "page_validators"
    source_id: Mapped[str] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True)
    url: Mapped[str] = mapped_column(primary_key=True)
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    reading: Mapped[str] = mapped_column(String(16))
    saved_at: Mapped[datetime]


class KeptResponse(Base):
    """What a site answered when a run failed, masked and cut, for a person to look at: the newest few per source."""

    __tablename__ = "kept_responses"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    source_id: Mapped[str] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), index=True)
    run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id", ondelete="SET NULL"), index=True)
    url: Mapped[str]
    status: Mapped[int | None]
    reason: Mapped[str]
    headers: Mapped[dict[str, Any]]
    body: Mapped[str]
    cut: Mapped[bool]
    kept_at: Mapped[datetime]


class Platform(Base):
    """The watch list. Status history is in `platform_statuses`; `demo` marks the bundled fictional ones."""

    __tablename__ = "platforms"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    category: Mapped[str] = mapped_column(String(64))
    demo: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    added_at: Mapped[datetime]


class PlatformStatus(Base):
    """Life-cycle status with date and evidence; the latest `since` counts."""

    __tablename__ = "platform_statuses"
    platform_id: Mapped[str] = mapped_column(ForeignKey("platforms.id", ondelete="CASCADE"), primary_key=True)
    since: Mapped[date] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(String(8))
    evidence: Mapped[str | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(64))


class Alias(Base):
    """A name of a platform. `tier` is full | brand | ambiguous | legal_entity | old_name | not_this."""

    __tablename__ = "aliases"
    __table_args__ = (UniqueConstraint("platform_id", "text", "tier"),)
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    platform_id: Mapped[str] = mapped_column(ForeignKey("platforms.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(index=True)
    tier: Mapped[str] = mapped_column(String(16))
    context: Mapped[list[Any]] = mapped_column(default=list)


class Story(Base):
    """A cluster of near-identical documents; every analysed document has exactly one (often alone in it).

    `id` is the id of the document that founded it: no sequence to ask, and analysing twice founds nothing twice.
    """

    __tablename__ = "stories"
    id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    first_available_at: Mapped[datetime]
    copies: Mapped[int] = mapped_column(default=1)
    publishers: Mapped[int] = mapped_column(default=1)


class StoryDigest(Base):
    """Keywords of a story and sentences that stand for it, for people to read; nothing is computed from them.

    Made of one document's words as of its `revision`, with which they go.
    """

    __tablename__ = "story_digests"
    story_id: Mapped[int] = mapped_column(
        ForeignKey("stories.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), index=True)
    revision: Mapped[int]
    keywords: Mapped[list[Any]]
    sentences: Mapped[list[Any]]


class Document(Base):
    """One page, post, announcement or complaint, masked before it came here.

    `identity` is source and external id; without one, source, content, publication time, publisher, author and URL.
    Unique, so an import repeated stores nothing.
    `analysed_with` is the watch-list and model version that read it; NULL = waiting for the analyse stage.

    What a site changes after the day is over becomes a row of its own, available when it was seen: `root_id` is the
    first version's id (NULL = this is it; no foreign key, the whole source goes at once). `purged_at`: the content was
    removed then; identity, hash, mentions and weights stay, so that nothing comes back and no finished day changes.
    """

    __tablename__ = "documents"
    __table_args__ = (
        Index("ix_documents_available", "available_at"),
        Index("ix_documents_source", "source_id", "available_at"),
        Index("ix_documents_page", "canonical_url", "available_at"),
        Index(
            "ix_documents_root",
            "root_id",
            sqlite_where=text("root_id IS NOT NULL"),
            postgresql_where=text("root_id IS NOT NULL"),
        ),
        Index(
            "ix_documents_readable",  # whom retention finds: without it, all that was ever purged would be passed
            "source_id",
            "available_at",
            sqlite_where=text("purged_at IS NULL"),
            postgresql_where=text("purged_at IS NULL"),
        ),
        Index(
            "ix_documents_waiting",
            "id",
            sqlite_where=text("analysed_with IS NULL"),
            postgresql_where=text("analysed_with IS NULL"),
        ),
        {"sqlite_autoincrement": True},  # an id is never given again: stories and links carry it
    )
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    identity: Mapped[str] = mapped_column(String(64), unique=True)
    source_id: Mapped[str] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"))
    external_id: Mapped[str | None]
    run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id", ondelete="SET NULL"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    title: Mapped[str]
    text: Mapped[str]
    subject: Mapped[str | None]
    url: Mapped[str | None]
    canonical_url: Mapped[str | None]
    publisher: Mapped[str | None]
    author_hash: Mapped[str | None] = mapped_column(String(32))
    channel: Mapped[str | None]
    reach: Mapped[float | None]
    official: Mapped[bool] = mapped_column(default=False)
    published_at: Mapped[datetime | None]
    first_seen_at: Mapped[datetime]
    available_at: Mapped[datetime]
    available_day: Mapped[date]
    backfilled: Mapped[bool] = mapped_column(default=False)
    content_hash: Mapped[str] = mapped_column(String(32))
    story_id: Mapped[int | None] = mapped_column(ForeignKey("stories.id"), index=True)
    revision: Mapped[int] = mapped_column(default=1)
    fields: Mapped[dict[str, Any]]
    encoding: Mapped[str | None]
    replaced_share: Mapped[float] = mapped_column(default=0.0)
    analysed_with: Mapped[str | None] = mapped_column(String(64))
    snownlp: Mapped[float | None]
    purged_at: Mapped[datetime | None]
    root_id: Mapped[int | None] = mapped_column(Key)


class DocumentRevision(Base):
    """What an edited document said before; the document row holds the latest."""

    __tablename__ = "document_revisions"
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    replaced_at: Mapped[datetime]
    content: Mapped[dict[str, Any]]


class StoryBand(Base):
    """MinHash band keys of stored documents: candidates for the same story are found by (period, key).

    Keys are random numbers. Kept by period of 30 days, those written together lie together: by key alone, every
    document would touch as many pages of the file as it has keys.
    """

    __tablename__ = "story_bands"
    __table_args__ = CLUSTERED
    period: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    document_id: Mapped[int] = mapped_column(
        ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True, index=True
    )


STORY_DAYS = 30
"""How far apart two copies of a story may become available."""


def story_period(day: date) -> int:
    """The period of `story_bands` a day lies in; days up to STORY_DAYS apart lie in the same or the next one."""
    return day.toordinal() // STORY_DAYS


GONE = "重新分析后不再提及"
"""`removed_reason` of a mention that a later analysis does not find; any other removal outlives re-analysis."""


class Mention(Base):
    """What one document says about one platform, in the version of `as_of`; the latest `as_of` counts.

    `weight` is v of METHOD section 2 as of the day it became available; `removed` marks a version by which a denial
    or correction took the mention out. `available_day`, `kind` repeat the document's, so that a day is one index range.
    """

    __tablename__ = "mentions"
    __table_args__ = (
        Index("ix_mentions_platform_day", "platform_id", "available_day"),
        Index("ix_mentions_day", "available_day"),
        Index(
            "ix_mentions_removed",
            "available_day",
            sqlite_where=text("removed = 1"),
            postgresql_where=text("removed"),
        ),
        Index(
            "ix_mentions_review",
            "available_day",
            sqlite_where=text("needs_review = 1"),
            postgresql_where=text("needs_review"),
        ),
        CLUSTERED,
    )
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True)
    platform_id: Mapped[str] = mapped_column(ForeignKey("platforms.id", ondelete="CASCADE"), primary_key=True)
    as_of: Mapped[datetime] = mapped_column(primary_key=True)
    available_day: Mapped[date]
    kind: Mapped[str] = mapped_column(String(16))
    relevance: Mapped[float]
    negative: Mapped[float]
    polarity: Mapped[str] = mapped_column(String(16))
    severity: Mapped[float]
    events: Mapped[list[Any]]
    """[{"id", "polarity", "part", "start", "end"}]"""
    spans: Mapped[list[Any]]
    """[{"part", "start", "end", "label"}]"""
    needs_review: Mapped[bool] = mapped_column(default=False)
    removed: Mapped[bool] = mapped_column(default=False)
    removed_reason: Mapped[str | None]
    weight: Mapped[float | None]
    model_version: Mapped[str] = mapped_column(String(64))


class IndexDay(Base):
    """Roll-up of a platform's mentions of one day for one index: what the index step reads instead of documents.

    `impulse` is the day's sum of v (METHOD section 2); `count` what the surprise detector counts; `raw` all mentions.
    Derived and replaceable: recomputed whole for a (platform, day) that has new mentions. No row = nothing that day.
    """

    __tablename__ = "index_days"
    __table_args__ = CLUSTERED
    platform_id: Mapped[str] = mapped_column(ForeignKey("platforms.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    index_id: Mapped[str] = mapped_column(String(1), primary_key=True)
    impulse: Mapped[float]
    count: Mapped[int]
    raw: Mapped[int]


class Indicator(Base):
    """A numeric reading about a platform: append-only, and the latest `available_at` of a period is its valid version.

    `name` is an id of settings/indicators.toml and `value` in the unit kept there; `given` and `unit` are as imported.
    `assumed`: the input did not say when the figure became known, so it counts from the day it was due (回填), or from
    the import if that was earlier. A revision counts from the day it came, whatever period it tells of.
    """

    __tablename__ = "indicators"
    __table_args__ = CLUSTERED
    platform_id: Mapped[str] = mapped_column(ForeignKey("platforms.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    period_end: Mapped[date] = mapped_column(primary_key=True)
    available_at: Mapped[datetime] = mapped_column(primary_key=True)
    available_day: Mapped[date]
    value: Mapped[float]
    given: Mapped[float]
    unit: Mapped[str] = mapped_column(String(16))
    assumed: Mapped[bool] = mapped_column(default=False)
    imported_at: Mapped[datetime]


class Pending(Base):
    """Work for a stage (`index` or `warn`): from `day` on, written in the same transaction as what caused it.

    `marks` counts how often the row was asked for: a stage clears only the marks it saw, so work that arrives while
    it computes is not lost.
    """

    __tablename__ = "pending"
    __table_args__ = CLUSTERED
    stage: Mapped[str] = mapped_column(String(8), primary_key=True)
    platform_id: Mapped[str] = mapped_column(ForeignKey("platforms.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    marks: Mapped[int] = mapped_column(default=1)


class IndexValue(Base):
    """One sub-index of one platform on one day, 0..100; NULL value = not observed. Latest `as_of` counts."""

    __tablename__ = "index_values"
    __table_args__ = CLUSTERED
    platform_id: Mapped[str] = mapped_column(ForeignKey("platforms.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    index_id: Mapped[str] = mapped_column(String(1), primary_key=True)
    as_of: Mapped[datetime] = mapped_column(primary_key=True)
    value: Mapped[float | None]
    level_part: Mapped[float | None]
    surprise_part: Mapped[float | None]
    accumulated: Mapped[float | None]
    """Sum of v * g(age), before the saturation."""
    saturation: Mapped[float | None]
    """c_kp of METHOD section 3."""
    count: Mapped[int]
    expected: Mapped[float | None]
    observed: Mapped[bool]


class PlatformDay(Base):
    """The composite of one platform on one day, and the state the next day starts from. Latest `as_of` counts."""

    __tablename__ = "platform_days"
    __table_args__ = (
        # Holds all that a sparkline asks for: the overview reads a month of it, and no row.
        Index("ix_platform_days_day", "day", "platform_id", "as_of", "t_star"),
        # The few days on which a floor stood, without reading the rows of all others.
        Index(
            "ix_platform_days_floor",
            *("platform_id", "day", "as_of", "floor"),
            sqlite_where=text("floor IS NOT NULL"),
            postgresql_where=text("floor IS NOT NULL"),
        ),
        CLUSTERED,
    )
    platform_id: Mapped[str] = mapped_column(ForeignKey("platforms.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    as_of: Mapped[datetime] = mapped_column(primary_key=True)
    t: Mapped[float | None]
    t_star: Mapped[float | None]
    q: Mapped[float | None]
    scope: Mapped[float]
    coverage: Mapped[float]
    level: Mapped[str] = mapped_column(String(8))
    level_before_grey: Mapped[str | None] = mapped_column(String(8))
    since: Mapped[date]
    """First day of the present level."""
    provisional: Mapped[bool]
    reason: Mapped[str]
    floor: Mapped[str | None] = mapped_column(String(32))
    state: Mapped[dict[str, Any]]
    threshold_version: Mapped[int]
    settings_hash: Mapped[str] = mapped_column(String(16))


class Flip(Base):
    """A change of level, and only a change. Latest `as_of` counts; `withdrawn` marks one a correction undid."""

    __tablename__ = "flips"
    __table_args__ = (Index("ix_flips_day", "day"), CLUSTERED)
    platform_id: Mapped[str] = mapped_column(ForeignKey("platforms.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    as_of: Mapped[datetime] = mapped_column(primary_key=True)
    level_from: Mapped[str] = mapped_column(String(8))
    level_to: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str]
    t: Mapped[float | None]
    t_star: Mapped[float | None]
    withdrawn: Mapped[bool] = mapped_column(default=False)
    threshold_version: Mapped[int]
    settings_hash: Mapped[str] = mapped_column(String(16))


class SignOff(Base):
    """A named person's consent to lowering a red level (METHOD section 5)."""

    __tablename__ = "sign_offs"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    platform_id: Mapped[str] = mapped_column(ForeignKey("platforms.id", ondelete="CASCADE"), index=True)
    day: Mapped[date]
    who: Mapped[str] = mapped_column(String(64))
    why: Mapped[str]
    signed_at: Mapped[datetime]


class ThresholdVersion(Base):
    """Versions of levels.toml; of those with state `active` the latest with effective_from <= now counts.

    `state` is proposed (待复核) | active (approved, from `effective_from` on) | rejected | withdrawn. Content, proposer
    and reason never change; a decision is written once, and nobody decides on what he proposed himself.
    """

    __tablename__ = "threshold_versions"
    __table_args__ = (
        CheckConstraint(
            "decided_by IS NULL OR state = 'withdrawn' OR decided_by <> who", name="second_person"
        ),
    )
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    content: Mapped[dict[str, Any]]
    who: Mapped[str] = mapped_column(String(64))
    why: Mapped[str]
    created_at: Mapped[datetime]
    effective_from: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16))
    base_id: Mapped[int | None] = mapped_column(ForeignKey("threshold_versions.id"))
    """The approved version that was changed; NULL for the first, and for those of before this was noted."""
    copy_of: Mapped[int | None] = mapped_column(ForeignKey("threshold_versions.id"))
    """The former version that it takes up again."""
    decided_by: Mapped[str | None] = mapped_column(String(64))
    decided_at: Mapped[datetime | None]
    comment: Mapped[str | None]


class ThresholdDraft(Base):
    """A person's unsubmitted edit of the thresholds, one each: kept where somebody else was faster."""

    __tablename__ = "threshold_drafts"
    who: Mapped[str] = mapped_column(String(64), primary_key=True)
    base_id: Mapped[int] = mapped_column(ForeignKey("threshold_versions.id"))
    content: Mapped[dict[str, Any]]
    why: Mapped[str]
    saved_at: Mapped[datetime]


class Request(Base):
    """Work asked of the worker by a page or a person. `state` is waiting | running | done | failed."""

    __tablename__ = "requests"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    what: Mapped[str] = mapped_column(String(32))
    arguments: Mapped[dict[str, Any]]
    who: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16), index=True)
    progress: Mapped[float] = mapped_column(default=0.0)
    message: Mapped[str | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class WorkerStatus(Base):
    """One row: the leading worker's heartbeat and what it is doing, so that pages can say so."""

    __tablename__ = "worker_status"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    holder: Mapped[str | None]
    heartbeat_at: Mapped[datetime | None]
    stage: Mapped[str | None] = mapped_column(String(32))
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    message: Mapped[str | None]


class ImportedFile(Base):
    """Files of a drop folder already read, by content: a restart reads none twice and resumes half-read ones."""

    __tablename__ = "imported_files"
    source_id: Mapped[str] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True)
    path: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    rows_done: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None]
    report: Mapped[str | None]


class Fact(Base):
    """Small facts the programme keeps about itself: local salt, archive anchor day, installation day."""

    __tablename__ = "facts"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str]


class Correction(Base):
    """What a person said of a mention: it wins at once for the document and its whole story.

    `what` is wrong_platform | not_negative | negative | wrong_event | right_link. Append-only: taking it back is a fact
    of its own (`undone_at`, `undone_by`), and NULL there means that it stands.
    """

    __tablename__ = "corrections"
    __table_args__ = (
        Index("ix_corrections_undone_at", "undone_at"),
    )  # what stands, and what was last taken back
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), index=True)
    platform_id: Mapped[str] = mapped_column(ForeignKey("platforms.id", ondelete="CASCADE"), index=True)
    what: Mapped[str] = mapped_column(String(16))
    event_id: Mapped[str | None] = mapped_column(String(64))
    note: Mapped[str | None]
    who: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None] = mapped_column(String(64))


class Discovery(Base):
    """A name that texts treat as a platform and that is not on the watch list, with what people decided about it.

    `dismissed_at`: refused, and never offered again unless that is taken back. `promoted_at`: on the watch list since
    then as `platform_id`.
    """

    __tablename__ = "discoveries"
    name: Mapped[str] = mapped_column(primary_key=True)
    first_seen: Mapped[datetime]
    dismissed_at: Mapped[datetime | None]
    dismissed_by: Mapped[str | None] = mapped_column(String(64))
    promoted_at: Mapped[datetime | None]
    promoted_by: Mapped[str | None] = mapped_column(String(64))
    platform_id: Mapped[str | None] = mapped_column(
        ForeignKey("platforms.id", ondelete="SET NULL"), index=True
    )


class DiscoveryDocument(Base):
    """Which document names it: a document read again is counted once. `confidence` 0..1."""

    __tablename__ = "discovery_documents"
    __table_args__ = CLUSTERED
    name: Mapped[str] = mapped_column(ForeignKey("discoveries.name", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(
        ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    confidence: Mapped[float]


class DiscoveryDay(Base):
    """How often a name was found on a day: documents, distinct publishers, mean confidence. Derived, replaceable."""

    __tablename__ = "discovery_days"
    __table_args__ = (Index("ix_discovery_days_day", "day"), CLUSTERED)
    name: Mapped[str] = mapped_column(ForeignKey("discoveries.name", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    documents: Mapped[int]
    publishers: Mapped[int]
    confidence: Mapped[float]


class Account(Base):
    """A person who may sign in: with a password of ours, or through an identity provider (`subject` = issuer|sub).

    `folded` is the name as compared. Never deleted: the log speaks of it. `locked_at`: may not sign in since then.
    """

    __tablename__ = "accounts"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    folded: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    password_hash: Mapped[str | None]
    must_change: Mapped[bool] = mapped_column(default=False)
    subject: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(64))
    signed_in_at: Mapped[datetime | None]
    locked_at: Mapped[datetime | None]


class SignInFailure(Base):
    """Failed sign-ins by `who`: a folded name (whether or not anybody bears it), or @ and an address."""

    __tablename__ = "sign_in_failures"
    who: Mapped[str] = mapped_column(String(80), primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(index=True)
    blocked_until: Mapped[datetime | None]


class SignIn(Base):
    """A session in a browser, by the SHA-256 of its token: whoever reads the database cannot use it.

    `how` is local | oidc | ticket (one use, a minute: what an identity provider vouched for on its way to a cookie).
    `origin`: digest of the provider's token, which opens one session only.
    """

    __tablename__ = "sign_ins"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    how: Mapped[str] = mapped_column(String(8))
    origin: Mapped[str | None] = mapped_column(String(64), unique=True)
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]


class AuditEntry(Base):
    """One act of a person. Append-only (triggers refuse the rest); `hash` covers the row and the hash before it."""

    __tablename__ = "audit_log"
    __table_args__ = (Index("ix_audit_log_at", "at"),)
    id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    """1, 2, 3 … without a gap."""
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(16))
    action: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str]
    detail: Mapped[dict[str, Any]]
    reason: Mapped[str | None]
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """One row: how many entries the log has and the hash of the last, so that a missing end shows."""

    __tablename__ = "audit_head"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))


class WatchedPlatform(Base):
    """A platform that a person keeps an eye on (我的关注); goes with either."""

    __tablename__ = "watched_platforms"
    __table_args__ = CLUSTERED
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    platform_id: Mapped[str] = mapped_column(
        ForeignKey("platforms.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    since: Mapped[datetime]


class Upload(Base):
    """A file that a person brought in the browser, from the first look at it to its withdrawal.

    `what` is documents | indicators | failures. `state` is waiting | looked | refused | storing | stored | undoing |
    undone | dropped. `path` lies below data/uploads, and the file goes when nothing more is to be done with it.
    `mapping`: target -> column as the person chose ({} = as recognised). `found`: what the last dry run said of it.
    `counts`: what storing it did.
    """

    __tablename__ = "uploads"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    what: Mapped[str] = mapped_column(String(16))
    file: Mapped[str]
    path: Mapped[str]
    digest: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    source_id: Mapped[str | None] = mapped_column(String(64))
    list_name: Mapped[str | None] = mapped_column(String(64))
    mapping: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(16))
    found: Mapped[dict[str, Any]]
    counts: Mapped[dict[str, Any]]
    message: Mapped[str | None]
    who: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    stored_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None] = mapped_column(String(64))


class UploadDocument(Base):
    """What an upload did to a document: `fate` is new | revised | known; `before`, `after` its revisions then.

    Withdrawing an upload takes out what only it brought, and leaves alone what others brought or changed since.
    """

    __tablename__ = "upload_documents"
    __table_args__ = CLUSTERED
    upload_id: Mapped[int] = mapped_column(ForeignKey("uploads.id", ondelete="CASCADE"), primary_key=True)
    document_id: Mapped[int] = mapped_column(
        ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    fate: Mapped[str] = mapped_column(String(8))
    before: Mapped[int]
    after: Mapped[int]


class UploadReading(Base):
    """Which versions of readings (`indicators`) an upload brought."""

    __tablename__ = "upload_readings"
    __table_args__ = CLUSTERED
    upload_id: Mapped[int] = mapped_column(ForeignKey("uploads.id", ondelete="CASCADE"), primary_key=True)
    platform_id: Mapped[str] = mapped_column(ForeignKey("platforms.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    period_end: Mapped[date] = mapped_column(primary_key=True)
    available_at: Mapped[datetime] = mapped_column(primary_key=True)


class Failure(Base):
    """A platform's failure date in an uploaded list; of a list's rows on a platform the last one counts."""

    __tablename__ = "failures"
    __table_args__ = (UniqueConstraint("upload_id", "platform_id"),)
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    upload_id: Mapped[int] = mapped_column(ForeignKey("uploads.id", ondelete="CASCADE"))
    list_name: Mapped[str] = mapped_column(String(64), index=True)
    platform_id: Mapped[str] = mapped_column(ForeignKey("platforms.id", ondelete="CASCADE"))
    problem_date: Mapped[date]
    reason: Mapped[str | None]


class ManualEntry(Base):
    """A letter or a call that a person typed in; `document_id` NULL after its withdrawal."""

    __tablename__ = "manual_entries"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    document_id: Mapped[int | None] = mapped_column(
        ForeignKey("documents.id", ondelete="SET NULL"), index=True
    )
    platform_id: Mapped[str] = mapped_column(ForeignKey("platforms.id", ondelete="CASCADE"))
    what: Mapped[str] = mapped_column(String(16))
    day: Mapped[date]
    who: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None] = mapped_column(String(64))


class PlatformNote(Base):
    """A person's note on a platform's day. Its words are in `note_versions`; withdrawn ones are no longer shown."""

    __tablename__ = "platform_notes"
    __table_args__ = (Index("ix_platform_notes_day", "platform_id", "day"),)
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    platform_id: Mapped[str] = mapped_column(ForeignKey("platforms.id", ondelete="CASCADE"))
    day: Mapped[date]
    who: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class NoteVersion(Base):
    """What a note said from `at` on: append-only, the highest version counts."""

    __tablename__ = "note_versions"
    __table_args__ = CLUSTERED
    note_id: Mapped[int] = mapped_column(
        ForeignKey("platform_notes.id", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str]
    at: Mapped[datetime]


class Meeting(Base):
    """A meeting of the committee: who was there and what was decided. Changes are in the audit log, with what was."""

    __tablename__ = "meetings"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    held_at: Mapped[datetime] = mapped_column(index=True)
    title: Mapped[str]
    participants: Mapped[str]
    decisions: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    who: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
