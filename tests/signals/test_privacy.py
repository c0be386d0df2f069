"""Masking: private items go, everything else stays. All numbers here are made up by formula (bench/personal.py)."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.personal import INNOCENT, PRIVATE, STRUCTURED, context, hides
from bench.privacy import false_masking, recall
from signals.privacy import discreet, mask

seeds = st.integers(0, 2**32)


@pytest.mark.parametrize("kind", PRIVATE)
def test_recall_on_constructed_texts(kind: str) -> None:
    """99 of 100 numbers of every class, and 95 of 100 addresses, accounts and names, are masked in running text."""
    share, missed = recall(kind, PRIVATE[kind], random.Random(7), 500)
    assert share >= (0.99 if kind in STRUCTURED else 0.95), missed[:5]


@pytest.mark.parametrize("kind", INNOCENT)
def test_false_masking_on_constructed_texts(kind: str) -> None:
    """At most one in a thousand texts without anything personal is touched."""
    share, changed = false_masking(INNOCENT[kind], random.Random(9), 1000)
    assert share <= 0.001, changed[:5]


@given(seeds, st.sampled_from(sorted(STRUCTURED)))
def test_a_number_is_masked_wherever_it_stands(seed: int, kind: str) -> None:
    """Any number of a person, in any context: hidden."""
    rng = random.Random(seed)
    item = PRIVATE[kind](rng)
    text, start = context(rng, item)
    assert hides(kind, item, mask(text)[start : start + len(item)]), text


@given(seeds, st.sampled_from(sorted(set(INNOCENT) - {"order, complaint number", "credit code"})))
def test_an_innocent_item_survives_wherever_it_stands(seed: int, kind: str) -> None:
    """Any amount, date, document number, URL, code, office or talk of accounts, in any context: untouched."""
    rng = random.Random(seed)
    text, _ = context(rng, INNOCENT[kind](rng))
    assert mask(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "罚款13800000元",
        "涉案金额13812345678.90元",
        "投诉编号17351050542",
        "投诉单号：17351050542",
        '{"sn":"17351050542","url":"https://tousu.example.com/17351050542"}',
        "详见https://tousu.example.com/complaint/view/17351050542/",
        "订单号 13800138000",
        "京银罚决字〔2024〕12号",
        "发布于2024-01-15 10:30:59",
        "统一社会信用代码91110108MA01ABCD2X",
        "客服热线95188、400-123-4567、12378",
        "股票代码600000、000001，A股12345手",
        "年化利率36.00%，期限12个月",
        "共1234567890123456人次",
        "微博@某某财经",
        "批次号202401150001234567",
        "浙江省杭州市西湖区多家平台出险",
        "注册地址：上海市浦东新区世纪大道100号20层2001室",
        "关注微信公众号shili_caijing88",
        "二〇一八年七月十六日，一九九八年成立",
        "型号川K12345",
        "最新A12345批次",
    ],
)
def test_no_false_masking(text: str) -> None:
    """Amounts, dates, document and complaint numbers, hotlines, codes, offices and districts survive."""
    assert mask(text) == text


def test_wrong_check_digits_survive() -> None:
    """18 digits that are no identity number and 19 that are no card stay readable."""
    assert mask("流水990000199013281234") == "流水990000199013281234"
    assert mask("号码6229990000000000003") == "号码6229990000000000003"


def test_what_is_called_an_identity_card_is_masked_unchecked() -> None:
    """身份证号 says what follows: a typing error in it makes it no less personal, nor do 15 digits."""
    assert mask("身份证号：990000199001011239") == "身份证号：99****************"
    assert mask("身份证990000900101123") == "身份证99*************"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("13812345678", "138****5678"),
        ("1 3 8 - 1 2 3 4 - 5 6 7 8", "1 3 8 - * * * * - 5 6 7 8"),
        ("138\u200b1234\u200b5678", "138\u200b****\u200b5678"),
        ("幺三八一二三四五六七八", "幺三八****五六七八"),
        ("zhang@example.com", "z****@example.com"),
        ("京A·12345", "京A·*****"),
        ("沪AD12345", "沪A******"),
        ("微信：abc_123", "微信：a******"),
        ("QQ群 123456789", "QQ群 1********"),
        ("家住杭州市西湖区文昌路138号5幢301室。", "家住杭州市西湖区*************。"),
        ("我在文昌路138号5幢301室等", "我在*************等"),
        ("护照号：E12345678", "护照号：E********"),
        ("本人姓名：张明远，", "本人姓名：张**，"),
    ],
)
def test_what_stays_visible(text: str, masked: str) -> None:
    """Enough remains for its owner to recognise it, and a district for the statistics."""
    assert mask(text) == masked


@given(st.text(alphabet=st.characters(), max_size=60), seeds, st.sampled_from(sorted(PRIVATE)))
def test_length_kept_and_idempotent(text: str, seed: int, kind: str) -> None:
    """Offsets taken before masking stay right, and masking twice is masking once; no text raises."""
    noisy = text + PRIVATE[kind](random.Random(seed))
    once = mask(noisy)
    assert len(once) == len(noisy)
    assert mask(once) == once


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "piece",
    ["1", "1-", "路", "路1号", "微信", "姓名：", "地址：", "a@", "一", "12室", "http://", "京A", "\u200b1"],
)
def test_long_repetitions_cost_linear_time(piece: str) -> None:
    """200,000 characters of whatever a pattern begins with are read in seconds: no pattern runs back and forth."""
    mask(piece * (200_000 // len(piece)))


def test_a_message_shows_no_key_of_an_address() -> None:
    """Keys, tokens and signatures inside running text are starred out; the rest of the address stays."""
    told = discreet("https://rss.example/x?key=S3CRET&page=2：网站出错（HTTP 503），请联系13912345678")
    assert "S3CRET" not in told
    assert "13912345678" not in told
    assert told.startswith("https://rss.example/x?key=***&page=2：网站出错")
