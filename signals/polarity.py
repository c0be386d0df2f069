"""How a claim stands in its sentence: asserted, conditional, asked, historical, quoted or denied.

The cues are word lists of settings/lexicons; docs/events.md gives each one's scope. The first that applies wins:
denied, asked, conditional, historical, quoted; else asserted. A rhetorical question lifts denial and asking.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from settings.models import Lexicons
from signals.model import Polarity
from signals.page import Page
from signals.patterns import Match, Patterns
from signals.text import fold

KINDS = (
    *("negation", "never", "denial", "denial_after", "clarifying", "contrast", "rhetorical"),
    *("question", "question_whole", "presupposed"),
    *("conditional", "possible", "general", "risk_suffix", "wish", "forbidden"),
    *("historical", "settled", "present", "quoted"),
)
"""The lexicons in use; each is a file of settings/lexicons."""
REACH = 60
"""Characters beyond which a cue of the same sentence says nothing: headlines run on without punctuation."""
_NEAR, _TRAILING, _LEADING = 2, 6, 12
_CLAUSE = re.compile(r"[,，:：]")
_YEAR = re.compile(r"((?:19|20)\d\d)年")
# A mark close by; four or more ASCII ones are what broken encodings leave of emoji.
_ASKS = re.compile(r"[^\s#\[,，:：]{0,12}(?:？|(?<!\?)\?{1,3}(?!\?))")
_MARK = 13
# What a platform demands of people is no wish of theirs: 要求出借人接受展期.
_DEMANDED = re.compile(r"(?:投资人|出借人|投资者|用户|客户|我们|我|借款人|大家)")
# A negation that is itself negated (并非没有) or not vouched for (不能保证不会).
_TWICE = re.compile(
    r"(?:并非|不是|不能说)$|(?:(?:不能|无法|不敢|难以|没人能|谁能)(?:保证|担保)|难保)[^,，。]{0,8}$"
)
_UNDENIED = re.compile(r"(?:[没未不无]|没有|拒绝|无法|不可|无可|不能|难以|毋庸)$")
_REJECTING = frozenset({"denial", "clarifying", "denial_after"})
_SUPPOSING = frozenset({"conditional", "possible", "wish", "forbidden", "general", "risk_suffix"})

Spot = tuple[int, int]
"""Start and end (exclusive) of a cue, a hit or a sentence."""
Cues = dict[str, list[Spot]]
"""The cues of one sentence by lexicon, in reading order."""


class Judge:
    """Reads the cues of a text once and tells the polarity of each hit in it."""

    def __init__(self, lexicons: Lexicons) -> None:
        """Raises KeyError naming a lexicon of KINDS that is missing."""
        self._patterns = Patterns((KINDS.index(kind), word) for kind in KINDS for word in lexicons[kind])
        fillers = sorted((fold(word) for word in lexicons["negation_filler"]), key=len, reverse=True)
        self._filler = re.compile(f"(?:{'|'.join(map(re.escape, fillers))}){{0,3}}")

    def cues(self, page: Page, starts: Sequence[Sequence[int]]) -> list[dict[int, Cues]]:
        """Per text the cues of each sentence that has any; `starts` are the offsets at which its sentences begin."""
        return [
            _by_sentence(matches, own) for matches, own in zip(self._patterns.scan(page), starts, strict=True)
        ]

    def polarity(self, text: str, hit: Spot, sentence: Spot, cues: Cues, year: int | None) -> Polarity:
        """How text[hit] stands in its sentence, of which `cues` are the cues.

        `year` is that of publication; None = unknown, then only words such as 曾被 tell the past.
        """
        if not cues and (year is None or "年" not in text[max(sentence[0], hit[0] - REACH) : hit[0]]):
            return Polarity.ASKED if _asks(text, hit[1], sentence[1]) else Polarity.ASSERTED
        scene = _Scene(text, hit, sentence, cues)
        if "rhetorical" not in cues:
            if "question_whole" in cues:
                return Polarity.ASKED
            if (
                ("negation" in cues and self._negated(scene))
                or ("never" in cues and _never(scene))
                or _rejected(scene)
            ):
                return Polarity.DENIED
            if _asked(scene):
                return Polarity.ASKED
        if _conditional(scene):
            return Polarity.CONDITIONAL
        if _historical(scene, year):
            return Polarity.HISTORICAL
        return Polarity.QUOTED if _quoted(scene) else Polarity.ASSERTED

    def _negated(self, scene: _Scene) -> bool:
        """没有 / 并未 / 不存在 … right before the hit, up to three filler words between; not 是不是, 有没有."""
        text = scene.text
        return any(
            scene.start - end <= _LEADING
            and self._filler.fullmatch(text, end, scene.start)
            and not (start and text[start - 1] == text[start + 1 : start + 2])
            and not _TWICE.search(text, max(scene.sentence[0], start - _LEADING), start)
            for start, end in scene.before("negation")
        )


def _by_sentence(matches: Sequence[Match], starts: Sequence[int]) -> dict[int, Cues]:
    found: dict[int, Cues] = {}
    for label, start, end in matches:
        at = bisect_right(starts, start) - 1
        found.setdefault(at, {}).setdefault(KINDS[label], []).append((start, end))
    return found


class _Scene:
    """One hit among the cues of its sentence."""

    def __init__(self, text: str, hit: Spot, sentence: Spot, cues: Cues) -> None:
        self.text, (self.start, self.end), self.sentence, self._cues = text, hit, sentence, cues
        self._borders: list[int] | None = None

    def has(self, kinds: frozenset[str]) -> bool:
        """Whether there is any cue of these kinds."""
        return not kinds.isdisjoint(self._cues)

    def before(self, kind: str) -> list[Spot]:
        """Cues that begin before the hit, at most REACH away; 曾被 may share its 被 with the hit 被立案."""
        if kind not in self._cues:
            return []
        spots = self._cues[kind]
        return [cue for cue in spots if cue[0] < self.start <= cue[1] + REACH and cue[1] <= self.end]

    def after(self, kind: str) -> list[Spot]:
        """Cues that begin after the hit, at most REACH away."""
        if kind not in self._cues:
            return []
        return [cue for cue in self._cues[kind] if 0 <= cue[0] - self.end <= REACH]

    def apart(self, kind: str, left: int, right: int) -> bool:
        """Whether a cue of `kind` lies between two places."""
        if kind not in self._cues:
            return False
        return any(left <= start and end <= right for start, end in self._cues[kind])

    def clauses(self, left: int, right: int) -> int:
        """Clause borders between two places; an enumeration comma is none."""
        if self._borders is None:
            self._borders = [mark.start() for mark in _CLAUSE.finditer(self.text, *self.sentence)]
        return sum(left <= border < right for border in self._borders)

    def in_clause(self, kind: str) -> bool:
        """Whether a cue of `kind` shares the hit's clause, or lies inside the hit."""
        if kind not in self._cues:
            return False
        return any(
            not self.clauses(min(start, self.start), max(end, self.end) - 1)
            for start, end in self._cues[kind]
        )


