"""Content cells that speak of several parties: 对某公司罚款…。对张某警告并罚款…"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from collectors.penalties.names import is_person, names_in, plain

_VERB = (
    r"(?:分别|各自|各|均|合计|共计|一并|依法)?(?:给予|处以|处|作出|予以|实施|采取|决定)?"
    r"(?:警告|罚款|罚没|没收|禁止|取消|撤销|责令|通报|终身|暂停|吊销|限制|行政处罚|[\d.]+(?:万|亿)?元)"
)
_CLAUSE = re.compile(rf"对(?P<names>[^对。;\n]{{2,300}}?)(?P<verb>{_VERB})")
_STAFF = re.compile(
    r"(?:^|[。;,\n])(?P<names>[^对。;,\n]{0,20}责任人员?[^。;,\n]{0,20}?)(?P<verb>" + _VERB + ")"
)
_STAFF_WORD = re.compile(r"责任人|人员|高管|管理人")
_BODY = re.compile(r"公司|该行|你公司|你行|我行|本公司|机构|单位|银行")
_JOINT = re.compile(r"合计|共计|总计|累计|合并")
_TAIL = " 。;,\n、"
MAX_CLAUSES = 200


@dataclass(frozen=True, slots=True)
class Clause:
    """What is imposed on whom: `names` as they stand after 对, `text` without them."""

    names: tuple[str, ...]
    bare: tuple[str, ...]
    """The names without brackets."""
    text: str
    open_list: bool
    """The list of names ends in 等: not everybody is named."""

    @property
    def staff(self) -> bool:
        """Persons, named or called the responsible ones, and not the institution."""
        return all(map(is_person, self.bare)) or bool(_STAFF_WORD.search("".join(self.bare)))

    @property
    def persons(self) -> tuple[str, ...]:
        """The persons whose penalty the clause states beyond doubt; empty where there is doubt."""
        if self.open_list or not all(map(is_person, self.bare)):
            return ()
        joint = len(self.names) > 1 and re.search(r"\d|[一-九壹-玖]万", self.text)
        if joint and (_JOINT.search(self.text) or not re.match(r"分别|各|均", self.text)):
            return ()
        return self.names

    def concerns(self, wanted: str) -> bool:
        """Whether the clause is about the party of this bare name; a part of a longer name is enough."""
        for name in self.bare:
            shorter, longer = sorted((name, wanted), key=len)
            if name == wanted or (len(shorter) >= 4 and shorter in longer):
                return True
        return False


@lru_cache(maxsize=8)  # a cell merged over many rows is asked for by each of them
def clauses(content: str) -> tuple[str, tuple[Clause, ...]]:
    """What stands before the first clause, and the clauses. Text without 对 is all lead."""
    text = normal(content)
    starts = sorted(
        (*_CLAUSE.finditer(text), *_STAFF.finditer(text)),
        key=lambda match: (match.start("names"), -match.end()),
    )
    kept: list[re.Match[str]] = []
    for match in starts:
        if len(kept) < MAX_CLAUSES and (not kept or match.start("names") >= kept[-1].start("verb")):
            kept.append(match)
    if not kept:
        return text, ()
    ends = [match.start() for match in kept[1:]] + [len(text)]
    pairs = zip(kept, ends, strict=True)
    return text[: kept[0].start()], tuple(
        _clause(match, text[match.start("verb") : end]) for match, end in pairs
    )


def _clause(match: re.Match[str], text: str) -> Clause:
    named = match["names"]
    bare = re.sub(
        r"等(?:\d+|[一二三四五六七八九十]+)?(?:名|人|位)*(?:相关|有关)?(?:责任)?(?:人员|人)?$", "", named
    )
    names = tuple(names_in(re.sub(r"[和及与](?=[^和及与]{2,4}$)", "、", bare) if "、" in bare else bare))
    names = names or (named,)
    return Clause(names, tuple(map(plain, names)), text.strip(_TAIL), bare != named)


def own_part(content: str) -> str:
    """The words that concern the institution: everything but the clauses about its staff.

    Where only persons are named, the words concern them, and all are kept.
    """
    lead, found = clauses(content)
    others = [clause for clause in found if not clause.staff]
    if not others and not re.search(r"罚|没收|警告|责令|\d", lead):
        return normal(content)
    return "。".join([lead, *(clause.text for clause in others)])


def normal(text: str) -> str:
    """Half width, and no spaces but line breaks: what the expressions here are written for."""
    lines = unicodedata.normalize("NFKC", text).split("\n")
    return "\n".join("".join(line.split()) for line in lines)


def is_generic(clause: Clause) -> bool:
    """Whether a clause calls its institution by a word like 该公司 only."""
    return all(len(name) <= 4 and _BODY.search(name) for name in clause.bare)
