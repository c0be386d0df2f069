"""Bytes to text: BOM, HTTP header, meta or XML declaration, then detection.

No statistics: Chinese pages are UTF-8, UTF-16 or of the GB family, and trying these in turn has one outcome.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

SAMPLE = 65_536
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_WIDENED = {"gb2312": "gb18030", "gbk": "gb18030", "hz": "hz", "big5": "big5hkscs"}
_KNOWN = frozenset({"utf-8", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "hz", "big5hkscs"})
TOLERATED = dict.fromkeys(("utf-16", "utf-16-le", "utf-16-be", "gb18030", "hz", "big5hkscs"), 0.05) | {
    "utf-8": 0.1,
    "utf-8-sig": 0.1,
}
"""Undecodable share of the characters beyond ASCII up to which text is damaged, not of another encoding.
GB18030 read as UTF-8 is above one half; damaged UTF-8 read as GB18030 may well be below its true share."""
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.I)
_DECLARED = re.compile(
    rb"<\?xml[^>]*?encoding\s*=\s*[\"']([\w.:-]+)|<meta[^>]*?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.I
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """`replaced_share` is the share of characters, 0..1, that stand for undecodable bytes (U+FFFD)."""

    text: str
    encoding: str
    replaced_share: float


def decode(content: bytes, content_type: str | None = None) -> Decoded:
    """The text of a page. Never raises: what no encoding reads is replaced, and the share says so.

    The first encoding whose faults are within its tolerance wins; else the one with the fewest.
    """
    best, least = Decoded("", "utf-8", 1.0), 2.0
    for encoding in candidates(content, content_type):
        text = content.decode(encoding, errors="replace")
        bad = text.count("\ufffd")
        share = bad / max(1, beyond_ascii(text))
        if share < least:
            best, least = Decoded(text, encoding, bad / max(1, len(text))), share
        if share <= TOLERATED[encoding]:
            break
    return best


def beyond_ascii(text: str) -> int:
    """How many characters are not ASCII: those alone tell encodings apart."""
    return 0 if text.isascii() else len(text) - len(text.encode("ascii", "ignore"))


def candidates(content: bytes, content_type: str | None = None) -> list[str]:
    """Encodings to try, likeliest first; never empty. gb2312 and gbk become gb18030, which contains both."""
    found = [bom_encoding(content)]
    if header := _CHARSET.search(content_type or ""):
        found.append(known_encoding(header[1]))
    if declared := _DECLARED.search(content[:4096]):
        found.append(known_encoding((declared[1] or declared[2]).decode("ascii", "ignore")))
    found += [silent_utf16(content), "utf-8", "gb18030"]
    return list(dict.fromkeys(name for name in found if name))


def known_encoding(label: str) -> str | None:
    """Python's name for a declared charset, or None: latin-1 and ascii read anything and so tell nothing."""
    try:
        name = codecs.lookup(label).name
    except LookupError:
        return None
    name = _WIDENED.get(name, name)
    return name if name in _KNOWN else None


def bom_encoding(content: bytes) -> str | None:
    """The encoding that a byte order mark names."""
    return next((name for bom, name in _BOMS if content.startswith(bom)), None)


def silent_utf16(content: bytes) -> str | None:
    """UTF-16 without a byte order mark, told by the zero bytes of its ASCII characters, all on one side."""
    sample = content[: SAMPLE - SAMPLE % 2]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if even + odd < max(2, len(sample) // 200):
        return None
    if even * 20 < odd:
        return "utf-16-le"
    return "utf-16-be" if odd * 20 < even else None


def looks_binary(sample: bytes) -> bool:
    """Whether the beginning of a file is text in no encoding: over 1 in 500 bytes are control bytes."""
    if bom_encoding(sample) or silent_utf16(sample):
        return False
    control = sum(sample.count(byte) for byte in range(32) if byte not in b"\t\n\v\f\r\x1a\x1b")
    return control * 500 > len(sample)
