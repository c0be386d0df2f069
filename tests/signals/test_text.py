"""Folding and sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signals.text import Reading, fold, sentences, unspaced


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("ＡＢＣ　１２３", "abc 123"),
        ("無法提現，老闆跑路", "无法提现,老板跑路"),
        ("е租宝", "e租宝"),  # a Cyrillic е
        ("ⓔ租宝 ①", "e租宝 1"),
        ("唐小憎", "唐小僧"),
        ("𝐞租宝", "e租宝"),
        ("", ""),
    ],
)
def test_fold(written: str, folded: str) -> None:
    """Width, case, script and look-alike letters are undone."""
    assert fold(written) == folded


@given(st.text(alphabet=st.characters()))
def test_fold_keeps_length(text: str) -> None:
    """Offset i of the folded text is offset i of the text, whatever it holds, and folding again changes nothing."""
    assert len(fold(text)) == len(text)
    assert fold(fold(text)) == fold(text)


def test_fold_survives_surrogate_halves() -> None:
    """A lone surrogate becomes the replacement character, so that every library below takes the text."""
    assert fold("a\ud800b") == "a\ufffdb"


@given(st.text(alphabet=st.sampled_from("平台跑路。！？;；…\n.” a3")))
def test_sentences_cover_the_text(text: str) -> None:
    """Sentences follow one another without gaps from the first character to the last."""
    spans = sentences(text)
    assert "".join(text[start:end] for start, end in spans) == text
    assert all(start < end for start, end in spans)


def test_sentence_borders() -> None:
    """Marks with their closing quotes and line breaks end a sentence; a decimal point does not."""
    text = "他说：“跑路了！”涉案3.5亿元。\n后续"
    assert [text[a:b] for a, b in sentences(text)] == ["他说：“跑路了！”", "涉案3.5亿元。\n", "后续"]


def test_full_stop_before_chinese_ends_a_sentence() -> None:
    """Hurried writers use an ASCII full stop; in numbers and addresses it stays inside."""
    text = "跑路了.还我钱 www.example.cn"
    assert [text[a:b] for a, b in sentences(text)] == ["跑路了.", "还我钱 www.example.cn"]


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("被 e 租 宝 骗了", "被e租宝骗了"),
        ("e\u200b租\u200b宝", "e租宝"),
        ("360 借条", "360借条"),
        ("提.现.困.难", "提现困难"),
    ],
)
def test_unspaced(written: str, plain: str) -> None:
    """Names pulled apart are put together again, with the way back to the original offsets."""
    found = unspaced(written)
    assert found is not None
    assert found[0] == plain
    assert "".join(written[at] for at in found[1]) == plain


@pytest.mark.parametrize("text", ["大涨 上下 跌", "a b c d", "2018-7-2", "", "   ", "正常的一句话。"])
def test_unspaced_leaves_ordinary_text(text: str) -> None:
    """Words set apart, letters and dates are no evasions."""
    assert unspaced(text) is None


def test_reading_maps_back_to_parts() -> None:
    """An offset of the folded whole comes back as a span of the part it lies in, fillers included."""
    reading = Reading.of("题目", "看 e 租 宝 跑了", "某平台")
    start = reading.folded.index("e租宝")
    span = reading.span(start, start + 3, "x")
    assert (span.part, "看 e 租 宝 跑了"[span.start : span.end]) == ("text", "e 租 宝")
    last = reading.folded.index("某平台")
    assert reading.span(last, last + 3, "x").part == reading.part(last) == "subject"
    assert reading.part(0) == "title"


@given(st.text(st.characters(codec=None), max_size=40))
def test_short_and_long_texts_fold_alike(text: str) -> None:
    """A piece is folded in another way than a whole; nobody can tell."""
    assert fold(text) == fold(text + "x" * 100)[: len(text)]
