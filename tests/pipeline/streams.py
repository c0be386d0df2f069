"""Streams of invented documents about invented platforms, and replays of them."""

from __future__ import annotations

import csv
import random
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.progress import silent
from pipeline.replay.documents import REQUIRED
from pipeline.replay.platforms import read_platforms
from pipeline.replay.run import Order, run
from pipeline.replay.table import Tally
from settings import loader
from signals.model import SHANGHAI, Kind

START, END = date(2025, 7, 7), date(2025, 8, 17)
"""A Monday and a Sunday."""
HISTORY = 200
PLATFORMS = ("岚桥优贷", "澄江财富", "栎阳普惠", "青浔金服")
FILES = ("index_values.csv", "flips.csv", "baselines.csv")
KINDS = tuple(kind for kind in Kind if kind is not Kind.DISCLOSURE)
Row = dict[str, str]

PRESS = ("示例早报", "示例财讯", "示例晚报", "示例在线", "示例商报")
CALM = "{name}公布本月运营数据，成交额约{n}亿元，与上月基本持平，公司称将继续完善风控体系。"
REPORTS = (
    "{name}被曝提现困难，多名出借人称等待已超过{n}天，平台尚未说明原因，记者致电客服未获答复。",
    "网贷平台{name}无法提现的消息引发关注，有用户称{n}万元迟迟没有到账，已有人前往公司交涉。",
    "记者获悉，{name}约有{n}个项目逾期，投资人要求公司公布兑付方案，公司对此不予置评。",
)
COMPLAINTS = (
    "我在{name}申请提现{n}天没有到账，客服一直推脱，现在完全无法提现。",
    "{name}未经同意扣取会员费{n}元，要求退还被拒，请有关部门处理。",
    "{name}暴力催收，一天给家人打了{n}个电话，严重影响生活。",
)
POSTS = ("{name}还能提现吗？到账时间从{n}小时变成了几天", "{name}是不是要爆雷了，等了{n}天没有消息")
PENALTY = "经查，{name}违规开展业务，示例市金融监管局依法对其处以罚款{n}万元。"
CLEARED = "经核查，网传{name}提现困难的消息不实，该平台运营正常、提现渠道畅通，请公众不信谣、不传谣。"


def document(number: object, moment: datetime | date | str, kind: str, text: str, **more: str) -> Row:
    """One row of DOCS."""
    when = moment if isinstance(moment, str) else moment.isoformat()
    row = {"id": str(number), "published_at": when, "first_seen_at": "", "kind": kind, "source": kind}
    return row | {"publisher": "", "title": text[:14], "text": text, "author": "", "reach": ""} | more


def stream(seed: int, count: int = 260) -> list[Row]:
    """Documents of 200 days of history and six weeks: ordinary days, a run on one platform, a rumour and its denial on
    another, edited copies, late finds, rows that come twice."""
    generator = random.Random(seed)
    rows = [_ordinary(generator, number) for number in range(count)]
    rows += _run(generator, PLATFORMS[0], START + timedelta(days=generator.randrange(8, 20)))
    rows += _rumour(generator, PLATFORMS[1], START + timedelta(days=generator.randrange(3, 30)))
    rows += [dict(generator.choice(rows)) for _ in range(3)]
    rows += [generator.choice(rows) | {"text": "同一编号，别的内容"} for _ in range(2)]
    generator.shuffle(rows)
    return rows


def _moment(generator: random.Random, day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI) + timedelta(
        minutes=generator.randrange(1440)
    )


def _ordinary(generator: random.Random, number: int) -> Row:
    day = START + timedelta(days=generator.randrange(-HISTORY, (END - START).days + 6))
    name, n = generator.choice(PLATFORMS), str(generator.randrange(2, 90))
    kind = generator.choice(("news", "news", "social", "complaint", "complaint", "regulatory", "disclosure"))
    texts = {"news": (CALM, *REPORTS), "social": POSTS, "complaint": COMPLAINTS, "regulatory": (PENALTY,)}
    text = generator.choice(texts.get(kind, (CALM,))).format(name=name, n=n)
    moment = _moment(generator, day)
    late = timedelta(hours=generator.choice((0, 1, 1, 30)))
    when = day if generator.random() < 0.2 else moment
    publisher = generator.choice(PRESS) if kind == "news" else "示例市金融监管局" * (kind == "regulatory")
    seen = "" if generator.random() < 0.3 else (moment + late).isoformat()
    author = f"用户{generator.randrange(40)}" if kind in ("social", "complaint") else ""
    return document(f"o{number}", when, kind, text, first_seen_at=seen, publisher=publisher, author=author)


