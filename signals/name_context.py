"""Whether one of the forms in which a common word is surely a name stands in a text: “财富”, 财富平台, 财富跑路."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class NameContext(NamedTuple):
    """Words one of which must stand near a name: of those that hold the name, what stands before and after it.

    `around`: what stands before -> all that may follow; `others`: the words that do not hold the name.
    """

    name: str
    around: tuple[tuple[str, tuple[str, ...]], ...]
    others: tuple[str, ...]

    @classmethod
    def of(cls, name: str, words: Sequence[str]) -> NameContext:
        """Sorted once: there are forty forms of every name, and looking for each of them takes long."""
        around: dict[str, list[str]] = {}
        for word in words:
            before, held, after = word.partition(name)
            if held:
                around.setdefault(before, []).append(after)
        others = tuple(word for word in words if name not in word)
        return cls(name, tuple((before, tuple(after)) for before, after in around.items()), others)

    def stands_in(self, text: str, start: int, end: int) -> bool:
        """Whether any of the words is in text[start:end]."""
        at = text.find(self.name, start, end)
        while at >= 0:
            behind = at + len(self.name)
            for before, after in self.around:
                if text.endswith(before, start, at) and text.startswith(after, behind, end):
                    return True
            at = text.find(self.name, at + 1, end)
        return any(text.find(word, start, end) >= 0 for word in self.others)
