"""The command `replay` over a year of documents about 1,000 platforms: seconds, documents/s, memory.

Goal: 1,000,000 documents, 1,000 platforms, 365 days in ≤ 5 minutes on 2 cores. Texts of about 200 characters are
composed of invented sentences; platforms are mentioned by a Zipf law, a third of the press is copied, and 26 weeks of
history lie before the first day. BENCH_REPLAYED sets the number of documents, BENCH_WORKERS that of processes.
"""

from __future__ import annotations

import csv
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path

from bench.score_speed import invented_names
from signals.model import SHANGHAI

ROOT = Path(__file__).parents[1]
DOCUMENTS = int(os.environ.get("BENCH_REPLAYED", "1000000"))
WORKERS = int(os.environ.get("BENCH_WORKERS", "2"))
PLATFORMS = 1000
START, DAYS, HISTORY = datetime(2024, 7, 1, tzinfo=SHANGHAI), 365, 182
HEADER = ("id", "published_at", "first_seen_at", "kind", "source", "publisher", "title", "text", "author")
SHARES = (("news", 30), ("social", 35), ("complaint", 32), ("regulatory", 3))
COPIED = 1 / 3
"""Share of the press that is an edited copy of an article of the last two days."""

CALM = (
    "{name}公布{month}月运营数据，成交额约{n}亿元，与上月基本持平",
    "公司表示将继续完善风控体系，并加强与{city}合作银行的联系",
    "{name}上线新版客户端，优化了开户与查询流程，响应时间缩短至{n}秒",
    "业内人士认为，{city}的金融科技企业正在由规模扩张转向精细化经营",
    "{name}在{city}举办第{n}场投资者教育活动，讲解资产配置的基本常识",
    "统计显示，本季度行业平均收益率为百分之{n}，较去年同期小幅回落",
    "我在{name}买了{n}个月的产品，页面显示一切正常，先观察一段时间",
    "{name}的客服回复还算及时，就是排队时间有点长，等了{n}分钟",
    "有用户询问{name}的自动续投如何关闭，平台在帮助中心给出了{n}步说明",
    "{city}多家机构签署自律公约，{name}也在名单之中",
)
BAD = (
    "{name}被曝提现困难，{city}的多名出借人称等待已超过{n}天",
    "我在{name}申请提现{n}万元，审核中已经半个月，客服一直推脱",
    "{name}的项目逾期{n}天仍未兑付，平台没有给出任何说明",
    "{city}用户投诉{name}暴力催收，家人每天接到{n}个骚扰电话",
    "{name}未经同意扣取会员费{n}元，要求退还被拒",
    "有消息称{name}的资金链断裂，{city}办公室已经人去楼空",
    "{name}违规收集个人信息，被{city}的用户集体投诉",
    "还能提现吗？{name}的到账时间从{n}小时变成了{n}天",
)
PENALTY = (
    "经查，{name}存在违规开展业务的行为，{city}金融监管局依法对其处以罚款{n}万元",
    "{city}金融监管局约谈{name}负责人，要求限期整改信息披露中的问题",
)
FILLER = (
    "截至发稿，公司尚未作出进一步回应",
    "以上内容由当地居民提供，{city}的情况可能有所不同",
    "相关材料共{n}页，已提交有关部门",
    "记者在{city}走访时看到，前台仍有{n}名工作人员接待来访者",
    "据了解，该公司注册资本为{n}千万元，股东之间近期没有变化",
    "下一步将视情况公布处理进展，预计需要{n}个工作日",
    "{city}的一位律师提醒，签约前应仔细阅读第{n}条",
)
CITIES = ("岚州", "汀城", "澄江", "栎阳", "松口", "桐庐湾", "鹭港", "青浔", "沙棠", "临澄")
PRESS = tuple(f"{city}{paper}" for city in CITIES for paper in ("早报", "财讯", "晚报", "在线", "商报"))
LEADS = ("【转载】", "【{paper}讯】", "来源：{paper} ", "")


