"""Learning from corrections: a candidate is used only if it is no worse, and what it replaces stays on record."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from db import read, write
from db.roles import Actor, NotAllowed, Role, command_line
from pipeline import learnt_models, training_runs
from pipeline.commands.stages import carry
from pipeline.commands.train import told
from pipeline.errors import UsageFault
from pipeline.prepare import Workplace
from pipeline.progress import silent
from pipeline.training_runs import COLUMNS, Part, TrainingMissing, Trial
from signals.negativity import NegativityModel
from tests.pipeline.conftest import NOW, PLATFORM
from tests.pipeline.test_feedback import DAY, Table, correct, evidence
from tests.pipeline.test_stages import bring, complaint, row

ROOT = Path(__file__).parent.parent.parent
LATER = NOW + timedelta(minutes=1)
CALM = "岚桥优贷昨天在城西开了一家门店，到场的人不多，活动持续了一个下午。"
BETTER = Part("甲", 10, 0.9, 0.8, 0.0, 0.2)
WORSE = Part("乙", 10, 0.7, 0.75, -0.2, 0.1)


def trial(*parts: Part) -> Trial:
    return Trial("negativity-local-t", Path("t.npz"), LATER, 100, 3, parts)


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """A hundred short texts about a hundred platforms, reported by ten papers; every other one is negative."""
    path = tmp_path / "labelled.csv"
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(COLUMNS)
        for i in range(100):
            name = f"{chr(0x4E00 + 11 * i)}{chr(0x6E00 - 11 * i)}宝"
            paper = f"{'赤橙黄绿青蓝紫金银铜'[i // 10]}帆"
            text = f"据{paper}报道{name}{('涉嫌诈骗跑路', '推出暑期抽奖活动')[i % 2]}{name[1] * 20}"
            writer.writerow([i, text, f"{name};{paper}", 1 - i % 2, "" if i % 2 else name])
    return path


def test_only_a_loss_is_worse() -> None:
    """Equal is no worse; one part that loses is enough, and it is told by how much."""
    assert trial(BETTER, Part("丙", 10, 0.8, 0.8, -0.1, 0.1)).worse == {}
    assert trial(BETTER, WORSE).worse == pytest.approx({"乙": 0.05})
    assert "低 0.0500" in told(trial(BETTER, WORSE))


def test_a_loss_that_may_be_chance_is_told_as_such() -> None:
    """Still a loss: it is refused, and people learn that more corrections may settle it; a sure loss says nothing."""
    assert "-0.2000 至 +0.1000" in told(trial(BETTER, WORSE))
    assert "抽样误差之内" in told(trial(BETTER, WORSE))
    assert "抽样误差" not in told(trial(BETTER, Part("丁", 10, 0.5, 0.75, -0.3, -0.1)))
    assert "抽样误差" not in told(trial(BETTER))


def test_activation_is_recorded_and_asks_for_a_new_reading(workplace: Workplace) -> None:
    """Which model, what it learnt from, who and when; the worker reads everything again."""
    with workplace.database.writing() as session:
        training_runs.activate(session, trial(BETTER), actor=command_line("陈一"), now=LATER)
    with workplace.database.reading() as session:
        chosen = learnt_models.activated(session)
        (asked,) = read.waiting_requests(session)
    assert chosen is not None
    assert (chosen.version, chosen.who, chosen.learnt_at) == ("negativity-local-t", "陈一", LATER.isoformat())
    assert (asked.what, asked.arguments) == ("rescore", {"model": "negativity-local-t"})


def test_only_who_may_put_the_worker_to_work_activates(workplace: Workplace) -> None:
    """Checked where data changes; the refusal leaves nothing behind."""
    analyst = Actor("陈一", Role.ANALYST)
    with pytest.raises(NotAllowed), workplace.database.writing() as session:
        training_runs.activate(session, trial(BETTER), actor=analyst, now=LATER)
    with workplace.database.reading() as session:
        assert learnt_models.activated(session) is None


def test_corrections_are_exported_as_labelled_rows(
    workplace: Workplace, table: Table, tmp_path: Path
) -> None:
    """In the very format that training reads, with the name as the text has it."""
    bring(workplace, table([complaint(1, DAY), complaint(2, DAY)]))
    correct(workplace, evidence(workplace)[0]["document_id"], "not_negative", LATER)
    target = tmp_path / "rows.csv"
    with workplace.database.reading() as session:
        assert training_runs.export_rows(session, target) == 1
    with target.open(encoding="utf-8", newline="") as handle:
        (row,) = csv.DictReader(handle)
    assert tuple(row) == COLUMNS
    assert (row["entity"], row["negative"], row["key_entity"]) == (PLATFORM.name, "0", "")


def test_an_export_of_texts_is_in_the_audit_log(
    workplace: Workplace, table: Table, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By whom and how many: texts leave the system."""
    from pipeline.commands import train as verb

    bring(workplace, table([complaint(1, DAY)]))
    correct(workplace, evidence(workplace)[0]["document_id"], "not_negative", LATER)
    verb.train(None, False, "陈一", tmp_path / "rows.csv")
    with workplace.database.reading() as session:
        (entry,) = read.audit(session, action="export").to_dict("records")
    assert (entry["actor"], entry["subject"], entry["detail"]["rows"]) == ("陈一", "training_rows", 1)
    assert "1 篇" in capsys.readouterr().out


