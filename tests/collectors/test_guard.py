"""Which addresses may be dialled."""

from __future__ import annotations

import ipaddress
import socket
from http.server import BaseHTTPRequestHandler
from threading import Event
from urllib.parse import quote

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from collectors.base import SourceBroken
from collectors.fetch import Fetcher
from collectors.guard import AddressRefused, Guard, GuardedAdapter, allowed_hosts, is_public, resolve, site_of
from tests.collectors.loopback import Answer, serving

INNER = [
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
    *("192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4"),
]
"""Private, shared, loopback, link-local, documentation, benchmark, multicast and reserved (RFC 6890)."""
INNER6 = [
    "::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001:db8::/32",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
]


def addresses(networks: list[str]) -> st.SearchStrategy[int]:
    """Any address of any of the networks, as a number."""
    found = map(ipaddress.ip_network, networks)
    return st.one_of(*(st.integers(int(net[0]), int(net[-1])) for net in found))


def spellings(number: int) -> list[str]:
    """The ways in which systems let an IPv4 address be written, and IPv6 addresses that carry one."""
    a, b, c, d = number.to_bytes(4, "big")
    carried = f"{number >> 16:x}:{number & 0xFFFF:x}"
    return [
        *(f"{a}.{b}.{c}.{d}", f"{number}", f"{number:#x}", f"0{number:o}", f"{a}.{(b << 16) + (c << 8) + d}"),
        *(f"{a}.{b}.{(c << 8) + d}", f"{a:#x}.{b:#x}.{c:#X}.{d}", f"0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        *(
            f"::ffff:{carried}",
            f"::{carried}",
            f"64:ff9b::{carried}",
            f"2002:{carried}::",
            f"::ffff:0:{carried}",
        ),
        *(f"0:0:0:0:0:FFFF:{a}.{b}.{c}.{d}", f"64:ff9b:1::{carried}", f"2001:0:{carried}::1"),
    ]


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1"),
        *(
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "::1",
            "::",
            "fe80::1",
            "fe80::1%eth0",
            "fc00::1",
            "ff02::1",
        ),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"),
    ],
)
def test_inner_addresses_are_not_public(address: str) -> None:
    """Private, loopback, link-local, shared, multicast and reserved, also where IPv6 carries them."""
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "114.114.114.114", "2400:3200::1", "::ffff:8.8.8.8"])
def test_the_open_internet_is_public(address: str) -> None:
    """Sites can be reached."""
    assert is_public(address)


@given(addresses(INNER))
def test_no_spelling_of_an_inner_address_is_let_through(number: int) -> None:
    """Decimal, hexadecimal, octal, shortened, mapped, translated, tunnelled: resolved as the system does it."""
    guard = Guard()
    for spelling in spellings(number):
        try:
            found = guard.addresses(spelling, 80)
        except (AddressRefused, socket.gaierror):
            continue
        pytest.fail(f"{spelling} leads to {found}")


@given(addresses(INNER6))
def test_no_inner_ipv6_address_is_public(number: int) -> None:
    """Compatible, local NAT64, discard, documentation, unique local, link-local, site-local, multicast."""
    address = ipaddress.IPv6Address(number)
    assert not is_public(str(address))
    assert not is_public(address.exploded)


@given(st.integers(0, 2**32 - 1))
def test_an_address_carried_in_ipv6_counts_as_itself(number: int) -> None:
    """Mapped, NAT64 and 6to4 are as public as what they carry; nothing else that carries one is public."""
    plain, _, _, _, _, _, _, _, mapped, compatible, nat64, sixtofour, translated, again, local, teredo = (
        spellings(number)
    )
    public = is_public(plain)
    assert [is_public(address) for address in (mapped, nat64, sixtofour, again)] == [public] * 4
    assert not any(is_public(address) for address in (compatible, translated, local, teredo))


