"""The request `evaluate`: a replay in the data folder against a failure list that people uploaded."""

from __future__ import annotations

from db import read
from db.read import RequestRow
from pipeline.commands.evaluate import evaluated
from pipeline.csv_files import write_csv
from pipeline.errors import UsageFault
from pipeline.paths import data_dir
from pipeline.prepare import Workplace
from pipeline.progress import Report
from signals.evaluation.evaluate import Plan
from signals.evaluation.failures import Status

LIST = "uploaded_failures.csv"
"""What the list said when it was used, beside the evaluation made with it."""


def serve(workplace: Workplace, request: RequestRow, report: Report) -> str:
    """Evaluate `arguments["replay"]` (a folder below data/replays) by `arguments["list"]`. Raises UsageFault,
    UnreadableFile."""
    name, list_name = str(request.arguments.get("replay", "")), str(request.arguments.get("list", ""))
    home = data_dir() / "replays"
    folder = home / name
    if not name or folder.resolve().parent != home.resolve() or not folder.is_dir():
        raise UsageFault(f"没有名为“{name}”的回放，请刷新页面后重试")
    with workplace.database.reading() as session:
        rows = read.failures(session, list_name)
    if rows.empty:
        raise UsageFault(f"出险名单“{list_name}”是空的或已撤销；请先在“数据录入”上传")
    with write_csv(folder / LIST, ["platform", "problem_date", "reason"]) as put:
        for row in rows.to_dict("records"):
            put([row["platform"], row["problem_date"].isoformat(), row["reason"] or ""])
    _, _, done = evaluated(folder, folder / LIST, folder, Plan(), report)
    counted = int((done.failures["status"] == Status.JUDGED.value).sum())
    return f"已用名单“{list_name}”评估回放“{name}”：{len(rows)} 家中 {counted} 家可以参评。"
