"""A text with its candidates, read but not yet rated: where they stand, what befell them, what the model is shown."""

from __future__ import annotations

from signals import verdict
from signals.analyse import stance_without_event
from signals.attribution import Attributor, Place
from signals.events import Account, Hit
from signals.linking import Found
from signals.model import Polarity
from signals.ngrams import MAX_CHARS
from signals.text import Reading

HEAD = 3000
"""Characters of an over-long text that the model reads; then the sentences about its candidates, up to MAX_CHARS."""
_SURFACES = 20


class Draft:
    """A text read but not yet rated; `found`, `surfaces`, `own` and `hits` are aligned: one entry per candidate.

    `echo`: every name to be answered for, and the candidate that it means: a name given twice is one candidate.
    """

    def __init__(
        self,
        attributor: Attributor,
        reading: Reading,
        account: Account,
        found: list[Found],
        surfaces: list[list[str]],
        echo: list[tuple[str, int]],
    ) -> None:
        """Lays the events at the doors of the candidates."""
        self.reading, self.account, self.found, self.surfaces, self.echo = (
            reading,
            account,
            found,
            surfaces,
            echo,
        )
        self._attributor = attributor
        self._places: list[Place] | None = None
        self.hits: list[list[Hit]] = [[] for _ in found]
        if account.hits and found:
            self.hits = attributor.attribute(reading, account, self.places(), len(found))

    def places(self) -> list[Place]:
        """Every naming; of most texts nobody asks, so it is found out when it is asked for."""
        if self._places is None:
            self._places = self._attributor.places(self.reading, self.account, self.found)
        return self._places

    def own(self, index: int) -> list[Place]:
        """The namings of a candidate."""
        return [place for place in self.places() if place.platform == index]

    def stance(self, index: int) -> Polarity:
        """How a candidate is spoken of: by its gravest adverse event, else by the sentences that name it."""
        hits = self.hits[index]
        if hits and (stance := verdict.stance(hits)):
            return stance[0]
        # Only a question mark makes the places matter.
        places = self.own(index) if "?" in self.reading.folded else ()
        return stance_without_event(self.reading, self.account, places, hits, index)


def surfaces_of(reading: Reading, found: Found) -> list[str]:
    """The forms under which the text names a candidate, as written."""
    spots = found.at[:_SURFACES]
    if reading.origin is not None:
        spots = tuple(reading.whole(start, end) for start, end in spots)
    return list(dict.fromkeys([reading.raw[start:end] for start, end in spots]))


def read_by_model(draft: Draft) -> str:
    """The text; of one that the model would cut its head and, from the rest, the sentences about its candidates."""
    raw = draft.reading.raw.strip()
    if len(raw) <= MAX_CHARS:
        return raw
    pieces, length = [raw[:HEAD]], HEAD
    named = {place.sentence for place in draft.places() if place.platform >= 0}
    for at in sorted(named | {sentence + 1 for sentence in named}):
        if at >= len(draft.account.sentences) or length >= MAX_CHARS:
            break
        first, last = draft.reading.whole(*draft.account.sentences[at])
        if first >= HEAD:
            pieces.append(draft.reading.raw[first : min(last, first + MAX_CHARS - length)])
            length += len(pieces[-1])
    return "\n".join(pieces) if length > HEAD else raw


def sentences_about(draft: Draft, index: int) -> list[int]:
    """Indices of the sentences that name a candidate and of those after them; of the first ones where none does."""
    named = {place.sentence for place in draft.own(index)} if draft.found else set()
    wanted = sorted({at + step for at in named for step in (0, 1)} or set(range(8)))[:12]
    return [at for at in wanted if at < len(draft.account.sentences)]
