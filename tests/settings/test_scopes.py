"""Which constants judge a platform, what a version without exceptions looks like, and what the screen says is wrong."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settings.loader import SettingsError, load, validate
from settings.models import LevelLines, Override, Overrides, Settings, Thresholds
from settings.scopes import groups, resolved
from settings.threshold_diff import diff, rebased
from settings.threshold_faults import normalised, parsed

BASE = load().thresholds


def content(**changes: Any) -> dict[str, Any]:
    return deepcopy(BASE.model_dump(mode="json")) | changes


def lines(orange: float) -> LevelLines:
    return LevelLines(
        blue=BASE.blue,
        yellow=BASE.yellow,
        orange=BASE.orange.model_copy(update={"enter": orange}),
        red=BASE.red,
        leave_margin=3,
    )


def scoped(**platform: Override) -> Thresholds:
    """A class with its own lines and weights, and platforms."""
    own = Override(lines=lines(55), weights={"R": 1.0})
    return BASE.model_copy(update={"overrides": Overrides(category={"众筹": own}, platform=platform)})


def test_without_exceptions_nothing_changes() -> None:
    """Old versions parse, and what is written of one without exceptions names none: hashes stay what they were."""
    assert "overrides" not in BASE.model_dump(mode="json")
    assert Thresholds.model_validate(content()) == BASE
    assert Thresholds.model_validate(content(overrides={})) == BASE


def test_exceptions_survive_being_stored() -> None:
    """Only what they have of their own is written."""
    whole = scoped(a=Override(single_index_share=0.5))
    stored = whole.model_dump(mode="json")
    assert stored["overrides"]["platform"] == {"a": {"single_index_share": 0.5}}
    assert Thresholds.model_validate(stored) == whole


def test_the_narrowest_scope_counts() -> None:
    """Platform, else class, else all; lines and weights come whole, floors by name."""
    floor = BASE.floors["withdrawal"].model_copy(update={"score": 70.0})
    whole = scoped(a=Override(lines=lines(58), floors={"withdrawal": floor}))
    a, b, c = (
        resolved(whole, name, category) for name, category in (("a", "众筹"), ("b", "众筹"), ("c", None))
    )
    assert (a.orange.enter, b.orange.enter, c.orange.enter) == (58, 55, 60)
    assert (a.leave_margin, c.leave_margin) == (3, 5)
    assert a.weights == b.weights == {"R": 1.0}
    assert c == BASE
    assert (a.floors["withdrawal"].score, b.floors["withdrawal"].score) == (70, 60)
    assert a.floors["official"] == BASE.floors["official"]


def test_groups_hold_everybody_once() -> None:
    """Platforms judged alike together; 全行业 belongs to no class."""
    found = groups(
        scoped(a=Override(single_index_share=0.5)), {"a": "众筹", "b": "众筹", "c": "支付", "industry": None}
    )
    assert [ids for _, ids in found] == [("a",), ("b",), ("c", "industry")]
    assert groups(BASE, {}) == []


@pytest.mark.parametrize(
    ("changes", "path", "told"),
    [
        ({"weights": {"R": -0.1}}, ("weights", "R"), "不小于 0"),
        ({"weights": {"R": 0.0}}, (), "权重之和必须大于 0"),
        ({"leave_margin": 25.0}, ("leave_margin",), "永远不会解除"),
        ({"orange": BASE.orange.model_dump() | {"enter": 80.0}}, (), "逐级升高"),
        ({"red": BASE.red.model_dump() | {"need_days": 3}}, ("red", "need_days"), "2 天里不可能有 3 天"),
        ({"blue": BASE.blue.model_dump() | {"enter": 120}}, ("blue", "enter"), "不大于 100"),
        (
            {"overrides": {"category": {"众筹": {"lines": lines(55).model_dump() | {"leave_margin": 30}}}}},
            ("overrides", "category", "众筹", "lines", "leave_margin"),
            "永远不会解除",
        ),
        (
            {"overrides": {"platform": {"a": {"weights": {"R": 0}}}}},
            ("overrides", "platform", "a"),
            "权重之和必须大于 0",
        ),
        (
            {"floors": {"x": BASE.floors["official"].model_dump() | {"events": []}}},
            ("floors", "x", "events"),
            "至少选择一个事件",
        ),
    ],
)
def test_faults_name_their_field(changes: dict[str, Any], path: tuple[str, ...], told: str) -> None:
    """In Chinese, with the way to the field, so that the screen can say it there."""
    found, faults = parsed(content(**changes))
    assert found is None
    assert any(fault.path == path and told in fault.told for fault in faults), faults


def test_sound_thresholds_have_no_fault() -> None:
    """As installed."""
    assert parsed(content()) == (BASE, [])


def test_unknown_indices_and_events_of_exceptions_are_refused() -> None:
    """In a file as well as the global ones."""
    settings = load()
    for own in (
        {"weights": {"Z": 1.0}},
        {"floors": {"official": BASE.floors["official"].model_dump() | {"events": ["x"]}}},
    ):
        told = content(overrides={"platform": {"a": own}})
        with pytest.raises(SettingsError, match=r"overrides\.platform\.a"):
            validate(Settings, {**dict(settings), "thresholds": told}, "x")


weights = st.dictionaries(st.sampled_from("RKCSNDY"), st.floats(0, 1).map(lambda x: round(x, 2)), min_size=1)


@given(weights)
def test_normalised_weights_add_up_and_keep_their_proportions(given_: dict[str, float]) -> None:
    """To four decimals; what adds up already stays to the bit."""
    found = normalised(given_)
    total = sum(given_.values())
    if total == 0 or abs(total - 1) <= 0.0005:
        assert found == given_
        return
    assert sum(found.values()) == pytest.approx(1, abs=1e-9)
    assert all(found[name] == pytest.approx(value / total, abs=0.0005) for name, value in given_.items())


def test_a_difference_names_every_value() -> None:
    """Paths down to the single number, exceptions included."""
    after = scoped().model_copy(
        update={
            "leave_margin": 4.0,
            "overrides": Overrides(platform={"a": Override(single_index_share=0.5)}),
        }
    )
    told = {
        change.path: (change.before, change.after)
        for change in diff(content(), after.model_dump(mode="json"))
    }
    assert told == {
        ("leave_margin",): (5, 4),
        ("overrides", "platform", "a", "single_index_share"): (None, 0.5),
    }


def test_an_edit_is_carried_over_and_conflicts_are_named() -> None:
    """Mine: orange and a weight; theirs: orange and the margin. Mine stays, theirs too where I changed nothing."""
    mine = content(orange=BASE.orange.model_dump() | {"enter": 66}, weights=BASE.weights | {"R": 0.3})
    theirs = content(orange=BASE.orange.model_dump() | {"enter": 62}, leave_margin=4)
    found = rebased(content(), mine, theirs)
    assert found.content == mine | {"leave_margin": 4}
    assert [(one.path, one.before, one.after) for one in found.both] == [(("orange", "enter"), 62, 66)]


def test_exceptions_are_carried_over_whole() -> None:
    """Mine deletes a class's lines that theirs changed in one number: no half of them stays."""
    base = content(overrides={"category": {"众筹": {"lines": lines(55).model_dump()}}})
    theirs = content(overrides={"category": {"众筹": {"lines": lines(56).model_dump()}}})
    found = rebased(base, content(), theirs)
    assert parsed(found.content)[0] == BASE
    assert [one.path for one in found.both] == [("overrides", "category", "众筹", "lines")]


@given(weights, weights)
def test_carrying_over_to_the_same_version_changes_nothing(
    mine: dict[str, float], base: dict[str, float]
) -> None:
    """Nobody else edited: my edit is what I edited."""
    edited = content(weights=mine)
    assert rebased(content(weights=base), edited, content(weights=base)).content == edited
