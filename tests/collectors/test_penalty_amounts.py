"""Fines and confiscations in the words of penalties, in whatever way they are written."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.parse import BadAmount, parse_amount
from collectors.penalties import Amounts, penalty_amounts

DIGITS = "零一二三四五六七八九"
CAPITALS = str.maketrans("一二三四五六七八九十百千", "壹贰叁肆伍陆柒捌玖拾佰仟")
FULL_WIDTH = str.maketrans("0123456789.,", "０１２３４５６７８９．，")


def section(number: int) -> str:
    """1..9999 as it is said: 3005 -> 三千零五."""
    said, gap = "", False
    for unit, word in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            said += ("零" if gap and said else "") + DIGITS[digit] + word
        gap = not digit
    return said


def spoken(number: int) -> str:
    """A whole number in Chinese: 120030000 -> 一亿二千零三万."""
    said = ""
    for unit, word in ((10**8, "亿"), (10**4, "万"), (1, "")):
        part = number // unit % 10**4
        if part:
            said += ("零" if said and part < 1000 else "") + section(part) + word
    return said


def plain(number: Decimal) -> str:
    """Without an exponent and without needless zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


yuan = st.integers(1, 99_999_999).map(lambda cents: Decimal(cents) / 100) | st.integers(1, 10**11).map(
    Decimal
)


@st.composite
def written(draw: st.DrawFn) -> tuple[str, Decimal]:
    """An amount, and one of the ways in which authorities write it."""
    number = draw(yuan)
    forms = [
        f"{plain(number)}元",
        f"{number:,.2f}元",
        f"{plain(number / 10**4)}万元",
        f"人民币{plain(number / 10**4)}万元",
        f"{plain(number / 10**8)}亿元",
        f"{plain(number)}元整".translate(FULL_WIDTH),
        " ".join(f"{plain(number / 10**4)}万元"),
    ]
    if number == int(number):
        forms += [f"{spoken(int(number))}元", f"人民币{spoken(int(number)).translate(CAPITALS)}元整"]
    else:
        tenths, hundredths = int(number * 10) % 10, int(number * 100) % 10
        small = (f"{DIGITS[tenths]}角" if tenths else "零") + (
            f"{DIGITS[hundredths]}分" if hundredths else ""
        )
        forms.append(f"{spoken(int(number)) or '零'}元{small}".translate(CAPITALS))
    return draw(st.sampled_from(forms)), number


@given(
    written(),
    st.sampled_from(["罚款{}", "警告并罚款{}", "给予警告，并处{}罚款", "处以罚款{}。", "责令改正；罚款{}"]),
)
def test_a_fine_is_read_back(amount: tuple[str, Decimal], words: str) -> None:
    """Any amount in any way of writing comes back to the fen, whatever stands around it."""
    text, number = amount
    assert penalty_amounts(words.format(text)) == Amounts(number, None)


@given(written(), written())
def test_fine_and_confiscation_are_told_apart(taken: tuple[str, Decimal], fined: tuple[str, Decimal]) -> None:
    """What was unlawfully gained is no fine, and the sum of both is neither."""
    total = plain((taken[1] + fined[1]) / 10**4)
    text = f"警告，没收违法所得{taken[0]}，并处罚款{fined[0]}，罚没合计{total}万元"
    assert penalty_amounts(text) == Amounts(fined[1], taken[1])


@given(st.lists(st.integers(1, 900), min_size=2, max_size=6), st.sampled_from("，、；"))
def test_a_sum_is_not_added_to_its_parts(parts: list[int], mark: str) -> None:
    """合计罚款96万元，其中总公司36万元、分支机构60万元 is 96, not 192, whatever parts the parts."""
    named = mark.join(f"第{DIGITS[place + 1]}分公司{part}万元" for place, part in enumerate(parts))
    expected = Amounts(Decimal(sum(parts) * 10**4), None)
    assert penalty_amounts(f"合计罚款{sum(parts)}万元，其中，{named}。") == expected
    assert penalty_amounts(f"罚款合计{sum(parts)}万元（其中{named}）") == expected


@given(st.integers(1, 10**9))
def test_spoken_numbers_are_read_back(number: int) -> None:
    """Every whole number that can be said is understood, also by the rule of source.toml."""
    assert parse_amount(f"{spoken(number)}元") == number


@pytest.mark.parametrize(
    "text", ["二百五万元", "一千五元", "三万五", "二百百元", "2万1万元", "9" * 30 + "元", "一" * 30]
)
def test_an_amount_with_two_meanings_is_refused(text: str) -> None:
    """二百五万 is 205 or 250: nobody can say, so it is no amount. Nor is a number that nobody counts."""
    with pytest.raises(BadAmount):
        parse_amount(text)


@pytest.mark.parametrize("text", ["5千元", "五千元", "3万5千元", "五〇〇〇元", "50百元"])
def test_short_forms_are_amounts(text: str) -> None:
    """千 behind digits, and digits one by one."""
    assert parse_amount(text) in (5000, 35000)


@pytest.mark.parametrize(
    ("content", "fine", "confiscated"),
    [
        ("警告", None, None),
        ("禁止终身从事银行业工作", None, None),
        ("取消董事任职资格5年", None, None),
        ("处一万元以上五万元以下罚款", None, None),
        ("罚款三万五元", None, None),
        ("没收违法所得并罚款合计30万元", None, None),
        ("罚没合计100万元", None, None),
        ("罚没合计100万元，其中罚款80万元，没收违法所得20万元", 800000, 200000),
        ("没收违法所得，并处罚款20万元", 200000, None),
        ("没收违法所得10万元并处违法所得1倍罚款10万元", 100000, 100000),
        ("没收违法所得10万元\n罚款20万元", 200000, 100000),
        ("罚款10万元\n罚款20万元", 300000, None),
        ("罚款36万元，罚款60万元，合计罚款96万元", 960000, None),
        ("罚款人民币伍拾万元整（￥500,000.00）", 500000, None),
        ("1.警告 2.罚款10万元", 100000, None),
        ("50万元", 500000, None),
        ("责令退还保费10万元，罚款5万元", 50000, None),
        ("罚款3万元。对涉案的贷款8000万元责令收回", 30000, None),
        ("罚款20万元，对直接负责的主管人员罚款1万元", 200000, None),
        ("对某甲公司罚款20万元。对张三、李四等责任人员警告并罚款共计17万元", 200000, None),
        ("罚款20万元；责任人员张三警告并罚款1万元", 200000, None),
        ("对张三警告并罚款1万元，对李四罚款2万元", 30000, None),
    ],
)
def test_what_a_party_pays(content: str, fine: int | None, confiscated: int | None) -> None:
    """No amount is None and never 0; limits of the law, sums, repetitions and other people's fines do not count."""
    as_yuan = [None if number is None else Decimal(number) for number in (fine, confiscated)]
    assert penalty_amounts(content) == Amounts(*as_yuan)


@given(
    st.text(
        alphabet="罚款没收违法所得合计其中对张某公司0123456789.,万亿元一二十百（）、。；警告 \n", max_size=80
    )
    | st.text()
)
def test_no_text_breaks_the_reading(text: str) -> None:
    """Whatever a cell says, amounts are positive numbers or None."""
    amounts = penalty_amounts(text)
    assert all(amount is None or amount >= 0 for amount in (amounts.fine, amounts.confiscated))


def test_an_endless_cell_is_not_searched() -> None:
    """A cell of a million characters says nothing about amounts, and says it at once."""
    assert penalty_amounts("对张三罚款1万元" * 100_000) == Amounts()
