"""Whether a text speaks of money: the model of discovery has read nothing else and sees names everywhere."""

from __future__ import annotations

from functools import cache

from settings.loader import FOLDER
from signals.text import fold


@cache
def _words() -> tuple[str, ...]:
    lines = (FOLDER / "lexicons" / "money.txt").read_text("utf-8").splitlines()
    words = (fold(line.split("#", 1)[0].strip()) for line in lines)
    return tuple(word for word in words if word)


def speaks_of_money(folded: str) -> bool:
    """Whether a folded text holds any word of settings/lexicons/money.txt."""
    return any(word in folded for word in _words())
