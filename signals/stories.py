"""Near-identical documents: MinHash band keys find candidates by index, rapidfuzz confirms a pair."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz
from rapidfuzz.distance import LCSseq, Levenshtein

from signals.text import fold, fold_all

BANDS = 16
ROWS = 3
SHINGLE = 3
"""Characters per shingle: an edited character spoils three of them."""
TOGETHER = 2048
"""Characters of texts whose keys are computed in one go."""
SAMPLE = 4096
"""Most shingles of one document; longer ones are thinned by hash, alike in every copy."""
COMPARED = 20_000
"""Characters of a document that `same_story` reads."""
KEPT = 0.76
"""Share of the shorter text that must reappear in order in the longer one."""
NUMBERS = 0.6
"""Share of the shorter text's numbers that the longer must repeat: forms filled in differently are no copies."""
LENGTHS = 0.55
"""The shorter text must have at least this share of the longer one's length."""
SHORT = 40
"""Texts up to this length are headlines: another name or sum makes another story."""
ALIGNED = 3000
"""Characters in which `same_story` looks for exchanged names."""
ANCHOR = 8
"""Equal characters in a row that show that both texts still run side by side."""
EXCHANGED = 0.04
"""Share of a text that lies in exchanged words from which on it is a form filled in anew."""
_NAME_TAIL = re.compile(
    r".{0,2}(?:公司|银行|贷|宝|金服|财富|理财|金融|钱庄|普惠|钱包|资本|集团|基金|保险|证券|信托|平台|支行|分行)"
)
_TURN = re.compile(r"谣言|不实|辟谣|否认|没有|虚假|假的|不属实")
_NOISE = re.compile(r"[\W_]+")
_CLAUSE = re.compile(r"[^\n。!?【】()]+[\n。!?【】()]*|[\n。!?【】()]+")
_HOUSE_WORDS = re.compile(
    r"责任编辑|责编|(?:编辑|校对|来源|作者|记者|原题|原标题|出处) ?:|转载|转自|版权|免责声明|不构成.{0,6}建议"
    r"|风险自担|侵权|联系删除|点击.{0,4}(?:蓝字|关注|链接)|关注我们|更多(?:精彩|资讯|内容)|下载.{0,14}(?:客户端|app)"
    r"|阅读 ?\d|在看 ?\d|本文来自|举报热线|扫码|二维码|(?:快讯|转发|突发|独家)】|\A.{2,12}讯】"
    r"|\d日电\(|记者 ?[一-鿿]{2,4}\)"
)
_HINT = re.compile(
    "编辑 责编 校对 来源 作者 记者 原题 原标题 出处 转载 转自 版权 免责 不构成 自担 侵权 联系删除 "
    "点击 关注 更多 下载 阅读 在看 来自 举报热线 扫码 二维码 快讯 转发 突发 独家 日电 消息 讯: 讯, 讯】".replace(
        " ", "|"
    )
)
"""Without one of these nothing is looked for: most clauses have none."""
_LEAD = re.compile(r"\A([^,。\n]{0,30}\n)?[^,。\n]{0,20}?(?:消息|讯)[:,]")
_EDGE = 5
"""Clauses at either end of a text in which sites put their own words."""
_EDGE_LENGTH = 240
_DIGITS = re.compile(r"\d+(?:\.\d+)?")
_MIX = np.uint64(0x9E3779B97F4A7C15)


def _constants(seed: int, count: int) -> NDArray[np.uint64]:
    """SplitMix64: fixed odd multipliers, the same in every process and release."""
    with np.errstate(over="ignore"):
        state = np.uint64(seed) + _MIX * np.arange(1, count + 1, dtype=np.uint64)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: NDArray[np.uint64] = state ^ (state >> np.uint64(31))
    return mixed


_POSITION = _constants(1, SHINGLE) | np.uint64(1)
_FACTOR = (_constants(2, BANDS * ROWS) | np.uint64(1))[:, None]
_OFFSET = _constants(3, BANDS * ROWS)[:, None]
_ROW = _constants(4, ROWS) | np.uint64(1)
_BAND = _constants(5, BANDS)


def essence(text: str) -> str:
    """The folded text without punctuation, blanks and symbols: what copies have in common.

    Clauses at either end in which a site speaks of itself (来源, 责任编辑, 转载, 免责声明 ...) are left out, unless
    nothing else remains.
    """
    return _essence(fold(text))


def essences(texts: Sequence[str]) -> list[str]:
    """`essence` of many texts, in one go."""
    return [_essence(folded) for folded in fold_all(texts)]


