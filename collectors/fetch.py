"""The polite `Get`: robots.txt, one request at a time per host and a pause, limits, retries, our own name."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from threading import Lock
from urllib.parse import urljoin, urlsplit

import requests
import stamina
import urllib3
from protego import Protego

from collectors.base import Politeness, Response, SourceBlocked, SourceBroken
from collectors.encoding import decode
from collectors.guard import AddressRefused, Guard, GuardedAdapter, Resolver, allowed_hosts, resolve

MAX_REDIRECTS = 5
MAX_WAIT = 60.0
"""Seconds. Whoever asks us to retry later than this is asked again at the next run, not within this one."""
CONNECT_SECONDS = 10.0
ROBOTS_SECONDS = 24 * 3600.0
ROBOTS = Politeness(max_bytes=500_000)
AGENT = "TrustWatch"
_CHUNK = 65_536
_BLOCKING = frozenset({401, 403, 405, 412, 418, 429, 451})
"""Statuses by which sites and their firewalls tell robots to stay away."""


class Unreachable(SourceBroken):
    """A fault that may pass: no connection, a broken answer, 5xx. `wait`: seconds the site asked for."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


@dataclass(slots=True)
class _Turn:
    lock: Lock = field(default_factory=Lock)
    free_at: float = 0.0


class Fetcher:
    """Callable as `base.Get`, shared by all threads of the worker.

    `allow_hosts` and `contact` default to TRUSTWATCH_ALLOW_HOSTS and TRUSTWATCH_CONTACT of the environment;
    `clock` (monotonic seconds), `now`, `sleep` and `resolver` are injected so that tests need not wait.
    """

    def __init__(
        self,
        *,
        contact: str | None = None,
        allow_hosts: Collection[str] | None = None,
        attempts: int = 3,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
        resolver: Resolver = resolve,
    ) -> None:
        self._attempts, self._clock, self._now, self._sleep = attempts, clock, now, sleep
        allowed = allowed_hosts(os.environ) if allow_hosts is None else allow_hosts
        self._guard = Guard(allowed, resolver)
        self._session = _session(
            self._guard, os.environ.get("TRUSTWATCH_CONTACT", "") if contact is None else contact
        )
        self._turns: dict[str, _Turn] = {}
        self._robots: dict[str, tuple[float, Protego]] = {}
        self._registering = Lock()

    def __call__(self, url: str, politeness: Politeness = Politeness()) -> Response:
        """The answer, after retries with back-off for what may pass.

        Raises: SourceBlocked (robots.txt, 403, 429 and their like), SourceBroken, AddressRefused.
        """
        attempts = stamina.retry_context(
            on=retry_after, attempts=self._attempts, timeout=None, wait_initial=1.0, wait_max=MAX_WAIT
        )
        for attempt in attempts:
            with attempt:
                return self._follow(url, politeness)
        raise AssertionError("stamina either returns or raises")

    def _follow(self, url: str, politeness: Politeness) -> Response:
        asked = url
        for _ in range(MAX_REDIRECTS + 1):
            rules = self._rules(url)
            if not rules.can_fetch(url, AGENT):
                raise SourceBlocked(f"{url}：网站的 robots.txt 不允许采集该地址")
            delay = max(politeness.delay_seconds, min(MAX_WAIT, rules.crawl_delay(AGENT) or 0.0))
            answer = self._send(url, politeness, delay)
            if isinstance(answer, Response):
                return answer
            url = urljoin(url, answer)
        raise SourceBroken(f"{asked}：重定向超过 {MAX_REDIRECTS} 次")

    def _send(self, url: str, politeness: Politeness, delay: float) -> Response | str:
        """One request without following redirects: the answer, or where it points to."""
        host = self._host(url)
        with self._turn(host, delay), _translated(url):
            limits = (CONNECT_SECONDS, politeness.timeout_seconds)
            with self._session.get(url, stream=True, allow_redirects=False, timeout=limits) as reply:
                if target := self._session.get_redirect_target(reply):
                    return target
                _check_status(url, reply, self._now())
                headers = {name.lower(): value for name, value in reply.headers.items()}
                return Response(url, self._body(url, reply, politeness), headers)

    def _host(self, url: str) -> str:
        """Host and port; each has its turn. Behind a proxy the one place to refuse inner addresses."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SourceBroken(f"{url}：不是 http(s) 地址，请检查数据源的 url")
        if requests.utils.get_environ_proxies(url):
            self._guard.check(parts.hostname, parts.port or 443)
        return parts.netloc.lower()

    @contextmanager
    def _turn(self, host: str, delay: float) -> Iterator[None]:
        """One request at a time per host, `delay` seconds after the end of the one before."""
        with self._registering:
            turn = self._turns.setdefault(host, _Turn())
        with turn.lock:
            if (wait := turn.free_at - self._clock()) > 0:
                self._sleep(wait)
            try:
                yield
            finally:
                turn.free_at = self._clock() + delay

    def _body(self, url: str, reply: requests.Response, politeness: Politeness) -> bytes:
        """Unpacked bytes, limited in size and time; read1 returns after every packet, so a drip is seen."""
        deadline = self._clock() + politeness.total_seconds
        body = bytearray()
        while chunk := reply.raw.read1(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > politeness.max_bytes:
                raise SourceBroken(f"{url}：内容超过 {politeness.max_bytes} 字节，已停止下载")
            if self._clock() > deadline:
                raise Unreachable(f"{url}：{politeness.total_seconds:.0f} 秒内没有下载完")
        return bytes(body)

    def _rules(self, url: str) -> Protego:
        """The host's robots.txt, kept for a day. 4xx there allows all; 5xx is a fault (RFC 9309)."""
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}"
        kept = self._robots.get(site)
        if kept is None or kept[0] < self._clock():
            kept = (self._clock() + ROBOTS_SECONDS, Protego.parse(self._robots_text(f"{site}/robots.txt")))
            self._robots[site] = kept
        return kept[1]

    def _robots_text(self, url: str) -> str:
        for _ in range(MAX_REDIRECTS + 1):
            try:
                answer = self._send(url, ROBOTS, 0.0)
            except (AddressRefused, Unreachable):
                raise
            except (SourceBlocked, SourceBroken):
                return ""
            if isinstance(answer, Response):
                return decode(answer.content).text
            url = urljoin(url, answer)
        return ""


