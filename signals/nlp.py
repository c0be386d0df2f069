"""Word segmentation, keywords and SnowNLP's sentiment: a comparison and a convenience, never a ground for a warning.

The three libraries are heavy and optional to most of the product, so each is imported at its first use.
"""

import logging
import math
import re
import tempfile
import threading
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from settings.models import Platform

NAME_WEIGHT = 1000
"""Frequency of a watched name in the user dictionary: above the product of any two words that make it up."""
SHORTEST_NAME = 3
"""Characters of the shortest name of the user dictionary: two are mostly a word of the language."""
_lock = threading.RLock()
_SURROGATE = re.compile("[\ud800-\udfff]")
_SNOWNLP_CHARS = 5000  # it reads some 5,000 characters a second; more would not change its mind


@cache
def _tokenizer() -> Any:
    """A tokenizer of our own: jieba's global one is shared state that any library may change."""
    import jieba

    jieba.setLogLevel(logging.WARNING)
    tokenizer = jieba.Tokenizer()
    # jieba's default cache is a fixed name in the shared temporary directory, which another user could plant.
    with tempfile.TemporaryDirectory(prefix="trustwatch-jieba-") as folder:
        tokenizer.tmp_dir = folder
        tokenizer.cache_file = str(Path(folder) / "dictionary.cache")
        tokenizer.initialize()
    return tokenizer


@lru_cache(maxsize=2)
def _tokenizer_with(dictionary: tuple[str, ...]) -> Any:
    """The tokenizer above with the words of a user dictionary; the words of the language are shared."""
    if not dictionary:
        return _tokenizer()
    import jieba

    plain, tokenizer = _tokenizer(), jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total, tokenizer.initialized = dict(plain.FREQ), plain.total, True
    for line in dictionary:
        word, weight, tag = line.rsplit(" ", 2)
        tokenizer.add_word(word, int(weight), tag)
    return tokenizer


@lru_cache(maxsize=2)
def _ranker(dictionary: tuple[str, ...]) -> Any:
    from jieba.analyse import TFIDF

    ranker = TFIDF()
    ranker.tokenizer = _tokenizer_with(dictionary)
    return ranker


def user_dictionary(platforms: Iterable[Platform]) -> list[str]:
    """The watch list as lines of jieba's user dictionary, "name frequency nz", sorted: a name is never cut.

    Ambiguous names are left out: they are words of the language first. So are those of under SHORTEST_NAME characters.
    """
    names = {
        " ".join(name.split())
        for platform in platforms
        for name in (
            *(platform.name, *platform.full, *platform.brand),
            *(*platform.legal_entities, *platform.old_names),
        )
    } - {" ".join(alias.text.split()) for platform in platforms for alias in platform.ambiguous}
    return [f"{name} {NAME_WEIGHT} nz" for name in sorted(names) if len(name) >= SHORTEST_NAME]


def dictionary_words() -> list[tuple[str, str]]:
    """Every word of jieba's dictionary with its part of speech (names of persons are nr, of places ns ...)."""
    with _lock, _tokenizer().get_dict_file() as file:
        lines = file.read().decode("utf-8").splitlines()
    return [(word, tag) for word, _, tag in (line.split(" ") for line in lines)]


def cut(text: str) -> list[str]:
    """The words of the text in order; joined they give the text again, lone surrogates replaced by U+FFFD."""
    import rjieba

    return list(rjieba.cut(_clean(text)))


def keywords(text: str, top: int = 10, dictionary: Sequence[str] = ()) -> list[str]:
    """At most `top` words of the text by TF-IDF weight, heaviest first; empty for a text without words.

    Args: dictionary: lines of `user_dictionary`; their names stay whole.
    """
    with _lock:
        found: list[str] = _ranker(tuple(dictionary)).extract_tags(_clean(text), topK=top)
    return found


def snownlp_sentiment(text: str) -> float:
    """SnowNLP's probability that the text is positive, 0..1; NaN where there is nothing to read.

    Reads the first 5,000 characters. SnowNLP was trained on shopping reviews: its answer is shown beside our own
    for comparison.
    """
    clean = _clean(text)
    if not clean.strip():
        return math.nan
    with _lock:
        from snownlp import sentiment

        return float(sentiment.classify(clean[:_SNOWNLP_CHARS]))


class SnowSentiment:
    """SnowNLP's classifier on SnowNLP's own words: as shipped, taught anew, or as `save` wrote it."""

    def __init__(
        self, taught: Iterable[tuple[Sequence[str], bool]] | None = None, path: Path | None = None
    ) -> None:
        """Args: taught: (words, whether positive) of each text to learn from; path: a file that `save` wrote."""
        from snownlp import sentiment

        self._sentiment = sentiment.classifier if taught is None and path is None else sentiment.Sentiment()
        if path is not None:
            self._sentiment.load(str(path))
        if taught is not None:
            rows = [[list(words), "pos" if positive else "neg"] for words, positive in taught]
            self._sentiment.classifier.train(rows)

    def words(self, text: str) -> list[str]:
        """The words that it judges the first 5,000 characters by: its own segmentation, stop words removed."""
        return list(self._sentiment.handle(_clean(text)[:_SNOWNLP_CHARS]))

    def positive(self, words: Sequence[str]) -> float:
        """P(positive), 0..1."""
        label, probability = self._sentiment.classifier.classify(list(words))
        return float(probability if label == "pos" else 1 - probability)

    def save(self, path: Path) -> None:
        """Write it to `path`, to which SnowNLP adds ".3"."""
        self._sentiment.save(str(path))


def _clean(text: str) -> str:
    """The text with U+FFFD for lone surrogates, which the library written in Rust refuses."""
    return _SURROGATE.sub("\ufffd", text)
