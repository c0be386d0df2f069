"""Which addresses may be dialled."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from threading import Event

import pytest
import requests

from collectors.guard import AddressRefused, Guard, GuardedAdapter, allowed_hosts, is_public
from tests.collectors.loopback import Answer, serving


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
