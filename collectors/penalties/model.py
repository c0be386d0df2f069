"""What is known of one penalty. Text is as published; what a page does not say is empty or None, never zero."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

PartyKind = Literal["机构", "个人", ""]


@dataclass(frozen=True, slots=True)
class Amounts:
    """Yuan. None: no such amount is stated, or none that can be read without guessing."""

    fine: Decimal | None = None
    confiscated: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Penalty:
    """One penalised party of a page.

    `number` is the 序号 of its row. `amount` is the fine of this party alone, `confiscated` what was taken of its
    unlawful gains, both in yuan and None where the page states none. `party_kind` "" means: cannot be told.
    `decided_on` is the date as written. `content` is the whole cell, also where it speaks of further parties.
    """

    number: str = ""
    party: str = ""
    party_kind: PartyKind = ""
    decision_number: str = ""
    violation: str = ""
    basis: str = ""
    content: str = ""
    amount: Decimal | None = None
    confiscated: Decimal | None = None
    authority: str = ""
    decided_on: str = ""
    remarks: str = ""
