"""Invented personal items and innocent look-alikes, each with the contexts in which Chinese texts bring them.

All numbers come from formulas: identity cards carry the unassigned region 990000, cards an unissued prefix.
"""

from __future__ import annotations

import random
from collections.abc import Callable

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
SPELT = str.maketrans("0123456789", "零幺二三四五六七八九")
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
CITIES = (
    "浙江省杭州市西湖区",
    "江苏省南京市鼓楼区",
    "上海市浦东新区",
    "四川省成都市武侯区",
    "广州市天河区",
    "",
)
STREETS = ("文昌路", "建设大道", "青石巷", "和平街", "解放北路", "柳荫里", "长乐东街", "梧桐大道", "松涛路")
ESTATES = ("翠竹小区", "阳光花园", "枫林公寓", "金色家园", "湖畔花苑", "幸福新村")
NAMES = ("张明远", "李娜", "王小雨", "赵国庆", "欧阳静", "陈思", "刘海洋", "周建军")
WORDS = (
    "平台客服一直没有回复我的申请",
    "合同约定的利息和实际扣款不一致",
    "提现两周仍未到账",
    "投资人要求公司公开资金去向",
    "本金尚未收回一半",
    "该公司表示系统正在升级",
    "多次沟通之后依然没有结果",
    "贷款已经结清却还被催收",
    "会员费无法退还",
    "担保方至今没有代偿",
)
Make = Callable[[random.Random], str]


def identity(rng: random.Random) -> str:
    """An identity number with a right check digit and no owner."""
    body = f"990000{rng.randint(1950, 2009)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}{rng.randint(0, 999):03}"
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, WEIGHTS, strict=True)) % 11]


def card(rng: random.Random) -> str:
    """A bank card number with a right Luhn digit."""
    body = "622999" + "".join(str(rng.randint(0, 9)) for _ in range(rng.choice((9, 12))))
    doubled = [int(d) * 2 for d in body[::-2]]
    total = sum(d - 9 * (d > 9) for d in doubled) + sum(int(d) for d in body[-2::-2])
    return body + str(-total % 10)


def mobile(rng: random.Random) -> str:
    """A mobile number as it is usually written."""
    number = plain_mobile(rng)
    gap = rng.choice(("", "", " ", "-"))
    text = rng.choice(("", "", "", "+86 ", "86-", "+86")) + gap.join((number[:3], number[3:7], number[7:]))
    return text.translate(FULL_WIDTH) if rng.random() < 0.1 else text


def plain_mobile(rng: random.Random) -> str:
    """Eleven digits."""
    return f"1{rng.choice('3456789')}{rng.randint(0, 999_999_999):09}"


def dodged(rng: random.Random) -> str:
    """A mobile number written so that no program shall find it."""
    number = plain_mobile(rng)
    sign = rng.choice((".", " ", "-", "·", "_", "/", " - ", "~", "－"))
    groups = (number[:3], number[3:7], number[7:])
    return rng.choice(
        (
            sign.join(groups),
            rng.choice(" .-·_").join(number),
            " - ".join(" ".join(group) for group in groups),
            " ".join(groups[0]) + " - " + " ".join(groups[1:]),
            number.translate(SPELT),
            number[:3].translate(SPELT) + number[3:],
            number[:7] + number[7:].translate(str.maketrans("0123456789", "零一二三四五六七八九")),
            "\u200b".join(groups),
            "\u200b".join(number),
            number.translate(FULL_WIDTH),
            f"{number[:3]}-{number[3:]}",
        )
    )


def landline(rng: random.Random) -> str:
    """A landline number with its area code."""
    code = rng.choice(("010", "021", "0571", "0755", "028"))
    number = rng.randint(20_000_000, 89_999_999)
    return rng.choice((f"{code}-{number}", f"({code}) {number}", f"{code}{number}", f"{code} {number}"))


def email(rng: random.Random) -> str:
    """An e-mail address."""
    name, end = rng.choice(("zhang", "li")), rng.choice(("com", "cn", "com.cn"))
    return f"user{rng.randint(1, 9999)}.{name}@mail.example.{end}"


def plate(rng: random.Random) -> str:
    """A number plate, one in three of an electric car."""
    place, letter = rng.choice(PROVINCES), rng.choice(LETTERS)
    gap = rng.choice(("", "·", " ", "•"))
    if rng.random() < 0.33:
        return f"{place}{letter}{gap}{rng.choice('DF')}{rng.randint(0, 99999):05}"
    tail = [str(rng.randint(0, 9)) for _ in range(5)]
    for at in rng.sample(range(5), rng.choice((0, 0, 1, 2))):
        tail[at] = rng.choice(LETTERS)
    return place + letter + gap + "".join(tail)


