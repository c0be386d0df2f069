"""Scope and observation."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from signals.calendar import day_number
from signals.coverage import CoverageError, covers, observe
from tests.mention_tables import DAY, INDICES, KINDS, days, source_days

REAL = SimpleNamespace(id="real", category="支付", demo=False)
DEMO = SimpleNamespace(id="demo", category="支付", demo=True)


def source(covers: Any, kinds: list[str] = KINDS, name: str = "s") -> dict[str, Any]:
    """One source declaration."""
    return {"id": name, "kinds": kinds, "covers": covers}


@pytest.mark.parametrize(
    ("what", "real", "demo"),
    [
        ("all", True, False),
        (["real", "demo"], True, True),
        ({"category": "支付"}, True, False),
        ({"category": "网贷"}, False, False),
        ({"demo": True}, False, True),
    ],
)
def test_who_is_covered(what: Any, real: bool, demo: bool) -> None:
    """Live sources neither vouch for demo platforms nor grey them; those need their id or {demo = true}."""
    assert (covers(source(what), REAL), covers(source(what), DEMO)) == (real, demo)


def test_an_unreadable_declaration_is_named() -> None:
    """A covers that nobody defined is an error with the source's name."""
    with pytest.raises(CoverageError, match="来源 s"):
        covers(source({"province": "浙江"}), REAL)


def judged(declarations: list[dict[str, Any]], rows: pd.DataFrame, **kw: Any) -> dict[str, tuple[bool, bool]]:
    """(in scope, observed) by index on DAY for the real platform."""
    observation = observe(declarations, rows, [REAL], INDICES, DAY, DAY, **kw)
    number = day_number(DAY)
    result = {}
    for index in INDICES:
        in_scope, observed = observation.of_index(index.id, number, number)
        result[index.id] = (bool(in_scope[0, 0]), bool(observed[0, 0]))
    return result


def row(
    answered: bool, items: int, expected: float, *, name: str = "s", kind: str = "news"
) -> dict[str, Any]:
    """One row of source_days on DAY."""
    return {
        "source_id": name,
        "day": DAY,
        "kind": kind,
        "answered": answered,
        "items": items,
        "expected": expected,
    }


def test_scope_is_what_the_source_feeds() -> None:
    """A news source brings N, S and K in scope, nothing else."""
    result = judged([source("all", ["news"])], pd.DataFrame([row(True, 10, 10)]))
    assert {k for k, (in_scope, _) in result.items() if in_scope} == {"N", "S", "K"}


def test_no_row_is_out_of_scope() -> None:
    """A source without a row for the day was not configured then."""
    rows = source_days(days(1, DAY.replace(day=1)))
    assert not any(in_scope for in_scope, _ in judged([source("all")], rows).values())


def test_silence_is_in_scope_but_unobserved() -> None:
    """A source that did not answer never reads as calm."""
    assert judged([source("all", ["news"])], pd.DataFrame([row(False, 0, 10)]))["N"] == (True, False)


@pytest.mark.parametrize(("items", "observed"), [(4, False), (5, True)])
def test_half_of_the_expected_items_observe(items: int, observed: bool) -> None:
    """At least half of what was expected makes a day observed."""
    assert judged([source("all", ["news"])], pd.DataFrame([row(True, items, 10)]))["N"] == (True, observed)


def test_rare_sources_need_only_answer() -> None:
    """Nothing from a source that expects two items a day is no outage; nor where nothing is expected."""
    assert judged([source("all", ["news"])], pd.DataFrame([row(True, 0, 2)]))["N"] == (True, True)
    assert judged([source("all", ["news"])], pd.DataFrame([row(True, 0, 0)]))["N"] == (True, True)


def test_the_big_source_missing_blinds_the_index() -> None:
    """Small sources answering do not make up for a silent large one."""
    rows = pd.DataFrame([row(True, 10, 10), row(False, 0, 30, name="big")])
    assert judged([source("all", ["news"]), source("all", ["news"], "big")], rows)["N"] == (True, False)


def test_one_source_does_not_make_up_for_another() -> None:
    """A wire that brings a hundred times its promise hides no silence of a source of the same size."""
    rows = pd.DataFrame([row(True, 1000, 10), row(False, 0, 11, name="silent")])
    assert judged([source("all", ["news"]), source("all", ["news"], "silent")], rows)["N"] == (True, False)


def test_today_expects_what_has_passed() -> None:
    """At a quarter of the day a quarter of the items is due."""
    rows = pd.DataFrame([row(True, 2, 12)])
    assert judged([source("all", ["news"])], rows, elapsed={DAY: 0.25})["N"] == (True, True)


def test_platforms_may_come_as_a_frame() -> None:
    """The stage may hand in rows of the platforms table."""
    frame = pd.DataFrame([vars(REAL), vars(DEMO)])
    observation = observe([source("all")], source_days(days(1)), frame, INDICES, DAY, DAY)
    in_scope, _ = observation.of_index("K", day_number(DAY), day_number(DAY))
    assert in_scope.tolist() == [[True, False]]


def test_days_outside_the_span_are_unobserved() -> None:
    """What was not asked for is not known."""
    observation = observe([source("all")], source_days(days(3)), [REAL], INDICES, DAY, DAY)
    _, observed = observation.of_index("K", day_number(DAY) - 1, day_number(DAY) + 1)
    assert observed.ravel().tolist() == [False, True, False]


def test_no_sources_no_scope() -> None:
    """A watch list without any source has nothing in scope."""
    observation = observe([], source_days(days(1)), [REAL], INDICES, DAY, DAY)
    assert not observation.in_scope.any()
