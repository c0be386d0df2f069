"""python -m pipeline: the write side of TrustWatch. One file per verb in pipeline/commands/."""

from __future__ import annotations

import logging
import os
import sys

# Before numpy loads: its threads would fight the pool's for two cores and make every small product slower.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import stamina.instrumentation
import structlog
import typer

from pipeline.commands import (
    backup,
    collect,
    doctor,
    export,
    forget_source,
    import_,
    migrate,
    new_source,
    platforms,
    purge,
    run,
    score,
    sign_off,
    sources,
    stages,
    train,
    try_source,
    work,
)

HELP = """TrustWatch 信任哨：采集 → 研读 → 指数 → 预警。

各阶段可单独运行、可重复运行，中断后再次运行即从断点继续。

退出码：0 完成；1 完成但有拒收的行、未能采集的数据源或未启用的候选模型；
2 用法或输入有误；3 另一个工作进程正在运行；4 环境问题（数据库、磁盘、网络端口）。
"""

app = typer.Typer(
    help=HELP,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
for module in (run, work, collect, stages, import_, score, export, sources, platforms):
    module.register(app)
for module in (new_source, try_source, forget_source, purge):
    module.register(app)
for module in (train, sign_off, migrate, backup, doctor):
    module.register(app)


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
    app()


if __name__ == "__main__":
    main()
