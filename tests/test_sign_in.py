"""The door as browsers and attackers meet it: the real web process, plain HTTP, real cookies."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import unquote, urlencode

import pytest
from argon2 import PasswordHasher
from sqlalchemy import update

import serve
from db import read, write
from db.roles import SYSTEM, Role
from db.schema import Account
from db.session import Database
from settings.access import access

ROOT = Path(__file__).parent.parent
PASSWORD = "correct horse battery"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass
class Answer:
    """Status, headers and body of one answer."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def cookies(self) -> dict[str, str]:
        """Cookies set to something; those taken away are left out."""
        found: dict[str, str] = {}
        for header in self.headers.get_all("Set-Cookie") or []:
            for name, morsel in SimpleCookie(header).items():
                if morsel["max-age"] != "0":
                    found[name] = morsel.value
        return found

    @property
    def told(self) -> str:
        """The sentence left for the next page."""
        return unquote(self.cookies.get("trustwatch_told", ""))


@dataclass
class Door:
    """A running web process and the database behind it."""

    port: int
    database: Database
    stderr: list[str] = field(default_factory=list)

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body.encode(), sent)
        answer = connection.getresponse()
        found = Answer(answer.status, answer.headers, answer.read())
        connection.close()
        return found

    def post(self, action: str, cookie: str = "", origin: str | None = "", **fields: str) -> Answer:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if origin is not None:
            headers["Origin"] = origin or f"http://127.0.0.1:{self.port}"
        if cookie:
            headers["Cookie"] = f"trustwatch={cookie}"
        return self.ask("POST", f"/session/{action}", urlencode(fields), **headers)

    def sign_in(self, name: str = "张三", **more: str) -> Answer:
        return self.post("begin", account=name, password=PASSWORD, **more)

    def whose(self, token: str) -> str | None:
        with self.database.reading() as session:
            found = read.visitor(session, token, datetime.now(UTC))
        return found.actor.name if found else None

    def handshake(self, **headers: str) -> int:
        """Status of the answer to a websocket's opening."""
        opening = {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            "Host": f"127.0.0.1:{self.port}",
        }
        lines = [f"{name}: {value}" for name, value in (opening | headers).items()]
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            connection.sendall("\r\n".join(["GET /_stcore/stream HTTP/1.1", *lines, "", ""]).encode())
            return int(connection.recv(64).split()[1])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """serve.py on a database with 张三 (analyst), who chose a password, and 新人, who has to."""
    url = f"sqlite:///{tmp_path_factory.mktemp('door') / 'web.db'}"
    database = Database.open(url)
    database.migrate()
    now = datetime.now(UTC)
    with database.writing() as session:
        for name in ("张三", "新人", "李四"):
            write.create_account(session, SYSTEM, name, Role.ANALYST, CHEAP.hash(PASSWORD), now=now)
    with database.writing() as session:
        session.execute(update(Account).where(Account.name != "新人").values(must_change=False))
    port = free_port()
    environment = {**os.environ, "PORT": str(port), "TRUSTWATCH_DATABASE_URL": url, "PYTHONUNBUFFERED": "1"}
    log = tmp_path_factory.mktemp("log") / "stderr"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "serve.py"], cwd=ROOT, env=environment, stderr=stderr, start_new_session=True
        )
        running = Door(port, database, [str(log)])
        while process.poll() is None:
            try:
                if running.ask("GET", "/healthz").status == 200:
                    break
            except OSError:
                continue
        yield running
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    database.close()


def test_signing_in_sets_a_cookie_that_only_we_get(door: Door) -> None:
    """HttpOnly, SameSite=Strict, for the whole site, half a day; the way leads to the page that was asked for."""
    answer = door.sign_in(next="/platform?platform=a&day=2026-11-01")
    assert answer.status == 303
    assert answer.headers["Location"] == "/platform?platform=a&day=2026-11-01"
    (line,) = [
        each
        for each in answer.headers.get_all("Set-Cookie") or []
        if each.startswith("trustwatch=") and "Max-Age=43200" in each
    ]
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= {part.strip() for part in line.split(";")}
    assert door.whose(answer.cookies["trustwatch"]) == "张三"