def _essence(folded: str) -> str:
    head, middle, tail = _edges(folded)
    if _HINT.search(head) or _HINT.search(tail):
        head, tail = (
            _LEAD.sub(r"\1", _without_house_words(head, slice(_EDGE))),
            _without_house_words(tail, slice(-_EDGE, None)),
        )
    return _NOISE.sub("", head + middle + tail) or _NOISE.sub("", folded)


def _edges(folded: str) -> tuple[str, str, str]:
    """The text in three: only its ends are looked through for words of the house."""
    if len(folded) <= 2 * _EDGE_LENGTH:
        half = len(folded) // 2
        return folded[:half], "", folded[half:]
    return folded[:_EDGE_LENGTH], folded[_EDGE_LENGTH:-_EDGE_LENGTH], folded[-_EDGE_LENGTH:]


def _without_house_words(part: str, edge: slice) -> str:
    """`part` without such clauses among the first or last few."""
    clauses = _CLAUSE.findall(part)
    clauses[edge] = [
        clause for clause in clauses[edge] if not (_HINT.search(clause) and _HOUSE_WORDS.search(clause))
    ]
    return "".join(clauses)


def band_keys(text: str) -> tuple[int, ...]:
    """BANDS signed 64-bit keys; copies of one story share at least one of them.

    MinHash over the distinct 3-character shingles of `essence(text)`, 16 bands of 3 rows: a pair with half its
    shingles in common meets in a band with P = .88, with 70 % in common .999, with 10 % .016. Deterministic
    across processes. A text without letters or digits gets keys that it shares only with other such texts.
    """
    return tuple(keys_of([essence(text)])[0].tolist())


def keys_of(plain: Sequence[str]) -> NDArray[np.int64]:
    """The `band_keys` of many texts at once, given their `essence`: (texts, BANDS)."""
    best: NDArray[np.uint64] = np.empty((len(plain), BANDS * ROWS), dtype=np.uint64)
    for first, last in _chunks(plain):
        shingles, starts = _shingles(plain[first:last])
        with np.errstate(over="ignore"):
            permuted = shingles[None, :] * _FACTOR + _OFFSET
        # The least of every permutation; the high bits of a multiplicative hash are the good ones.
        best[first:last] = np.minimum.reduceat(permuted, starts, axis=1).T
    with np.errstate(over="ignore"):
        keys = (best.reshape(-1, BANDS, ROWS) * _ROW).sum(axis=2, dtype=np.uint64) ^ _BAND
        keys = (keys ^ (keys >> np.uint64(31))) * _MIX
    signed: NDArray[np.int64] = keys.view(np.int64)
    return signed


