"""Accounts, signing in, sessions: brute force waits, tokens are new each time, and the last administrator stays."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, text

from db import passwords, read, write
from db.passwords import WeakPassword, hash_password, matches, require_strong
from db.read.accounts import IDLE, LONGEST
from db.roles import SYSTEM, Actor, Role
from db.schema import Account, SignIn
from db.session import Database
from db.write.sign_ins import FREE, FREE_FROM_ADDRESS, LONGEST_WAIT, TICKET
from tests.db.builders import NOW

PASSWORD = "correct horse battery"
SECOND = timedelta(seconds=1)
REAL, REAL_NOBODY = passwords.HASHER, passwords.NOBODY
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
HASHED = CHEAP.hash(PASSWORD)


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of sign-ins: argon2id with small parameters, but for the tests that are about them."""
    monkeypatch.setattr(passwords, "HASHER", CHEAP)
    monkeypatch.setattr(passwords, "NOBODY", CHEAP.hash("nobody"))


@pytest.fixture
def people(database: Database) -> Database:
    """头 (admin) and 张三 (analyst), who chose their passwords."""
    with database.writing() as session:
        for name, role in (("头", Role.ADMIN), ("张三", Role.ANALYST)):
            write.create_account(session, SYSTEM, name, role, HASHED, now=NOW)
        session.execute(text("UPDATE accounts SET must_change = :no"), {"no": False})
    return database


def sign_in(
    database: Database,
    name: str = "张三",
    password: str = PASSWORD,
    *,
    at: datetime = NOW,
    address: str = "10.0.0.1",
    presented: str | None = None,
) -> write.Opened:
    return write.sign_in(database, name, password, address=address, presented=presented, now=at)


def visitor(database: Database, token: str | None, at: datetime = NOW) -> read.Visitor | None:
    with database.reading() as session:
        return read.visitor(session, token, at)


def refusal(database: Database, name: str, password: str = "wrong", **more: object) -> str:
    with pytest.raises(write.SignInRefused) as refused:
        sign_in(database, name, password, **more)  # type: ignore[arg-type]
    return str(refused.value)


def acts(database: Database) -> list[str]:
    with database.reading() as session:
        return list(read.audit(session)["action"])[::-1]


def test_the_right_password_opens_a_session(people: Database) -> None:
    """For this person in this role; who, how and from where are logged, the password is not."""
    opened = sign_in(people)
    found = visitor(people, opened.token)
    assert found is not None
    assert found.actor == Actor("张三", Role.ANALYST)
    with people.reading() as session:
        entry = read.audit(session).to_dict("records")[0]
    assert (entry["action"], entry["actor"]) == ("sign_in", "张三")
    assert entry["detail"] == {"how": "local", "address": "10.0.0.1"}


def test_a_name_may_be_typed_as_it_comes(people: Database) -> None:
    """Blanks, case and full width make no difference; they make no second account either."""
    with people.writing() as session:
        write.create_account(session, SYSTEM, "Li", Role.VIEWER, HASHED, now=NOW)
    assert visitor(people, sign_in(people, " ＬＩ ").token)
    with pytest.raises(write.AccountRefused, match="已存在"), people.writing() as session:
        write.create_account(session, SYSTEM, "lI", Role.VIEWER, HASHED, now=NOW)


def test_unknown_names_and_wrong_passwords_look_the_same(people: Database) -> None:
    """One sentence for an unknown name, a wrong password and a locked account."""
    with people.writing() as session:
        write.create_account(session, SYSTEM, "走了", Role.VIEWER, HASHED, now=NOW)
        write.lock_account(session, SYSTEM, "走了", reason="离职", now=NOW)
    told = {refusal(people, "没有此人"), refusal(people, "张三"), refusal(people, "走了", PASSWORD)}
    assert len(told) == 1


