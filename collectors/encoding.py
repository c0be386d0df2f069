"""Bytes to text: BOM, HTTP header, meta or XML declaration, then detection.

Chinese pages are UTF-8, UTF-16, of the GB family or Big5. What is valid UTF-8 with Chinese in it is UTF-8 whatever a
label says; of other readings without faults the declared one counts, unless another yields the characters that
Chinese is written with, and this one those that it is not.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from functools import cache

from signals.text import fold

SAMPLE = 65_536
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_WIDENED = {"gb2312": "gb18030", "gbk": "gb18030", "hz": "hz", "big5": "big5hkscs", "cp950": "big5hkscs"}
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


MARGIN = 0.35
"""By how much another reading must have more ordinary characters than the declared one to be taken instead."""
ORDINARY = 0.7
"""Share of ordinary characters that ends the search."""
JUDGED = 4000
"""Characters looked at for that."""
ENOUGH = 20
"""Characters beyond ASCII below which nothing is concluded from their being rare."""


@dataclass(frozen=True, slots=True)
class _Reading:
    decoded: Decoded
    faults: float
    ordinary: float


def decode(content: bytes, content_type: str | None = None) -> Decoded:
    """The text of a page. Never raises: what no encoding reads is replaced, and the share says so.

    Without a reading whose faults are within its tolerance, the one with the fewest is taken.
    """
    if (text := _plainly_utf8(content)) is not None:
        return Decoded(text, "utf-8", text.count("\ufffd") / max(1, len(text)))
    readings: list[_Reading] = []
    for encoding in (*candidates(content, content_type), "big5hkscs", "utf-16-le", "utf-16-be"):
        reading = _read(content, encoding)
        within = reading.faults <= TOLERATED[encoding]
        if within and (reading.ordinary >= ORDINARY or encoding in _MARKED):
            return reading.decoded
        readings.append(reading)
    good = [one for one in readings if one.faults <= TOLERATED[one.decoded.encoding]]
    if not good:
        return min(readings, key=lambda one: one.faults).decoded
    best = max(good, key=lambda one: one.ordinary)
    sure = beyond_ascii(good[0].decoded.text[:JUDGED]) >= ENOUGH
    return (best if sure and best.ordinary > good[0].ordinary + MARGIN else good[0]).decoded


_MARKED = frozenset({"utf-8-sig", "utf-16"})
_CHINESE = re.compile("[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]+")


def _plainly_utf8(content: bytes) -> str | None:
    """Valid UTF-8, a character cut off at the end apart, that is ASCII or mostly Chinese; else None.

    Text of the GB family is valid UTF-8 only by accident and then of two-byte characters, which Chinese has not.
    """
    if bom_encoding(content) or silent_utf16(content):
        return None
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        text = decoder.decode(content)
    except UnicodeDecodeError:
        return None
    beyond = beyond_ascii(text)
    text += "\ufffd" * bool(decoder.getstate()[0])
    return text if not beyond or 2 * sum(map(len, _CHINESE.findall(text))) >= beyond else None


def _read(content: bytes, encoding: str) -> _Reading:
    text = content.decode(encoding, errors="gb_euro" if encoding == "gb18030" else "replace")
    bad = text.count("\ufffd")
    decoded = Decoded(text, encoding, bad / max(1, len(text)))
    return _Reading(decoded, bad / max(1, beyond_ascii(text)), _ordinary(text[:JUDGED]))


def _ordinary(text: str) -> float:
    """Share of the characters beyond ASCII, 0..1, that common Chinese texts have; traditional ones count too."""
    beyond = [char for char in fold(text) if char > "\x7f"]
    return sum(char in _ordinary_characters() for char in beyond) / max(1, len(beyond))


@cache
def _ordinary_characters() -> frozenset[str]:
    """The 3,755 characters of GB 2312's first level, and punctuation."""
    first_level = {
        bytes((row, cell)).decode("gb2312", "ignore")
        for row in range(0xB0, 0xD8)
        for cell in range(0xA1, 0xFF)
    }
    return frozenset(first_level | set("，。、；：？！“”‘’（）《》【】〔〕—…·　％￥〇①②③") - {""})


def _gb_euro(error: UnicodeError) -> tuple[str, int]:
    """0x80 is the euro sign of Windows' GBK; GB18030 has another place for it."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    if error.object[error.start] == 0x80:
        return "€", error.start + 1
    return "\ufffd", error.end


codecs.register_error("gb_euro", _gb_euro)


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
