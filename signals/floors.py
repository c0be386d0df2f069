"""Floors under T (METHOD section 5) and the denials that take them away.

Works on `floor_events`: one row per mention and event: platform_id, available_at (UTC), event_id, polarity,
official, story_id, publisher, author, kind, document_id [, content_hash].
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from settings.models import EventSettings, Floor, Thresholds
from signals.calendar import dates
from signals.model import Kind, Polarity

CLARIFICATION = "clarification"
DENIAL_DAYS = 30
"""How far back a clarification reaches."""

RUN = frozenset(
    {
        "withdrawal_difficulty",
        "redemption_suspended",
        "case_filed",
        "lost_contact",
        "blow_up",
        "liquidation",
        "rights_protest",
    }
)
"""What a clarification that names nothing is taken to deny: the claims that make people run for their money."""

SELF_ANNOUNCED = frozenset({"redemption_suspended", "liquidation"})
"""Events of which the platform's own announcement is as good as an official one (METHOD section 1)."""

_HOUR = 3_600_000_000
_SHANGHAI = 8 * _HOUR
_DAY = 24 * _HOUR
NEVER = np.iinfo(np.int64).max
COLUMNS = ("platform_id", "day", "name", "score", "at_once", "stories", "complainants", "event_id")


def event_ids(thresholds: Thresholds, events: Sequence[EventSettings] = ()) -> tuple[str, ...]:
    """The events that `floor_events` should hold: those of all scopes' floors, clarifications, and what these may deny.

    With the settings' `events` a denial reaches every crisis event that it names; without, those of a run alone.
    """
    wanted = {event for _, floor in thresholds.every_floor() for event in floor.events}
    return tuple(sorted(wanted | RUN | {CLARIFICATION} | {event.id for event in events if event.crisis}))


def apply_denials(floor_events: pd.DataFrame) -> pd.DataFrame:
    """`floor_events` with `denied_at` (UTC, NaT = stands) and `denied_by` (the clarification's document, NaN).

    An official clarification denies what news and social media claimed of the platform in the 30 days before: the
    events that its own text denies, or, where it names none (传言不实), those of a run. Later copies of denied
    stories are denied too. Official documents stand, and so do complaints: each is somebody's own experience. The
    platform's own denial alone takes nothing out; a person's correction does (the mention is removed altogether).
    """
    events = floor_events.reset_index(drop=True)
    denied_at, denied_by = np.full(len(events), NEVER), np.full(len(events), np.nan)
    clarifies = _clarifications(events)
    for platform in events.loc[clarifies, "platform_id"].unique():
        rows = np.flatnonzero(events["platform_id"] == platform)
        denied_at[rows], denied_by[rows] = _denied(events.iloc[rows])
    moments = [pd.NaT if moment == NEVER else _moment(moment) for moment in denied_at.tolist()]
    return floor_events.assign(
        denied_at=pd.Series(moments, index=floor_events.index, dtype="datetime64[us, UTC]"),
        denied_by=pd.Series(denied_by, index=floor_events.index),
    )


def _clarifications(events: pd.DataFrame) -> pd.Series:
    return (
        (events["event_id"] == CLARIFICATION)
        & events["official"].astype("bool")
        & (events["polarity"] == Polarity.ASSERTED)
    )


