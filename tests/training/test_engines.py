"""The engines that `make eval` compares: the same question to each, the same shape of answer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("lightgbm", reason="requirements-train.txt is not installed")
pytest.importorskip("sklearn", reason="requirements-train.txt is not installed")

from training import engines, measure
from training.data import Labelled
from training.engines import ENGINES, Engine


@pytest.fixture(scope="module")
def rows() -> Labelled:
    """A hundred short texts, each about one invented platform and the paper that reports; every other one negative."""
    texts, names, keys = [], [], []
    for i in range(100):
        name = f"{chr(0x4E00 + 11 * i)}{chr(0x6E00 - 11 * i)}宝"
        texts.append(
            f"据云帆报道，{name}{('涉嫌诈骗跑路', '推出暑期抽奖活动')[i % 2]}。{chr(0x5E00 + i) * 9}"
        )
        names.append([name, "云帆"])
        keys.append(set() if i % 2 else {name})
    return Labelled(texts, names, keys, np.array([1 - i % 2 for i in range(100)]))


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest, rows: Labelled) -> Engine:
    fitted = ENGINES[request.param]()
    fitted.fit(rows.take(np.arange(80)))
    return fitted


def test_every_engine_answers_for_every_text_and_candidate(engine: Engine, rows: Labelled) -> None:
    """One probability per text, and none or one per candidate, on rows that it has not seen."""
    test = rows.take(np.arange(80, 100))
    judged, about = (judge(test.texts, test.candidates) for judge in (engine.documents, engine.platforms))
    assert judged.shape == (20,)
    assert ((judged >= 0) & (judged <= 1)).all()
    assert about is None or about.shape == (40,)


def test_what_learns_learns(engine: Engine, rows: Labelled) -> None:
    """Every engine but SnowNLP as shipped tells these two texts apart."""
    if type(engine) is not engines.SnowShipped:
        bad, calm = engine.documents(rows.texts[80:82], rows.candidates[80:82])
        assert bad > calm


def test_a_fitted_engine_answers_as_before_when_it_is_read_again(tmp_path: Path, rows: Labelled) -> None:
    """Speed is measured in another process, on the model of the last fold."""
    for name in ("linear", "snownlp-retrained"):
        fitted, read = ENGINES[name](), ENGINES[name]()
        fitted.fit(rows)
        fitted.save(tmp_path / name)
        read.load(tmp_path / name)
        assert (
            read.documents(rows.texts[:4], rows.candidates[:4])
            == fitted.documents(rows.texts[:4], rows.candidates[:4])
        ).all()


def test_windows_mask_the_candidate_and_its_rivals() -> None:
    """The linear baseline reads what stands around a name, never the name."""
    (about, other) = engines._windows(["甲宝与乙宝合作"], [["甲宝", "乙宝"]])
    assert (about, other) == ("⊙与⊗合作", "⊗与⊙合作")


def test_speed_is_of_processor_time_and_memory_of_the_process(rows: Labelled) -> None:
    """What is measured has the fields that the table shows, all above zero."""
    found = measure.speed(
        engines.Lexicon(),
        [(text, names) for text, names in zip(rows.texts, rows.candidates, strict=True)],
        Path(),
    )
    assert set(found) == {"per_second", "documents", "start_up", "memory"}
    assert found["documents"] >= len(rows.texts), "each at least once"
    assert all(value > 0 for value in found.values())
