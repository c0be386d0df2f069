"""What passes between a live run and its site: validators, failing answers, and whether anything was new."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from collectors.base import EVIDENCE_BYTES as LIMIT
from collectors.base import (
    Ask,
    Context,
    Evidence,
    Get,
    Politeness,
    Response,
    SourceConfig,
    SourceError,
    Validators,
)
from db import read
from db.session import Session
from pipeline.paths import data_dir
from pipeline.prepare import Workplace
from pipeline.slots import moment_at_or_before

LOOK_BACK = timedelta(days=30)
KEPT = 5
"""Failing answers of one run that are kept: a site with fifty broken article pages breaks them alike."""


def reading(source: SourceConfig) -> str:
    """16 hex digits that change with the configuration: what was read under another one is read again."""
    return hashlib.sha256(source.model_dump_json().encode()).hexdigest()[:16]


@dataclass
class Exchange:
    """A `Get` that hands on to another and keeps what the end of the run needs.

    `remembered` are validators of pages read to their end, by URL; `failing` the answers that were errors, each with
    its reason, the newest KEPT; `first` the first good answer, to show when its rows break the contract.
    """

    get: Get
    remembered: dict[str, Validators] = field(default_factory=dict)
    failing: list[tuple[Evidence, str]] = field(default_factory=list)
    first: Evidence | None = None
    not_modified: int = 0

    def __call__(self, url: str, politeness: Politeness = Politeness(), ask: Ask = Ask()) -> Response:
        """As `base.Get`."""
        try:
            response = self.get(url, politeness, ask)
        except SourceError as error:
            self.note(error)
            raise
        self.not_modified += response.unchanged
        if self.first is None and not response.unchanged:
            body = response.content[:LIMIT]
            self.first = Evidence(url, 200, response.headers, body, cut=len(response.content) > LIMIT)
        return response

    def note(self, error: SourceError) -> None:
        """Keep what an error has to show, once."""
        shown = error.evidence
        if shown is not None and all(shown is not kept for kept, _ in self.failing):
            self.failing = [*self.failing, (shown, str(error))][-KEPT:]

    def unchanged(self, rows: int) -> bool:
        """Whether every list page of a run that brought `rows` rows answered 304."""
        return self.not_modified > 0 and not self.remembered and rows == 0

    def context(self, workplace: Workplace, source: SourceConfig, now: datetime) -> Context:
        """What the readers are handed for one run, which is in the ledger already."""
        with workplace.database.reading() as session:
            complete = _complete(session, source)
            watch_list = read.watch_list(session)
            stored = read.validators(session, source.id, reading(source))
        validators: Mapping[str, Validators] = {url: Validators(*pair) for url, pair in stored.items()}

        def known(url: str) -> bool:
            with workplace.database.reading() as session:
                return read.has_url(session, url, source.id)

        return Context(
            get=self,
            now=now,
            since=now - LOOK_BACK,
            data_dir=data_dir(),
            platforms=watch_list,
            known=known,
            validators=validators.get,
            remember=self.remembered.__setitem__,
            environ=os.environ,
            complete=complete,
            due=moment_at_or_before(source, now),
        )


def _complete(session: Session, source: SourceConfig) -> bool:
    """Whether the run before the present one lost nothing. One that was missed asked for nothing and does not count."""
    states = read.runs(session, source_id=source.id)["state"].tolist()
    if "running" in states:
        states.remove("running")  # the present one
    return next((state for state in states if state != "missed"), None) == "done"
