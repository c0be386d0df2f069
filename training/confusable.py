r"""Writes settings/lexicons/confusable.txt and neighbours.txt: which characters stand for which in evasive spellings.

    pip install pypinyin
    python -m training.confusable --names ../shared/data/platform_dictionary.csv \
        --words .venv/lib/python3.11/site-packages/jieba/dict.txt

For the characters that names of platforms use most: their sound, the commonest characters of the same sound, and
characters that look alike. A substitute that makes a common word with its neighbour is ordinary language (人人带|来),
so the second file lists the characters which substitutes go with. Sounds from pypinyin (MIT), frequencies from
jieba's dictionary (MIT), the choice of characters from the column `name` of the given list.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter, defaultdict
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from settings.loader import FOLDER

MOST = 400
"""Characters of names that get substitutes; they make up nine tenths of all names."""
SUBSTITUTES = 2
COMMON = 100
"""Occurrences in jieba's corpus from which on a pair of characters is a word of the language."""
LOOK_ALIKE = (
    "贷货 贷袋 人入 土士 未末 己已 利刹 租祖 租组 微徽 大太 王玉 天夫 千干 今令 拍柏 恒桓 财材 网冈 信倍 "
    "易昜 投设 基墓 金全 米来 本木 力刀 免兔 清青 唐糖 陆阵 旺旱 亿忆 团困 团因 国围 园圆 众从 银根 聚骤 "
    "宜宣 享亨 富福 嘉喜 牛午 狗狍 风凤 水永 云去 花化"
)
# Words of grammar: nobody hides a name behind them, and they stand beside anything.
GRAMMAR = frozenset(
    "了的在到前后会往去来个有么也又还就才都不是与和或及其被把给让对从向当每该此这那吗呢吧啊啦区家"
)


def main() -> None:
    """Write both files."""
    parser = argparse.ArgumentParser(description="生成形近音近字表")
    parser.add_argument("--names", type=Path, required=True, help="平台名录 CSV，列 name")
    parser.add_argument("--words", type=Path, required=True, help="jieba 的 dict.txt（词、频次）")
    parser.add_argument("--out", type=Path, default=FOLDER / "lexicons", help="输出文件夹")
    arguments = parser.parse_args()
    with arguments.names.open(encoding="utf-8-sig", newline="") as file:
        names = [row["name"] for row in csv.DictReader(file)]
    lines = (line.split(" ") for line in arguments.words.read_text("utf-8").splitlines())
    words = {word: int(count) for word, count, *_ in lines}
    table = _substitutes(_most_used(names), words)
    _write(arguments.out / "confusable.txt", _CONFUSABLE, (f"{c} {p} {s}" for c, (p, s) in table.items()))
    used = sorted(set("".join(others for _, others in table.values())))
    _write(arguments.out / "neighbours.txt", _NEIGHBOURS, _neighbours(used, words))


_CONFUSABLE = "# 音近、形近字（由 training/confusable.py 生成）。每行：名称用字、拼音、常用来顶替它的字。"
_NEIGHBOURS = (
    "# 顶替字的搭配（由 training/confusable.py 生成）。每行：字、其后成词的字、其前成词的字；- 表示没有。"
)


def _most_used(names: list[str]) -> list[str]:
    used = Counter(character for name in names for character in name if _is_plain(character))
    return sorted(character for character, _ in used.most_common(MOST))


def _is_plain(character: str) -> bool:
    """Whether a character is among the 3,755 of GB 2312's first level."""
    try:
        code = character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return len(code) == 2 and 0xB0 <= code[0] <= 0xD7


def _substitutes(characters: list[str], words: dict[str, int]) -> dict[str, tuple[str, str]]:
    """Character -> its sound and what stands for it: same sound and tone first, then by frequency."""
    pinyin = import_module("pypinyin")
    frequency: Counter[str] = Counter()
    for word, count in words.items():
        frequency.update(dict.fromkeys(word, count))
    plain = [character for character in frequency if _is_plain(character)]
    tone = {c: pinyin.pinyin(c, style=pinyin.Style.TONE3)[0][0] for c in plain}
    alike: dict[str, list[str]] = defaultdict(list)
    for character in plain:
        alike[tone[character].rstrip("12345")].append(character)
    found = {}
    for character in characters:
        sound = tone[character].rstrip("12345")
        others = [c for c in alike[sound] if c != character and c not in GRAMMAR]
        others.sort(key=lambda c: (tone[c] != tone[character], -frequency[c]))
        looks = [b for a, b in LOOK_ALIKE.split() if a == character]
        looks += [a for a, b in LOOK_ALIKE.split() if b == character]
        found[character] = (sound, "".join(dict.fromkeys([*others[:SUBSTITUTES], *looks])))
    return found


def _neighbours(used: list[str], words: dict[str, int]) -> list[str]:
    after: dict[str, set[str]] = defaultdict(set)
    before: dict[str, set[str]] = defaultdict(set)
    for word, count in words.items():
        if count >= COMMON and len(word) == 2:
            after[word[0]].add(word[1])
            before[word[1]].add(word[0])
    return [f"{c} {_joined(after[c])} {_joined(before[c])}" for c in used if after[c] or before[c]]


def _joined(characters: set[str]) -> str:
    return "".join(sorted(characters)) or "-"


def _write(path: Path, head: str, lines: Iterable[str]) -> None:
    path.write_text("\n".join([head, *lines]) + "\n", "utf-8")


if __name__ == "__main__":
    main()
