"""What people said, inside the analyse stage: corrections outlive every reading, and names nobody watches are kept."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple

import pandas as pd

from db import read, write
from db.read import RequestRow, StoredDocument
from db.session import Session
from db.write import RESCORE, AnalysisRow
from pipeline.prepare import Workplace
from pipeline.stages.digests import digests
from pipeline.stages.discover import discovered, newcomers
from settings.models import EventSettings, Platform
from signals import nlp
from signals.corrections import Said, corrected
from signals.model import Mention
from signals.newcomers import Newcomers


class Language(NamedTuple):
    """What the watch list means for what is told besides mentions: which names are new, and which words are names."""

    is_new: Newcomers
    dictionary: Sequence[str]

    @classmethod
    def of(cls, workplace: Workplace, watch_list: Sequence[Platform]) -> Language:
        """Of these platforms."""
        return cls(newcomers(workplace, watch_list), nlp.user_dictionary(watch_list))


def save(
    workplace: Workplace,
    batch: Sequence[StoredDocument],
    rows: Sequence[AnalysisRow],
    *,
    version: str,
    as_of: datetime,
    language: Language,
) -> None:
    """Save what analysis made of a batch, as people have corrected it, and the names found besides; one transaction.

    What stands is read in the same transaction: a correction made while the batch was read is not lost.
    """
    events = {event.id: event for event in workplace.settings.events}
    names = discovered(batch, rows, as_of, language.is_new)
    with workplace.database.reading() as session:
        told = read.digested(session, _told_by(rows))
    made = digests(batch, rows, told, language.dictionary, as_of)
    with workplace.database.writing() as session:
        write.save_analysis(session, uphold(session, rows, events), version=version, as_of=as_of)
        write.save_discoveries(session, names)
        write.save_digests(session, made)


def _told_by(rows: Sequence[AnalysisRow]) -> set[int]:
    """The documents, and those whose stories they join."""
    return {number for row in rows for number in (row.document_id, row.same_story_as) if number is not None}


def uphold(
    session: Session, rows: Sequence[AnalysisRow], events: Mapping[str, EventSettings]
) -> list[AnalysisRow]:
    """The rows after the corrections that stand for their stories, those of stories they are about to join included."""
    standing = read.standing_corrections(session, {row.document_id: row.same_story_as for row in rows})
    return [
        replace(row, mentions=_corrected(row.mentions, standing[row.document_id], events))
        if row.document_id in standing
        else row
        for row in rows
    ]


def _corrected(
    mentions: Sequence[Mention], said: Mapping[str, Sequence[Said]], events: Mapping[str, EventSettings]
) -> list[Mention]:
    found = (corrected(mention, said.get(mention.platform_id, ()), events) for mention in mentions)
    return [mention for mention in found if mention is not None]


def left_without_source(
    session: Session, emptied: Sequence[str], values: pd.DataFrame, start: date, today: date
) -> pd.DataFrame:
    """`values` and, for platforms that lost all mentions of a day, a row that says "not observed" for each stored value
    that is not computed any more.

    What people import by hand covers the platforms it names. If the only link to a platform was wrong, no source speaks
    of that day: neither the former value nor calm is true of it.
    """
    if not emptied:
        return values
    stored = read.values_between(session, emptied, start, today)
    stored = stored[stored["observed"]].drop(columns="as_of")
    computed, kept = set(_keys(values)), _keys(stored)
    gone = [key not in computed for key in kept]
    unknown = stored[gone].assign(
        value=math.nan,
        level_part=math.nan,
        surprise_part=math.nan,
        accumulated=math.nan,
        saturation=math.nan,
        count=0,
        expected=math.nan,
        observed=False,
    )
    return pd.concat([values, unknown], ignore_index=True) if len(unknown) else values


def _keys(values: pd.DataFrame) -> list[tuple[object, ...]]:
    days = pd.to_datetime(values["day"]).dt.date
    return list(zip(values["platform_id"], days, values["index_id"], strict=True))


def serve(workplace: Workplace, request: RequestRow) -> str | None:
    """Do what was asked if it is a re-reading; the sentence for the page, None = this is asked of somebody else.

    Done between two turns of the worker: the next one begins with the present watch list and model.
    """
    if request.what != RESCORE:
        return None
    name, platform = str(request.arguments.get("name", "")), str(request.arguments.get("platform", ""))
    names = [str(each) for each in request.arguments.get("names", [])]
    with workplace.database.writing() as session:
        count: int | None = None
        if platform:
            count = write.reread_names(session, platform, names)
        elif name:
            count = write.reread_name(session, name)
        told = f"提及“{'”“'.join(names or [name])}”的" if count is not None else ""
        if count is None:
            count = write.rescore(session)
    return f"{told}{count} 篇文本将重新研读，此前的结果保留为历史版本。"