def rows(documents: int, names: list[str], seed: int = 7) -> Iterator[tuple[str, ...]]:
    """Rows of DOCS in order of time, the same for the same arguments."""
    generator = random.Random(seed)
    zipf = list(accumulate(1 / (rank + 3) for rank in range(len(names))))
    kinds, weights = zip(*SHARES, strict=True)
    recent: list[tuple[str, str]] = []
    first = START - timedelta(days=HISTORY)
    seconds = (DAYS + HISTORY) * 86_400
    for at in range(documents):
        moment = first + timedelta(seconds=seconds * at // documents)
        kind = generator.choices(kinds, weights)[0]
        name = names[generator.choices(range(len(names)), cum_weights=zipf)[0]]
        paper = generator.choice(PRESS)
        if kind == "news" and recent and generator.random() < COPIED:
            title, text = generator.choice(recent)
            text = generator.choice(LEADS).format(paper=paper) + text
        else:
            title, text = _text(generator, kind, name)
        if kind == "news":
            recent = [*recent[-400:], (title, text)]
        seen = moment + timedelta(minutes=generator.randrange(1, 90))
        publisher = {"news": paper, "social": "微博", "complaint": "黑猫投诉"}.get(
            kind, f"{paper[:2]}金融监管局"
        )
        author = f"用户{generator.randrange(documents)}" if kind in ("social", "complaint") else ""
        yield (
            f"d{at:08d}",
            moment.isoformat(),
            seen.isoformat(),
            kind,
            f"{kind}-{at % 3}",
            publisher,
            title,
            text,
            author,
        )


def _text(generator: random.Random, kind: str, name: str) -> tuple[str, str]:
    """A title and a text of about 200 characters about `name`."""
    pool = {"complaint": BAD, "regulatory": PENALTY}.get(kind) or (BAD if generator.random() < 0.15 else CALM)

    def say(sentences: tuple[str, ...]) -> str:
        return generator.choice(sentences).format(
            name=name,
            city=generator.choice(CITIES),
            n=generator.randrange(2, 90),
            month=generator.randrange(1, 13),
        )

    title, parts = say(pool), [say(pool)]
    while sum(map(len, parts)) < 190 - len(title):
        parts.append(say(generator.choice((pool, FILLER, FILLER, FILLER, CALM))))
    return title, "。".join(parts) + "。"


def write(folder: Path, documents: int, platforms: int = PLATFORMS) -> tuple[Path, Path]:
    """DOCS and PLATFORMS in `folder`."""
    names = invented_names(platforms)
    docs, listed = folder / "docs.csv", folder / "platforms.csv"
    with docs.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(HEADER)
        writer.writerows(rows(documents, names))
    listed.write_text("\n".join(["platform", *names]) + "\n", "utf-8")
    return docs, listed


def run() -> None:
    """One run in processes of its own; the time is that of the whole command, start-up included."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        docs, platforms = write(folder, DOCUMENTS)
        size = docs.stat().st_size / 1e6
        period = ["--start", f"{START:%Y-%m-%d}", "--end", f"{START + timedelta(days=DAYS - 1):%Y-%m-%d}"]
        files = ["--documents", str(docs), "--platforms", str(platforms), "--out", str(folder / "out")]
        begin = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "pipeline", "replay", *files, *period, "--workers", str(WORKERS)],
            cwd=ROOT,
            check=True,
        )
        seconds = time.perf_counter() - begin
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        f"{DOCUMENTS:,} documents ({size:,.0f} MB), {PLATFORMS:,} platforms, {DAYS} days, {WORKERS} workers: "
        f"{seconds:.0f} s ({DOCUMENTS / seconds:,.0f} documents/s), processor {used.ru_utime + used.ru_stime:.0f} s, "
        f"largest process {used.ru_maxrss / 1024:,.0f} MB"
    )


if __name__ == "__main__":
    run()