def paper(rng: random.Random) -> str:
    """A passport or travel permit after its label."""
    label = rng.choice(("护照号", "护照号码", "港澳通行证", "往来港澳通行证号码", "护照"))
    series = rng.choice(("E", "G", "EA", "C", "W"))
    return f"{label}{rng.choice(('：', ':', '', '为'))}{series}{rng.randint(10**7, 10**8 - 1)}"


def account(rng: random.Random) -> str:
    """A WeChat or QQ account or group after one of its many labels."""
    if rng.random() < 0.4:
        label = rng.choice(
            (
                "QQ",
                "QQ：",
                "QQ号",
                "qq:",
                "QQ群",
                "QQ群：",
                "企鹅号",
                "扣扣：",
                "加q",
                "加Q群",
                "维权QQ群号：",
                "ＱＱ：",
            )
        )
        return label + rng.choice(("", " ")) + str(rng.randint(10**5, 10**10 - 1))
    label = rng.choice(
        (
            *(
                "微信：",
                "微信号：",
                "微信号",
                "加V信 ",
                "VX: ",
                "vx：",
                "薇❤ ",
                "加微信",
                "加薇",
                "V❤",
                "wx:",
                "微信 ",
            ),
            *("加我微信：", "➕V ", "V信：", "薇信：", "威信:", "WeChat: ", "微信ID："),
        )
    )
    stem = rng.choice(("abc", "zhang", "li_ming", "wxid_", "lily-", "tom"))
    return f"{label}{stem}{rng.randint(100, 99999)}"


def address(rng: random.Random) -> str:
    """A home address: after a label, or by itself down to the room."""
    city, street, number = rng.choice(CITIES), rng.choice(STREETS), rng.randint(1, 999)
    estate = rng.choice((*ESTATES, ""))
    room = rng.choice(
        (
            f"{rng.randint(1, 30)}幢{rng.randint(1, 4)}单元{rng.randint(101, 2804)}室",
            f"{rng.randint(1, 30)}栋{rng.randint(101, 2804)}",
            f"{rng.randint(1, 30)}号楼{rng.randint(1, 4)}单元{rng.randint(101, 999)}",
            f"{rng.randint(101, 999)}室",
            f"{rng.randint(1, 30)}-{rng.randint(1, 4)}-{rng.randint(101, 999)}室",
        )
    )
    if rng.random() < 0.5:
        return f"{city}{street}{number}号{estate}{room}"
    label = rng.choice(("收货地址：", "家住", "住址：", "地址：", "家庭住址:", "联系地址：", "现住"))
    return label + rng.choice(
        (
            f"{city}{street}{number}号{room}",
            f"{city}{street}{number}号",
            f"{city}{estate or ESTATES[0]}{room}",
        )
    )


def person(rng: random.Random) -> str:
    """A name after its label."""
    return rng.choice(("姓名：", "本人姓名：", "收货人：", "联系人：", "姓名:")) + rng.choice(NAMES)


def credit_code(rng: random.Random) -> str:
    """A 统一社会信用代码 with a right check character; one in three has no letter."""
    while True:
        pool = CREDIT_ALPHABET if rng.random() < 0.67 else "0123456789"
        body = f"9111{rng.randint(0, 9999):04}" + "".join(rng.choice(pool) for _ in range(9))
        total = sum(CREDIT_ALPHABET.index(c) * pow(3, at, 31) for at, c in enumerate(body))
        code = body + CREDIT_ALPHABET[-total % 31]
        if pool is CREDIT_ALPHABET or code[-1].isdigit():
            return code


def _amount(rng: random.Random) -> str:
    number = rng.randint(10**3, 10**12)
    return rng.choice(
        (
            f"{number}元",
            f"{number:,}元",
            f"{number / 100:.2f}元",
            f"人民币{number}",
            f"金额：{number}",
            f"¥{number}",
            f"{number}万元",
        )
    )


def _document_number(rng: random.Random) -> str:
    year, number = rng.randint(2005, 2026), rng.randint(1, 99999)
    return rng.choice(
        (
            f"京银罚决字〔{year}〕{number}号",
            f"银保监罚决字[{year}]{number}号",
            f"({year})沪0115民初{number}号",
            f"文号{year}{number:08}",
            f"证监许可〔{year}〕{number}号",
        )
    )


def _moment(rng: random.Random) -> str:
    y, m, d = rng.randint(1995, 2026), rng.randint(1, 12), rng.randint(1, 28)
    clock = f"{rng.randint(0, 23):02}:{rng.randint(0, 59):02}:{rng.randint(0, 59):02}"
    return rng.choice(
        (
            f"{y}年{m}月{d}日",
            f"{y}-{m:02}-{d:02} {clock}",
            f"{y}/{m}/{d}",
            f"{y}.{m:02}.{d:02}",
            f"{y}{m:02}{d:02}",
        )
    )


