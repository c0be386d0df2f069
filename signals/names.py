"""What a platform's name is worth when nothing but the name is known: half of them are everyday words."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Sequence
from functools import cache

from settings.loader import FOLDER
from settings.models import AmbiguousAlias, Platform
from signals.model import Tier
from signals.text import fold

UNCATEGORISED = "未分类"
"""Category of a platform of which none is told."""
_SHORT_HAN, _SHORT_ASCII = 2, 3
_CUT = 3
_OWNER = 16
"""Characters before a name in which a bank that offers it stands."""
_BANK = re.compile(r"银行|信用社|[交招建工农中该]行|邮储")
_LENDER = re.compile(r"[。;；\n]|p2p|网贷|平台|存管|携手|牵手|签约|与|和")
"""Between a bank and a name: another sentence, or another party to a deal, is no owner."""
_HAN = re.compile(r"[\u4e00-\u9fff]")
_LATIN = frozenset("0123456789abcdefghijklmnopqrstuvwxyz")


@cache
def _words(lexicon: str) -> tuple[str, ...]:
    lines = (FOLDER / "lexicons" / f"{lexicon}.txt").read_text("utf-8").splitlines()
    entries = (fold(line.split("#", 1)[0].strip()) for line in lines)
    return tuple(entry for entry in entries if entry)


@cache
def common_words() -> frozenset[str]:
    """The folded entries of settings/lexicons/common_words.txt."""
    return frozenset(_words("common_words"))


@cache
def _tails() -> tuple[frozenset[str], tuple[int, ...]]:
    tails = frozenset(_words("name_tails"))
    return tails, tuple(sorted({len(tail) for tail in tails}))


def _heads(folded: str) -> list[str]:
    """What a name is without one of the tails that half of all platforms bear (普惠 of 普惠金融)."""
    tails, lengths = _tails()
    return [folded[:-length] for length in lengths if len(folded) > length and folded[-length:] in tails]


def name_head(folded: str) -> str:
    """A folded name without a tail of two characters or more that half of all platforms bear (圣奇 of 圣奇投资)."""
    heads = [head for head in _heads(folded) if len(folded) - len(head) > 1]
    return min(heads, key=len, default=folded)


def is_weak(folded: str, common: Collection[str] | None = None) -> bool:
    """Whether a folded name is one Chinese character or a common word, and a tail.

    金投资 is mostly a piece of 基金投资, 小微金融 of 中小微金融.
    """
    words = common_words() if common is None else common
    return any(head in words or (len(head) == 1 and not head.isascii()) for head in _heads(folded))


def tier_for(name: str, common: Collection[str] | None = None) -> Tier:
    """The tier of a name about which nothing but the name is known.

    Ambiguous: up to 2 Chinese characters, up to 3 Latin letters or digits, only digits, one Chinese character
    and a tail such as 金融, or a common word (`common`, by default settings/lexicons/common_words.txt), with or
    without a tail. A company's registered name is full, everything else brand.
    """
    return tier_of(fold(name.strip()), common_words() if common is None else common)


def tier_of(folded: str, words: Collection[str]) -> Tier:
    """`tier_for` of a folded name without blanks around it."""
    limit = _SHORT_ASCII if folded.isascii() else _SHORT_HAN
    if len(folded) <= limit or folded.isdigit() or folded in words or is_weak(folded, words):
        return Tier.AMBIGUOUS
    return Tier.FULL if folded.endswith(("有限公司", "合伙)", "集团公司")) else Tier.BRAND


def generic_context(name: str) -> tuple[str, ...]:
    """Forms in which a common word is surely a name: “财富”, 财富平台, 财富跑路 (lexicons/name_context.txt)."""
    folded = fold(name.strip())
    return tuple(form.replace("~", folded) for form in _words("name_context"))


def watch_list_entry(
    platform_id: str, name: str, category: str, old_names: Sequence[str] = (), tier: Tier | None = None
) -> Platform:
    """A Platform made of bare names, as a list of thousands brings them: each in the tier that it deserves.

    Args: tier: that of the name, where it is known already.
    """
    tier = tier or tier_for(name)
    return Platform(
        id=platform_id,
        name=name,
        category=category,
        brand=(name,) if tier is Tier.BRAND else (),
        ambiguous=(AmbiguousAlias(text=name, context=generic_context(name)),)
        if tier is Tier.AMBIGUOUS
        else (),
        old_names=tuple(old_names),
    )


def name_id(name: str) -> str:
    """The id of a platform of which only the name is known; names of that shape are not given by hand."""
    return "n-" + hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:12]


def bare_entry(name: str) -> Platform:
    """The platform of which only the name is known."""
    return watch_list_entry(name_id(name), name, UNCATEGORISED)


def stands_alone(folded: str, start: int, end: int) -> bool:
    """Whether folded[start:end] is a name of its own, not a slice of a longer word.

    False inside a Latin word or number (wx in wxyz), where the last character of a short name and the next make a
    word of settings/lexicons/name_cut.txt (智慧财|政), where any name and the next make one of its longer words
    (猴子理财|术), and where the character before and the first make a word of name_cut_left.txt (网|易小贷).
    """
    followed = end < len(
        folded
    )  # at the end of a text the slices below would hold the name's own tail (…财富)
    if followed and end - start <= _CUT and folded[end - 1 : end + 1] in _cut():
        return False
    if followed and folded[end - 2 : end + 1] in _cut():
        return False
    if start and folded[start - 1 : start + 1] in _cut_left():
        return False
    if start and folded[start] in _LATIN and folded[start - 1] in _LATIN:
        return False
    return not (end < len(folded) and folded[end - 1] in _LATIN and folded[end] in _LATIN)


@cache
def _cut() -> frozenset[str]:
    return frozenset(_words("name_cut"))


@cache
def _cut_left() -> frozenset[str]:
    return frozenset(_words("name_cut_left"))


def is_product(folded: str, start: int, end: int) -> bool:
    """Whether a name in …贷 closely follows a bank: banks name their loans as platforms do (交行天使贷)."""
    if folded[end - 1] != "贷":
        return False
    near = folded[max(0, start - _OWNER) : start]
    banks = [bank.end() for bank in _BANK.finditer(near)]
    return bool(banks) and not _LENDER.search(near, banks[-1])


def begins_here(folded: str, start: int) -> bool:
    """Whether a weak name begins at `start`, rather than ends a longer word (外|汇理财)."""
    before = folded[max(0, start - 3) : start]
    return not _HAN.match(before[-1:]) or before.endswith(_words("name_left"))
