"""SnowNLP's sentiment of a sample of documents, for comparison: it judges some forty short texts a second.

The sample is drawn by the document's id alone, so that it is neither chosen by what a text says nor changed by reading
it again: ids whose CRC-32 is a multiple of ONE_IN, the first MOST of a batch, title and text cut to CHARS characters.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from zlib import crc32

from db.read import StoredDocument
from signals import nlp

ONE_IN = 50
MOST = 5
"""Documents of a batch: a tenth of a second of SnowNLP beside a second of reading two thousand documents."""
CHARS = 100


def snownlp_sample(batch: Sequence[StoredDocument]) -> dict[int, float]:
    """P(positive) by document id, 0..1, for the sampled documents of a batch; a text without words is not among them.

    SnowNLP and its 400 MB are loaded at the first sampled document, in the process that analyses.
    """
    chosen = [item for item in batch if in_sample(item.id)][:MOST]
    judged = {item.id: nlp.snownlp_sentiment(_beginning(item)) for item in chosen}
    return {number: value for number, value in judged.items() if not math.isnan(value)}


def in_sample(document_id: int) -> bool:
    """Whether a document is one of the ONE_IN-th."""
    return crc32(str(document_id).encode()) % ONE_IN == 0


def _beginning(item: StoredDocument) -> str:
    return f"{item.document.title}\n{item.document.text}".strip()[:CHARS]
