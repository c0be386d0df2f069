"""Content-Encoding undone in small parts: however well a body is packed, never more than one part is in memory.

urllib3 can unpack too, but reads on for as long as nothing comes out, and lets chained encodings pile up between
each other: a body that unpacks to nothing would hold it for ever.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Protocol

PART = 65_536
_MAGIC = b"\x1f\x8b"
_PLAIN = frozenset({"", "identity", "none", "utf-8", "utf8", "gbk", "gb2312", "gb18030"})
"""Also charsets, which some servers name here by mistake."""


class WrongPacking(ValueError):
    """The body is not packed as its header says, or in a way that was not asked for."""


class Unpacker(Protocol):
    """Takes a body as it arrives."""

    def parts(self, data: bytes) -> Iterator[bytes]:
        """What further bytes unpack to, in parts of at most PART bytes. Raises WrongPacking."""

    def rest(self) -> bytes:
        """What is left once the last byte has come."""

    @property
    def whole(self) -> bool:
        """Whether the body may end here."""


def unpacker(encoding: str) -> Unpacker:
    """For the value of Content-Encoding. Raises WrongPacking for what we do not ask for, chains included."""
    words = [word.strip().lower() for word in encoding.split(",")]
    packed = [word for word in words if word not in _PLAIN]
    if not packed:
        return _AsItIs()
    if packed in (["gzip"], ["x-gzip"], ["deflate"]):
        return _Inflating(gzip=packed != ["deflate"])
    raise WrongPacking(f"无法识别的压缩方式 {encoding[:40]!r}")


class _AsItIs:
    whole = True

    def parts(self, data: bytes) -> Iterator[bytes]:
        yield data

    def rest(self) -> bytes:
        return b""


class _Inflating:
    """gzip, of several members too, or deflate with and without its zlib header."""

    def __init__(self, gzip: bool) -> None:
        self._gzip = gzip
        self._stream: zlib._Decompress | None = None
        self._waiting = b""
        self._members = 0
        self._ended = False

    @property
    def whole(self) -> bool:
        """A body without a single byte is as whole as one that came to its end."""
        if self._stream is None:
            return self._members > 0 or not self._waiting
        return self._stream.eof

    def parts(self, data: bytes) -> Iterator[bytes]:
        data, self._waiting = self._waiting + data, b""
        while data and not self._ended:
            if self._stream is None and not self._open(data):
                return
            stream = self._stream
            assert stream is not None
            try:
                part = stream.decompress(data, PART)
            except zlib.error as error:
                raise WrongPacking("内容与 Content-Encoding 不符") from error
            if part:
                yield part
            data = stream.unconsumed_tail
            if stream.eof:
                data, self._stream = stream.unused_data, None
                self._members += 1

    def rest(self) -> bytes:
        return self._stream.flush() if self._stream is not None else b""

    def _open(self, data: bytes) -> bool:
        """Begins a stream; False to wait for the byte that tells of which kind, or behind the last one."""
        if len(data) < len(_MAGIC):
            self._waiting = data
            return False
        if self._members and not (self._gzip and data.startswith(_MAGIC)):
            self._ended = True  # padding, which browsers ignore too
            return False
        self._stream = zlib.decompressobj(_window(data, self._gzip))
        return True


def _window(data: bytes, gzip: bool) -> int:
    if gzip:
        return 16 + zlib.MAX_WBITS
    has_header = data[0] & 0x0F == zlib.DEFLATED and int.from_bytes(data[:2], "big") % 31 == 0
    return zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS
