"""Training of the discovery model on rows of our own making, and the shipped weights against the labelled rows."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="requirements-train.txt is not installed")
pytest.importorskip("lightgbm", reason="requirements-train.txt is not installed")

from signals.discovery import Discoverer
from signals.text import Reading
from training import discovery_data, discovery_evaluate, discovery_fit, train_discovery
from training.data import DataError
from training.discovery_data import Named

LABELLED = Path(__file__).parents[3] / "shared" / "data" / "newentity_dev.csv"
needs_rows = pytest.mark.skipif(not LABELLED.exists(), reason="the labelled rows are not part of the project")

_HEADS = ("霜月", "青藤", "云帆", "星禾", "北岸", "南麓", "松风", "竹影", "晨溪", "暮川", "海棠", "银杏")
_TAILS = ("优投", "财富", "贷")
_PHRASES = (
    "{0}靠谱吗？{0}平台是不是骗局，最近{0}无法提现",
    "【曝光】{0}涉嫌传销，参加{0}的会员血本无归，警方已经介入调查",
    "注册{0}送红包，{0}每天分红，加入{0}一起赚钱",
    "有投资人反映，在{0}的资金到期没有回款，{0}客服失联",
)
_OTHER = "今天下午有小雨，气温下降，请市民出门带伞，注意交通安全"
_WORDS = (
    "早上",
    "下雨",
    "道路",
    "学校",
    "读书",
    "苹果",
    "天空",
    "散步",
    "电影",
    "厨房",
    "邻居",
    "火车",
    "春天",
)


def rows() -> Named:
    """Texts about invented platforms and thirty about the weather, none the near-duplicate of another.

    Each also passes a shop, and every tenth is labelled with the shop by mistake: labels are never without error.
    """
    generator = np.random.default_rng(11)
    names = [head + tail for head in _HEADS for tail in _TAILS]
    told = [(phrase.format(name), {name}) for name in names for phrase in _PHRASES]
    told += [(_OTHER, set()) for _ in range(30)]
    texts, labels = [], []
    for number, (text, own) in enumerate(told):
        shop = generator.choice(_HEADS) + generator.choice(("书店", "超市"))
        words = generator.choice(_WORDS, 30)
        texts.append(f"{text}。路过{shop}买了水果，{''.join(words)}。")
        labels.append({shop} if number % 10 == 0 else own)
    return Named(texts, labels)


@pytest.fixture(scope="module")
def fitted() -> Discoverer:
    """A model of those rows."""
    data = rows()
    return discovery_fit.fit(data, discovery_data.lexicon(data.texts, ["霜月优投", "海棠贷"]), 1, "test")


@pytest.mark.slow
def test_what_was_learnt_carries_over_to_a_name_never_seen(fitted: Discoverer) -> None:
    """The words around a name tell, not the name."""
    reading = Reading.of("", _PHRASES[0].format("梧桐优投"))
    assert [one.name for one in fitted.find([reading])[0]] == ["梧桐优投"]


@pytest.mark.slow
def test_training_again_gives_the_same_weights(fitted: Discoverer, tmp_path: Path) -> None:
    """The same rows and seed: byte for byte the same arrays."""
    data = rows()
    again = discovery_fit.fit(data, discovery_data.lexicon(data.texts, ["霜月优投", "海棠贷"]), 1, "test")
    fitted.save(tmp_path / "a.npz")
    again.save(tmp_path / "b.npz")
    with np.load(tmp_path / "a.npz") as one, np.load(tmp_path / "b.npz") as other:
        assert set(one.files) == set(other.files)
        for name in one.files:
            np.testing.assert_array_equal(one[name], other[name])


def test_rows_that_share_a_name_stay_together() -> None:
    """Neither a name nor a near-duplicate text stands on both sides of a split."""
    data = rows()
    judged = []
    for split in discovery_evaluate.disjoint(data, 0):
        train, test = data.take(split.train), data.take(split.test)
        assert set().union(*train.names).isdisjoint(set().union(*test.names))
        judged += split.test.tolist()
    assert sorted(judged) == list(range(len(data.texts)))


def test_only_the_surest_of_nested_names_is_kept() -> None:
    """Within a text; another text may keep the other name."""
    kept = discovery_fit.apart(
        np.array([0, 0, 0, 1]), ["云帆", "云帆币", "海棠贷", "云帆"], np.array([0.2, 0.9, 0.4, 0.1])
    )
    assert sorted(kept.tolist()) == [1, 2, 3]


def test_the_threshold_is_where_f1_is_largest() -> None:
    """Three right ones from .6 on, wrong ones below: the threshold parts them."""
    confidence = np.array([0.9, 0.8, 0.6, 0.4, 0.3, 0.2])
    threshold = discovery_fit.best_threshold(confidence, np.array([1, 1, 1, 0, 0, 0]), 3)
    assert 0.4 < threshold <= 0.6


def test_figures_count_names_over_rows() -> None:
    """Two shown, one right, of two labelled of which one is not in its text: P .5, R .5, recall of the written 1."""
    data = Named(["霜月优投靠谱吗", "海棠很好"], [{"霜月优投"}, {"云帆币"}])
    proposals = discovery_evaluate.Proposals(
        np.array([0, 1, 1]),
        np.array([1, 0, 0]),
        np.array([1, 0, 0]),
        np.array([0.9, 0.5, 0.1]),
        np.array([1, 1, 0]),
    )
    found = discovery_evaluate.figures(proposals, data, 0)
    assert (found.exact.precision[0], found.exact.recall[0], found.exact.f1[0]) == (0.5, 0.5, 0.5)
    assert found.written.recall[0] == 1
    assert found.exact.f1[1] <= 0.5 <= found.exact.f1[2]
    assert found.steps[0.7] == (1, 0.5)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    """A file of another make is refused."""
    path = tmp_path / "rows.csv"
    path.write_text("id,text\n1,霜月优投\n", encoding="utf-8")
    with pytest.raises(DataError, match="unknownEntities"):
        discovery_data.read(path)


@pytest.mark.slow
def test_the_command_writes_weights_and_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One command: figures printed, weights and card beside each other, naming the same version."""
    for module in (discovery_fit, discovery_evaluate):
        monkeypatch.setattr(module, "FOLDS", 2)  # five take minutes and prove the same
    source = tmp_path / "rows.csv"
    data = rows()
    lines = [
        f'{n},"{text}",{";".join(own)}'
        for n, (text, own) in enumerate(zip(data.texts, data.names, strict=True))
    ]
    source.write_text("id,text,unknownEntities\n" + "\n".join(lines), encoding="utf-8")
    out = tmp_path / "weights" / "discovery.npz"
    assert train_discovery.main(["--data", str(source), "--out", str(out)]) == 0
    version = Discoverer.load(out).version
    assert version in out.with_name("DISCOVERY_CARD.md").read_text(encoding="utf-8")


@needs_rows
def test_the_shipped_weights_fit_their_rows() -> None:
    """The weights belong to this code: on rows that they learnt from they are far better than on unseen ones."""
    data = discovery_data.read(LABELLED).take(range(0, 3400, 4))
    found = Discoverer.load().find([Reading.of("", text) for text in data.texts])
    right = sum(one.name in gold for own, gold in zip(found, data.names, strict=True) for one in own)
    shown, wanted = sum(map(len, found)), sum(map(len, data.names))
    assert 2 * right / (shown + wanted) > 0.6
