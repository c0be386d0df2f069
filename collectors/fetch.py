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
from urllib.parse import urljoin

import requests
import stamina
from requests.exceptions import InvalidHeader, InvalidSchema, InvalidURL, SSLError

from collectors.asking import headers_of, redirected, validators_of
from collectors.base import Ask, Evidence, Politeness, Response, SourceBlocked, SourceBroken, SourceError
from collectors.captcha import wall
from collectors.guard import Guard, GuardedAdapter, Resolver, Site, allowed_hosts, resolve, site_of
from collectors.received import NETWORK_FAULTS, Received, Unreachable, unconnected
from collectors.robots import AGENT, Robots

MAX_REDIRECTS = 5
MAX_WAIT = 60.0
"""Seconds. Whoever asks us to retry later than this is asked again at the next run, not within this one."""
MAX_RETRY_AFTER = 24 * 3600.0
"""Seconds. A Retry-After of a year is a mistake, or a way of saying no that a person should look at tomorrow."""
CONNECT_SECONDS = 10.0
ROBOTS = Politeness(max_bytes=500_000)
_BLOCKING = frozenset({401, 403, 405, 412, 418, 429, 451})
"""Statuses by which sites and their firewalls tell robots to stay away."""
_OF_ONE_PAGE = frozenset({401, 403, 451})
"""Those that may be meant for one page alone: for members only, withdrawn by law."""


@dataclass(slots=True)
class _Turn:
    lock: Lock = field(default_factory=Lock)
    free_at: float = 0.0


@dataclass(frozen=True, slots=True)
class _Redirect:
    status: int
    target: str
    evidence: Evidence


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
        self._registering = Lock()
        self._robots = Robots(self._robots_txt, clock)

    def __call__(self, url: str, politeness: Politeness = Politeness(), ask: Ask = Ask()) -> Response:
        """The answer, after retries with back-off for what may pass.

        Raises: SourceBlocked (robots.txt, 403, 429, captcha and their like), SourceBroken, AddressRefused; with
        the evidence of what was answered, unless nothing was asked.
        """
        attempts = stamina.retry_context(
            on=retry_after, attempts=self._attempts, timeout=None, wait_initial=1.0, wait_max=MAX_WAIT
        )
        for attempt in attempts:
            with attempt:
                return self._follow(url, politeness, ask)
        raise AssertionError("stamina either returns or raises")

    def _follow(self, url: str, politeness: Politeness, ask: Ask, obey: bool = True) -> Response:
        """The answer behind redirects; a fault without an answer of its own has the redirect that led to it."""
        asked, behind = url, None
        for _ in range(MAX_REDIRECTS + 1):
            try:
                delay = self._permitted_delay(url, politeness) if obey else 0.0
                answer = self._send(url, politeness, delay, ask)
                if isinstance(answer, Response):
                    return answer
                behind, here = answer.evidence, site_of(url)
                url = _joined(url, answer.target)
                ask = redirected(ask, answer.status, here, site_of(url))
            except SourceError as error:
                error.evidence = error.evidence or behind
                raise
        raise SourceBroken(f"{asked}：重定向超过 {MAX_REDIRECTS} 次", evidence=behind)

    def _permitted_delay(self, url: str, politeness: Politeness) -> float:
        """Seconds to leave the host alone afterwards. Raises SourceBlocked where robots.txt says no."""
        rules = self._robots.rules(str(site_of(url)))
        if not rules.can_fetch(url, AGENT):
            raise SourceBlocked(f"{url}：网站的 robots.txt 不允许采集该地址", page_only=True)
        return max(politeness.delay_seconds, min(MAX_WAIT, rules.crawl_delay(AGENT) or 0.0))

    def _robots_txt(self, url: str) -> bytes:
        return self._follow(url, ROBOTS, Ask(), obey=False).content

    def _send(self, url: str, politeness: Politeness, delay: float, ask: Ask) -> Response | _Redirect:
        """One request without following redirects."""
        site = site_of(url)
        if requests.utils.get_environ_proxies(url):  # a proxy resolves names itself
            self._guard.check(site.host, site.port)
        with self._turn(site, delay), _translated(url), self._asked(url, politeness, ask) as reply:
            received = Received(url, reply)
            if target := self._session.get_redirect_target(reply):
                return _Redirect(received.status, target, received.evidence())
            return self._taken(received, politeness, ask)

    def _asked(self, url: str, politeness: Politeness, ask: Ask) -> requests.Response:
        return self._session.request(
            "GET" if ask.body is None else "POST",
            url,
            data=ask.body,
            headers=headers_of(ask),
            stream=True,
            allow_redirects=False,
            timeout=(CONNECT_SECONDS, politeness.timeout_seconds),
        )

    def _taken(self, received: Received, politeness: Politeness, ask: Ask) -> Response:
        """The answer if it is one. Raises what else it means."""
        url, headers = received.url, received.headers
        if received.status == 304 and (validators := validators_of(ask)):
            return Response(url, b"", validators | headers, unchanged=True)
        if 200 <= received.status < 300:
            content = received.read(politeness.max_bytes, politeness.total_seconds)
            if sign := wall(content, headers.get("content-type")):
                raise _walled(received, sign)
            return Response(url, content, headers)
        received.read_evidence(politeness.total_seconds)
        raise _failure(received, self._now())

    @contextmanager
    def _turn(self, site: Site, delay: float) -> Iterator[None]:
        """One request at a time per host, the next `delay` seconds after its end, or later if the host asks to."""
        with self._registering:
            turn = self._turns.setdefault(site.turn, _Turn())
        with turn.lock:
            if (wait := turn.free_at - self._clock()) > 0:
                self._sleep(wait)
            try:
                yield
            except SourceError as error:
                if isinstance(asked := retry_after(error), float):
                    delay = max(delay, asked)
                raise
            finally:
                turn.free_at = self._clock() + delay


