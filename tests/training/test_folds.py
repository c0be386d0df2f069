"""Splits that do not flatter."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from training import folds

TEXTS = [f"第{'一二三四五六七八九'[i % 9]}个平台{chr(0x4E00 + 37 * i) * 30}今日停止兑付" for i in range(40)]


@pytest.fixture
def candidates() -> list[list[str]]:
    """Forty rows: twenty tied together by one much-posted platform, the rest in pairs."""
    return [["大平台", f"小{i}"] if i < 20 else [f"组{i // 2}"] for i in range(40)]


def _groups(candidates: list[list[str]]) -> np.ndarray:
    return folds.platform_groups(
        candidates, [set(names[:1]) for names in candidates], np.arange(len(candidates))
    )


def test_copies_are_near_duplicates():
    """A post copied with another head and tail joins its original; an unrelated text does not."""
    post = "星河宝停止兑付数千名投资人血本无归公安机关已经立案侦查实际控制人失联"
    labels = folds.duplicate_groups(
        ["转发微博" + post, post + "求扩散", "海棠贷推出暑期抽奖活动欢迎大家领取优惠券"]
    )
    assert labels[0] == labels[1] != labels[2]


def test_near_duplicates_stay_on_one_side():
    """No group is spread over two folds."""
    groups = np.repeat(np.arange(10), 3)
    fold = folds.spread(groups, 5, seed=1)
    assert all(len(set(fold[groups == group])) == 1 for group in range(10))


def test_an_unseen_platform_is_unseen_under_every_name(candidates: list[list[str]]):
    """No training row shares a candidate with a judged row, and every small component is judged once."""
    judged = []
    for split in folds.unseen(candidates, _groups(candidates), 5, seed=1):
        seen = {name for row in split.train for name in candidates[row]}
        assert all(seen.isdisjoint(candidates[row]) for row in split.test)
        judged += split.test.tolist()
    assert sorted(judged) == list(range(20, 40))


def test_a_known_platform_is_known(candidates: list[list[str]]):
    """Every judged row names a platform of the training rows, and is not itself a training row."""
    for split in folds.known(candidates, np.arange(40), 5, seed=1):
        seen = {name for row in split.train for name in candidates[row]}
        assert all(not seen.isdisjoint(candidates[row]) for row in split.test)
        assert set(split.test.tolist()).isdisjoint(split.train.tolist())


def test_stacking_tests_every_row_once_by_strangers(candidates: list[list[str]]):
    """Every row is judged once, and the rows of small components by rows that share no candidate with them."""
    splits = folds.inner(candidates, _groups(candidates), np.arange(40), 5, seed=1)
    assert sorted(row for split in splits for row in split.test.tolist()) == list(range(40))
    for split in splits:
        assert set(split.test.tolist()).isdisjoint(split.train.tolist())
        if split.test.min() >= 20:
            seen = {name for row in split.train for name in candidates[row]}
            assert all(seen.isdisjoint(candidates[row]) for row in split.test)


def test_a_word_in_every_row_does_not_empty_the_training_rows():
    """Where half of the rows would fall out, sharing a candidate is allowed."""
    candidates = [["小额贷", f"组{i // 4}"] for i in range(40)]
    groups = np.arange(40) // 4 * 4
    assert all(len(split.train) >= 20 for split in folds.inner(candidates, groups, np.arange(40), 5, seed=1))


def test_the_same_seed_gives_the_same_folds():
    """Folds are reproducible, and the seed matters."""
    groups = np.arange(50)
    assert folds.spread(groups, 5, 3).tolist() == folds.spread(groups, 5, 3).tolist()
    assert folds.spread(groups, 5, 3).tolist() != folds.spread(groups, 5, 4).tolist()


def test_groups_are_the_same_in_another_process():
    """Python's randomised hashing of strings changes no label, so a seed means the same folds everywhere."""
    code = (
        "from training import folds; import numpy as np;"
        "texts = [chr(0x4E00 + i // 4) * 3 + '停止兑付数千名投资人血本无归'[: 8 + i % 4] for i in range(60)];"
        "names = [[f'组{i // 3}', f'别{i // 7}'] for i in range(60)];"
        "labels = folds.duplicate_groups(texts);"
        "print(labels.tolist(), folds.platform_groups(names, [set(n) for n in names], labels).tolist())"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(answers) == 1