def _reference(rng: random.Random) -> str:
    label = rng.choice(
        (
            "投诉编号",
            "投诉单号：",
            "订单号 ",
            "订单编号：",
            "黑猫投诉编号：",
            "流水号：",
            "合同编号：",
            "快递单号",
            "工单号",
            "受理号：",
            "编号为",
        )
    )
    digits = rng.choice((11, 11, 12, 15, 16, 18, 19))
    return label + "1" + "".join(str(rng.randint(0, 9)) for _ in range(digits - 1))


def _link(rng: random.Random) -> str:
    return rng.choice(
        (
            f"https://tousu.example.com/complaint/view/{plain_mobile(rng)}/",
            f"http://m.example.cn/{rng.randint(10**9, 10**10)}/{rng.randint(10**15, 10**16)}",
            f"https://www.example.com/a?id={plain_mobile(rng)}&qq={rng.randint(10**6, 10**9)}",
            f"m.example.cn/u/{plain_mobile(rng)}",
        )
    )


def _code(rng: random.Random) -> str:
    return rng.choice(
        (
            f"股票代码{rng.randint(600000, 603999)}",
            f"基金{rng.randint(0, 999999):06}",
            f"A股{rng.randint(10000, 99999)}",
            f"客服热线95{rng.randint(100, 999)}",
            "400-820-1234",
            "拨打12378",
            f"涨幅{rng.uniform(0, 20):.2f}% 成交{rng.randint(10**5, 10**8)}手",
            f"第{rng.randint(1, 99999)}号公告",
            f"型号HX{rng.randint(10000, 99999)}",
        )
    )


def _office(rng: random.Random) -> str:
    city, street, number = rng.choice(CITIES[:5]), rng.choice(STREETS), rng.randint(1, 999)
    return rng.choice(
        (
            f"注册地址：{city}{street}{number}号{rng.randint(1, 30)}层{rng.randint(101, 2804)}室",
            f"办公地址：{city}{street}{number}号A座{rng.randint(101, 2804)}",
            f"位于{city}{street}{number}号金汇大厦{rng.randint(1, 30)}层{rng.randint(101, 2804)}室",
            f"公司位于{city}{street}{number}号",
            city,
            f"{city}{street}附近",
            f"{rng.randint(2, 4)}室{rng.randint(1, 2)}厅",
        )
    )


def _talk(rng: random.Random) -> str:
    return rng.choice(
        (
            f"微信支付{rng.randint(10, 99999)}元",
            f"微信转账{rng.randint(10, 999999)}元",
            "微信公众号“示例财经”",
            "关注微信公众号：shili_caijing88",
            "用QQ音乐听歌",
            "微信8.0.30版",
            "姓名、身份证号码等信息被泄露",
            "姓名不详",
            f"QQ在线{rng.randint(10**5, 10**7)}人",
            "新A轮融资",
            "账户余额不足",
            "客户住在外地",
        )
    )


PRIVATE: dict[str, Make] = {
    "mobile": mobile,
    "mobile, dodged": dodged,
    "landline": landline,
    "identity card": identity,
    "bank card": card,
    "e-mail": email,
    "plate": plate,
    "passport, permit": paper,
    "WeChat, QQ": account,
    "address": address,
    "name": person,
}
STRUCTURED = frozenset(PRIVATE) - {"WeChat, QQ", "address", "name"}
INNOCENT: dict[str, Make] = {
    "amount": _amount,
    "document number": _document_number,
    "date": _moment,
    "credit code": lambda rng: (
        "统一社会信用代码" + credit_code(rng) if rng.random() < 0.5 else credit_code(rng)
    ),
    "order, complaint number": _reference,
    "URL": _link,
    "code, hotline": _code,
    "office, district": _office,
    "talk of accounts": _talk,
}


def hides(kind: str, item: str, masked: str) -> bool:
    """Whether what identifies a person is gone from `masked`, which began as `item`."""
    if kind == "e-mail":
        return "*" in masked.split("@")[0] and masked.split("@")[0].count("*") >= len(item.split("@")[0]) - 1
    least = {"name": 1, "address": 4, "mobile": 4, "mobile, dodged": 4, "landline": 7, "plate": 5}.get(
        kind, 5
    )
    return masked.count("*") >= least


def context(rng: random.Random, item: str) -> tuple[str, int]:
    """`item` within a Chinese text, and where it begins."""
    before, after = rng.choice(WORDS), rng.choice(WORDS)
    link = rng.choice(("，", "。", "，请联系", "，这是", "（", "\n", " ", "，我的是", "：", "，涉及"))
    end = rng.choice(("，", "。", "）", "\n", " ", "；", "，谢谢。"))
    head = rng.choice(("", rng.choice(WORDS) + "，")) + before + link
    return head + item + end + after, len(head)
