"""Masks what identifies a private person, and nothing else: amounts, dates and document numbers survive.

Masking keeps the length of the text, so that evidence offsets taken before it stay right, and is idempotent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from signals import private_numbers as numbers
from signals import private_words as words
from signals.private_numbers import Found
from signals.text import fold

_ZERO_WIDTH = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_SPELT = "零〇○一二三四五六七八九幺壹贰貳叁參肆伍陆陸柒捌玖"
# Every branch looks back at the one character that the scan stops at: an ordinary text costs one pass.
_WORTH_A_LOOK = re.compile(
    rf"[\d@＠址住姓收联聯户微威薇维維徽vVwWqQｖＶｗＷｑＱ扣企球护護通台回军軍士居驾駕加{_SPELT}"
    r"京津沪滬渝冀豫云雲辽遼黑湘皖鲁魯新苏蘇浙赣贛鄂桂甘晋晉蒙陕陝吉闽閩贵貴粤粵青藏川宁寧琼瓊"
    "\u00ad\u200b-\u200f\u2060\ufeff]"
    r"(?:(?<=\d)(?:\d{3}|[^\d\u4e00-\u9fff，。；：、%％]{1,3}\d[^\d\u4e00-\u9fff，。；：、%％]{1,3}\d|[号號]?[室单單楼樓栋棟幢户戶房-])"
    r"|(?<=[@＠\u00ad\u200b-\u200f\u2060\ufeff])"
    r"|(?<=址)\s?[:：是为為]|(?<=址)[一-鿿]|(?<=住)[址在宅所]|(?<=[住])[一-鿿]{2,20}\d|(?<=姓)名|(?<=[收联聯])[货貨件系]"
    r"|(?<=户)[主籍]|(?<=[微威薇维維徽])[信❤♥:：\s]|(?<=[vVｖＶ])[信xXｘＸ:：❤♥]|(?<=[wWｗＷ])[xXeEｘＸ]|(?<=[qQｑＱ])[qQｑＱ群:：]"
    r"|(?<=加)[我你]?[个個]?[vVqQｖＶｑＱ微薇威维徽]|(?<=扣)[扣群]|(?<=企)鹅|(?<=球)球|(?<=[护護])照|(?<=通)行[证證]"
    r"|(?<=台)胞|(?<=回)[乡鄉]|(?<=[军軍士])官|(?<=居)留|(?<=[驾駕])[驶駛照]"
    rf"|(?<=[{_SPELT}])[{_SPELT}\d\s.·-]{{2}}"
    r"|(?<=[京津沪滬渝冀豫云雲辽遼黑湘皖鲁魯新苏蘇浙赣贛鄂桂甘晋晉蒙陕陝吉闽閩贵貴粤粵青藏川宁寧琼瓊])[A-Za-zＡ-Ｚａ-ｚ])"
)
_URL = re.compile(
    r"(?:https?://|www\.)[!#-&(-;=?-~]+"
    r"|(?<![a-z0-9.@\-])(?:[a-z0-9\-]{1,63}\.){1,4}[a-z]{2,10}/[!#-&(-;=?-~]*",
    re.I,
)
# A number announced as a reference, or as money, is nobody's telephone: 投诉编号17351050542.
_REFERENCE = re.compile(
    r"(?:编号|编码|单号|文号|案号|票号|批号|型号|工号|学号|税号|订单|订单号|流水号|流水|(?<!身份)(?<!驾驶)证号|书号|备案号"
    r"|批次|批次号|序号|工单|工单号|合同号|合同|票据号|代码|条码|保单号?|受理号|登记号|注册号|登记编码|(?<!wx)(?<!微信)id"
    r"|\bsn|no\.?|黑猫投诉|投诉[单贴]号?|商标|金额|罚款|余额|合计|共计|总计|人民币|注册资本|[¥$])"
    r"[为是达约]?[: 第(#\"'=]{0,4}\Z"
)
_KEPT = frozenset(" -—–@()\n")

# Whether a rule leaves references alone, what it finds.
_RULES: tuple[tuple[bool, Callable[[str], Iterator[Found]]], ...] = (
    (False, numbers.addresses_of_mail),
    (True, numbers.identities),
    (True, numbers.cards),
    (True, numbers.mobiles),
    (True, numbers.landlines),
    (False, numbers.papers),
    (True, numbers.plates),
    (False, words.accounts),
    (False, words.homes),
    (False, words.names),
)


_KEY_IN_ADDRESS = re.compile(
    r"(?i)([?&;](?:[a-z_-]*token|[a-z_-]*secret|(?:api|app|access|rss)?[_-]?key|sign(?:ature)?|password|pwd)=)"
    r"[^&#;\s：，。；、）)\"'<>]+"
)


def discreet(message: str) -> str:
    """A message for ledger, log or page: masked, and without the keys, tokens and signatures of addresses in it."""
    return mask(_KEY_IN_ADDRESS.sub(r"\1***", message))


def mask(text: str) -> str:
    """`text` with everything starred out that identifies a private person.

    That is: mobile and landline numbers, identity cards (date of birth and check digit, or announced as one), bank
    cards (issuer and Luhn digit), e-mail, number plates, papers and account names after their label, home addresses
    below the district, names after 姓名：. Digits count in full width, as words and with signs or invisible characters
    between them. What stays in clear of each is said where it is found (private_numbers, private_words).
    Left alone: URLs, numbers after 编号, 单号, 文号 ..., sums of money, hotlines (95xxx, 400, 12378), offices.
    """
    while _WORTH_A_LOOK.search(text):
        # A label may itself be starred out as part of something else, so what it kept is looked at again.
        masked = _masked(text)
        if masked == text:
            break
        text = masked
    return text


def _masked(text: str) -> str:
    plain, origin = _visible(text)
    folded = fold(plain)
    links = [found.span() for found in _URL.finditer(plain)] if "/" in plain or "www" in folded else []
    stars: set[int] = set()
    for spares_references, find in _RULES:
        for start, hidden in find(folded):
            if spares_references and _REFERENCE.search(folded, max(0, start - 14), start):
                continue
            if not any(first <= start < last for first, last in links):
                stars.update(at for at in hidden if folded[at] not in _KEPT)
    return _starred(text, sorted(stars if origin is None else (origin[at] for at in stars)))


def _visible(text: str) -> tuple[str, list[int] | None]:
    """`text` without zero-width characters, and where each character stood; None: there are none."""
    drop = [found.start() for found in _ZERO_WIDTH.finditer(text)]
    if not drop:
        return text, None
    ends = [-1, *drop, len(text)]
    kept = [at for before, after in pairwise(ends) for at in range(before + 1, after)]
    return "".join(text[at] for at in kept), kept


def _starred(text: str, places: list[int]) -> str:
    if not places:
        return text
    ends = [-1, *places, len(text)]
    return "*".join(text[before + 1 : after] for before, after in pairwise(ends))
