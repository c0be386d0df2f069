"""Trains the discovery model: python -m training.train_discovery --data ../shared/data/newentity_dev.csv"""

import argparse
import hashlib
import sys
from pathlib import Path

from signals.discovery import WEIGHTS, Discoverer
from training import discovery_data, discovery_evaluate, discovery_fit, folds
from training.discovery_card import Results, write_card
from training.discovery_data import Named

_SEED = 20191112
_MODULES = (
    "discovery",
    *(f"discovery_{part}" for part in ("spans", "reader", "candidates", "columns")),
    "trees",
)


def main(arguments: list[str] | None = None) -> int:
    """Cross-validates, fits on all rows and writes the weights and the model card beside them."""
    options = _options(arguments)
    data = discovery_data.read(options.data)
    listed = discovery_data.read_dictionary(options.dictionary) if options.dictionary else []
    version = _version([options.data, options.dictionary], options.seed)
    results = None if options.no_evaluation else judge(data, listed, options.seed)
    model = fit(data, listed, options.seed, version)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    model.save(options.out)
    if results is not None:
        write_card(options.out.with_name("DISCOVERY_CARD.md"), model, data, len(listed), results)
    print(f"已写入 {options.out}（{options.out.stat().st_size / 1e6:.1f} MB），版本 {version}")
    return 0


def fit(data: Named, listed: list[str], seed: int, version: str) -> Discoverer:
    """The model of the given rows and the names of a platform list."""
    return discovery_fit.fit(data, discovery_data.lexicon(data.texts, listed), seed, version)


def judge(data: Named, listed: list[str], seed: int) -> Results:
    """Figures on rows with names never seen, and on random rows."""

    def unseen(rows: Named, hidden: set[str]) -> Discoverer:
        return fit(rows, [name for name in listed if name not in hidden], seed, "fold")

    results: Results = {}
    splits = {"never seen": discovery_evaluate.disjoint, "random rows": discovery_evaluate.random_rows}
    for name, split in splits.items():
        proposals = discovery_evaluate.cross_validate(data, split(data, seed), unseen)
        found = results[name] = discovery_evaluate.figures(proposals, data, seed)
        print(
            f"{name:12s}P {found.exact.precision[0]:.3f}  R {found.exact.recall[0]:.3f}  "
            f"F1 {found.exact.f1[0]:.3f}  ECE {found.ece:.3f}",
            flush=True,
        )
    return results


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="训练新名称发现模型")
    parser.add_argument("--data", type=Path, required=True, help="标注数据 newentity_dev.csv")
    parser.add_argument(
        "--dictionary", type=Path, help="平台名单 platform_dictionary.csv，教模型平台名称的写法"
    )
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="权重文件（.npz）")
    parser.add_argument("--seed", type=int, default=_SEED, help="随机种子")
    parser.add_argument("--no-evaluation", action="store_true", help="只训练，不做交叉验证，不改模型卡")
    return parser.parse_args(arguments)


def _version(paths: list[Path | None], seed: int) -> str:
    """Names the data, the code of the model and the seed, so that equal versions mean equal weights."""
    digest = hashlib.sha256(str(seed).encode())
    for path in paths:
        digest.update(path.read_bytes() if path else b"")
    for module in (discovery_fit, discovery_data, folds):
        digest.update(Path(str(module.__file__)).read_bytes())
    for name in _MODULES:
        digest.update((WEIGHTS.parents[1] / f"{name}.py").read_bytes())
    return f"discovery-1-{digest.hexdigest()[:10]}"


if __name__ == "__main__":
    sys.exit(main())
