"""The pages of penalties: one record per penalised party."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from collectors.penalties.clauses import Clause, clauses, is_generic, normal
from collectors.penalties.grid import Cell, Table, tables, text_grid
from collectors.penalties.labels import PARTIES, Column
from collectors.penalties.model import Amounts, Penalty
from collectors.penalties.money import MAX_READ, amounts_of, penalty_amounts
from collectors.penalties.names import joined_party, kind_of, names_in, plain, without_staff
from collectors.penalties.numbers import single_numbers, written_numbers
from collectors.penalties.rows import Entry, Found, entries, filled

MAX_RECORDS = 3000
"""Records of one page; what comes after is not read. Pages publish one to some thirty."""

_MARKUP = re.compile(r"<\s*(?:table|tbody|tr|td|th|div|p|span|html|body)\b", re.IGNORECASE)
_BETWEEN = re.compile(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])")
_AUTHORITY = re.compile(r"(?:关于)?(?P<name>[一-鿿]{2,40}?(?:局|会|行|部|办公室|中心))(?:的)?(?:行政)?处罚")
_SUM = re.compile(r"合计|共计|总计|累计")


def split(markup: str, title: str = "") -> list[Penalty]:
    """Every penalised party of a page, in order; an empty list when it holds no table of penalties.

    `markup` is HTML, or text whose lines are `label<TAB>value` or `label：value`. `title` gives the decision number
    and the authority where the table does not. Whatever is passed, no error is raised.
    """
    found = _of_pages(tables(markup)) if _MARKUP.search(markup) else entries(text_grid(markup))
    drafts = _merged(found.entries[:MAX_RECORDS])
    shared = Counter(cell for entry in drafts for cell in entry.get("content", []))
    listed = frozenset(plain(name) for entry in drafts for name in names_in(_party(entry)))
    records = [
        (place, record)
        for place, (entry, number) in enumerate(zip(drafts, _cell_numbers(drafts), strict=True))
        for record in _records(
            replace(_whole(entry), decision_number=number), _is_shared(entry, shared), listed
        )
    ]
    return _completed(records[:MAX_RECORDS], len(drafts), f"{title} {found.caption}")


def _of_pages(outer: Iterable[Table]) -> Found:
    """The entries of all tables; the outermost table that is one of penalties counts, not those inside it."""
    found = Found()
    waiting = list(outer)[::-1]
    while waiting and len(found.entries) < MAX_RECORDS:
        table = waiting.pop()
        part = entries(table.grid(), found.columns)
        if not part.entries and not part.columns:
            waiting += table.inner[::-1]
            continue
        found.entries += part.entries
        found.columns = part.columns
        found.caption = f"{found.caption} {part.caption}".strip()
    return found


def _merged(found: Sequence[Entry]) -> list[Entry]:
    """Rows that one merged party cell, number and decision span are one penalty; a page's copies count once."""
    drafts: list[Entry] = []
    for entry in found:
        if drafts and _is_same(drafts[-1], entry):
            for column, cells in entry.items():
                known = drafts[-1].setdefault(column, [])
                known += [cell for cell in cells if cell not in known]
        else:
            drafts.append({column: list(cells) for column, cells in entry.items()})
    return list(
        {tuple((key, _lines(cells)) for key, cells in entry.items()): entry for entry in drafts}.values()
    )


def _is_same(one: Entry, other: Entry) -> bool:
    columns: tuple[Column, ...] = (*PARTIES, "serial", "decision_number")
    party = [cell for column in PARTIES for cell in filled(one.get(column, []))]
    return bool(party) and all(one.get(column, [])[-1:] == other.get(column, [])[-1:] for column in columns)


def _is_shared(entry: Entry, shared: Counter[Cell]) -> bool:
    return any(shared[cell] > 1 for cell in entry.get("content", []))


def _whole(entry: Entry) -> Penalty:
    """The record of an entry as its cells have it: no number and no amounts yet."""
    party = _party(entry)
    kind = kind_of(party)
    return Penalty(
        number=_line(entry.get("serial", [])),
        party=without_staff(party) if kind == "机构" else party,
        party_kind=kind,
        violation=_lines(entry.get("violation", [])),
        basis=_lines(entry.get("basis", [])),
        content=_lines(entry.get("content", [])),
        authority=_line(entry.get("authority", [])),
        decided_on=_line(entry.get("decided_on", [])),
        remarks=_lines(entry.get("remarks", [])),
    )


