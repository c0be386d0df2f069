"""The checks behind `pipeline doctor`: each returns findings and never raises for what it checks."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from collectors.base import load_sources
from db import read
from db.session import Database, DatabaseError
from pipeline.brief import pdf
from pipeline.paths import ROOT, data_dir, database_url, source_folders
from settings import loader
from settings.loader import SettingsError
from signals.indices import UnknownIndexFunction, resolve

LOW_SPACE_GIB = 2
SILENT_WORKER = timedelta(minutes=2)
EXTRAS = {
    "requirements-dev.txt": "测试与代码检查",
    "requirements-postgres.txt": "使用 PostgreSQL",
    "requirements-train.txt": "重新训练语言模型",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    what: str
    state: Literal["ok", "extra", "bad"]
    detail: str


def examine(now: datetime) -> list[Finding]:
    """Every check, in the order in which a person would mend things."""
    return [
        *_python(),
        *_packages(),
        *_extras(),
        *_disk(),
        *_settings(),
        *_database(now),
        *_pdf(),
        *_browser(),
    ]


def _python() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info >= (3, 11)
    yield Finding("Python", "ok" if good else "bad", version if good else f"{version}：需要 3.11 或更高")


def missing(file: str) -> list[str]:
    """Names in a requirements file that are not installed, included files too."""
    names = []
    for line in (ROOT / file).read_text("utf-8").splitlines():
        line = line.split("#", 1)[0].strip()
        if line.startswith("-r "):
            names += missing(line[3:].strip())
        elif line:
            name = re.split(r"[\[<>=!~ ;]", line, maxsplit=1)[0]
            try:
                importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                names.append(name)
    return list(dict.fromkeys(names))


def _packages() -> Iterator[Finding]:
    lacking = missing("requirements.txt")
    if lacking:
        yield Finding("依赖包", "bad", f"缺少 {'、'.join(lacking)}；运行 make setup")
    else:
        yield Finding("依赖包", "ok", "requirements.txt 已全部安装")


def _extras() -> Iterator[Finding]:
    for file, purpose in EXTRAS.items():
        lacking = missing(file)
        command = f".venv/bin/pip install -r {file}"
        detail = f"{purpose}：缺少 {'、'.join(lacking)}；需要时运行 {command}" if lacking else purpose
        yield Finding(file, "extra" if lacking else "ok", detail)


def _disk() -> Iterator[Finding]:
    folder = data_dir()
    free = shutil.disk_usage(folder).free / 2**30
    if not os.access(folder, os.W_OK):
        yield Finding("数据文件夹", "bad", f"{folder} 不可写；请检查权限或设置 TRUSTWATCH_DATA")
    elif free < LOW_SPACE_GIB:
        yield Finding("数据文件夹", "bad", f"{folder} 只剩 {free:.1f} GiB；请清理或换盘")
    else:
        yield Finding("数据文件夹", "ok", f"{folder}，剩余 {free:.0f} GiB")


def _settings() -> Iterator[Finding]:
    try:
        settings = loader.load()
        for index in settings.indices:
            resolve(index.function)
        yield Finding("设置", "ok", f"{len(settings.platforms)} 个平台，{len(settings.events)} 类事件")
    except (SettingsError, UnknownIndexFunction) as error:
        yield Finding("设置", "bad", str(error))
    sources, faults = load_sources(source_folders())
    for fault in faults:
        yield Finding("数据源设置", "bad", fault.message)
    yield Finding("数据源设置", "ok", f"{len(sources)} 个数据源可用")


def _database(now: datetime) -> Iterator[Finding]:
    try:
        database = Database.open(database_url())
        database.check()
        with database.reading() as session:
            worker = read.worker_status(session)
            sources = read.sources(session)
    except DatabaseError as error:
        yield Finding("数据库", "bad", str(error))
        return
    yield Finding("数据库", "ok", database.where)
    if worker.heartbeat_at is None or now - worker.heartbeat_at > SILENT_WORKER:
        yield Finding("工作进程", "extra", "没有在运行；用 make run 或 python -m pipeline work 启动")
    else:
        yield Finding("工作进程", "ok", f"{worker.holder}")
    failing = sources[sources["enabled"] & sources["state"].isin(["broken", "blocked", "late"])]
    if len(failing):
        names = "、".join(failing["name"])
        yield Finding("采集", "extra", f"{len(failing)} 个数据源未能采集：{names}。详见看板「数据源」页")


def _pdf() -> Iterator[Finding]:
    """Briefs come as HTML and workbook without it."""
    if (fault := pdf.why_not()) is not None:
        yield Finding("简报 PDF", "extra", fault)
    elif fonts := pdf.chinese_fonts():
        yield Finding("简报 PDF", "ok", f"WeasyPrint 可用，中文字体 {fonts[0]} 等 {len(fonts)} 种")
    else:
        yield Finding("简报 PDF", "extra", f"没有中文字体，PDF 里的汉字会变成方框；{pdf.FONTS}")


def _browser() -> Iterator[Finding]:
    if shutil.which("chromium") or shutil.which("google-chrome"):
        yield Finding("浏览器测试", "ok", "已找到 Chromium")
    else:
        yield Finding("浏览器测试", "extra", "未找到 Chromium；Debian：apt install chromium fonts-noto-cjk")
    if shutil.which("fc-list"):
        fonts = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, text=True, check=False)  # noqa: S607 # from PATH
        if not fonts.stdout.strip():
            yield Finding("中文字体", "extra", "截图需要中文字体；Debian：apt install fonts-noto-cjk")
