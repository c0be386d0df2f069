"""The frozen sentences of sentences.toml, each a named phenomenon, read as the product reads them."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from settings.loader import load
from signals.scoring import Answer, Question, Scorer

FILE = Path(__file__).with_name("sentences.toml")
SENTENCES: list[dict[str, Any]] = tomllib.loads(FILE.read_text("utf-8"))["sentence"]
ENOUGH = 0.8
"""Share of sentences that must hold."""


def faults(expected: dict[str, Any], answer: Answer) -> set[str]:
    """What of one candidate is not as expected."""
    wanted, told = set(expected["events"]), set(answer.events)
    wrong = set()
    if expected.get("negative", answer.is_negative) != answer.is_negative:
        wrong.add("negative")
    if expected["polarity"] != answer.polarity:
        wrong.add("polarity")
    if not wanted <= told <= wanted | set(expected.get("may", ())):
        wrong.add("events")
    return wrong


@pytest.fixture(scope="module")
def read() -> dict[str, dict[str, set[str]]]:
    """For each sentence that is not read as expected: the candidates and what of them is wrong."""
    questions = [Question(one["text"], entities=tuple(one["about"])) for one in SENTENCES]
    answers = Scorer(load(), ()).score(questions)
    return {
        one["id"]: {
            answer.entity: wrong for answer in each if (wrong := faults(one["about"][answer.entity], answer))
        }
        for one, each in zip(SENTENCES, answers, strict=True)
    }


def test_what_held_holds(read: dict[str, dict[str, set[str]]]) -> None:
    """Every sentence marked `holds = true` is read exactly as expected."""
    lost = {one["id"]: read[one["id"]] for one in SENTENCES if one["holds"] and read[one["id"]]}
    assert not lost, f"这些句子原本判断正确，现在不符：{lost}"


def test_what_begins_to_hold_is_marked(read: dict[str, dict[str, set[str]]]) -> None:
    """A sentence that the product has come to read right says so, so that it is never lost unnoticed."""
    won = [one["id"] for one in SENTENCES if not one["holds"] and not read[one["id"]]]
    assert not won, f"这些句子已判断正确，请在 sentences.toml 中改为 holds = true：{won}"


def test_most_hold() -> None:
    """At least four in five hold, among at least two hundred."""
    assert len(SENTENCES) >= 200
    assert sum(one["holds"] for one in SENTENCES) >= ENOUGH * len(SENTENCES)


def test_the_file_is_well_formed() -> None:
    """Ids are unique, candidates stand in their texts, events exist and phenomena are named."""
    known = {event.id for event in load().events}
    assert max(Counter(one["id"] for one in SENTENCES).values()) == 1
    assert len({one["phenomenon"] for one in SENTENCES}) >= 40
    for one in SENTENCES:
        assert one["phenomenon"]
        for expected in one["about"].values():
            assert {*expected["events"], *expected.get("may", ())} <= known, one["id"]