def test_the_cookie_is_for_https_alone_where_https_is_spoken(door: Door) -> None:
    """Behind a proxy that ends TLS: Secure, and under a name that no other host can set."""
    answer = door.post("begin", account="李四", password=PASSWORD)
    assert "Secure" not in str(answer.headers)
    over_tls = door.ask(
        "POST",
        "/session/begin",
        urlencode({"account": "李四", "password": PASSWORD}),
        Origin=f"http://127.0.0.1:{door.port}",
        X_Forwarded_Proto="https",
    )
    (line,) = [
        each
        for each in over_tls.headers.get_all("Set-Cookie") or []
        if each.startswith("__Host-") and "Max-Age=0" not in each
    ]
    assert "Secure" in line
    assert "Domain" not in line


def test_a_wrong_password_sets_no_session(door: Door) -> None:
    """A sentence for the page instead; it is the same for a name that nobody bears."""
    told = set()
    for name in ("李四", "没有此人"):
        answer = door.post("begin", account=name, password="falsch", next="/export")
        assert (answer.status, answer.headers["Location"]) == (303, "/export")
        assert set(answer.cookies) == {"trustwatch_told"}
        told.add(answer.told)
    assert len(told) == 1
    assert "不正确" in told.pop()


def test_a_session_cannot_be_fixed(door: Door) -> None:
    """A token planted before signing in is neither used nor kept; the person's own former one ends."""
    planted = door.sign_in(cookie="planted-by-somebody").cookies["trustwatch"]
    assert planted != "planted-by-somebody"
    assert door.whose("planted-by-somebody") is None
    fresh = door.sign_in(cookie=planted).cookies["trustwatch"]
    assert door.whose(planted) is None
    assert door.whose(fresh) == "张三"


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/platform",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/platform/../../evil",
        "///evil.example",
        "/unknown",
        "http:///platform",
        "/platform\r\nSet-Cookie: a=b",
        " //evil.example",
        "",
    ],
)
def test_no_open_redirect(door: Door, wanted: str) -> None:
    """Whatever the form says, it leads to a page of ours."""
    answer = door.post("begin", account="李四", password="falsch", next=wanted)
    place = answer.headers["Location"]
    assert place == "/" or place.startswith("/platform?") or place == "/platform"
    assert "evil" not in place
    assert "a=b" not in str(answer.headers)


