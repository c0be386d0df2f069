"""Who signs at the command line: a name that stands in the records and in the audit log."""

from __future__ import annotations

from db.roles import Actor, command_line
from pipeline.errors import UsageFault

LONGEST = 64
"""Letters that the columns for names hold."""


def signed(who: str, option: str = "--who") -> Actor:
    """The person named by an option. Raises UsageFault: nobody, or a name too long to be kept."""
    if not who.strip():
        raise UsageFault(f"{option} 不能为空：要记录是谁做的")
    if len(who.strip()) > LONGEST:
        raise UsageFault(f"{option} 太长，请不要超过 {LONGEST} 个字")
    return command_line(who)
