"""Weight of one mention: v = r · n · π · ω · √(σ·ρ) (METHOD section 2).

r relevance, n P(negative about this platform), π polarity, σ event severity (.3 without an event), ρ
publisher reach (.3 unknown), ω novelty within a story.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from signals.calendar import day_numbers
from signals.model import Kind, Polarity

STORY_HOURS = 72
DAMPING = 0.75
UNKNOWN = 0.3
"""Severity of a mention without an event, reach of an unknown publisher."""

POLARITY: dict[str, float] = {
    Polarity.ASSERTED: 1.0,
    Polarity.QUOTED: 0.5,
    Polarity.ASKED: 0.5,
    Polarity.CONDITIONAL: 0.3,
    Polarity.HISTORICAL: 0.1,
    Polarity.DENIED: 0.0,
    Polarity.ADVERT: 0.0,
}
"""π. A quotation stands as its speaker does: 1 in an official document; elsewhere the speaker is unknown."""

Floats = NDArray[np.float64]


class UnknownPolarity(ValueError):
    """A mention carries a polarity that METHOD section 1 does not name."""


def weigh(mentions: pd.DataFrame) -> pd.Series:
    """v of every mention.

    Args:    mentions: the mention table. Mentions of the same stories on earlier days must be among the
             rows, else a copy passes for news. Optional columns: `daily_rate`, the source's usual complaints a
             day; `root_id`, the document of which this is a later version (NaN = the first); `purged` with
             `weight`: what is purged keeps the weight it was given, for its text and author cannot be asked again.
    Returns: float64 Series on the index of `mentions`, 0 <= v <= 1, never NaN.
    Raises:  UnknownPolarity.

    A day's mentions are ordered by √(σρ); those of an earlier Shanghai day keep their place whatever comes
    later, because finished days are immutable.
    """
    if mentions.empty:
        return pd.Series(np.zeros(0), index=mentions.index, dtype="float64")
    salience = np.sqrt(_unit(mentions, "severity") * _unit(mentions, "reach"))
    base = (
        mentions["relevance"].to_numpy("float64").clip(0, 1)
        * mentions["negative"].to_numpy("float64").clip(0, 1)
        * _standing(mentions)
    )
    weight = np.nan_to_num(base, nan=0.0) * salience * novelty(mentions, salience, base > 0)
    if "purged" in mentions:
        stored = mentions["weight"].to_numpy("float64")
        weight = np.where(mentions["purged"].to_numpy("bool") & ~np.isnan(stored), stored, weight)
    return pd.Series(weight, index=mentions.index, dtype="float64")


def novelty(mentions: pd.DataFrame, salience: Floats, counts: NDArray[np.bool_]) -> Floats:
    """ω of every mention; only rows where `counts` take a place in their story's order."""
    complaint = (mentions["kind"] == Kind.COMPLAINT).to_numpy("bool")
    return np.where(
        complaint,
        _complaint_novelty(mentions, complaint & counts),
        _story_novelty(mentions, salience, counts & ~complaint),
    )


def _unit(mentions: pd.DataFrame, column: str) -> Floats:
    known = np.nan_to_num(mentions[column].to_numpy("float64"), nan=UNKNOWN)
    return np.asarray(known.clip(0, 1), dtype="float64")


def _standing(mentions: pd.DataFrame) -> Floats:
    polarity = mentions["polarity"].astype(str)
    standing = polarity.map(POLARITY).to_numpy("float64")
    if np.isnan(standing).any():
        raise UnknownPolarity(
            f"未知的表述类型 {polarity[np.isnan(standing)].iloc[0]!r}，应为 {sorted(POLARITY)}"
        )
    official = mentions["official"].to_numpy("bool")
    return np.where((polarity == Polarity.QUOTED) & official, 1.0, standing)