def test_an_unknown_name_costs_as_much_work(people: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hash is computed in any case, by the same parameters: time tells nothing."""
    seen, hashed = [], REAL.hash(PASSWORD)

    class Counting:
        def verify(self, hashed: str, password: str) -> bool:
            seen.append(hashed.split("$")[1:4])
            return REAL.verify(hashed, password)

        def check_needs_rehash(self, hashed: str) -> bool:
            return REAL.check_needs_rehash(hashed)

    monkeypatch.setattr(passwords, "HASHER", Counting())
    monkeypatch.setattr(passwords, "NOBODY", REAL_NOBODY)
    with people.writing() as session:
        session.execute(text("UPDATE accounts SET password_hash = :hashed"), {"hashed": hashed})
    for name in ("张三", "没有此人"):
        refusal(people, name)
    with people.writing() as session:
        session.execute(text("UPDATE accounts SET password_hash = NULL WHERE name = '头'"))
    refusal(people, "头")
    assert seen == [["argon2id", "v=19", "m=65536,t=3,p=4"]] * 3


def test_a_hash_with_weaker_parameters_is_made_anew(
    people: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the parameters are raised, every sign-in carries its password over."""
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    sign_in(people)
    with people.reading() as session:
        stored = session.scalar(select(Account.password_hash).where(Account.name == "张三"))
    assert stored is not None
    assert "m=16,t=2" in stored
    assert sign_in(people)


def test_waits_begin_after_a_few_failures_and_grow(people: Database) -> None:
    """Then even the right password waits; each further failure doubles the wait, up to a quarter of an hour."""
    at = NOW
    for _ in range(FREE):
        refusal(people, "张三", at=at)
    assert "30 秒" in refusal(people, "张三", PASSWORD, at=at)
    at += timedelta(seconds=31)
    refusal(people, "张三", at=at)
    assert "60 秒" in refusal(people, "张三", PASSWORD, at=at)
    for _ in range(8):
        at += LONGEST_WAIT + SECOND
        refusal(people, "张三", at=at, address=f"10.0.1.{_}")
    assert "15 分钟" in refusal(people, "张三", PASSWORD, at=at)
    assert sign_in(people, at=at + LONGEST_WAIT + SECOND, address="10.0.2.1")


def test_a_name_that_nobody_bears_is_made_to_wait_too(people: Database) -> None:
    """Or the wait would tell who exists."""
    for _ in range(FREE):
        refusal(people, "没有此人")
    assert refusal(people, "没有此人") == refusal_after_failures(people)


def refusal_after_failures(database: Database) -> str:
    for _ in range(FREE):
        refusal(database, "张三", address="10.0.0.2")
    return refusal(database, "张三", address="10.0.0.2")


def test_success_starts_anew(people: Database) -> None:
    """Four mistypes, right, four mistypes: no wait."""
    for _ in range(2):
        for _ in range(FREE - 1):
            refusal(people, "张三")
        assert sign_in(people)


def test_one_address_cannot_try_all_names(people: Database) -> None:
    """A few tries for each of many names: the address waits, others do not, and one success in between helps little."""
    for number in range(FREE_FROM_ADDRESS - 1):
        refusal(people, f"猜{number}")
    sign_in(people)
    refusal(people, "再猜")
    assert "次数过多" in refusal(people, "张三", PASSWORD)
    assert sign_in(people, address="10.0.0.9")


def test_tries_at_once_are_worth_no_more(people: Database) -> None:
    """Counted before they are judged: of twelve at the same moment only the first few are compared at all."""
    told: list[str] = []
    threads = [threading.Thread(target=lambda: told.append(refusal(people, "张三"))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum("不正确" in each for each in told) == FREE


def test_names_that_failed_are_not_kept_in_the_clear(people: Database) -> None:
    """People type a password where the name goes: neither the table nor the log has it."""
    for _ in range(FREE + 1):
        refusal(people, "MySecret-Password-1")
    with people.reading() as session:
        stored = [str(row) for row in session.execute(text("SELECT * FROM sign_in_failures"))]
        logged = read.audit(session).astype(str).to_csv()
    assert not [row for row in stored if "ecret" in row.lower()]
    assert "ecret" not in logged
    assert "sign_in_blocked" in logged


def test_tokens_are_not_stored(people: Database) -> None:
    """Whoever reads the database cannot become somebody."""
    opened = sign_in(people)
    with people.reading() as session:
        for table in ("sign_ins", "accounts", "audit_log"):
            assert opened.token not in str(session.execute(text(f"SELECT * FROM {table}")).all())


def test_signing_in_ends_the_session_that_was_presented(people: Database) -> None:
    """No fixation: the token is new each time, and the old one is worth nothing."""
    first = sign_in(people)
    second = sign_in(people, presented=first.token)
    assert first.token != second.token
    assert visitor(people, first.token) is None
    assert visitor(people, second.token)


def test_a_token_that_somebody_made_up_is_never_taken(people: Database) -> None:
    """Presented at sign-in, it does not become the session's."""
    opened = sign_in(people, presented="chosen-by-an-attacker")
    assert opened.token != "chosen-by-an-attacker"
    assert visitor(people, "chosen-by-an-attacker") is None
    assert visitor(people, "") is None
    assert visitor(people, None) is None


def test_an_idle_session_ends(people: Database) -> None:
    """An hour without use; using it keeps it."""
    token = sign_in(people).token
    found = visitor(people, token, NOW + IDLE - SECOND)
    assert found is not None
    assert visitor(people, token, NOW + IDLE) is None
    with people.writing() as session:
        write.touch(session, found.sign_in_id, NOW + IDLE - SECOND)
    assert visitor(people, token, NOW + IDLE + IDLE - 2 * SECOND)


def test_no_session_lasts_for_ever(people: Database) -> None:
    """However busy, it ends after half a day."""
    token = sign_in(people).token
    with people.writing() as session:
        session.execute(text("UPDATE sign_ins SET seen_at = expires_at"))
    assert visitor(people, token, NOW + LONGEST - SECOND)
    assert visitor(people, token, NOW + LONGEST) is None


def test_signing_out_ends_it(people: Database) -> None:
    """Logged once; a second click does nothing."""
    token = sign_in(people).token
    for expected in (True, False):
        with people.writing() as session:
            assert write.sign_out(session, token, NOW) is expected
    assert visitor(people, token) is None
    assert acts(people)[-2:] == ["sign_in", "sign_out"]


@pytest.mark.parametrize("act", ["lock", "reset", "sign_out"])
def test_an_administrator_ends_all_sessions(people: Database, act: str) -> None:
    """At once, in every browser; other people's stay."""
    tokens = [sign_in(people).token for _ in range(2)]
    other = sign_in(people, "头").token
    boss = Actor("头", Role.ADMIN)
    with people.writing() as session:
        if act == "lock":
            write.lock_account(session, boss, "张三", reason="离职", now=NOW)
        elif act == "reset":
            write.reset_password(session, boss, "张三", HASHED, now=NOW)
        else:
            assert write.sign_out_everywhere(session, boss, "张三", now=NOW) == 2
    assert [visitor(people, token) for token in tokens] == [None, None]
    assert visitor(people, other)


def test_a_role_counts_from_the_next_click(people: Database) -> None:
    """The session goes on in the new role; from what to what and why are logged."""
    token = sign_in(people).token
    with people.writing() as session:
        write.set_role(session, Actor("头", Role.ADMIN), "张三", Role.LIAISON, reason="调岗", now=NOW)
    found = visitor(people, token)
    assert found is not None
    assert found.actor.role is Role.LIAISON
    with people.reading() as session:
        entry = read.audit(session, action="account_role").to_dict("records")[0]
    assert (entry["subject"], entry["reason"], entry["detail"]) == (
        "张三",
        "调岗",
        {"from": "analyst", "to": "liaison"},
    )


@pytest.mark.parametrize("act", ["role", "lock"])
def test_the_last_administrator_stays(people: Database, act: str) -> None:
    """Or nobody could manage users any more; with a second one it may happen."""
    boss = Actor("另一位", Role.ADMIN)

    def remove(session: object) -> None:
        if act == "role":
            write.set_role(session, boss, "头", Role.VIEWER, reason="x", now=NOW)  # type: ignore[arg-type]
        else:
            write.lock_account(session, boss, "头", reason="x", now=NOW)  # type: ignore[arg-type]

    with pytest.raises(write.AccountRefused, match="最后一位管理员"), people.writing() as session:
        remove(session)
    with people.writing() as session:
        write.set_role(session, boss, "张三", Role.ADMIN, reason="接任", now=NOW)
        remove(session)


def test_nobody_locks_themselves_out(people: Database) -> None:
    """By a slip of the hand."""
    with pytest.raises(write.AccountRefused, match="自己"), people.writing() as session:
        write.lock_account(session, Actor("头", Role.ADMIN), "头", reason="x", now=NOW)


@pytest.mark.parametrize("name", ["", "  ", "系统", "命令行", "名" * 65, "@10.0.0.1", "a\tb"])
def test_names_that_would_mislead_are_refused(database: Database, name: str) -> None:
    """The log must tell people from the programme."""
    with pytest.raises(write.AccountRefused), database.writing() as session:
        write.create_account(session, SYSTEM, name, Role.VIEWER, HASHED, now=NOW)


def test_the_first_administrator_is_made_once(database: Database) -> None:
    """The password is told once, works, and must be changed; a second start tells nothing."""
    password = write.first_admin(database, NOW)
    assert password is not None
    assert write.first_admin(database, NOW) is None
    opened = sign_in(database, "admin", password)
    found = visitor(database, opened.token)
    assert found is not None
    assert found.must_change
    with database.reading() as session:
        assert not read.set_up(session)


def test_changing_the_first_password_sets_up(database: Database) -> None:
    """All sessions end, the new one begins under a new token, and only the new password works."""
    password = write.first_admin(database, NOW) or ""
    first = sign_in(database, "admin", password)
    opened = write.change_password(database, first.token, password, PASSWORD, now=NOW)
    assert visitor(database, first.token) is None
    found = visitor(database, opened.token)
    assert found is not None
    assert not found.must_change
    refusal(database, "admin", password)
    assert sign_in(database, "admin")
    with database.reading() as session:
        assert read.set_up(session)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [("falsch", PASSWORD + "!", "当前密码不正确"), (PASSWORD, PASSWORD, "不能与当前密码相同")],
)
def test_a_password_is_not_changed_without_knowing_it(
    people: Database, old: str, new: str, told: str
) -> None:
    """An open browser is not enough."""
    token = sign_in(people).token
    with pytest.raises(write.SignInRefused, match=told):
        write.change_password(people, token, old, new, now=NOW)
    assert sign_in(people)


def test_the_old_password_cannot_be_guessed_from_an_open_browser(people: Database) -> None:
    """Failures count as at the door."""
    token = sign_in(people).token
    for _ in range(FREE):
        with pytest.raises(write.SignInRefused, match="当前密码不正确"):
            write.change_password(people, token, "falsch", PASSWORD + "!", now=NOW)
    with pytest.raises(write.SignInRefused, match="次数过多"):
        write.change_password(people, token, PASSWORD, PASSWORD + "!", now=NOW)


@pytest.mark.parametrize("password", ["short", "a" * 20, "x" * 129, "zhangsan-2026-pw"])
def test_weak_passwords_are_refused(password: str) -> None:
    """Too short, too plain, too long, the name in it."""
    with pytest.raises(WeakPassword):
        require_strong(password, "zhangsan")


def test_passwords_are_argon2id_with_their_own_salt() -> None:
    """The same password twice gives two hashes, and both match; full-width typing is the same password."""
    again = hash_password(PASSWORD)
    assert again != HASHED
    assert again.startswith("$argon2id$")
    assert REAL_NOBODY.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert matches(again, PASSWORD)
    assert matches(again, "ｃorrect horse battery")
    assert not matches(None, PASSWORD)
    assert not matches("damaged", PASSWORD)


VOUCHED = write.Identity("https://id|7", "王五", Role.ANALYST, "p" * 64)


def enter(database: Database, identity: write.Identity = VOUCHED, at: datetime = NOW) -> write.Opened:
    with database.writing() as session:
        ticket = write.issue_ticket(session, identity, at)
    with database.writing() as session:
        return write.redeem(session, ticket, address="10.0.0.1", presented=None, now=at)


def proof(letter: str, role: Role = Role.ANALYST, name: str = "王五") -> write.Identity:
    return write.Identity("https://id|7", name, role, letter * 64)


def test_a_ticket_opens_one_session(people: Database) -> None:
    """Used twice it is worth nothing, a minute later neither; as a cookie it never is."""
    with people.writing() as session:
        ticket = write.issue_ticket(session, VOUCHED, NOW)
    assert visitor(people, ticket) is None
    with people.writing() as session:
        opened = write.redeem(session, ticket, address="a", presented=None, now=NOW)
    assert visitor(people, opened.token)
    for used, at in ((ticket, NOW), ("made-up", NOW)):
        with pytest.raises(write.SignInRefused), people.writing() as session:
            write.redeem(session, used, address="a", presented=None, now=at)
    with people.writing() as session:
        late = write.issue_ticket(session, proof("q"), NOW)
    with pytest.raises(write.SignInRefused), people.writing() as session:
        write.redeem(session, late, address="a", presented=None, now=NOW + TICKET)


def test_what_a_provider_said_opens_one_session_only(people: Database) -> None:
    """A cookie of the provider's answer that was kept opens nothing after signing out."""
    enter(people)
    with pytest.raises(write.SignInRefused, match="已经用过"), people.writing() as session:
        write.issue_ticket(session, VOUCHED, NOW)


def test_the_provider_decides_the_role_each_time(people: Database) -> None:
    """Made at the first sign-in, changed at a later one; both logged; not to be changed here."""
    enter(people)
    opened = enter(people, proof("q", Role.VIEWER))
    found = visitor(people, opened.token)
    assert found is not None
    assert found.actor == Actor("王五", Role.VIEWER)
    assert [act for act in acts(people) if act.startswith("account")][-2:] == [
        "account_create",
        "account_role",
    ]
    with pytest.raises(write.AccountRefused, match="单位账号"), people.writing() as session:
        write.set_role(session, SYSTEM, "王五", Role.ADMIN, reason="x", now=NOW)


def test_a_provider_cannot_take_over_a_local_account(people: Database) -> None:
    """Names are no proof: who calls himself 头 there is somebody else here."""
    opened = enter(people, proof("q", name="头"))
    found = visitor(people, opened.token)
    assert found is not None
    assert found.actor.name.startswith("头#")
    assert found.actor.role is Role.ANALYST
    with people.reading() as session:
        assert session.scalar(select(Account.role).where(Account.name == "头")) == "admin"


def test_a_locked_person_stays_out_whatever_the_provider_says(people: Database) -> None:
    """Locking here counts, also between ticket and session."""
    enter(people)
    with people.writing() as session:
        ticket = write.issue_ticket(session, proof("q"), NOW)
        write.lock_account(session, SYSTEM, "王五", reason="离职", now=NOW)
    with pytest.raises(write.SignInRefused), people.writing() as session:
        write.redeem(session, ticket, address="a", presented=None, now=NOW)
    with pytest.raises(write.SignInRefused, match="停用"), people.writing() as session:
        write.issue_ticket(session, proof("r"), NOW)


def test_the_list_of_people_counts_their_sessions(people: Database) -> None:
    """Open ones; tickets and ended ones are none."""
    sign_in(people)
    enter(people)
    with people.writing() as session:
        write.issue_ticket(session, proof("q"), NOW)
    with people.reading() as session:
        found = read.accounts(session, NOW).set_index("name")
    assert dict(found["open"]) == {"头": 0, "张三": 1, "王五": 1}
    assert dict(found["local"]) == {"头": True, "张三": True, "王五": False}


def test_old_sessions_and_failures_are_forgotten(people: Database) -> None:
    """A month after they ended, at the next sign-in."""
    sign_in(people)
    refusal(people, "张三")
    sign_in(people, at=NOW + timedelta(days=31))
    with people.reading() as session:
        assert len(session.scalars(select(SignIn)).all()) == 1
