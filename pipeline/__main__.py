"""python -m pipeline: the write side of TrustWatch. One file per verb in pipeline/commands/."""

from __future__ import annotations

import logging
import os
import sys

# Before numpy loads: its threads would fight the pool's for two cores and make every small product slower.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from collections.abc import Sequence
from importlib import import_module

import stamina.instrumentation
import structlog
import typer

HELP = """TrustWatch 信任哨：采集 → 研读 → 指数 → 预警。

各阶段可单独运行、可重复运行，中断后再次运行即从断点继续。

退出码：0 完成；1 完成但有拒收的行、未能采集的数据源或未启用的候选模型；
2 用法或输入有误；3 另一个工作进程正在运行；4 环境问题（数据库、磁盘、网络端口）。
"""

MODULES = (
    *(
        "run",
        "work",
        "collect",
        "stages",
        "import_",
        "indicators",
        "score",
        "export",
        "brief",
        "sources",
        "platforms",
    ),
    *("new_source", "try_source", "forget_source", "purge"),
    *("detect", "replay", "evaluate", "calibrate"),
    *("train", "sign_off", "migrate", "backup", "doctor"),
    *("users", "verify_audit"),
)
"""The files of pipeline/commands/ in the order of the help."""
ALONE = ("score", "detect", "replay", "evaluate", "calibrate")
"""Verbs that start without loading the others, which need the database and much more."""


def application(modules: Sequence[str] = MODULES) -> typer.Typer:
    """The command line with the verbs of these modules."""
    made = typer.Typer(
        help=HELP,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
    )
    made.callback()(_group)
    for module in modules:
        import_module(f"pipeline.commands.{module}").register(made)
    return made


def _group() -> None:
    """With it a single verb is still called by its name."""


def __getattr__(name: str) -> typer.Typer:
    """`app`: the whole command line, made when it is asked for."""
    if name != "app":
        raise AttributeError(name)
    return application()


def main() -> None:
    """Entry point: logs go to standard error, one line each."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s %(message)s")
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0),
        ],
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
    # Every failed run has its line in the ledger; a line for each of its retries would drown the log.
    stamina.instrumentation.set_on_retry_hooks([])
    asked = tuple(sys.argv[1:2])
    application(asked if asked and asked[0] in ALONE else MODULES)()


if __name__ == "__main__":
    main()
