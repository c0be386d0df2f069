"""Discovery of names that nobody watches, with the weights in the repository."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from settings.models import Platform
from signals.discovery import MOST_SPOTS, READ, WEIGHTS, Discoverer, Discovery, DiscoveryError
from signals.discovery_spans import LONGEST, key_of, lay_out, spans
from signals.linking import Linker
from signals.names import watch_list_entry
from signals.text import Reading

ROOT = Path(__file__).parents[2]
ANY_TEXT = st.text(st.characters(codec=None), max_size=200)

QUESTION = "霜月优投靠谱吗？霜月优投平台是不是骗局？最近霜月优投无法提现，客服失联，投资人已报案。"
NOTICE = "【曝光】青藤理财通涉嫌传销，青藤理财通app已经打不开，参与青藤理财通的会员血本无归。"
WEATHER = "今天下午有小雨，气温下降，请市民出门带伞，注意交通安全。"


@pytest.fixture(scope="module")
def discoverer() -> Discoverer:
    """The weights in the repository."""
    return Discoverer.load()


def find(discoverer: Discoverer, text: str, title: str = "") -> list[Discovery]:
    return discoverer.find([Reading.of(title, text)])[0]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (QUESTION, "霜月优投"),
        (NOTICE, "青藤理财通"),
        ("云帆币是什么？云帆币怎么赚钱？云帆币交易所今日上线，注册送云帆币。", "云帆币"),
        ("星禾财富官网：星禾财富是一家互联网金融平台，星禾财富年化收益12%，星禾财富安全吗", "星禾财富"),
        ("tqfx外汇平台亏损怎么办？tqfx正规吗？在tqfx被骗如何追回", "tqfx"),
    ],
)
def test_a_new_platform_is_found(discoverer: Discoverer, text: str, name: str):
    """Invented names in the surroundings that platforms, coins and schemes stand in."""
    assert find(discoverer, text)[0].name == name


def test_a_text_about_nobody_brings_nothing(discoverer: Discoverer):
    """No platform, no discovery; neither from nothing at all."""
    assert (
        discoverer.find([Reading.of("", text) for text in (WEATHER, "", " \n", "😀😀", "。，！")]) == [[]] * 5
    )


def test_places_and_name_are_those_of_the_text(discoverer: Discoverer):
    """Offsets point into the folded text; the name is written as the text writes it."""
    reading = Reading.of("", QUESTION.replace("霜月优投", "ＡＢ霜月优投"))
    (found,) = [one for one in discoverer.find([reading])[0] if "霜月" in one.name]
    assert found.name.startswith("Ａ") or found.name == "霜月优投"
    assert len({reading.folded[start:end] for start, end in found.at}) == 1
    assert reading.raw[slice(*reading.whole(*found.at[0]))] == found.name


def test_a_name_pulled_apart_is_read_as_one(discoverer: Discoverer):
    """Blanks between the characters of a name: found, and quoted as written."""
    found = find(discoverer, QUESTION.replace("霜月优投", "霜 月 优 投"))
    assert [one.name.replace(" ", "") for one in found][:1] == ["霜月优投"]


def test_the_title_counts(discoverer: Discoverer):
    """A name that stands in the title and in the text is found in both."""
    reading = Reading.of("霜月优投疑似跑路", QUESTION)
    found = discoverer.find([reading])[0][0]
    assert {reading.part(start) for start, _ in found.at} == {"title", "text"}


def test_a_watched_name_is_not_proposed_again(discoverer: Discoverer):
    """Neither the taken name itself, nor one inside it, around it or across its edge."""
    reading = Reading.of("", QUESTION)
    at = discoverer.find([reading])[0][0].at
    for shift, width in ((0, 0), (1, -1), (-1, 1), (2, 2)):
        taken = [(max(0, start + shift), end + shift + width) for start, end in at]
        names = [one.name for one in discoverer.find([reading], [taken])[0]]
        assert not any("霜月" in name for name in names)


def test_the_linker_says_what_is_taken(discoverer: Discoverer):
    """The spans of a linked platform are left out; the other name of the text stays."""
    reading = Reading.of("", NOTICE + QUESTION)
    linked = Linker([watch_list_entry("a", "霜月优投", "网贷")]).find(reading)
    taken = [spot for one in linked for spot in one.at]
    names = [one.name for one in discoverer.find([reading], [taken])[0]]
    assert "霜月优投" not in names
    assert "青藤理财通" in names


def test_kept_names_do_not_nest(discoverer: Discoverer):
    """Of a name and a longer one around it only one is proposed."""
    everything = replace(discoverer, threshold=0.0)
    names = [one.name for one in find(everything, QUESTION)]
    assert not any(a in b for a in names for b in names if a is not b)


def test_the_surest_comes_first(discoverer: Discoverer):
    """Sorted by confidence, each at least the confidence that ships."""
    found = [one.confidence for one in find(discoverer, NOTICE + QUESTION)]
    assert found == sorted(found, reverse=True)
    assert all(discoverer.threshold <= confidence <= 1 for confidence in found)


def test_a_discovery_becomes_a_watch_list_entry(discoverer: Discoverer):
    """One click makes a platform of a found name, and the linker then finds it in the text that brought it."""
    for text in (QUESTION, NOTICE, "tqfx外汇平台亏损怎么办？tqfx正规吗？在tqfx被骗如何追回"):
        name = find(discoverer, text)[0].name
        platform = watch_list_entry("p", name, "网贷")
        assert isinstance(platform, Platform)
        assert [link.platform_id for link in Linker([platform]).link("", text)] == ["p"]


def test_a_text_is_judged_alone(discoverer: Discoverer):
    """Neighbours in a batch never leak into a text, whatever the size of the batch."""
    texts = [QUESTION, NOTICE, "", "😀", WEATHER, "云帆币" * 80] * 130
    together = discoverer.find([Reading.of("", text) for text in texts])
    for text, found in list(zip(texts, together, strict=True))[:6]:
        assert found == find(discoverer, text)


def test_a_megabyte_is_read(discoverer: Discoverer):
    """The beginning of a huge text is read, in whatever script and without any mark."""
    found = find(discoverer, QUESTION + WEATHER * 40_000 + QUESTION * 1000)
    assert found[0].name == "霜月优投"
    assert found[0].at[0][0] < READ < found[0].at[-1][0]
    assert len(found[0].at) == MOST_SPOTS
    for text in ("平台" * 500_000, "a" * 1_000_000, "。" * 1_000_000, "\ud800" * 1_000_000, "1" * 1_000_000):
        find(discoverer, text)


@settings(deadline=None, max_examples=150)
@given(
    st.lists(
        st.tuples(ANY_TEXT, ANY_TEXT, st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)))), max_size=4
    )
)
def test_any_text_is_read(discoverer: Discoverer, rows):
    """Emoji, control characters, surrogate halves, odd spans: names of the text, confidences in 0..1, no error."""
    readings = [Reading.of(title, text) for title, text, _ in rows]
    everything = replace(discoverer, threshold=0.0)
    for reading, found in zip(
        readings, everything.find(readings, [taken for *_, taken in rows]), strict=True
    ):
        for one in found:
            assert 0 <= one.confidence <= 1
            assert all(0 <= start < end <= len(reading.folded) for start, end in one.at)
            assert one.name in reading.raw


@settings(deadline=None, max_examples=100)
@given(st.lists(st.text("甲乙平台贷ab1 ，。·😀", max_size=40), min_size=1, max_size=4))
def test_spans_are_stretches_of_their_text(texts: list[str]):
    """Every span lies in its own text and has the key of its characters; no text reaches into another."""
    batch = lay_out(texts, np.array([0], np.uint32))
    found = spans(batch)
    start, end = found.start - batch.starts[found.document], found.end - batch.starts[found.document]
    own = [
        texts[k][a:b] for k, a, b in zip(found.document.tolist(), start.tolist(), end.tolist(), strict=True)
    ]
    assert all(2 <= len(text) <= LONGEST for text in own)
    np.testing.assert_array_equal(batch.keys(found.start, found.end), key_of(own))


def test_answers_are_the_same_in_another_process(discoverer: Discoverer):
    """No hash seed, locale or start order changes a confidence."""
    code = (
        "import sys; from signals.discovery import Discoverer; from signals.text import Reading;"
        "print(repr(Discoverer.load().find([Reading.of('', sys.argv[1])])))"
    )
    command = [sys.executable, "-X", "utf8", "-c", code, QUESTION]
    out = subprocess.run(
        command, cwd=ROOT, env={"PYTHONHASHSEED": "7"}, capture_output=True, text=True, check=True
    )
    assert out.stdout.strip() == repr([find(discoverer, QUESTION)])


def test_no_training_library_is_needed():
    """What trains the weights is not imported to read them."""
    code = (
        "import sys; from signals.discovery import Discoverer; from signals.text import Reading;"
        "Discoverer.load().find([Reading.of('', '霜月优投靠谱吗')]);"
        "print({'sklearn', 'scipy', 'torch', 'lightgbm', 'pycrfsuite', 'pandas', 'jieba'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


def test_the_weights_are_small():
    """The file that ships stays under 8 MB."""
    assert WEIGHTS.stat().st_size < 8_000_000


def test_the_version_names_the_weights(discoverer: Discoverer):
    """It fits the column that stores it, and the card names it."""
    assert 0 < len(discoverer.version) <= 40
    assert discoverer.version in WEIGHTS.with_name("DISCOVERY_CARD.md").read_text(encoding="utf-8")


def test_saving_and_loading_keeps_every_answer(discoverer: Discoverer, tmp_path: Path):
    """The file holds all that the model needs."""
    discoverer.save(tmp_path / "copy.npz")
    copy = Discoverer.load(tmp_path / "copy.npz")
    assert find(copy, QUESTION + NOTICE) == find(discoverer, QUESTION + NOTICE)
    assert (copy.version, copy.threshold) == (discoverer.version, discoverer.threshold)


@pytest.mark.parametrize("content", [None, b"", b"not an archive", b"PK\x03\x04 torn"])
def test_unreadable_weights_are_named(tmp_path: Path, content: bytes | None):
    """A missing or damaged file gives an error that names it and the remedy."""
    path = tmp_path / "discovery.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DiscoveryError, match=r"discovery\.npz") as raised:
        Discoverer.load(path)
    assert "training.train_discovery" in str(raised.value)