def retry_after(error: Exception) -> bool | float:
    """Whether to try again, or the seconds to wait first where the site named them."""
    if not isinstance(error, Unreachable):
        return False
    if error.retry_after is None:
        return True
    return error.retry_after if error.retry_after <= MAX_WAIT else False


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


def _joined(url: str, target: str) -> str:
    try:
        return urljoin(url, target)
    except ValueError as error:
        raise SourceBroken(f"{url}：重定向的地址 {target[:80]!r} 无效") from error


@contextmanager
def _translated(url: str) -> Iterator[None]:
    """The faults of a connection before there is an answer; those of the body have theirs already."""
    nothing = Evidence(url)
    try:
        yield
    except SSLError as error:
        raise SourceBroken(f"{url}：证书无法验证，请检查系统时间与证书", evidence=nothing) from error
    except (InvalidHeader, InvalidSchema, InvalidURL, UnicodeError) as error:
        raise SourceBroken(f"{url}：地址或请求头无效，请检查数据源的 url 与 [request]") from error
    except NETWORK_FAULTS as error:
        raise Unreachable(f"{url}：{unconnected(error)}", evidence=nothing) from error


def _walled(received: Received, sign: str, wait: float | None = None) -> SourceBlocked:
    message = f"{received.url}：网站要求人机验证（{sign}），已停止；请核对网站的采集规定"
    return SourceBlocked(message, wait, evidence=received.evidence())


def _failure(received: Received, now: datetime) -> SourceError:
    """What a status other than 2xx means."""
    url, status, evidence = received.url, received.status, received.evidence()
    wait = retry_seconds(received.headers.get("retry-after"), now)
    if sign := wall(evidence.body, received.headers.get("content-type")):
        return _walled(received, sign, wait)
    if status in _BLOCKING:
        message = f"{url}：网站拒绝采集（HTTP {status}），已停止；请核对网站的采集规定"
        one_page = status in _OF_ONE_PAGE and wait is None
        return SourceBlocked(message, wait, evidence=evidence, page_only=one_page)
    if status >= 500 or status == 408:
        return Unreachable(f"{url}：网站出错（HTTP {status}）", wait, evidence=evidence)
    return SourceBroken(f"{url}：网站回应 HTTP {status}，地址可能已改", evidence=evidence)


def retry_seconds(header: str | None, now: datetime) -> float | None:
    """Retry-After as seconds from now, 0..MAX_RETRY_AFTER: a number or a date; None for anything else."""
    if not header:
        return None
    if header.strip().isdecimal():
        return min(MAX_RETRY_AFTER, float(header))
    try:
        seconds = (parsedate_to_datetime(header) - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(MAX_RETRY_AFTER, max(0.0, seconds))
