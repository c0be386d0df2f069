"""Trains the negativity model: python -m training.train_negativity --data ../shared/data/finneg_dev.csv"""

import argparse
import hashlib
import sys
from pathlib import Path

from signals.negativity import WEIGHTS
from training import boosting, data, evaluate, folds, learn
from training.card import Results, write_card

_SEED = 20191112


def main(arguments: list[str] | None = None) -> int:
    """Cross-validates, fits on all rows and writes the weights and the model card beside them."""
    options = _options(arguments)
    labelled = data.read(options.data)
    version = _version(options.data, options.seed)
    results = None if options.no_evaluation else judge(labelled, options.seed)
    model = learn.fit(labelled, options.seed, version)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    model.save(options.out)
    if results is not None:
        write_card(options.out.with_name("MODEL_CARD.md"), model, labelled, results)
    print(f"已写入 {options.out}({options.out.stat().st_size / 1e6:.1f} MB),版本 {version}")
    return 0


def judge(labelled: data.Labelled, seed: int) -> Results:
    """Figures on platforms never seen and on new texts of known platforms."""
    duplicates = folds.duplicate_groups(labelled.texts)
    groups = folds.platform_groups(labelled.candidates, labelled.keys, duplicates)
    splits = {
        "never seen": folds.unseen(labelled.candidates, groups, learn.FOLDS, seed),
        "known": folds.known(labelled.candidates, duplicates, learn.FOLDS, seed),
    }
    results: Results = {}
    for name, parts in splits.items():
        judged = evaluate.cross_validate(
            labelled, parts, lambda rows: learn.fit(rows, seed, "fold"), rename=True
        )
        results[name] = {what: evaluate.figures(values, seed) for what, values in judged.items()}
        for what, found in results[name].items():
            print(
                f"{name:12s}{what:20s}F1 {found.f1:.3f}  AUC {found.auc:.3f}  ECE {found.ece:.3f}", flush=True
            )
    return results


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="训练负面识别模型")
    parser.add_argument("--data", type=Path, required=True, help="标注数据 finneg_dev.csv")
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="权重文件(.npz)")
    parser.add_argument("--seed", type=int, default=_SEED, help="随机种子")
    parser.add_argument("--no-evaluation", action="store_true", help="只训练,不做交叉验证,不改模型卡")
    return parser.parse_args(arguments)


def _version(path: Path, seed: int) -> str:
    """Names the data, the code of the model and the seed, so that equal versions mean equal weights."""
    digest = hashlib.sha256(path.read_bytes() + str(seed).encode())
    for module in (learn, boosting, folds):
        digest.update(Path(str(module.__file__)).read_bytes())
    for name in (
        "ngrams",
        "targets",
        "naming",
        "reduce",
        "surroundings",
        "columns",
        "heads",
        "trees",
        "negativity",
    ):
        digest.update((WEIGHTS.parents[1] / f"{name}.py").read_bytes())
    return f"negativity-2-{digest.hexdigest()[:10]}"


if __name__ == "__main__":
    sys.exit(main())
