"""Word segmentation, keywords and SnowNLP's sentiment: a comparison and a convenience, never a ground for a warning.

The three libraries are heavy and optional to most of the product, so each is imported at its first use.
"""

import logging
import math
import re
import tempfile
import threading
from functools import cache
from pathlib import Path
from typing import Any

_lock = threading.Lock()
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


@cache
def _ranker() -> Any:
    from jieba.analyse import TFIDF

    ranker = TFIDF()
    ranker.tokenizer = _tokenizer()
    return ranker


def dictionary_words() -> list[tuple[str, str]]:
    """Every word of jieba's dictionary with its part of speech (names of persons are nr, of places ns ...)."""
    with _lock, _tokenizer().get_dict_file() as file:
        lines = file.read().decode("utf-8").splitlines()
    return [(word, tag) for word, _, tag in (line.split(" ") for line in lines)]


def cut(text: str) -> list[str]:
    """The words of the text in order; joined they give the text again, lone surrogates replaced by U+FFFD."""
    import rjieba

    return list(rjieba.cut(_clean(text)))


def keywords(text: str, top: int = 10) -> list[str]:
    """At most `top` words of the text by TF-IDF weight, heaviest first; empty for a text without words."""
    with _lock:
        found: list[str] = _ranker().extract_tags(_clean(text), topK=top)
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


def _clean(text: str) -> str:
    """The text with U+FFFD for lone surrogates, which the library written in Rust refuses."""
    return _SURROGATE.sub("\ufffd", text)
