"""100,000 documents into SQLite, linked against 6,591 platforms and scored. Goal: ≥ 2,000/s, < 1 GB."""

from __future__ import annotations

import csv
import os
import random
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from db import write
from pipeline.prepare import open_workplace
from pipeline.stages.analyse import analyse
from pipeline.stages.collect import import_file
from settings.models import Platform
from signals.model import SHANGHAI

DOCUMENTS = int(os.environ.get("BENCH_DOCUMENTS", "100000"))
PLATFORMS = 6591
LENGTH = 200
SYLLABLES = "安百诚达恩方光禾汇金嘉凯岚铭宁鹏启瑞森泰万旭盈正卓"
TAILS = ("贷", "金服", "财富", "理财", "宝", "网贷", "金融")
SENTENCES = (
    "我在{name}申请提现已经三周，客服一直说系统升级，至今没有到账。",
    "{name}发布月度运营报告，成交额与上月基本持平。",
    "有投资人反映{name}的到期项目没有按时兑付，维权群里已经有几百人。",
    "近日多家机构完成信息披露，其中包括{name}。",
    "听说{name}还能正常回款吗？求告知。",
    "监管部门约谈{name}，要求其规范宣传。",
)
LETTERS = (
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下"
    "过子说产种面而方后多定行学法所民得经"
)


def names(generator: random.Random) -> list[str]:
    """Invented platform names, all different."""
    found: dict[str, None] = {}
    while len(found) < PLATFORMS:
        stem = "".join(generator.choices(SYLLABLES, k=generator.choice((2, 2, 3))))
        found[stem + generator.choice(TAILS)] = None
    return list(found)


def write_documents(path: Path, platforms: list[str], generator: random.Random) -> None:
    """The input file."""
    first = datetime(2025, 1, 1, tzinfo=SHANGHAI)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["id", "title", "text", "published_at", "kind", "publisher"])
        for number in range(DOCUMENTS):
            name = generator.choice(platforms)
            text = generator.choice(SENTENCES).format(name=name)
            text += "".join(generator.choices(LETTERS, k=LENGTH - len(text)))
            day = first + timedelta(minutes=5 * number)
            kind = generator.choice(("news", "social", "complaint"))
            writer.writerow(
                [number, text[:20], text[:LENGTH], day.isoformat(), kind, f"示例媒体{number % 40}"]
            )


def run() -> None:
    """Import, then analyse; figures for each and for both."""
    generator = random.Random(7)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TRUSTWATCH_DATA"] = folder
        path = Path(folder) / "documents.csv"
        platforms = names(generator)
        write_documents(path, platforms, generator)
        now = datetime.now(UTC)
        workplace = open_workplace(now)
        watch_list = [
            Platform(id=f"b-{number}", name=name, category="基准", brand=(name,))
            for number, name in enumerate(platforms)
        ]
        with workplace.database.writing() as session:
            write.load_platforms(session, watch_list, now=now, who="bench", evidence=None)
        source = workplace.source("import_documents")
        if source is None:
            sys.exit("the source import_documents is missing")
        begin, cpu = time.perf_counter(), time.process_time()
        outcome = import_file(workplace, source, path, now=now)
        stored, stored_cpu = time.perf_counter(), time.process_time()
        done = analyse(workplace, now=now)
        end, end_cpu = time.perf_counter(), time.process_time()
        workplace.database.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    total = outcome.counts.stored
    print(f"documents {total}, mentions {done.mentions}, platforms {len(watch_list)}")
    for what, wall, busy in (
        ("import ", stored - begin, stored_cpu - cpu),
        ("analyse", end - stored, end_cpu - stored_cpu),
        ("both   ", end - begin, end_cpu - cpu),
    ):
        print(f"{what} {wall:7.1f} s wall {busy:7.1f} s cpu {total / wall:9.0f} documents/s")
    print(f"peak memory {peak:.0f} MiB (goal < 1,000; goal ≥ 2,000 documents/s)")