@pytest.mark.parametrize("action", ["begin", "end", "password", "redeem"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", None])
def test_no_form_of_another_site_is_taken(door: Door, action: str, origin: str | None) -> None:
    """CSRF, signing in as somebody else included: refused by its origin before anything is done."""
    token = door.sign_in().cookies["trustwatch"]
    answer = door.post(action, cookie=token, origin=origin, account="李四", password=PASSWORD)
    assert answer.status == 403
    assert not answer.cookies
    assert door.whose(token) == "张三"


@pytest.mark.parametrize("action", ["begin", "end", "password", "redeem"])
def test_links_change_nothing(door: Door, action: str) -> None:
    """GET never does: it shows the application, and the session lives on."""
    token = door.sign_in().cookies["trustwatch"]
    answer = door.ask("GET", f"/session/{action}?account=x", Cookie=f"trustwatch={token}")
    assert answer.status in (200, 404, 405)
    assert not answer.cookies.get("trustwatch")
    assert door.whose(token) == "张三"


def test_another_host_name_is_refused(door: Door) -> None:
    """DNS rebinding: a name that leads to this machine is not ours for that."""
    assert door.ask("GET", "/", Host="evil.example").status == 403
    assert door.ask("GET", "/", Host=f"localhost:{door.port}").status == 200


def test_a_page_of_another_site_opens_no_websocket(door: Door) -> None:
    """Else it could click for whoever is signed in; our own page and programs without an origin may."""
    assert door.handshake(Origin="https://evil.example") == 403
    assert door.handshake(Origin="http://127.0.0.1:1") == 403
    assert door.handshake(Origin=f"http://127.0.0.1:{door.port}") == 101


def test_files_need_a_session(door: Door) -> None:
    """Downloads and uploads are refused before Streamlit sees them; with a session it answers itself."""
    for method, path in (("GET", "/media/abc.csv"), ("POST", "/_stcore/upload_file/a/b")):
        assert door.ask(method, path).status == 403
    token = door.sign_in().cookies["trustwatch"]
    assert door.ask("GET", "/media/abc.csv", Cookie=f"trustwatch={token}").status == 404


def test_a_first_password_opens_no_files(door: Door) -> None:
    """Nothing but changing it."""
    token = door.sign_in("新人").cookies["trustwatch"]
    assert door.ask("GET", "/media/abc.csv", Cookie=f"trustwatch={token}").status == 403


def test_changing_the_password_changes_the_token(door: Door) -> None:
    """The old one is dead in every browser; mistakes are told and change nothing."""
    token = door.sign_in("新人").cookies["trustwatch"]
    wrong = door.post("password", cookie=token, old=PASSWORD, new="new password 1", again="new password 2")
    assert "不一致" in wrong.told
    weak = door.post("password", cookie=token, old=PASSWORD, new="kurz", again="kurz")
    assert "至少" in weak.told
    right = door.post("password", cookie=token, old=PASSWORD, new="new password 1", again="new password 1")
    assert door.whose(token) is None
    assert door.whose(right.cookies["trustwatch"]) == "新人"


def test_signing_out_takes_session_and_cookie(door: Door) -> None:
    """Also when nobody was signed in."""
    token = door.sign_in().cookies["trustwatch"]
    answer = door.post("end", cookie=token)
    assert (answer.status, answer.cookies) == (303, {})
    assert door.whose(token) is None
    assert door.post("end").status == 303


def test_a_huge_form_is_refused(door: Door) -> None:
    """Nobody's name is that long."""
    assert door.post("begin", account="x" * 20_000, password="y").status == 413


def test_answers_cannot_be_framed_or_sniffed(door: Door) -> None:
    """On every page."""
    headers = door.ask("GET", "/").headers
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors" in headers["Content-Security-Policy"]


def test_brute_force_waits(door: Door) -> None:
    """After a handful of tries even the right password has to wait."""
    for _ in range(5):
        door.post("begin", account="李四", password="falsch")
    answer = door.post("begin", account="李四", password=PASSWORD)
    assert "后再试" in answer.told
    assert "trustwatch" not in answer.cookies


def test_nothing_secret_is_logged(door: Door) -> None:
    """Neither passwords nor tokens in the process's log; runs last, over all that was tried."""
    token = door.sign_in().cookies["trustwatch"]
    log = Path(door.stderr[0]).read_text("utf-8")
    for secret in (PASSWORD, "new password 1", "falsch", token):
        assert secret not in log


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"TRUSTWATCH_ADDRESS": "0.0.0.0"}, "TRUSTWATCH_PUBLIC_URL"),
        (
            {"TRUSTWATCH_ADDRESS": "0.0.0.0", "TRUSTWATCH_PUBLIC_URL": "https://t.example.org"},
            "还没有完成登录设置",
        ),
        ({"TRUSTWATCH_PUBLIC_URL": "t.example.org/x"}, "不带路径的网址"),
        ({"TRUSTWATCH_OIDC_URL": "https://id.example.org"}, "TRUSTWATCH_OIDC_CLIENT_ID"),
    ],
)
def test_it_is_served_to_others_only_after_being_set_up(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    environment: dict[str, str],
    told: str,
) -> None:
    """Exit code 2 and what to do, before anything listens."""
    monkeypatch.setenv("TRUSTWATCH_DATABASE_URL", f"sqlite:///{tmp_path / 'web.db'}")
    with Database.open() as database:
        database.migrate()
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as stopped:
        serve.require_set_up(serve.reach())
    assert stopped.value.code == 2
    assert told in capsys.readouterr().err


def test_an_administrator_who_chose_a_password_opens_it_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then it may be bound to another address."""
    monkeypatch.setenv("TRUSTWATCH_DATABASE_URL", f"sqlite:///{tmp_path / 'web.db'}")
    with Database.open() as database:
        database.migrate()
        with database.writing() as session:
            write.create_account(
                session, SYSTEM, "头", Role.ADMIN, CHEAP.hash(PASSWORD), now=datetime.now(UTC)
            )
            session.execute(update(Account).values(must_change=False))
    serve.require_set_up(access({"TRUSTWATCH_ADDRESS": "0.0.0.0", "TRUSTWATCH_PUBLIC_URL": "https://t.org"}))
