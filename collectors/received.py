"""One HTTP answer while it arrives: its body within limits, and what is kept of it as evidence when it fails."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from threading import Event, Timer
from typing import Any, TypeVar

import requests
import urllib3

from collectors.base import EVIDENCE_BYTES, Evidence, SourceBroken
from collectors.unpack import PART, WrongPacking, unpacker

NETWORK_FAULTS = (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError)
_TOLD = (
    *("content-type", "content-length", "content-encoding", "date", "server"),
    *("retry-after", "location", "etag", "last-modified"),
)
"""Headers that say something about the page and nothing about us: no cookies, no tokens."""
Fault = TypeVar("Fault", bound=SourceBroken)


class Unreachable(SourceBroken):
    """A fault that may pass: no connection, a broken answer, 5xx."""

    def __init__(
        self, message: str, retry_after: float | None = None, *, evidence: Evidence | None = None
    ) -> None:
        super().__init__(message, evidence=evidence, retry_after=retry_after)


class TooLarge(SourceBroken):
    """The body goes on beyond its limit; `beginning` is what came until then."""

    beginning = b""


class Received:
    """The answer to one request. Header names are in lower case."""

    def __init__(self, url: str, reply: requests.Response) -> None:
        self.url, self.status = url, reply.status_code
        self.headers = {name: value for name in _TOLD if (value := reply.headers.get(name)) is not None}
        self._raw: Any = reply.raw
        self._body = BytesIO()
        self._whole = False

    def evidence(self) -> Evidence:
        """The answer as far as it has come, its body cut to EVIDENCE_BYTES."""
        body = bytes(self._body.getbuffer()[:EVIDENCE_BYTES])
        cut = not self._whole or self._body.tell() > EVIDENCE_BYTES
        return Evidence(self.url, self.status, self.headers, body, cut)

    def read(self, limit: int, seconds: float) -> bytes:
        """The whole body, at most `limit` bytes unpacked. Raises TooLarge, SourceBroken, Unreachable."""
        try:
            with _hung_up_after(self._raw, seconds) as late:
                self._fill(limit, late)
        except WrongPacking as error:
            raise self._fault(SourceBroken, f"{error}，无法读取") from error
        except (*NETWORK_FAULTS, ValueError) as error:
            if isinstance(error, ValueError) and not late.is_set():  # a TLS connection hung up on raises it
                raise
            raise self._fault(Unreachable, _lost(error, late, seconds)) from error
        return self._body.getvalue()

    def read_evidence(self, seconds: float) -> None:
        """As much of a failing answer as is kept of it; what goes wrong on the way leaves it cut."""
        try:
            self.read(EVIDENCE_BYTES, seconds)
        except SourceBroken:
            return

    def _fill(self, limit: int, late: Event) -> None:
        """Reads on after every packet (read1), so that a drip is seen; packed bytes count as well."""
        unpacking = unpacker(self.headers.get("content-encoding", ""))
        packed = 0
        while chunk := self._raw.read1(PART, decode_content=False):
            packed += len(chunk)
            for part in unpacking.parts(chunk):
                self._take(part, limit)
            if packed > limit + PART:
                self._too_large(limit)
            if late.is_set():
                break
        if late.is_set():
            raise TimeoutError
        self._take(unpacking.rest(), limit)
        if not unpacking.whole:
            raise ConnectionError("packed body without its end")
        self._whole = True

    def _take(self, part: bytes, limit: int) -> None:
        room = limit - self._body.tell()
        self._body.write(part[:room])
        if len(part) > room:
            self._too_large(limit)

    def _too_large(self, limit: int) -> None:
        fault = self._fault(TooLarge, f"内容超过 {limit} 字节，已停止下载")
        fault.beginning = self._body.getvalue()
        raise fault

    def _fault(self, kind: type[Fault], message: str) -> Fault:
        return kind(f"{self.url}：{message}", evidence=self.evidence())


def unconnected(error: Exception) -> str:
    """What a person is told of a connection that failed."""
    return f"连接失败（{type(error).__name__}），请检查网络或稍后再试"


def _lost(error: Exception, late: Event, seconds: float) -> str:
    return f"{seconds:g} 秒内没有下载完" if late.is_set() else unconnected(error)


@contextmanager
def _hung_up_after(raw: Any, seconds: float) -> Iterator[Event]:
    """Closes the connection under a read that does not come back: each received byte restarts its own time limit.

    The event tells afterwards whether that happened.
    """
    late = Event()
    timer = Timer(seconds, _hang_up, (raw, late))
    timer.daemon = True
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()


def _hang_up(raw: Any, late: Event) -> None:
    late.set()
    # urllib3's own shutdown() closes one direction only: whoever sends without a pause would be read for ever.
    if shutdown := raw._sock_shutdown:
        try:
            shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # closed already
