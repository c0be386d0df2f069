"""Masking: private numbers go, everything else stays. All numbers here are made up by formula."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signals.privacy import mask

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def identity(rng: random.Random) -> str:
    """An identity number with a right check digit and no owner: region 990000 is not assigned."""
    body = f"990000{rng.randint(1950, 2009)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}{rng.randint(0, 999):03}"
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, WEIGHTS, strict=True)) % 11]


def card(rng: random.Random) -> str:
    """A bank card number with a right Luhn digit."""
    body = "622999" + "".join(str(rng.randint(0, 9)) for _ in range(12))
    doubled = [int(d) * 2 for d in body[::-2]]
    total = sum(d - 9 * (d > 9) for d in doubled) + sum(int(d) for d in body[-2::-2])
    return body + str(-total % 10)


def mobile(rng: random.Random) -> str:
    """A mobile number."""
    return f"1{rng.choice('3456789')}{rng.randint(0, 999_999_999):09}"


def private(rng: random.Random) -> list[str]:
    """One of every kind that must go, in several writings."""
    number = mobile(rng)
    digits = card(rng)
    return [
        number,
        f"{number[:3]} {number[3:7]} {number[7:]}",
        f"{number[:3]}-{number[3:7]}-{number[7:]}",
        f"+86 {number}",
        "".join(chr(ord(digit) + 0xFEE0) for digit in number),
        f"010-{rng.randint(20_000_000, 89_999_999)}",
        f"(0571) {rng.randint(20_000_000, 89_999_999)}",
        identity(rng),
        identity(rng).lower(),
        digits,
        " ".join(digits[i : i + 4] for i in range(0, 19, 4)),
        f"user{rng.randint(1, 999)}@mail.example.com",
    ]


def test_recall_on_constructed_texts() -> None:
    """At least 99 of 100 private numbers in running text are masked: their middle digits are gone."""
    rng = random.Random(7)
    samples = [one for _ in range(100) for one in private(rng)]
    missed = [one for one in samples if one in mask(f"本人投诉，请联系{one}，谢谢。")]
    assert len(missed) <= len(samples) / 100, missed[:5]


KEPT = [
    "罚款13800000元",
    "涉案金额13812345678.90元",
    "投诉编号17351050542",
    "投诉单号：17351050542",
    "订单号 13800138000",
    "京银罚决字〔2024〕12号",
    "发布于2024-01-15 10:30:59",
    "统一社会信用代码91110108MA01ABCD2X",
    "客服热线95188、400-123-4567、12378",
    "股票代码600000、000001",
    "年化利率36.00%，期限12个月",
    "共1234567890123456人次",
    "微博@某某财经",
    "批次号202401150001234567",
]


@pytest.mark.parametrize("text", KEPT)
def test_no_false_masking(text: str) -> None:
    """Amounts, dates, document and complaint numbers, hotlines and codes survive."""
    assert mask(text) == text


def test_wrong_check_digits_survive() -> None:
    """18 digits that are no identity number and 19 that are no card stay readable."""
    assert mask("流水990000199013281234") == "流水990000199013281234"
    assert mask("号码6229990000000000003") == "号码6229990000000000003"


def test_what_stays_visible() -> None:
    """Enough remains for its owner to recognise it: 3 + 4 digits of a mobile, the domain of an address."""
    assert mask("13812345678") == "138****5678"
    assert mask("zhang@example.com") == "z****@example.com"


@given(st.text(alphabet=st.characters(), max_size=60), st.integers(0, 99))
def test_length_kept_and_idempotent(text: str, seed: int) -> None:
    """Offsets taken before masking stay right, and masking twice is masking once; no text raises."""
    noisy = text + random.Random(seed).choice(private(random.Random(seed)))
    once = mask(noisy)
    assert len(once) == len(noisy)
    assert mask(once) == once
