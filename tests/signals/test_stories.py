"""Near-duplicates: copies meet in a band and are confirmed, different stories are not."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signals.stories import BANDS, band_keys, same_story

PLACES = ["杭州", "深圳", "成都", "武汉", "青岛", "长沙", "厦门", "西安", "苏州", "郑州"]
NAMES = [
    "云帆钱庄",
    "麦穗理财",
    "金桥速贷",
    "蓝鲸宝",
    "星河普惠",
    "橙子分期",
    "海螺财富",
    "松果金服",
    "青藤贷",
    "木棉宝",
]
OPENINGS = [
    "据本报记者了解",
    "记者从多名投资人处获悉",
    "当地金融监管部门通报",
    "一份流传的公告显示",
    "多位业内人士向记者证实",
]
FACTS = [
    "旗下三款定期产品到期后未能如约回款",
    "公司总部前台已无人办公，物业称房租拖欠两个月",
    "平台宣布调整提现规则，单日额度降为五千元",
    "主要资金方在本月初终止了联合放款协议",
    "客服表示系统升级导致到账延迟，预计下周恢复",
    "实际控制人名下多处房产被司法查封",
    "今年一季度新增借款余额环比下降四成",
    "有用户发现合同中的出借方与宣传页面并不一致",
    "合作商户反映货款结算周期从三天延长到三十天",
    "公司随后发布声明称经营一切正常，将追究造谣者责任",
    "出借人代表已经向所在地派出所递交材料",
    "其运营主体去年曾因年报信息不实被列入异常名录",
    "公开资料显示该公司成立于十年前，注册资本五千万元",
    "评级机构同日下调了相关资产支持证券的展望",
    "律师认为是否构成违约还要看补充协议的约定",
]
FILLERS = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会"


def story(rng: random.Random) -> str:
    """A news item of about 200 characters."""
    head = f"{rng.choice(OPENINGS)}，{rng.choice(PLACES)}平台{rng.choice(NAMES)}近期引发关注。"
    return head + "。".join(rng.sample(FACTS, 6)) + "。"


def edited(text: str, rng: random.Random) -> str:
    """Two percent of the characters dropped, replaced or inserted."""
    out = []
    for char in text:
        draw = rng.random()
        if draw > 0.007:
            out.append(rng.choice(FILLERS) if draw < 0.014 else char)
        if draw > 0.993:
            out.append(rng.choice(FILLERS))
    return "".join(out)


def cut(text: str, _: random.Random) -> str:
    """The first four fifths."""
    return text[: len(text) * 4 // 5]


def wrapped(text: str, _: random.Random) -> str:
    """With a source line before and a disclaimer after."""
    return f"【快讯】某某财经网消息：{text}（责任编辑：小编）声明：转载请注明出处。"


def cut_and_wrapped(text: str, rng: random.Random) -> str:
    """Both."""
    return wrapped(cut(text, rng), rng)


EDITS = [edited, cut, wrapped, cut_and_wrapped]


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: str(edit.__name__))
def test_copies_are_recalled(edit: Callable[[str, random.Random], str]) -> None:
    """At least 95 of 100 copies share a band with their original and are confirmed as the same story."""
    rng = random.Random(11)
    found = 0
    for _ in range(200):
        original = story(rng)
        copy = edit(original, rng)
        found += bool(set(band_keys(original)) & set(band_keys(copy))) and same_story(original, copy)
    assert found >= 190


def test_other_stories_are_not_merged() -> None:
    """Stories that share sentences of agency boilerplate but tell other facts stay apart."""
    rng = random.Random(5)
    stories = [story(rng) for _ in range(120)]
    pairs = [(a, b) for i, a in enumerate(stories) for b in stories[:i]]
    merged = sum(bool(set(band_keys(a)) & set(band_keys(b))) and same_story(a, b) for a, b in pairs)
    assert merged <= len(pairs) / 1000


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
