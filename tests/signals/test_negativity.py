"""The negativity model as it ships."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signals.negativity import WEIGHTS, NegativityModel, WeightsError, joint_log_odds

ROOT = Path(__file__).parents[2]
ANY_TEXT = st.text(st.characters(codec=None), max_size=120)

CRISIS = "星河宝停止兑付,数千名投资人血本无归,公安机关以涉嫌非法吸收公众存款对其立案侦查"
CALM = "星河宝与多家品牌一起推出暑期抽奖活动,转发微博即可参与,欢迎大家领取优惠券"


@pytest.fixture(scope="module")
def model() -> NegativityModel:
    """The weights in the repository."""
    return NegativityModel.load()


def test_a_crisis_is_negative_and_an_advert_is_not(model: NegativityModel):
    """The two ends of the scale come out right with and without the name."""
    for scores in (model.score([CRISIS, CALM]), model.score_about([CRISIS, CALM], [["星河宝"]] * 2)):
        assert scores[0] > 0.9
        assert scores[1] < 0.1


def test_the_culprit_scores_above_the_reporting_medium(model: NegativityModel):
    """The same text is judged for each platform on its own."""
    text = "云帆财经讯,P2P平台星河宝涉嫌集资诈骗,实际控制人失联跑路"
    culprit, medium = model.score_about([text] * 2, [["星河宝"], ["云帆财经"]], [["云帆财经"], ["星河宝"]])
    assert culprit > 0.5
    assert culprit > medium


def test_a_name_found_only_inside_a_longer_name_is_not_meant(model: NegativityModel):
    """Nested names: the longer one is the platform."""
    text = "星河宝跑路!投资人报案,星河宝涉嫌诈骗"
    whole, part = model.score_about([text] * 2, [["星河宝"], ["星河"]], [["星河"], ["星河宝"]])
    assert whole > 0.5 > part


def test_somebody_is_meant_by_a_negative_text():
    """The only candidate of a text is as surely meant as the text is negative; of two unlikely ones, one is."""
    log_odds = joint_log_odds(np.array([0.9, 0.9]), np.array([0.2, 0.1, 0.1]), np.array([0, 1, 1]))
    joint = 1 / (1 + np.exp(-log_odds))
    assert joint[0] == pytest.approx(0.9)
    assert joint[1] == pytest.approx(0.9 * 0.1 / 0.19)


def test_the_threshold_ships_with_the_weights(model: NegativityModel):
    """Half of an F1 is a threshold below one half; it was fitted, not assumed."""
    assert 0.4 <= model.threshold < 0.5


def test_names_do_not_matter(model: NegativityModel):
    """Another name of the same make gives exactly the same probability."""
    text = "{0}停止兑付,投资人到{0}总部维权,警方已介入调查"
    names = ["星河宝", "海棠贷", "青松宝"]
    scores = model.score_about([text.format(name) for name in names], [[name] for name in names])
    assert len(set(scores.tolist())) == 1


def test_width_case_and_blanks_do_not_matter(model: NegativityModel):
    """A full-width or spaced-out spelling of text and name is read as the plain one."""
    plain = model.score_about(["Xinghe宝逾期,投资人报案"], [["xinghe宝"]])
    odd = model.score_about(["Ｘｉｎｇｈｅ 宝逾 期，投资人报案"], [["XINGHE宝"]])
    assert plain.tolist() == odd.tolist()


def test_several_surface_forms_are_one_candidate(model: NegativityModel):
    """A mention under any of the names counts for the platform."""
    text = "星河普惠旗下星河宝停止兑付,投资人报案"
    rating = model.rate([text], [[["星河普惠", "星河宝"]]])
    assert rating.about[0].shape == (1,)
    assert rating.about[0][0] > 0.5


def test_rate_agrees_with_the_single_questions(model: NegativityModel):
    """One pass over texts with candidates gives what score and score_about give."""
    candidates = [[["星河宝"], ["云帆财经"]], [["星河宝"]]]
    rating = model.rate([CRISIS, CALM], candidates)
    np.testing.assert_array_equal(rating.document, model.score([CRISIS, CALM], candidates))
    np.testing.assert_array_equal(
        rating.about[0][:1], model.score_about([CRISIS], [["星河宝"]], [["云帆财经"]])
    )


def test_a_score_does_not_depend_on_its_batch(model: NegativityModel):
    """Neighbours in a batch never leak into a text."""
    texts = [CRISIS, CALM, "", "😀", CRISIS * 3] * 150
    np.testing.assert_array_equal(model.score(texts)[:5], [model.score([text])[0] for text in texts[:5]])


def test_texts_without_candidates_get_empty_answers(model: NegativityModel):
    """A text about nobody has a document probability and no candidate probability."""
    rating = model.rate([CRISIS, CALM], [[], [["星河宝"]]])
    assert [len(about) for about in rating.about] == [0, 1]
    assert np.isfinite(rating.document).all()


def test_no_texts_give_no_scores(model: NegativityModel):
    """Empty input is an empty answer."""
    assert model.score([]).shape == (0,)
    assert model.score_about([], []).shape == (0,)
    assert model.rate([], []).document.shape == (0,)


def test_a_megabyte_is_read(model: NegativityModel):
    """A huge text is judged by its head and tail instead of raising."""
    assert 0 <= model.score([CRISIS * 30_000])[0] <= 1
    assert 0 <= model.score_about([CRISIS * 30_000], [["星河宝"]])[0] <= 1


def test_thousands_of_candidates_are_read(model: NegativityModel):
    """A list article naming everybody is no special case."""
    names = [[f"平台甲乙{chr(0x4E00 + i)}"] for i in range(7000)]
    assert len(model.rate(["名单:" + "、".join(name[0] for name in names)], [names]).about[0]) == 7000


@settings(deadline=None, max_examples=200)
@given(
    st.lists(
        st.tuples(ANY_TEXT, st.lists(st.lists(ANY_TEXT, min_size=1, max_size=2), max_size=3)), max_size=4
    )
)
def test_any_text_and_any_names_give_probabilities(model: NegativityModel, rows):
    """Emoji, control and private-use characters, surrogate halves, empty names: always 0..1, never an error."""
    rating = model.rate([text for text, _ in rows], [names for _, names in rows])
    values = np.concatenate([rating.document, model.score([text for text, _ in rows]), *rating.about])
    assert ((values >= 0) & (values <= 1)).all()


def test_scores_are_the_same_in_another_process(model: NegativityModel):
    """No hash seed, locale or start order changes a probability."""
    code = (
        "import sys; from signals.negativity import NegativityModel as M;"
        "print(repr(M.load().score_about([sys.argv[1]], [['星河宝']]).tolist()))"
    )
    command = [sys.executable, "-X", "utf8", "-c", code, CRISIS]
    out = subprocess.run(
        command, cwd=ROOT, env={"PYTHONHASHSEED": "7"}, capture_output=True, text=True, check=True
    )
    assert out.stdout.strip() == repr(model.score_about([CRISIS], [["星河宝"]]).tolist())


def test_reading_needs_numpy_alone():
    """No training library is imported at run time."""
    code = (
        "import sys; from signals.negativity import NegativityModel as M; M.load().score(['星河宝逾期']);"
        "print({'sklearn', 'scipy', 'torch', 'lightgbm', 'pandas', 'jieba'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


def test_the_weights_are_small():
    """The file that ships stays under 30 MB."""
    assert WEIGHTS.stat().st_size < 30_000_000


def test_the_version_names_the_weights(model: NegativityModel):
    """Every mention stores this; it fits the column and the card names it."""
    assert 0 < len(model.version) <= 40
    assert model.version in WEIGHTS.with_name("MODEL_CARD.md").read_text(encoding="utf-8")


def test_saving_and_loading_keeps_every_score(model: NegativityModel, tmp_path: Path):
    """The file holds all that the model needs."""
    model.save(tmp_path / "copy.npz")
    copy = NegativityModel.load(tmp_path / "copy.npz")
    np.testing.assert_array_equal(copy.score([CRISIS, CALM]), model.score([CRISIS, CALM]))
    assert (copy.version, copy.threshold) == (model.version, model.threshold)


@pytest.mark.parametrize("content", [None, b"", b"not an archive", b"PK\x03\x04 torn"])
def test_unreadable_weights_are_named(tmp_path: Path, content: bytes | None):
    """A missing or damaged file gives an error that names it and the remedy."""
    path = tmp_path / "negativity.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"negativity\.npz") as raised:
        NegativityModel.load(path)
    assert "training.train_negativity" in str(raised.value)
