"""Keeps collectors out of the inner network: addresses are checked after resolution, and just those dialled.

Checking a name first and connecting later would let it resolve differently the second time; so the check sits
where the connection is made. A host on the allow-list may be anywhere.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from threading import Event, Timer
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NameResolutionError, NewConnectionError
from urllib3.util import parse_url

from collectors.base import SourceBroken

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], list[str]]
MAX_ADDRESSES = 4
"""Of a name with many addresses that do not answer, each would take its whole time limit."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_UNICAST = ipaddress.ip_network("2000::/3")
"""All of IPv6 that is given out. Outside lie old forms that `ipaddress` calls global, such as ::127.0.0.1."""
_SET_ASIDE = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20")))
_USUAL_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Site:
    """Scheme, host and port of a URL, each in one spelling."""

    scheme: str
    host: str
    port: int

    @property
    def turn(self) -> str:
        """Who is asked one request at a time: a host is the same with and without TLS."""
        return self.host if self.port in _USUAL_PORTS.values() else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        place = host if self.port == _USUAL_PORTS[self.scheme] else f"{host}:{self.port}"
        return f"{self.scheme}://{place}"


def site_of(url: str) -> Site:
    """Read as the HTTP library will read it. Raises SourceBroken for what is no web address."""
    try:
        parts = parse_url(url)
    except ValueError as error:
        raise SourceBroken(f"{url}：地址无效，请检查数据源的 url") from error
    if parts.scheme not in _USUAL_PORTS or not parts.host:
        raise SourceBroken(f"{url}：不是 http(s) 地址，请检查数据源的 url")
    host = parts.host.strip("[]").rstrip(".")
    try:
        host = str(ipaddress.ip_address(host))
    except ValueError:
        host = host.lower()
    return Site(parts.scheme, host, parts.port or _USUAL_PORTS[parts.scheme])


class AddressRefused(SourceBroken):
    """The name leads to a private, loopback, link-local or reserved address."""


def allowed_hosts(environ: Mapping[str, str]) -> frozenset[str]:
    """Hosts that an administrator lets through: TRUSTWATCH_ALLOW_HOSTS, comma-separated."""
    listed = environ.get("TRUSTWATCH_ALLOW_HOSTS", "").split(",")
    return frozenset(host.strip().lower() for host in listed if host.strip())


def is_public(text: str) -> bool:
    """Whether an address lies in the open internet; IPv4 inside IPv6 counts as what it carries."""
    address: Address = ipaddress.ip_address(text.split("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        carried = _carried(address)
        if carried is None and address not in _UNICAST:
            return False
        address = carried or address
    return address.is_global and not address.is_multicast and not any(address in net for net in _SET_ASIDE)


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def resolve(host: str, port: int) -> list[str]:
    """Every address of a name, in the system's order. Raises socket.gaierror."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Guard:
    """Says which addresses of a host may be dialled."""

    def __init__(self, allow: Collection[str] = (), resolver: Resolver = resolve) -> None:
        self._allow, self._resolver = frozenset(allow), resolver

    def addresses(self, host: str, port: int) -> list[str]:
        """Its addresses, all public or the host allowed. Raises AddressRefused, socket.gaierror."""
        found = self._resolver(host, port)
        if host.lower() not in self._allow and not all(map(is_public, found)):
            raise AddressRefused(
                f"{host} 指向内网或保留地址，已拒绝访问；"
                "确需访问时，请管理员把该主机加入环境变量 TRUSTWATCH_ALLOW_HOSTS"
            )
        return found

    def check(self, host: str, port: int) -> None:
        """For requests through a proxy, which resolves names itself: refuses what is known to be inside."""
        try:
            self.addresses(host, port)
        except (socket.gaierror, UnicodeError):
            return


class GuardedAdapter(HTTPAdapter):
    """Connects to checked addresses only, and waits at most `header_seconds` for an answer to begin."""

    def __init__(self, guard: Guard, header_seconds: float) -> None:
        self._pools = _guarded_pools(guard, header_seconds)
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools


def _guarded_pools(guard: Guard, header_seconds: float) -> dict[str, type[HTTPConnectionPool]]:
    class Plain(_Guarded, HTTPConnection):
        pass

    class Secure(_Guarded, HTTPSConnection):
        pass

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    for connection in (Plain, Secure):
        connection.guard, connection.header_seconds = guard, header_seconds
    return {"http": PlainPool, "https": SecurePool}


class _Guarded:
    guard: Guard
    header_seconds: float

    def _new_conn(self: Any) -> socket.socket:
        try:
            addresses = self.guard.addresses(self._dns_host, self.port)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        fault: OSError | None = None
        for address in addresses[:MAX_ADDRESSES]:
            try:
                return socket.create_connection((address, self.port), self.timeout)
            except OSError as error:
                fault = error
        raise NewConnectionError(self, f"no address of {self.host} answers: {fault}") from fault

    def getresponse(self: Any) -> Any:
        """Each received byte restarts the socket's own time limit; this one runs from the request's end."""
        late = Event()
        timer = Timer(self.header_seconds, _hang_up, (self.sock, late))
        timer.daemon = True
        timer.start()
        try:
            answer = super().getresponse()  # type: ignore[misc] # mixed into a connection that has it
        finally:
            timer.cancel()
        if late.is_set():  # http.client takes the end of the connection for the end of the headers
            raise TimeoutError("headers took too long")
        return answer


def _hang_up(sock: socket.socket, late: Event) -> None:
    late.set()
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # closed already
