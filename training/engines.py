"""The engines that are compared: ours, SnowNLP as shipped and retrained, word lists alone, a linear baseline.

Each answers P(negative) for texts, and those that can, for every candidate of a text. Libraries are imported by the
engine that needs them: memory and start-up are measured, and ours must not pay for the others.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from training.data import Labelled

Floats = npt.NDArray[np.float64]
Names = Sequence[Sequence[str]]

SEED = 20191112
_WINDOW = 30  # characters on either side of a candidate that the linear baseline reads
_UNSURE = 0.5


class Engine:
    """One way to judge texts. `title` is its row in the table, `batch` how many texts it is given at once."""

    title: str
    batch = 1000

    def fit(self, rows: Labelled) -> None:
        """Learn from the rows; nothing outside them is looked at."""

    def documents(self, texts: Sequence[str], names: Names) -> Floats:
        """P(negative) of every text, float (texts,), 0..1."""
        raise NotImplementedError

    def platforms(self, texts: Sequence[str], names: Names) -> Floats | None:
        """P(negative about it) of every candidate, text by text; None = the engine knows no platforms."""
        return None

    def save(self, path: Path) -> None:
        """What `load` needs."""

    def load(self, path: Path) -> None:
        """Ready to judge, as `fit` and `save` left it."""


class Ours(Engine):
    title = "TrustWatch"

    def fit(self, rows: Labelled) -> None:
        from training import learn

        self._model = learn.fit(rows, SEED, "fold")

    def documents(self, texts: Sequence[str], names: Names) -> Floats:
        return self._model.rate(texts, _forms(names)).document

    def platforms(self, texts: Sequence[str], names: Names) -> Floats:
        return _joined(self._model.rate(texts, _forms(names)).about)

    def load(self, path: Path) -> None:
        """The weights that ship."""
        from signals.negativity import NegativityModel

        self._model = NegativityModel.load()


_cut_texts: dict[str, list[str]] = {}
"""Texts in SnowNLP's words: cutting takes all its time, and its two engines need the same."""


class SnowShipped(Engine):
    title = "SnowNLP as shipped"
    batch = 20

    def load(self, path: Path) -> None:
        from signals.nlp import SnowSentiment

        self._model = SnowSentiment()

    def fit(self, rows: Labelled) -> None:
        self.load(Path())

    def documents(self, texts: Sequence[str], names: Names) -> Floats:
        return np.array([1 - self._model.positive(self._words(text)) for text in texts])

    def _words(self, text: str) -> list[str]:
        if text not in _cut_texts:
            _cut_texts[text] = self._model.words(text)
        return _cut_texts[text]


class SnowRetrained(SnowShipped):
    title = "SnowNLP retrained"

    def fit(self, rows: Labelled) -> None:
        from signals.nlp import SnowSentiment

        self._model = SnowSentiment()
        words = map(self._words, rows.texts)
        self._model = SnowSentiment(zip(words, (label == 0 for label in rows.negative), strict=True))

    def save(self, path: Path) -> None:
        self._model.save(path)

    def load(self, path: Path) -> None:
        from signals.nlp import SnowSentiment

        self._model = SnowSentiment(path=path)


class Lexicon(Engine):
    """The events and cues of settings/ alone: negative where an adverse event stands that nobody denies."""

    title = "word lists only"

    def load(self, path: Path) -> None:
        self.fit(Labelled([], [], [], np.empty(0, np.int64)))

    def fit(self, rows: Labelled) -> None:
        from settings import loader
        from signals.attribution import Attributor
        from signals.events import EventFinder

        settings = loader.load()
        self._finder = EventFinder(settings.events, settings.lexicons)
        self._attributor = Attributor(settings.lexicons)

    def documents(self, texts: Sequence[str], names: Names) -> Floats:
        from signals.text import Reading

        return np.array([_accused(self._finder.read(Reading.of("", text)).hits) for text in texts])

    def platforms(self, texts: Sequence[str], names: Names) -> Floats:
        from signals.asked import located
        from signals.linking import Found
        from signals.model import Tier
        from signals.text import Reading, fold

        out = []
        for text, own in zip(texts, names, strict=True):
            reading = Reading.of("", text)
            keys = [fold(name) for name in own]
            at = located(reading.folded, list(dict.fromkeys(keys)))
            found = [Found(key, Tier.FULL, tuple(at.get(key, ())), False) for key in keys]
            account = self._finder.read(reading)
            places = self._attributor.places(reading, account, found)
            shares = self._attributor.attribute(reading, account, places, len(found))
            out += [_accused(hits) for hits in shares]
        return np.array(out)


def _accused(hits: Sequence[Any]) -> float:
    """0 without an adverse event that counts, else .5 .. 1 by severity and standing."""
    from signals import verdict

    weights = [verdict.STANDING[hit.polarity] * hit.event.severity for hit in hits if verdict.counts(hit)]
    return _UNSURE + max(weights) / 2 if weights else 0.0


class Baseline(Engine):
    """Logistic regression on TF-IDF of character 1-4-grams; for a candidate, on those of the windows around it."""

    title = "character n-grams, linear"

    def fit(self, rows: Labelled) -> None:
        self._whole = _linear().fit(rows.texts, rows.negative)
        about = rows.about
        self._around = _linear().fit(_windows(rows.texts, rows.candidates), about)

    def documents(self, texts: Sequence[str], names: Names) -> Floats:
        return self._whole.predict_proba(texts)[:, 1]

    def platforms(self, texts: Sequence[str], names: Names) -> Floats:
        return self._around.predict_proba(_windows(texts, names))[:, 1]

    def save(self, path: Path) -> None:
        path.write_bytes(pickle.dumps((self._whole, self._around)))

    def load(self, path: Path) -> None:
        self._whole, self._around = pickle.loads(path.read_bytes())


def _linear() -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    grams = TfidfVectorizer(
        analyzer="char", ngram_range=(1, 4), min_df=2, sublinear_tf=True, max_features=300_000
    )
    return make_pipeline(grams, LogisticRegression(C=10, solver="liblinear"))


def _windows(texts: Sequence[str], names: Names) -> list[str]:
    """For every candidate the text around its places, it as ⊙ and every other candidate as ⊗."""
    out = []
    for text, own in zip(texts, names, strict=True):
        for name in own:
            masked = text.replace(name, "⊙") if name else text
            for other in sorted(own, key=len, reverse=True):
                if other and other != name:
                    masked = masked.replace(other, "⊗")
            places = [at for at, char in enumerate(masked) if char == "⊙"][:6]
            out.append("\n".join(masked[max(0, at - _WINDOW) : at + _WINDOW] for at in places))
    return out


def _forms(names: Names) -> list[list[list[str]]]:
    return [[[name] for name in own] for own in names]


def _joined(parts: Sequence[Floats]) -> Floats:
    return np.concatenate(parts) if parts else np.empty(0)


ENGINES: dict[str, type[Engine]] = {
    "ours": Ours,
    "linear": Baseline,
    "snownlp-retrained": SnowRetrained,
    "lexicon": Lexicon,
    "snownlp": SnowShipped,
}
