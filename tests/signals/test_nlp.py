"""Segmentation, keywords and SnowNLP's sentiment."""

import math
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signals import nlp

ROOT = Path(__file__).parents[2]
ANY_TEXT = st.text(st.characters(codec=None), max_size=200)


def test_importing_it_imports_none_of_the_three_libraries():
    """Pages and the pipeline may import signals.nlp without paying for dictionaries."""
    code = "import sys, signals.nlp; print({'jieba', 'rjieba', 'snownlp'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


def test_cut_loses_no_character():
    """The words joined are the text."""
    text = "星河宝停止兑付,投资人到派出所报案 2024年"
    assert "".join(nlp.cut(text)) == text


def test_cut_finds_words():
    """A common compound stays whole."""
    assert "报案" in nlp.cut("投资人报案")


def test_keywords_are_ranked_and_limited():
    """At most `top` words come back and they stand in the text."""
    found = nlp.keywords("星河宝逾期,投资人报案;星河宝逾期,警方立案", 2)
    assert len(found) == 2
    assert "逾期" in found or "星河宝" in found


def test_keywords_of_nothing_are_none():
    """A text without words has no keywords."""
    assert nlp.keywords("", 5) == []


def test_jieba_leaves_no_shared_cache_behind():
    """The dictionary cache is never read from or written to the shared temporary directory."""
    code = "from signals import nlp; nlp.keywords('投资人报案', 1)"
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "TMPDIR": folder}
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True)
        assert os.listdir(folder) == []


def test_the_global_tokenizer_of_jieba_stays_untouched():
    """Our tokenizer is our own: the one that other code shares is not even initialised."""
    code = "from signals import nlp; nlp.keywords('报案', 1); import jieba; print(jieba.dt.initialized)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


def test_the_dictionary_tells_words_from_names():
    """Words come with their part of speech."""
    tags = dict(nlp.dictionary_words())
    assert tags["北京"] == "ns"
    assert tags["报案"] == "n"


def test_praise_scores_above_complaint():
    """SnowNLP's answer is a probability of being positive."""
    assert nlp.snownlp_sentiment("服务很好,非常满意") > nlp.snownlp_sentiment("太差了,骗子,垃圾")


def test_its_classifier_can_be_taught_saved_and_read(tmp_path: Path):
    """Retrained on a handful of rows it follows them, and a saved one answers as before."""
    cutter = nlp.SnowSentiment()
    rows = [
        ("平台逾期失联", False),
        ("投资人报案逾期", False),
        ("平稳运行回款", True),
        ("按时回款放心", True),
    ]
    taught = nlp.SnowSentiment((cutter.words(text), positive) for text, positive in rows)
    bad, good = cutter.words("逾期失联报案"), cutter.words("平稳回款")
    assert taught.positive(bad) < 0.5 < taught.positive(good)
    taught.save(tmp_path / "model")
    assert nlp.SnowSentiment(path=tmp_path / "model").positive(bad) == taught.positive(bad)


def test_its_classifier_as_shipped_is_what_the_column_shows():
    """Cutting once and judging the words gives the same as judging the text."""
    text = "服务很好,非常满意"
    shipped = nlp.SnowSentiment()
    assert shipped.positive(shipped.words(text)) == nlp.snownlp_sentiment(text)


@pytest.mark.parametrize("text", ["", " ", "\n\t"])
def test_nothing_to_read_is_unknown_not_neutral(text: str):
    """Missing is NaN, never 0.5."""
    assert math.isnan(nlp.snownlp_sentiment(text))


def test_threads_get_the_same_answers():
    """Concurrent first use and later use agree with one after the other."""
    texts = [f"第{i}家平台逾期,投资人报案" for i in range(20)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda text: (nlp.cut(text), nlp.keywords(text, 3)), texts))
    assert together == [(nlp.cut(text), nlp.keywords(text, 3)) for text in texts]


@settings(deadline=None, max_examples=50)
@given(ANY_TEXT)
def test_no_text_is_refused(text: str):
    """Emoji, control characters and surrogate halves never raise, and a sentiment is a probability or NaN."""
    nlp.cut(text)
    nlp.keywords(text, 3)
    value = nlp.snownlp_sentiment(text)
    assert math.isnan(value) or 0 <= value <= 1