def test_training_without_its_libraries_names_the_file(
    workplace: Workplace, labelled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The product runs without scikit-learn; the message says what to install."""
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    for name in [name for name in sys.modules if name.startswith("training.")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(TrainingMissing, match=r"requirements-train\.txt"):
        training_runs.train(workplace.database, labelled, now=LATER)


@pytest.mark.slow
def test_a_candidate_learns_from_corrections(
    workplace: Workplace, table: Table, labelled: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Trained, judged on platforms and sentences that it has not seen, saved, activated, and every mention read anew
    in a new version, while the former ones stay."""
    pytest.importorskip("lightgbm", reason="requirements-train.txt is not installed")
    monkeypatch.setattr(training_runs, "SENTENCES", sentences(tmp_path))
    bring(workplace, table([complaint(1, DAY), row(2, DAY, CALM, kind="news", publisher="示例早报")]))
    (found,) = (each for each in evidence(workplace) if each["kind"] == "complaint")
    correct(workplace, found["document_id"], "not_negative", LATER)
    result = training_runs.train(workplace.database, labelled, now=LATER + timedelta(minutes=1))
    assert (result.rows, result.corrections) == (100, 1)
    assert result.parts[-1].judged == 3
    assert [part.name for part in result.parts] == ["未见过的平台：文本", "未见过的平台：平台", "回归句"]
    assert all(0 <= value <= 1 for part in result.parts for value in (part.candidate, part.active))
    assert NegativityModel.load(result.path).version == result.version
    again = training_runs.train(workplace.database, labelled, now=LATER + timedelta(minutes=2))
    assert (again.version, again.parts) == (result.version, result.parts)
    former = mention_versions(workplace)
    with workplace.database.writing() as session:
        training_runs.activate(session, result, actor=command_line("陈一"), now=LATER + timedelta(minutes=3))
        write.rescore(session)
    carry(workplace, LATER + timedelta(minutes=4), silent)
    now = mention_versions(workplace)
    assert now[: len(former)] == former
    assert any(version.startswith(result.version) for version in now[len(former) :])


def sentences(folder: Path) -> Path:
    """A regression set of three judgements; the fourth candidate is one that nobody can be sure about."""
    kept = folder / "sentences.toml"
    kept.write_text(
        '[[sentence]]\ntext = "云汐贷涉嫌诈骗跑路，赤帆报道。"\n[sentence.about]\n'
        '"云汐贷" = { negative = true }\n"赤帆" = { negative = false }\n'
        '[[sentence]]\ntext = "云汐贷推出暑期抽奖活动，赤帆报道。"\n[sentence.about]\n'
        '"云汐贷" = { negative = false }\n"赤帆" = { polarity = "asked" }\n',
        "utf-8",
    )
    return kept


def mention_versions(workplace: Workplace) -> list[str]:
    from sqlalchemy import select

    from db.schema import Mention

    with workplace.database.reading() as session:
        statement = select(Mention.model_version).order_by(Mention.as_of, Mention.document_id)
        return list(session.scalars(statement))


def test_labelled_data_of_another_shape_is_explained(workplace: Workplace, tmp_path: Path) -> None:
    """The columns that are needed, instead of a traceback."""
    pytest.importorskip("lightgbm", reason="requirements-train.txt is not installed")
    path = tmp_path / "other.csv"
    path.write_text("id,text\n1,云汐贷\n", "utf-8")
    with pytest.raises(UsageFault, match="key_entity"):
        training_runs.train(workplace.database, path, now=datetime.now(UTC))


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "TRUSTWATCH_DATA": str(folder)}
    env.pop("TRUSTWATCH_DATABASE_URL", None)
    line = [sys.executable, "-m", "pipeline", "train", *arguments]
    return subprocess.run(line, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def test_the_command_asks_for_the_labelled_data(tmp_path: Path) -> None:
    """Corrections alone can neither train nor judge a model: exit code 2 and the option that is missing."""
    done = command(tmp_path / "d")
    assert done.returncode == 2
    assert "--data" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("worse", [False, True])
def test_the_command_activates_only_what_is_no_worse(
    workplace: Workplace,
    labelled: Path,
    worse: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 1 and the loss, with the candidate kept and the active model in place; else it is active."""
    import typer

    from pipeline.commands import train as verb

    monkeypatch.setattr(training_runs, "train", lambda *_, **__: trial(BETTER, *([WORSE] if worse else [])))
    if worse:
        with pytest.raises(typer.Exit) as ended:
            verb.train(labelled, True, "陈一", None)
        assert ended.value.exit_code == 1
    else:
        verb.train(labelled, True, "陈一", None)
    with workplace.database.reading() as session:
        assert (learnt_models.activated(session) is None) == worse
    shown = capsys.readouterr()
    assert ("低 0.0500" in shown.out) == worse
    assert ("未启用" in shown.err) == worse


def test_data_of_one_platform_alone_cannot_judge(workplace: Workplace, labelled: Path) -> None:
    """Every row names the same platform: nothing is unseen, and no figure is made up."""
    pytest.importorskip("lightgbm", reason="requirements-train.txt is not installed")
    text = labelled.read_text("utf-8").splitlines()
    rows = [line.split(",") for line in text[1:]]
    joined = [",".join([row[0], row[1], f"{row[2]};云帆", *row[3:]]) for row in rows]
    labelled.write_text("\n".join([text[0], *joined]), "utf-8")
    with pytest.raises(UsageFault, match="未见过的平台"):
        training_runs.train(workplace.database, labelled, now=LATER)
