"""Near-duplicates: copies meet in a band and are confirmed, different stories are not."""

from __future__ import annotations

import csv
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.articles import DIFFERENT, EDITS, FILLERS, article
from bench.stories import clustered, found_copies, merged_pairs, reposts
from signals.stories import BANDS, SHORT, band_keys, essence, same_story


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("sentences", [3, 8, 20])
def test_copies_are_recalled(edit: str, sentences: int) -> None:
    """At least 95 of 100 copies share a band with their original and are confirmed as the same story."""
    rng = random.Random(11)
    originals = [article(rng, sentences=sentences) for _ in range(100)]
    assert sum(found_copies(EDITS[edit], originals, rng)) >= 95


@pytest.mark.parametrize("edit", EDITS)
def test_copies_of_real_texts_are_recalled(shared: Path, edit: str) -> None:
    """The same on posts and news of more than a headline's length, as people wrote them."""
    rng = random.Random(5)
    with (shared / "finneg_dev.csv").open(encoding="utf-8-sig", newline="") as handle:
        texts = [row["text"] for row in csv.DictReader(handle)]
    originals = rng.sample([text for text in texts if len(essence(text)) > SHORT], 300)
    assert sum(found_copies(EDITS[edit], originals, rng)) >= 285


@pytest.mark.parametrize("sort", DIFFERENT)
def test_different_articles_are_not_merged(sort: str) -> None:
    """Of 1,000 pairs on one subject, of one form or of one series at most one is taken for copies."""
    rng = random.Random(5)
    merged, pairs = merged_pairs(DIFFERENT[sort](rng, 60))
    assert merged <= pairs / 1000


def test_forty_reposts_stay_one_story_each() -> None:
    """Copies that arrive mixed join through the newest copy: few fall out, and no story swallows another."""
    rng = random.Random(2)
    originals = DIFFERENT["one platform"](rng, 10)
    batches = [reposts(text, rng, 40, drift=False) for text in originals]
    mixed = [(at, text) for step in zip(*batches, strict=True) for at, text in enumerate(step)]
    stories = clustered([text for _, text in mixed])
    assert stories[:10] == list(range(10))
    apart = sum(story != at for (at, _), story in zip(mixed, stories, strict=True))
    assert apart <= len(mixed) * 0.05


def test_a_copy_of_a_copy_still_belongs() -> None:
    """Forty times copied from the last copy, two percent changed each time: one story."""
    rng = random.Random(4)
    chain = reposts(article(rng, sentences=12), rng, 40, drift=True)
    assert set(clustered(chain)) == {0}


def test_forms_filled_in_differently_are_other_stories() -> None:
    """A daily data report with other numbers is no copy of yesterday's."""
    form = "{}网贷日报：今日成交{}万元，利率{}%，期限{}个月，较上一交易日的{}万元变动{}万元，投资人数{}人。"
    assert not same_story(
        form.format(1, 820, 9.4, 12, 790, 30, 311), form.format(2, 655, 8.8, 6, 702, 47, 204)
    )


def test_headlines_need_the_same_name() -> None:
    """Two short headlines of one pattern about two platforms are two stories."""
    assert not same_story("云帆钱庄宣布良性退出", "麦穗理财宣布良性退出")
    assert same_story("云帆钱庄宣布良性退出！", "云帆钱庄：宣布良性退出")


def test_a_headline_wrapped_by_a_site_is_the_same_headline() -> None:
    """What a site says of itself is no content, however short the rest is."""
    plain = "云帆钱庄宣布良性退出，将分六期兑付"
    wrapped = f"【快讯】{plain}（来源：示例财经 责任编辑：小编）"
    assert set(band_keys(plain)) & set(band_keys(wrapped))
    assert same_story(plain, wrapped)


def test_a_denial_is_no_copy_of_the_rumour() -> None:
    """It contains the rumour's every word and means the opposite."""
    assert not same_story("网传云帆钱庄提现困难老板失联", "网传云帆钱庄提现困难老板失联不属实")


def test_one_name_exchanged_in_a_notice_makes_another_story() -> None:
    """A form of 200 characters about another company is no copy, though 98 % of it are the same."""
    form = (
        "经查，{}在开展业务中存在未按规定进行信息披露的行为，违反了有关管理办法，现决定责令其改正并提交书面报告。"
        * 2
    )
    one, two = form.format("云帆财富", "云帆财富"), form.format("海螺财富", "海螺财富")
    assert not same_story(one, two)
    assert same_story(one, EDITS["2 % changed"](one, random.Random(1)))


def test_keys_fit_the_database() -> None:
    """A fixed number of signed 64-bit integers."""
    keys = band_keys("云帆钱庄宣布良性退出")
    assert len(keys) == BANDS
    assert all(-(2**63) <= key < 2**63 for key in keys)


def test_keys_are_the_same_in_every_process() -> None:
    """Keys are stored: another interpreter with another hash seed computes the same."""
    code = "from signals.stories import band_keys; print(band_keys('云帆钱庄宣布良性退出'))"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "3"}
    )
    assert run.stdout.strip() == str(band_keys("云帆钱庄宣布良性退出"))


@given(st.text(alphabet=st.characters(), max_size=80), st.text(alphabet=st.characters(), max_size=80))
def test_no_text_raises_and_the_relation_is_symmetric(a: str, b: str) -> None:
    """Empty, symbols only, surrogate halves: keys exist, and a is b's story exactly if b is a's."""
    assert len(band_keys(a)) == BANDS
    assert same_story(a, b) == same_story(b, a)
    assert same_story(a, a)


def test_a_megabyte_is_hashed() -> None:
    """Long documents are thinned, and a copy with another ending still meets its original."""
    rng = random.Random(2)
    long = "".join(rng.choice(FILLERS) for _ in range(300_000))
    assert set(band_keys(long)) & set(band_keys(long + "（完）"))