def _denied(events: pd.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(denied_at in microseconds, denied_by) of one platform's rows; the earliest denial counts."""
    at = _microseconds(events)
    rumour = (~events["official"].astype("bool") & events["kind"].isin([Kind.NEWS, Kind.SOCIAL])).to_numpy(
        "bool"
    )
    denied_at, denied_by = np.full(len(events), NEVER), np.full(len(events), np.nan)
    denials = np.flatnonzero(_clarifications(events))
    documents = events["document_id"].to_numpy()
    for denial in sorted(denials, key=lambda row: (at[row], documents[row]), reverse=True):
        named = events["event_id"][(documents == documents[denial]) & (events["polarity"] == Polarity.DENIED)]
        meant = events["event_id"].isin(set(named) or RUN).to_numpy("bool") & rumour
        before = meant & (at <= at[denial]) & (at > at[denial] - DENIAL_DAYS * _DAY)
        stories = events["story_id"][before].dropna()
        copies = meant & (at > at[denial]) & events["story_id"].isin(stories).to_numpy("bool")
        denied_at[before], denied_at[copies] = at[denial], at[copies]
        denied_by[before | copies] = documents[denial]
    return denied_at, denied_by


def removed_mentions(floor_events: pd.DataFrame) -> pd.DataFrame:
    """Mentions that a clarification takes out: document_id, platform_id, available_at, denied_at,
    denied_by."""
    columns = ["document_id", "platform_id", "available_at", "denied_at", "denied_by"]
    denied = apply_denials(floor_events).dropna(subset="denied_at")[columns]
    denied = denied.drop_duplicates(["document_id", "platform_id"]).sort_values(
        ["platform_id", "document_id"]
    )
    return denied.astype({"denied_by": "int64"}).reset_index(drop=True)


def floors(floor_events: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    """The floors that stand, by platform and day: COLUMNS, at most one row per platform, day and name.

    A floor stands on the days at whose end its evidence is younger than `hours`. `stories` counts distinct
    stories of independent publishers, `complainants` distinct complainants, `event_id` is the commonest
    event among them.
    """
    events = apply_denials(floor_events)
    found = [_floor(events, name, floor) for name, floor in thresholds.floors.items()]
    found = [frame for frame in found if not frame.empty]
    if not found:
        return pd.DataFrame({column: [] for column in COLUMNS})
    return pd.concat(found, ignore_index=True)[list(COLUMNS)]


def _floor(events: pd.DataFrame, name: str, floor: Floor) -> pd.DataFrame:
    claims = events[events["event_id"].isin(floor.events) & (events["polarity"] == Polarity.ASSERTED)]
    if floor.official_only:
        own = (claims["kind"] == Kind.DISCLOSURE) & claims["event_id"].isin(SELF_ANNOUNCED)
        claims = claims[claims["official"].astype("bool") | own]
    claims = _standing(claims, floor.hours)
    if claims.empty:
        return pd.DataFrame()
    complaint = claims["kind"] == Kind.COMPLAINT
    by = ["platform_id", "number"]
    reports, filed = claims[~complaint], claims[complaint]
    told = reports.groupby(by)[["story", "voice"]].nunique().min(axis=1).rename("stories")
    complainants = filed.groupby(by)["complainant"].nunique().rename("complainants")
    counts = pd.concat([told, complainants], axis=1).fillna(0).astype("int64").reset_index()
    enough = (counts["stories"] >= floor.min_stories) | (counts["complainants"] >= floor.min_complainants)
    counts = counts[enough].sort_values(by)
    standing = counts.merge(_commonest(claims, by), on=by)
    standing["day"] = dates(standing.pop("number").to_numpy("int64"))
    return standing.assign(name=name, score=floor.score, at_once=floor.at_once)


def _commonest(claims: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """The event that most claims of a group are about, the first by name of several."""
    sizes = claims.groupby([*by, "event_id"]).size().rename("claims").reset_index()
    ranked = sizes.sort_values([*by, "claims", "event_id"], ascending=[*(True for _ in by), False, True])
    return ranked.drop_duplicates(by)[[*by, "event_id"]]


def _standing(claims: pd.DataFrame, hours: int) -> pd.DataFrame:
    """One row per claim and day (`number`) at whose end it is at most `hours` old and not denied."""
    at = _microseconds(claims)
    denied = claims["denied_at"].astype("datetime64[us, UTC]")
    until = np.where(denied.isna(), NEVER, pd.DatetimeIndex(denied).as_unit("us").asi8)
    claims = claims.assign(
        story=claims["story_id"].astype(object).where(claims["story_id"].notna(), -1 - claims["document_id"]),
        voice=_first_named(claims, ("publisher", "author")),
        complainant=_first_named(claims, ("author", "content_hash")).where(
            lambda who: who != "", "document:" + claims["document_id"].astype(str)
        ),
    )
    shifted = []
    for later in range(int(np.ceil(hours / 24)) + 1):
        number = (at + _SHANGHAI) // _DAY + later
        end = (number + 1) * _DAY - _SHANGHAI
        keep = (end - hours * _HOUR <= at) & (until >= end)
        shifted.append(claims[keep].assign(number=number[keep]))
    return pd.concat(shifted, ignore_index=True)


def _first_named(claims: pd.DataFrame, columns: tuple[str, ...]) -> pd.Series:
    """The first of the columns that is filled, "" where none is (all such count as one voice)."""
    named = pd.Series("", index=claims.index, dtype=object)
    for column in reversed(columns):
        if column in claims:
            named = (column + ":" + claims[column].astype(object).astype(str)).where(
                claims[column].notna(), named
            )
    return named


def _microseconds(events: pd.DataFrame) -> NDArray[np.int64]:
    at: NDArray[np.int64] = pd.DatetimeIndex(events["available_at"]).as_unit("us").asi8
    return at


def _moment(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds / 1_000_000, tz=UTC)
