"""Through the door without a browser: for tests and measurements of what lies behind it."""

from __future__ import annotations

import http.client
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

OWN = "a password of our own 2026"


def post(url: str, action: str, cookie: str = "", **fields: str) -> str:
    """Post a form of the door; the session's new token. Raises AssertionError where none is given."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=60)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Origin": f"{place.scheme}://{place.netloc}",
    }
    if cookie:
        headers["Cookie"] = f"trustwatch={cookie}"
    connection.request("POST", f"/session/{action}", urlencode(fields), headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    for header in answer.headers.get_all("Set-Cookie") or []:
        morsel = SimpleCookie(header).get("trustwatch")
        if morsel is not None and morsel.value and morsel["max-age"] != "0":
            return morsel.value
    raise AssertionError(f"no session: {answer.status} {answer.headers.get_all('Set-Cookie')}")


def first_sign_in(url: str, password: str, name: str = "admin") -> str:
    """Sign in by the printed password and choose another; the token of the session."""
    token = post(url, "begin", account=name, password=password)
    return post(url, "password", token, old=password, new=OWN, again=OWN)