def retry_after(error: Exception) -> bool | float:
    """Whether to try again, or the seconds to wait first where the site named them."""
    if not isinstance(error, Unreachable):
        return False
    if error.wait is None:
        return True
    return error.wait if error.wait <= MAX_WAIT else False


def _session(guard: Guard, contact: str) -> requests.Session:
    session = requests.Session()
    adapter = GuardedAdapter(guard, header_seconds=MAX_WAIT)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    about = f"; {contact}" if contact.isascii() and contact else ""
    session.headers["User-Agent"] = f"{AGENT}/0.1 (consumer finance monitor{about})"
    session.headers["Accept-Encoding"] = "gzip, deflate"
    session.auth = _no_password
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session


def _no_password(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keeps requests from sending what ~/.netrc holds for a host."""
    return request


@contextmanager
def _translated(url: str) -> Iterator[None]:
    try:
        yield
    except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, UnicodeError) as error:
        raise SourceBroken(f"{url}：地址无效，请检查数据源的 url") from error
    except requests.exceptions.SSLError as error:
        raise SourceBroken(f"{url}：证书无法验证，请检查系统时间与证书") from error
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        raise Unreachable(f"{url}：连接失败（{type(error).__name__}），请检查网络或稍后再试") from error


def _check_status(url: str, reply: requests.Response, now: datetime) -> None:
    """Raises the error that a status other than 2xx means."""
    status = reply.status_code
    wait = _seconds(reply.headers.get("Retry-After"), now)
    if status in _BLOCKING:
        raise SourceBlocked(f"{url}：网站拒绝采集（HTTP {status}），已停止；请核对网站的采集规定", wait)
    if status >= 500 or status == 408:
        raise Unreachable(f"{url}：网站出错（HTTP {status}）", wait)
    if not 200 <= status < 300:
        raise SourceBroken(f"{url}：网站回应 HTTP {status}，地址可能已改")


def _seconds(header: str | None, now: datetime) -> float | None:
    """Retry-After in seconds from now: a number or a date."""
    if not header:
        return None
    if header.strip().isdecimal():
        return float(header)
    try:
        return max(0.0, (parsedate_to_datetime(header) - now).total_seconds())
    except (ValueError, TypeError):
        return None
