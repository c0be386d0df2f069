"""python -m tests.fuzz TARGET [-runs=20000 …]: coverage-guided fuzzing of one target; needs requirements-fuzz.txt.

Further arguments are libFuzzer's. A find is written to the folder data/fuzz and ends the run with its traceback.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(
    include=["collectors", "signals", "feedparser"], enable_loader_override=False
):
    from tests.fuzz.targets import SEEDS, TARGETS

FOLDER = Path("data/fuzz")


def main(arguments: list[str]) -> None:
    """Seeds go into the target's corpus, which grows from run to run."""
    name = arguments[1] if len(arguments) > 1 else ""
    if name not in TARGETS:
        sys.exit(f"usage: python -m tests.fuzz TARGET [-runs=N]; targets: {', '.join(TARGETS)}")
    corpus = FOLDER / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(SEEDS[name]):
        (corpus / f"seed-{number}").write_bytes(seed)
    options = [f"-artifact_prefix={FOLDER}/{name}-", "-timeout=20", "-max_len=4096", "-print_final_stats=1"]
    atheris.Setup([arguments[0], *options, *arguments[2:], str(corpus)], TARGETS[name])
    atheris.Fuzz()


main(sys.argv)
