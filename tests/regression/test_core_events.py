"""The six core events on sentences of our own: claims are read as claims, traps are not."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from settings.loader import load
from settings.models import Platform
from signals.attribution import Attributor
from signals.events import EventFinder
from signals.linking import Linker
from signals.model import Polarity
from signals.text import Reading

FILE: dict[str, Any] = tomllib.loads(Path(__file__).with_name("core_events.toml").read_text("utf-8"))
CORE = ["withdrawal_difficulty", "overdue", "lost_contact", "fraud", "liquidation", "case_filed"]
CLAIMED = {Polarity.ASSERTED, Polarity.QUOTED}
GOAL = 0.9

SETTINGS = load()
FINDER = EventFinder(SETTINGS.events, SETTINGS.lexicons)
ATTRIBUTOR = Attributor(SETTINGS.lexicons)
NAMES = [FILE["subject"], *FILE["others"]]
LINKER = Linker(
    [Platform(id=f"n{n}", name=name, category="网贷", brand=(name,)) for n, name in enumerate(NAMES)]
)


def claims(text: str, event: str) -> bool:
    """Whether the event is laid at the subject's door, asserted or quoted."""
    reading = Reading.of("", text)
    found = LINKER.find(reading)
    account = FINDER.read(reading)
    places = ATTRIBUTOR.places(reading, account, found)
    shares = ATTRIBUTOR.attribute(reading, account, places, len(found))
    return any(
        hit.event.id == event and hit.polarity in CLAIMED
        for one, hits in zip(found, shares, strict=True)
        if one.platform_id == "n0"
        for hit in hits
    )


@pytest.mark.parametrize("event", CORE)
def test_every_mark_is_true(event: str) -> None:
    """Sentences marked "fails" fail and all others hold, so that the file says what is so."""
    wrong = [
        entry[1]
        for kind, right in (("claims", True), ("traps", False))
        for entry in FILE[event][kind]
        if (claims(entry[1], event) is right) is ("fails" in entry[2:])
    ]
    assert not wrong, f"{event}: 这些句子的结果与标注不符（请检查，或增删 fails）：{wrong}"


@pytest.mark.parametrize("event", CORE)
def test_precision_and_recall(event: str) -> None:
    """Among at least 50 sentences, half of them traps, precision, recall and F1 reach .9."""
    said = [claims(entry[1], event) for entry in FILE[event]["claims"]]
    trapped = [claims(entry[1], event) for entry in FILE[event]["traps"]]
    assert len(said) + len(trapped) >= 50
    assert len(trapped) >= 25
    precision, recall = sum(said) / (sum(said) + sum(trapped)), sum(said) / len(said)
    assert min(precision, recall) >= GOAL