def _party(entry: Entry) -> str:
    """The institution where a form has places for both, else whoever is named."""
    for column in ("party", "unit", "person"):
        if cells := filled(entry.get(column, [])):
            return joined_party("\n".join(cell.text for cell in cells))
    return ""


def _lines(cells: Sequence[Cell]) -> str:
    return "\n".join(dict.fromkeys(cell.text for cell in filled(cells)))


def _line(cells: Sequence[Cell]) -> str:
    """Short cells are broken over lines for want of room, not for meaning."""
    return _BETWEEN.sub("", "、".join(dict.fromkeys(cell.text for cell in filled(cells))))


def _records(whole: Penalty, shared: bool, listed: frozenset[str]) -> Iterator[Penalty]:
    """The record, or one per party where the content says which penalty is whose; then further persons."""
    _, named = clauses(whole.content) if len(whole.content) <= MAX_READ else ("", ())
    if parted := _parted(whole, named):
        yield from parted
        return
    concerned = _concerned(whole, named)
    yield _with(whole, _amounts(whole, named, concerned, shared))
    if shared or whole.party_kind == "个人":
        return
    for clause in named:
        for name in clause.persons if clause not in concerned else ():
            if plain(name) not in listed:
                person = replace(whole, party=name, party_kind="个人", content=clause.text)
                yield _with(person, amounts_of(clause.text))


def _with(record: Penalty, amounts: Amounts) -> Penalty:
    return replace(record, amount=amounts.fine, confiscated=amounts.confiscated)


def _parted(whole: Penalty, named: Sequence[Clause]) -> list[Penalty]:
    """One record per party of a cell that lists several, if each has a clause of its own; else none."""
    parties = names_in(whole.party)
    if len(parties) < 2:
        return []
    own = [[clause for clause in named if clause.concerns(bare)] for bare in map(plain, parties)]
    if any(len(found) != 1 or len(found[0].names) != 1 for found in own):
        return []
    if len({id(found[0]) for found in own}) < len(parties):
        return []
    return [
        _with(
            replace(whole, party=party, party_kind=kind_of(party), content=found[0].text),
            amounts_of(found[0].text),
        )
        for party, found in zip(parties, own, strict=True)
    ]


def _concerned(whole: Penalty, named: Sequence[Clause]) -> list[Clause]:
    """The clauses about the record's party: by its own name, else by a part of it, else by 该公司."""
    party = plain(whole.party)
    exact = [clause for clause in named if party in clause.bare]
    partly = [clause for clause in named if clause.concerns(party)]
    generic = [clause for clause in named if whole.party_kind == "机构" and is_generic(clause)]
    return exact or partly or generic


def _amounts(whole: Penalty, named: Sequence[Clause], concerned: Sequence[Clause], shared: bool) -> Amounts:
    """What this party pays. A content cell shared by several rows must name it, or say the same to each."""
    if len(whole.content) > MAX_READ:
        return Amounts()
    if concerned:
        lead = "" if shared else clauses(whole.content)[0]
        return amounts_of("。".join([lead, *(clause.text for clause in concerned)]))
    if shared and (named or _SUM.search(normal(whole.content))):
        return Amounts()
    return penalty_amounts(whole.content)


def _cell_numbers(drafts: Sequence[Entry]) -> list[str]:
    """The decision number of each draft as its cell has it; a merged list of as many numbers is dealt out."""
    written = [tuple(filled(entry.get("decision_number", []))) for entry in drafts]
    dealt: dict[tuple[Cell, ...], Iterator[str]] = {}
    for cells, count in Counter(written).items():
        singles = single_numbers(_line(cells))
        if count > 1 and len(singles) == count:
            dealt[cells] = iter(singles)
    return [next(dealt[cells]) if cells in dealt else _line(cells) for cells in written]


def _completed(records: Sequence[tuple[int, Penalty]], drafts: int, title: str) -> list[Penalty]:
    """Records with number and authority of the title, where the table has none."""
    singles, whole = single_numbers(title), written_numbers(title)
    authority = found["name"] if (found := _AUTHORITY.search(title)) else ""
    completed = []
    for count, (place, record) in enumerate(records):
        number = singles[place] if len(singles) == drafts else whole
        if len(singles) == len(records):
            number = singles[count]
        completed.append(
            replace(
                record,
                decision_number=record.decision_number or number,
                authority=record.authority or authority,
            )
        )
    return completed
