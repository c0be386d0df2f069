"""Which of the names that discovery proposes may be platforms that nobody watches: neither watched nor an institution.

The model that proposes names knows no watch list and takes whatever a finance text is about: banks, supervisors,
newspapers and towns among it. These are told apart here by lists and by what follows a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ahocorasick_rs import AhoCorasick

from settings.models import Lexicons, Platform
from signals.model import Tier
from signals.names import common_words, name_head, tier_for
from signals.text import fold

SHORTEST = 3
"""Characters of the shortest watched name or publisher that makes a longer name holding it one of theirs."""
_TOWN = re.compile(
    r"[\u4e00-\u9fff]{2,3}(?<![集超夜股门楼房债汇都城])[市县省]|[\u4e00-\u9fff]{2,4}自治[区州]"
)
_OFFICE = re.compile(r"[\u4e00-\u9fff]{0,6}")
"""What may stand between a name and the institution's last word: 青浔金融|监督管理|局."""


class Newcomers:
    """The names that are taken, compiled once for a watch list; `__call__` decides about one proposal."""

    def __init__(self, watch_list: Sequence[Platform], publishers: Iterable[str], lexicons: Lexicons) -> None:
        """Args: publishers: names of the press, authorities and communities that are known."""
        names = {fold(name.strip()) for platform in watch_list for name in _names(platform)} - {""}
        self._watched = names | {head for name in names if len(head := name_head(name)) > 1}
        self._publishers = {fold(name.strip()) for name in publishers} - {""}
        sure = [name for name in names if len(name) >= SHORTEST and tier_for(name) is not Tier.AMBIGUOUS]
        self._parts = AhoCorasick(sorted(sure)) if sure else None
        self._institution = tuple(fold(word) for word in lexicons["institution"])
        follow = "|".join(map(re.escape, sorted(self._institution, key=len, reverse=True)))
        self._office = re.compile(rf"(?:{_OFFICE.pattern}?(?:监管局|管理局|总局|分局|公安局)|{follow})")
        self._source = tuple(fold(word) for word in (*lexicons["column"], *lexicons["reporter"]))

    def __call__(self, name: str, text: str, at: Sequence[tuple[int, int]], publisher: str | None) -> bool:
        """Whether a proposed name may be new.

        False: a watched name, its head (鹭桐 of 鹭桐财富) or a longer form of it; a publisher; a bank, authority,
        association, newspaper or town by its ending; an everyday word; and where every mention runs on into an
        institution (青浔金融|监管局) or is the source of what is told (某某在线|获悉).

        Args: name: as written; text, at: the folded text and where the name stands in it; publisher: of that text.
        """
        folded = fold(name.strip())
        if folded in self._watched or folded in common_words() or self._is_institution(folded):
            return False
        if self._parts is not None and self._parts.find_matches_as_indexes(folded):
            return False
        if self._prints(folded, fold((publisher or "").strip())):
            return False
        return not at or not all(self._runs_on(text[end : end + 12]) for _, end in at)

    def _is_institution(self, folded: str) -> bool:
        return folded.endswith(self._institution) or _TOWN.fullmatch(folded) is not None

    def _prints(self, folded: str, own: str) -> bool:
        """Whether it is a publisher, or the beginning or a longer form of whoever printed this text."""
        if folded in self._publishers or folded == own:
            return True
        return len(own) >= SHORTEST and len(folded) >= SHORTEST and (own in folded or own.startswith(folded))

    def _runs_on(self, after: str) -> bool:
        return after.startswith(self._source) or self._office.match(after) is not None


def _names(platform: Platform) -> Iterable[str]:
    yield platform.name
    for names in (
        platform.full,
        platform.brand,
        platform.old_names,
        platform.legal_entities,
        platform.not_this,
    ):
        yield from names
    yield from (alias.text for alias in platform.ambiguous)
