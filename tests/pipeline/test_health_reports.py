"""The file of refused rows: it goes to people, so what identifies a private person is starred out."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from collectors.base import Refusal
from pipeline.reports import RefusalReport


@pytest.mark.usefixtures("data_folder")
def test_values_and_reasons_are_masked() -> None:
    """A telephone number in a refused cell, or quoted by the reason, does not reach the report."""
    report = RefusalReport("hotline", Path("导出.csv"))
    report.add(
        Refusal("导出.csv", 7, "日期", "请拨打 13812345678", "无法识别日期“请拨打 13812345678”，请改正")
    )
    with report.path.open(encoding="utf-8-sig", newline="") as handle:
        (row,) = csv.DictReader(handle)
    assert "13812345678" not in "".join(row.values())
    assert row["原因"].startswith("无法识别日期")
    assert (row["文件"], row["行"], row["字段"]) == ("导出.csv", "7", "日期")