def _chunks(plain: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Runs of texts whose permuted shingles fit the processor's cache; a long text is a run of its own."""
    first = length = 0
    for at, text in enumerate(plain):
        if at > first and length + len(text) > TOGETHER:
            yield first, at
            first, length = at, 0
        length += len(text)
    if first < len(plain):
        yield first, len(plain)


def _shingles(plain: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Shingle hashes of all texts in one array, and where each text's begin: at most SAMPLE of a text (the distinct
    least ones), one for a text shorter than a shingle."""
    filled = [text.ljust(SHINGLE, "\0") for text in plain]
    lengths = np.array([len(text) for text in filled])
    codes = np.frombuffer("".join(filled).encode("utf-32-le"), dtype="<u4").astype(np.uint64)
    count = len(codes) - SHINGLE + 1
    with np.errstate(over="ignore"):
        hashes = codes[:count] * _POSITION[0]
        for place in range(1, SHINGLE):
            hashes = hashes + codes[place : place + count] * _POSITION[place]
        hashes = (hashes ^ (hashes >> np.uint64(29))) * _MIX
    ends = np.cumsum(lengths)
    inside = np.ones(count, dtype=np.bool_)  # a shingle that runs over the end of a text is none
    for back in range(1, SHINGLE):
        inside[ends[:-1] - back] = False
    kept, counts = hashes[inside], lengths - SHINGLE + 1
    if (counts > SAMPLE).any():
        parts = np.split(kept, np.cumsum(counts)[:-1])
        thinned = [np.unique(part)[:SAMPLE] if part.size > SAMPLE else part for part in parts]
        kept, counts = np.concatenate(thinned), np.array([part.size for part in thinned])
    return kept, np.concatenate([[0], np.cumsum(counts)[:-1]])


def same_story(a: str, b: str) -> bool:
    """Whether one text is the other, edited, wrapped in a source line, or cut.

    True when at least KEPT of the shorter text reappears in order in the longer one, their lengths differ by no
    more than LENGTHS, the shorter one's numbers mostly stand in the longer, and none of their differences is that of
    one form filled in twice (see `_form`). Headlines (up to SHORT characters) must agree in every number and nearly
    all words, or one must contain the other without a word that turns it round.
    Symmetric. Texts without letters or digits are the same story only if identical.
    """
    one, two = essence(a[:COMPARED]), essence(b[:COMPARED])
    if not one or not two:
        return a == b
    return same_essence(one, two)


def same_essence(one: str, two: str) -> bool:
    """`same_story` of two texts of which the essences (of the first COMPARED characters, not empty) are at hand."""
    short, long = (one, two) if (len(one), one) <= (len(two), two) else (two, one)
    if len(short) < LENGTHS * len(long):
        return False
    if len(short) <= SHORT:
        return _same_headline(short, long)
    if short == long:
        return True
    needed = int(KEPT * len(short))
    if not _numbers_agree(short, long) or LCSseq.similarity(short, long, score_cutoff=needed) < needed:
        return False
    return short in long or not _form(short[:ALIGNED], long[:ALIGNED])


def _same_headline(short: str, long: str) -> bool:
    if short == long:
        return True
    if short in long:
        around = long.replace(short, "\n", 1)
        told_more = around.startswith("\n") and len(short) >= 0.75 * len(long)
        return len(short) >= 8 and (told_more or not _DIGITS.search(around)) and not _TURN.search(around)
    if _DIGITS.findall(short) != _DIGITS.findall(long) or fuzz.ratio(short, long) < 92:
        return False
    return not any(old and new and _is_name(long, end, new) for old, new, end in _blocks(short, long))


def _numbers_agree(short: str, long: str) -> bool:
    asked = _numbers(short)
    return len(asked & _numbers(long)) >= NUMBERS * len(asked) - 1


@lru_cache(maxsize=8192)
def _numbers(text: str) -> frozenset[tuple[str, int]]:
    """The numbers of a text, those that it repeats counted through: a text is held against many others."""
    seen: Counter[str] = Counter()
    found = []
    for number in _DIGITS.findall(text):
        seen[number] += 1
        found.append((number, seen[number]))
    return frozenset(found)


def _form(short: str, long: str) -> bool:
    """Whether the texts are one form filled in twice: a notice about another company, a report of another day.

    Edits of a copy are scattered single characters. A form shows the same exchange (old name, new name) again and
    again, or mostly whole words exchanged: in several places, or where the name of a company stands.
    """
    blocks = _blocks(short, long)
    exchanged = [(old, new, end) for old, new, end in blocks if old and new]
    if not exchanged:
        return False
    repeated = Counter((old, new) for old, new, _ in exchanged).most_common(1)[0][1]
    if repeated > 1 and repeated * 2 >= len(blocks):
        return True
    words = [(old, new, end) for old, new, end in exchanged if len(old) > 1 and len(new) > 1]
    rewritten = sum(len(old) for old, _, _ in words) / len(short)
    if len(words) > 2 and rewritten >= 2 * EXCHANGED:
        return True
    if 2 * len(words) < len(blocks):
        return False
    return (len(words) > 1 and rewritten >= EXCHANGED) or any(
        _is_name(long, end, new) for _, new, end in words
    )


def _is_name(text: str, end: int, word: str) -> bool:
    return bool(_NAME_TAIL.match(text, end) or _NAME_TAIL.fullmatch(word))


def _blocks(short: str, long: str) -> list[tuple[str, str, int]]:
    """Where the texts differ while they run side by side: old and new characters, and the end of the new ones.

    Differences that a single equal character parts are one. What follows the last ANCHOR (half of it in headlines)
    is left out: there the rest of one text lies beside the source line of the other.
    """
    anchor = ANCHOR if len(short) > SHORT else ANCHOR // 2
    found: list[tuple[str, str, int]] = []
    anchored = start_short = start_long = at_short = at_long = 0
    for step in Levenshtein.opcodes(short, long):
        same = step.src_end - step.src_start if step.tag == "equal" else 0
        if same > 1 and (start_short, start_long) != (at_short, at_long):
            found.append((short[start_short:at_short], long[start_long:at_long], at_long))
        if same >= anchor:
            anchored = len(found)
        at_short, at_long = step.src_end, step.dest_end
        if same > 1 or (same and (start_short, start_long) == (step.src_start, step.dest_start)):
            start_short, start_long = at_short, at_long
    return found[:anchored]
