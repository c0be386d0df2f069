"""python -m pipeline.backtests [NAME…] [--data DIR]: the backtests on real material, each with its limits."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from collectors.base import UnreadableFile
from pipeline.backtests import industry, panel, texts

DATA = Path("../shared/data")


def with_learners(folder: Path) -> Iterator[str]:
    """The panel, with the learners where their libraries are installed."""
    from pipeline.backtests import learned

    try:
        found = learned.learners()
    except ImportError as error:
        yield f"Without the learners ({error.name} is not installed: make eval installs it)."
        yield ""
        found = ()
    yield from panel.lines(folder, found)


BACKTESTS: dict[str, Callable[[Path], Iterator[str]]] = {
    "panel": with_learners,
    "industry": industry.lines,
    "texts": texts.lines,
}


def main(arguments: list[str]) -> None:
    """Prints Markdown; a backtest whose files are not there is skipped and says so."""
    parser = argparse.ArgumentParser(
        prog="python -m pipeline.backtests", description="真实数据回测，逐表注明局限。"
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{'、'.join(BACKTESTS)}；默认全部")
    parser.add_argument("--data", type=Path, default=DATA, help="数据文件夹（默认 ../shared/data）")
    given = parser.parse_args(arguments)
    if unknown := [name for name in given.names if name not in BACKTESTS]:
        sys.exit(f"没有名为 {unknown} 的回测；可用：{'、'.join(BACKTESTS)}")
    for name in given.names or BACKTESTS:
        print(f"## {name}\n", flush=True)
        try:
            for line in BACKTESTS[name](given.data):
                print(line, flush=True)
        except UnreadableFile as error:
            print(f"skipped: {error}")
        print()


if __name__ == "__main__":
    main(sys.argv[1:])