def _never(scene: _Scene) -> bool:
    """从未遇到 … before the hit in its clause, whatever name stands between."""
    return any(not scene.clauses(end, scene.start) for _, end in scene.before("never"))


def _rejected(scene: _Scene) -> bool:
    """谣言, 否认, 不属实 … in the sentence, not itself negated, no 但 between; or 不实 right after the hit."""
    if not scene.has(_REJECTING):
        return False
    for start, end in (*scene.before("denial"), *scene.before("clarifying")):
        undenied = _UNDENIED.search(scene.text, max(0, start - 2), start)
        if not undenied and not scene.apart("contrast", end, scene.start):
            return True
    for start, end in (*scene.after("denial"), *scene.after("clarifying")):
        if scene.text[start:end] != "否认" and not scene.apart("contrast", scene.end, start):
            return True
    return any(
        start - scene.end <= _TRAILING and not scene.clauses(scene.end, start)
        for start, _ in scene.after("denial_after")
    )


def _asked(scene: _Scene) -> bool:
    """A question word in the hit's own clause, or a question mark right after it and nothing taken for granted."""
    if scene.in_clause("presupposed"):
        return False
    return scene.in_clause("question") or _asks(scene.text, scene.end, scene.sentence[1])


def _asks(text: str, start: int, end: int) -> bool:
    """Whether a question mark follows close by; mostly there is none at all, which is quickly seen."""
    near = text[start : start + _MARK]
    return ("?" in near or "？" in near) and _ASKS.match(text, start, end) is not None


def _conditional(scene: _Scene) -> bool:
    """如果 … within three clauses, 可能 in the same clause, 打击 right before, 风险 right after."""
    if not scene.has(_SUPPOSING):
        return False
    if any(scene.clauses(end, scene.start) <= 2 for _, end in scene.before("conditional")):
        return True
    wishes = [cue for cue in scene.before("wish") if not _DEMANDED.match(scene.text, cue[1])]
    same_clause = (*scene.before("possible"), *wishes, *scene.before("forbidden"))
    near = [(start, end) for start, end in scene.before("general") if scene.start - end <= _NEAR]
    if any(not scene.clauses(end, scene.start) for _, end in (*same_clause, *near)):
        return True
    return any(start == scene.end for start, _ in scene.after("risk_suffix"))


def _historical(scene: _Scene, year: int | None) -> bool:
    """曾被 / 多年前 … before the hit, or only years at least two back; 如今 / 近日 between takes it back.

    So does 已全部兑付 … behind the hit; 曾经的 speaks of a name, not of the event.
    """
    past = [end for _, end in scene.before("historical") if scene.text[end : end + 1] != "的"]
    if any(not scene.apart("present", end, scene.start) for end in past):
        return True
    if any(not scene.apart("contrast", scene.end, start) for start, _ in scene.after("settled")):
        return True
    if year is None:
        return False
    first = max(scene.sentence[0], scene.start - REACH)
    years = [(int(mark.group(1)), mark.end()) for mark in _YEAR.finditer(scene.text, first, scene.start)]
    if not years or scene.apart("present", years[-1][1], scene.start):
        return False
    return max(one for one, _ in years) <= year - 2


def _quoted(scene: _Scene) -> bool:
    """网传, 投资人…称 before the hit without 但 between, or as the last words of the sentence (…，有网友爆料。)."""
    for _, end in scene.before("quoted"):
        if not scene.apart("contrast", end, scene.start) and "#" not in scene.text[end : scene.start]:
            return True
    return any(
        scene.clauses(scene.end, start) == 1 and scene.sentence[1] - end <= _NEAR + 1
        for start, end in scene.after("quoted")
    )
