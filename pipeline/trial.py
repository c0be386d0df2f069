"""One look at a source: what it brings now, row by row. Needs no database and leaves nothing behind."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from collectors.base import (
    Ask,
    Context,
    Evidence,
    Get,
    Politeness,
    Refusal,
    Response,
    Row,
    SourceConfig,
    SourceError,
    UnreadableFile,
    collect,
)
from collectors.encoding import decode
from collectors.readers.table import drop_files
from pipeline.contract import Tally, breach
from pipeline.errors import UsageFault
from pipeline.paths import data_dir
from pipeline.stages.exchange import LOOK_BACK
from settings import loader
from signals.model import Document
from signals.privacy import mask

EXCERPT = 300
"""Characters of a failing answer that are shown."""


@dataclass
class Trial:
    """What came of one look. `error`: what ended it early; the rows before it are good. `cut`: there was more."""

    rows: list[Row] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    error: SourceError | None = None
    cut: bool = False
    seconds: float = 0.0

    @property
    def documents(self) -> list[Document]:
        """The usable rows, masked as they would be stored."""
        return [masked(row.item) for row in self.rows if isinstance(row.item, Document)]

    @property
    def refusals(self) -> list[Refusal]:
        """The others, masked like the report of an import; file, row and field stay."""
        found = [row.item for row in self.rows if isinstance(row.item, Refusal)]
        return [replace(each, value=mask(each.value), reason=mask(each.reason)) for each in found]

    @property
    def undated(self) -> int:
        """Usable rows without a date."""
        return sum(document.published_at is None for document in self.documents)

    def broken_promise(self, source: SourceConfig) -> str | None:
        """Which part of the source's [contract] these rows break; None: none, or too few rows to tell."""
        tally = Tally(source.contract.fields)
        for row in self.rows:
            tally.add(row.item)
        said = breach(source.contract, tally)
        return said and said.partition("。")[0]  # what follows speaks of stored rows, and a trial stores none

    @property
    def encodings(self) -> list[str]:
        """Every encoding that was met, in order of appearance."""
        return list(dict.fromkeys(each.encoding for each in self.documents if each.encoding))


def look(
    source: SourceConfig,
    get: Get,
    now: datetime,
    *,
    limit: int,
    asking: Callable[[int, str], None] = lambda _, __: None,
) -> Trial:
    """At most `limit` rows, usable or refused; no page is asked for beyond them. A site's fault ends up in `error`.

    Args:    asking: called with the number and address of every request before it is made.
    Raises:  UsageFault: a drop folder without files. UnreadableFile.
    """
    trial = Trial()

    def counted(url: str, politeness: Politeness = Politeness(), ask: Ask = Ask()) -> Response:
        trial.asked.append(url)
        asking(len(trial.asked), url)
        return get(url, politeness, ask)

    context = Context(
        get=counted,
        now=now,
        since=now - LOOK_BACK,
        data_dir=data_dir(),
        platforms=loader.load().platforms,
        environ=os.environ,
    )
    _require_files(source, context)
    began = time.monotonic()
    rows = collect(source, context)
    try:
        for row in islice(rows, limit):
            trial.rows.append(row)
        trial.cut = len(trial.rows) == limit
    except UnreadableFile:
        raise
    except SourceError as error:
        trial.error = error
    trial.seconds = time.monotonic() - began
    return trial


def masked(document: Document) -> Document:
    """As the store would write it, but for the author, whom it hashes and who is only hinted at here."""
    return replace(
        document,
        title=mask(document.title),
        text=mask(document.text),
        subject=mask(document.subject) if document.subject else None,
        author="***" if document.author else None,
        fields={name: mask(value) for name, value in document.fields.items()},
    )


def excerpt(evidence: Evidence) -> str:
    """The beginning of a failing answer on one line, masked; "" when there was none."""
    text = decode(evidence.body, evidence.headers.get("content-type")).text
    return mask(re.sub(r"\s+", " ", text).strip())[:EXCERPT]


def _require_files(source: SourceConfig, context: Context) -> None:
    if source.path is not None and not drop_files(source, context.data_dir):
        raise UsageFault(
            f"{context.data_dir / source.path} 没有文件可读。请放入一个文件，"
            f"或运行 python -m pipeline import 文件 --source {source.id} --dry-run"
        )