@given(
    st.sampled_from(
        [*spellings(0x7F000001), "localhost", "LOCALHOST", "%31%32%37.0.0.1", "１２７.0.0.1", "127.0.0.1."]
    )
)
def test_loopback_is_not_reached_by_any_spelling(host: str) -> None:
    """Through the whole stack, asked for or redirected to from an allowed name: nothing arrives."""
    names = {"rss.corp": ["127.0.0.1"]}
    with serving() as server:
        port = server.server.server_port
        target = f"http://{f'[{host}]' if ':' in host else host}:{port}/inside"
        server.add("/a", Answer(status=302, headers={"Location": quote(target, safe="%:/[]")}))
        get = Fetcher(
            allow_hosts={"rss.corp"},
            attempts=1,
            resolver=lambda name, port: names.get(name) or resolve(name, port),
        )
        for url in (target, f"http://rss.corp:{port}/a"):
            with pytest.raises(SourceBroken):
                get(url)
        assert server.asked == ["/robots.txt", "/a"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://Example.org/a", "https://example.org:443/b"),
        ("http://example.org./", "http://example.org:80"),
        ("http://[2400:3200::1]/", "http://[2400:3200:0:0:0:0:0:1]:80/"),
        ("http://u:p@example.org/", "http://example.org/"),
    ],
)
def test_one_host_is_one_turn(one: str, other: str) -> None:
    """However it is spelled, with TLS and without."""
    assert site_of(one).turn == site_of(other).turn


def test_other_ports_and_names_are_other_turns() -> None:
    """A port of its own is a server of its own; www may be another machine."""
    turns = {site_of(f"http://{place}/").turn for place in ("a.cn", "a.cn:8080", "www.a.cn", "[::1]:8080")}
    assert len(turns) == 4


@pytest.mark.parametrize(
    "url", ["http://[::1", "http://a:99999/", "http://a b/", "//a/b", "http://", "javascript:1"]
)
def test_what_is_no_address_is_told(url: str) -> None:
    """Nothing but the typed error."""
    with pytest.raises(SourceBroken, match="地址"):
        site_of(url)


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_of_addresses(text: str) -> None:
    """Whatever stands in a link."""
    for url in (text, f"http://{text}", f"https://a/{text}"):
        try:
            assert site_of(url).host
        except SourceBroken:
            continue


def test_a_name_with_many_dead_addresses_is_given_up() -> None:
    """Each may take its whole time limit; four are tried."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    many = [f"127.0.0.{n}" for n in range(2, 200)]
    get = Fetcher(allow_hosts={"many.example"}, attempts=1, resolver=lambda name, port: many)
    with pytest.raises(SourceBroken, match="连接失败"):
        get(f"http://many.example:{port}/")


def test_one_inner_address_refuses_the_name() -> None:
    """A name that resolves to a public and an inner address is a trick."""
    guard = Guard(resolver=lambda host, port: ["8.8.8.8", "127.0.0.1"])
    with pytest.raises(AddressRefused, match=r"mixed\.example 指向内网"):
        guard.addresses("mixed.example", 80)


def test_an_allowed_host_may_be_anywhere() -> None:
    """An administrator can let an inner feed through, by its name."""
    guard = Guard({"rss.corp"}, lambda host, port: ["10.0.0.5"])
    assert guard.addresses("RSS.corp", 80) == ["10.0.0.5"]


def test_the_allow_list_comes_from_the_environment() -> None:
    """TRUSTWATCH_ALLOW_HOSTS, separated by commas."""
    assert allowed_hosts({"TRUSTWATCH_ALLOW_HOSTS": "rss.corp, 10.0.0.5,,"}) == {"rss.corp", "10.0.0.5"}
    assert allowed_hosts({}) == frozenset()


def test_an_answer_that_never_begins_is_hung_up_on() -> None:
    """Headers that drip byte by byte keep every socket time limit; the limit on their whole does not wait."""
    stop = Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        stop.wait(30)

    with serving() as server, requests.Session() as session:
        session.mount("http://", GuardedAdapter(Guard({"127.0.0.1"}), header_seconds=0.2))
        with pytest.raises(requests.exceptions.RequestException):
            session.get(server.add("/a", Answer(script=drip)), timeout=20).close()
        stop.set()
