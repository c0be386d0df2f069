"""Text files as lines of bounded length in the right encoding, or one clear message why not."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from collectors.base import UnreadableFile
from collectors.encoding import SAMPLE, TOLERATED, beyond_ascii, bom_encoding, looks_binary, silent_utf16

MAX_LINE = 2_000_000
"""Characters of one line; a longer one is refused, the lines around it are kept."""
_CHUNK = 1 << 20
_SIGNATURES = {
    b"PK\x03\x04": "这是 Excel 工作簿或压缩包，请把扩展名改为 .xlsx，或另存为 CSV",
    b"\xd0\xcf\x11\xe0": "这是旧版 Excel 文件，请把扩展名改为 .xls，或另存为 CSV",
    b"%PDF": "这是 PDF，请导出为 CSV 或 xlsx",
    b"\x89PNG": "这是图片，请导出为 CSV 或 xlsx",
    b"\xff\xd8\xff": "这是图片，请导出为 CSV 或 xlsx",
    b"\x1f\x8b": "这是压缩文件，请先解压",
    b"SQLite format 3": "这是数据库文件，请导出为 CSV 或 xlsx",
}


@dataclass(frozen=True, slots=True)
class TextFile:
    """A text file, its encoding, and what is wrong with it: `damaged` = some bytes cannot be decoded."""

    path: Path
    encoding: str
    damaged: bool
    zeros: bool
    """Whether zero bytes, which no text has, stand in it."""

    def lines(self) -> Iterator[str | None]:
        """Every line with its end; None for one of over MAX_LINE characters, which is not held in memory."""
        with self.path.open(encoding=self.encoding, errors="replace", newline="") as handle:
            while line := handle.readline(MAX_LINE):
                if len(line) < MAX_LINE or line.endswith(("\n", "\r")):
                    yield line
                    continue
                while (rest := handle.readline(MAX_LINE)) and not rest.endswith(("\n", "\r")):
                    pass
                yield None


def open_text(path: Path) -> TextFile:
    """Looks at the whole file once, in constant memory. Raises UnreadableFile."""
    with path.open("rb") as handle:
        sample = handle.read(SAMPLE)
    if not sample.strip():
        raise UnreadableFile(f"{path.name}：文件是空的，请检查导出是否完成")
    for signature, advice in _SIGNATURES.items():
        if sample.startswith(signature):
            raise UnreadableFile(f"{path.name}：不是文本文件；{advice}")
    if looks_binary(sample):
        raise UnreadableFile(f"{path.name}：是二进制文件，不是文本；请导出为 CSV、JSONL 或 xlsx")
    guesses = (bom_encoding(sample), silent_utf16(sample), "utf-8", "gb18030")
    for encoding in dict.fromkeys(name for name in guesses if name):
        share, zeros = _faults(path, encoding)
        if share <= TOLERATED[encoding]:
            return TextFile(path, encoding, share > 0, zeros)
    raise UnreadableFile(
        f"{path.name}：认不出文字编码（试过 UTF-8、UTF-16、GB18030），请另存为 UTF-8 编码的 CSV"
    )


def _faults(path: Path, encoding: str) -> tuple[float, bool]:
    """Replacements over characters beyond ASCII, 0..1, and whether there are zero characters."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    bad = beyond = zeros = 0
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK):
            text = decoder.decode(chunk)
            bad += text.count("\ufffd")
            zeros += "\0" in text
            beyond += beyond_ascii(text)
    bad += decoder.decode(b"", final=True).count("\ufffd")
    return bad / max(1, beyond, bad), zeros > 0