def _story_novelty(mentions: pd.DataFrame, salience: Floats, counts: NDArray[np.bool_]) -> Floats:
    """.75^j for a story's j-th independent publisher; 0 for repeats, official mirrors, copies after 72 h."""
    told = pd.DataFrame(
        {
            "platform": mentions["platform_id"].to_numpy(),
            "story": _story_key(mentions),
            "publisher": voices(mentions).to_numpy(),
            "official": mentions["official"].to_numpy("bool"),
            "at": pd.DatetimeIndex(mentions["available_at"]).as_unit("us").asi8,
            "day": day_numbers(mentions["day"]),
            "salience": -salience,
            "document": mentions["document_id"].to_numpy(),
        }
    ).loc[counts]
    omega = np.ones(len(mentions))
    if told.empty:
        return omega
    story = ["platform", "story"]
    told["row"] = np.flatnonzero(counts)
    told = told.sort_values([*story, "day", "salience", "at", "document"], kind="stable")
    late = told["at"] - told.groupby(story)["at"].transform("min") > STORY_HOURS * 3_600_000_000
    mirror = told["official"] & told.duplicated([*story, "official"])
    independent = ~(told.duplicated([*story, "publisher"]) | mirror | late)
    place = independent.groupby([told["platform"], told["story"]]).cumsum() - 1
    omega[told["row"].to_numpy()] = np.where(independent, DAMPING ** place.to_numpy("float64"), 0.0)
    return omega


def _complaint_novelty(mentions: pd.DataFrame, counts: NDArray[np.bool_]) -> Floats:
    """1 per distinct complainant; 0 for template repeats, for authorless ones beyond the usual rate, and for a
    complaint edited later (column `root_id`, where there is one) whose earlier version already counts."""
    filed = mentions.loc[
        counts, ["platform_id", "author", "content_hash", "publisher", "available_at", "document_id"]
    ]
    filed = filed.assign(
        row=np.flatnonzero(counts), day=day_numbers(mentions.loc[counts, "day"]), root=_root(mentions)[counts]
    )
    filed = filed.sort_values(["available_at", "document_id"], kind="stable")
    anonymous = filed["author"].isna()
    repeat = filed.duplicated(["platform_id", "author", "content_hash"]) & filed["content_hash"].notna()
    repeat |= filed.duplicated(["platform_id", "root"])
    distinct = anonymous & ~repeat
    place = distinct.groupby([filed["platform_id"], filed["publisher"].fillna(""), filed["day"]]).cumsum()
    rate = (
        mentions["daily_rate"].to_numpy("float64")
        if "daily_rate" in mentions
        else np.full(len(mentions), np.nan)
    )
    beyond = distinct & (place > np.nan_to_num(np.maximum(rate, 1.0), nan=np.inf)[filed["row"]])
    omega = np.ones(len(mentions))
    omega[filed["row"].to_numpy()] = np.where(repeat | beyond, 0.0, 1.0)
    return omega


def _root(mentions: pd.DataFrame) -> NDArray[np.float64]:
    """The document of which this is a version: itself, unless `root_id` names another."""
    own: Floats = mentions["document_id"].to_numpy("float64")
    if "root_id" not in mentions:
        return own
    root = mentions["root_id"].to_numpy("float64", na_value=np.nan)
    return np.asarray(np.where(np.isnan(root), own, root), dtype="float64")


def _story_key(mentions: pd.DataFrame) -> NDArray[np.object_]:
    """The story, or the document itself where it has none."""
    story = mentions["story_id"].to_numpy("float64", na_value=np.nan)
    alone = -1.0 - mentions["document_id"].to_numpy("float64")
    return np.asarray(np.where(np.isnan(story), alone, story), dtype=object)


def voices(mentions: pd.DataFrame) -> pd.Series:
    """Who says it: publisher, else author, else channel: unnamed voices of one channel are not independent."""
    channel = "channel:" + mentions["channel"].astype(object).fillna("").astype(str)
    author = "author:" + mentions["author"].astype(object).fillna("").astype(str)
    unnamed = author.where(mentions["author"].notna(), channel)
    return mentions["publisher"].astype(object).where(mentions["publisher"].notna(), unnamed)