def _run(generator: random.Random, name: str, day: date) -> list[Row]:
    """Complaints that swell over a week, and a report that everybody copies."""
    rows = []
    for number in range(40):
        moment = _moment(generator, day + timedelta(days=int(7 * generator.random() ** 0.5)))
        text = COMPLAINTS[0].format(name=name, n=number + 2)
        rows.append(document(f"r{number}", moment, "complaint", text, author=f"用户{number}"))
    report = REPORTS[0].format(name=name, n="12") + REPORTS[1].format(name=name, n="30")
    for number, paper in enumerate(PRESS * 2):
        moment = _moment(generator, day + timedelta(days=generator.randrange(4, 8)))
        text = f"【{paper}讯】{report}（责任编辑：{paper}）" if number % 2 else report
        reach = generator.choice(("", "0.1", "0.9"))  # a great paper may print it after the small ones
        rows.append(document(f"c{number}", moment, "news", text, publisher=paper, reach=reach))
    return rows


def _rumour(generator: random.Random, name: str, day: date) -> list[Row]:
    rows = []
    for number, paper in enumerate(PRESS):
        moment = _moment(generator, day + timedelta(days=number % 3))
        text = REPORTS[number % 2].format(name=name, n=number + 5)
        rows.append(document(f"f{number}", moment, "news", text, publisher=paper))
    moment = _moment(generator, day + timedelta(days=3))
    cleared = document(
        "f-cleared", moment, "regulatory", CLEARED.format(name=name), publisher="示例市金融监管局"
    )
    return [*rows, cleared]


def write_rows(path: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    """A CSV with the columns of the first row; of no rows the header alone."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]) if rows else REQUIRED)
        writer.writeheader()
        writer.writerows(rows)
    return path


def order(folder: Path, rows: Sequence[Mapping[str, str]], **changes: Any) -> Order:
    """A replay of these rows: the four platforms, the six weeks, no SnowNLP, one process.

    `changes`: fields of Order; `platforms`: names; `listed`: rows of PLATFORMS.
    """
    names = changes.pop("platforms", PLATFORMS)
    folder.mkdir(parents=True, exist_ok=True)
    listed = changes.pop("listed", [{"platform": name} for name in names])
    watched = read_platforms(write_rows(folder / "platforms.csv", listed))
    usual = {
        "documents": write_rows(folder / "docs.csv", rows),
        "watched": watched,
        "start": START,
        "end": END,
        "kinds": KINDS,
        "settings": loader.load(),
        "share": 0.0,
        "workers": 1,
    }
    return Order(**usual | changes)


def replay(folder: Path, rows: Sequence[Mapping[str, str]], **changes: Any) -> Path:
    """Runs it; returns the folder of the results."""
    told(folder, rows, **changes)
    return folder / "out"


def told(folder: Path, rows: Sequence[Mapping[str, str]], **changes: Any) -> Tally:
    """Runs it; returns what became of the rows."""
    return run(order(folder, rows, **changes), folder / "out", silent)


def lines(out: Path, last: date | None = None) -> dict[str, list[str]]:
    """The rows of every file, up to and including a day."""
    found = {}
    for name in FILES:
        header, *rest = (out / name).read_text("utf-8").splitlines()
        found[name] = [
            header,
            *(row for row in rest if last is None or row.split(",")[1] <= last.isoformat()),
        ]
    return found


def values(out: Path) -> pd.DataFrame:
    """index_values.csv."""
    return pd.read_csv(out / "index_values.csv", encoding="utf-8")
