"""documents -> mentions and stories: who is meant, what happened, how bad, and which copies are one story."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from db import read
from db.read import Candidate, StoredDocument
from db.write import AnalysisRow
from pipeline.bulk import bulk
from pipeline.learnt_models import active_model
from pipeline.prepare import Workplace
from pipeline.progress import Report, silent
from pipeline.stages import feedback
from pipeline.stages.comparison import snownlp_sample
from signals.analyse import Analyser
from signals.model import Kind, Mention
from signals.stories import band_keys, same_story

BATCH = 2000
CANDIDATES = 10
"""Documents of a batch compared with one: templates share keys by the thousand, copies share most of them."""
NEVER_CLUSTERED = frozenset({Kind.COMPLAINT, Kind.REGULATORY})
"""Mass complaints and penalty rows read alike and are not copies (METHOD section 1)."""


@dataclass(frozen=True)
class Analysed:
    """What the stage did."""

    documents: int
    mentions: int


def analyse(workplace: Workplace, *, now: datetime, report: Report = silent) -> Analysed:
    """Read every waiting document, batch by batch; each batch is one transaction."""
    with workplace.database.reading() as session:
        total = read.waiting_count(session)
        if not total:
            return Analysed(0, 0)
        watch_list = read.watch_list(session)
    analyser = Analyser(workplace.settings, watch_list, active_model(workplace.database))
    language = feedback.Language.of(workplace, watch_list)
    done = mentions = 0
    with bulk() as batch_done:
        for batch in _waiting(workplace, analyser.version):
            found = analyser.analyse([item.document for item in batch])
            rows = _rows(workplace, batch, found)
            feedback.save(workplace, batch, rows, version=analyser.version, as_of=now, language=language)
            done += len(batch)
            mentions += sum(len(each) for each in found)
            batch_done()
            report("analyse", done, max(total, done))
    return Analysed(done, mentions)


def _waiting(workplace: Workplace, version: str) -> Iterator[Sequence[StoredDocument]]:
    while True:
        with workplace.database.reading() as session:
            batch = read.waiting_documents(session, version, limit=BATCH)
        if not batch:
            return
        yield batch


def _rows(
    workplace: Workplace, batch: Sequence[StoredDocument], found: Sequence[Sequence[Mention]]
) -> list[AnalysisRow]:
    keys = {item.id: band_keys(_body(item)) for item in batch if item.document.kind not in NEVER_CLUSTERED}
    days = {item.id: item.day for item in batch}
    generic = snownlp_sample(batch)
    with workplace.database.reading() as session:
        candidates = read.story_candidates(session, keys, days)
        pages = read.same_page(session, list(keys))
    earlier: dict[int, list[StoredDocument]] = {}
    rows = []
    for item, mentions in zip(batch, found, strict=True):
        mine = keys.get(item.id, ())
        # A later version of a document tells the story of its first one, however much it was edited.
        same = item.root_id or pages.get(item.id) or _same(item, mine, candidates.get(item.id, []), earlier)
        for key in mine:
            sharing = earlier.setdefault(key, [])
            if len(sharing) < CANDIDATES:
                sharing.append(item)
        rows.append(AnalysisRow(item.id, mentions, same, mine, generic.get(item.id), item.revision))
    return rows


def _same(
    item: StoredDocument,
    keys: Sequence[int],
    stored: Sequence[Candidate],
    earlier: Mapping[int, Sequence[StoredDocument]],
) -> int | None:
    """The document whose story `item` joins: one stored before, or one earlier in the batch."""
    body = _body(item)
    for candidate in stored:
        if same_story(body, f"{candidate.title}\n{candidate.text}"):
            return candidate.document_id
    sharing = {other.id: other for key in keys for other in earlier.get(key, ())}
    if not sharing:
        return None
    shared = Counter(other.id for key in keys for other in earlier.get(key, ()))
    likely = (sharing[number] for number, _ in shared.most_common(CANDIDATES))
    return next((other.id for other in likely if same_story(body, _body(other))), None)


def _body(item: StoredDocument) -> str:
    return f"{item.document.title}\n{item.document.text}"
