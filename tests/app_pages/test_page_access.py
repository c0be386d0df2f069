"""用户, 审计, 我的账号 and the door: who sees which page, and what each of them does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import streamlit as st
from sqlalchemy import select, update
from streamlit.testing.v1 import AppTest

from app_pages import _links, _who
from app_pages._menu import NEEDS
from db import read, write
from db.passwords import matches
from db.roles import MAY, SYSTEM, Actor, Role
from db.schema import Account, SignIn
from db.session import Database

Visit = Callable[..., AppTest]
Said = Callable[[AppTest], str]
ActAs = Callable[[str | None], None]
USERS, AUDIT, ACCOUNT = "app_pages/users.py", "app_pages/audit.py", "app_pages/account.py"
NOW = datetime.now(UTC)
SHOWN = {
    Role.VIEWER: {"", "platform", "method", "account"},
    Role.ANALYST: {"", "platform", "method", "account", "review", "discovery", "export", "sources"},
    Role.LIAISON: {"", "platform", "method", "account", "review", "discovery", "export", "audit"},
    Role.APPROVER: {"", "platform", "method", "account", "export", "audit"},
    Role.ADMIN: {
        "",
        "platform",
        "method",
        "account",
        "review",
        "discovery",
        "export",
        "sources",
        "audit",
        "users",
    },
}
"""Role -> pages of this part of the product that its navigation must show."""
ALL = set().union(*SHOWN.values())


def click(app: AppTest, key: str) -> AppTest:
    return app.button(key=key).click().run()


def account(database: Database, name: str) -> tuple[str, str | None, bool, bool]:
    """role, hash, must_change, locked"""
    with database.reading() as session:
        row = session.scalars(select(Account).where(Account.name == name)).one()
        return row.role, row.password_hash, row.must_change, row.locked_at is not None


def navigation(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """(address, visibility) of every page that the dashboard hands to Streamlit."""
    seen: list[tuple[str, str]] = []
    real = st.Page

    def page(file: object, **more: object) -> object:
        seen.append((str(more.get("url_path") or ""), str(more.get("visibility", "visible"))))
        return real(file, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(st, "Page", page)
    return seen


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.value)
def test_pages_that_a_role_may_not_use_are_hidden(
    role: Role, visit: Visit, act_as: ActAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each role's navigation shows its pages and no other."""
    seen = navigation(monkeypatch)
    act_as(f"某{role.word}")
    assert not visit().exception
    shown = {address for address, visibility in seen if visibility == "visible"}
    hidden = {address for address, visibility in seen if visibility == "hidden"}
    assert shown & ALL == SHOWN[role]
    assert hidden & ALL == ALL - SHOWN[role]


@pytest.mark.usefixtures("database")
def test_a_page_typed_by_somebody_who_may_not_says_who_may(act_as: ActAs, said: Said) -> None:
    """No permission is a state with a next step."""
    act_as("某委员")

    def page() -> None:
        from app_pages import _sign_in

        _sign_in.refused("用户", "users")

    app = AppTest.from_function(page).run()
    assert not app.exception
    assert "没有权限" in said(app)
    assert "可由管理员办理" in said(app)


@pytest.mark.usefixtures("database")
def test_nobody_sees_a_page_without_signing_in(
    visit: Visit, said: Said, act_as: ActAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The door stands under every page's address; nothing of the product shows behind it."""
    seen = navigation(monkeypatch)
    act_as(None)
    app = visit()
    html = said(app)
    assert not app.exception
    assert {address for address, _ in seen} == set(_links.PAGES)
    assert 'action="/session/begin"' in html
    assert "星河聚财" not in html


def test_the_door_leads_to_the_page_that_was_asked_for(
    database: Database, visit: Visit, said: Said, act_as: ActAs
) -> None:
    """With its parameters, as text: what stands in the address cannot break out of the form."""
    act_as(None)
    html = said(visit(platform='"><script>alert(1)</script>'))
    assert 'name="next" value="/?platform=%22%3E%3Cscript%3E' in html
    assert "<script>alert" not in html


@pytest.mark.parametrize(
    "change",
    [
        {"ended_at": NOW},
        {"seen_at": NOW - timedelta(hours=2)},
        {"expires_at": NOW - timedelta(seconds=1)},
    ],
    ids=["ended", "idle", "old"],
)
def test_a_session_that_is_over_shows_the_door(
    database: Database, visit: Visit, said: Said, change: dict[str, datetime]
) -> None:
    """Signed out elsewhere, unused for long, or simply old."""
    app = visit()
    with database.writing() as session:
        session.execute(update(SignIn).values(**change))
    assert 'action="/session/begin"' in said(app.run())


def test_a_first_password_opens_nothing_but_its_change(
    database: Database, visit: Visit, said: Said, act_as: ActAs
) -> None:
    """No page, whatever the role."""
    with database.writing() as session:
        session.execute(update(Account).values(must_change=True))
    html = said(visit())
    assert 'action="/session/password"' in html
    assert "星河聚财" not in html


def test_what_a_page_remembered_ends_with_its_session(
    database: Database, visit: Visit, act_as: ActAs
) -> None:
    """The next person in the same tab does not find the former one's state."""
    app = visit()
    app.session_state["issued"] = ("某人", "secret")
    act_as("某委员")
    app.run()
    assert "issued" not in app.session_state


@pytest.mark.usefixtures("database")
def test_without_serve_py_this_machine_may_look(
    visit: Visit, said: Said, act_as: ActAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`streamlit run dashboard.py` on loopback: as a viewer, and nothing can be changed."""
    app = visit()
    act_as(None)
    monkeypatch.setattr(_who, "served", False)
    html = said(app.run())
    assert "星河聚财" in html
    assert "未登录，仅供查看" in html


@pytest.mark.usefixtures("database")
def test_without_serve_py_other_machines_see_nothing(
    visit: Visit, said: Said, act_as: ActAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever binds Streamlit itself to the network shows the door, which does not open there."""
    act_as(None)
    monkeypatch.setattr(_who, "served", False)
    monkeypatch.setattr(st, "get_option", lambda name: "0.0.0.0" if name == "server.address" else None)
    html = said(visit())
    assert "星河聚财" not in html
    assert "这里不能登录" in html


def test_an_administrator_makes_an_account(database: Database, visit: Visit, said: Said) -> None:
    """With a first password that works, is shown until noted, and must be changed; the log does not have it."""
    app = visit(USERS)
    app.text_input(key="new_name").input("<b>孙七")
    app.selectbox(key="new_role").select(Role.LIAISON)
    next(button for button in app.button if button.label == "新建用户").click().run()
    assert not app.exception
    password = app.code[0].value
    role, hashed, must_change, _ = account(database, "<b>孙七")
    assert (role, must_change) == ("liaison", True)
    assert matches(hashed, password)
    assert "&lt;b&gt;孙七" in said(app)
    with database.reading() as session:
        assert password not in read.audit(session).astype(str).to_csv()
    assert not click(app, "noted").code


def test_a_role_changes_with_a_reason(database: Database, visit: Visit, said: Said) -> None:
    """Without one it does not; with one the log has both roles and the reason."""
    app = visit(USERS, user="陈一")
    app.selectbox(key="role").select(Role.APPROVER).run()
    click(app, "set_role")
    assert "请填写理由" in said(app)
    assert account(database, "陈一")[0] == "analyst"
    app.text_input(key="why").input("调任").run()
    app.selectbox(key="role").select(Role.APPROVER).run()
    click(app, "set_role")
    assert account(database, "陈一")[0] == "approver"
    with database.reading() as session:
        entry = read.audit(session, action="account_role").to_dict("records")[0]
    assert (entry["actor"], entry["subject"], entry["reason"]) == ("本机用户", "陈一", "调任")


def test_locking_ends_the_sessions_and_can_be_undone(database: Database, visit: Visit, said: Said) -> None:
    """The person is out at once, and comes back by another click."""
    app = visit(USERS, user="陈一")
    click(app, "lock")
    assert account(database, "陈一")[3]
    with database.reading() as session:
        assert read.accounts(session, NOW).set_index("name").loc["陈一", "open"] == 0
    assert "已停用" in said(app)
    click(app, "lock")
    assert not account(database, "陈一")[3]


def test_the_last_administrator_cannot_be_taken_away(database: Database, visit: Visit, said: Said) -> None:
    """The reason stands on the page."""
    with database.writing() as session:
        write.lock_account(session, SYSTEM, "某管理员", reason="离职", now=NOW)
    app = visit(USERS, user="本机用户")
    app.text_input(key="why").input("试验").run()
    app.selectbox(key="role").select(Role.VIEWER).run()
    click(app, "set_role")
    assert "最后一位管理员" in said(app)
    assert account(database, "本机用户")[0] == "admin"


def test_a_click_after_losing_the_role_does_nothing(database: Database, visit: Visit) -> None:
    """Hidden pages protect nothing: the function refuses."""
    app = visit(USERS, user="陈一")
    with database.writing() as session:
        write.set_role(session, SYSTEM, "本机用户", Role.VIEWER, reason="试验", now=NOW)
    click(app, "reset")
    assert account(database, "陈一")[1] == "x"


def test_sessions_of_a_person_can_be_ended(database: Database, visit: Visit, said: Said) -> None:
    """All of them, with how many it were."""
    app = visit(USERS, user="陈一")
    click(app, "sign_out")
    with database.reading() as session:
        assert read.accounts(session, NOW).set_index("name").loc["陈一", "open"] == 0


def test_one_signs_out_of_all_browsers(database: Database, visit: Visit, said: Said, act_as: ActAs) -> None:
    """One's own are everybody's to end."""
    act_as("某委员")
    app = visit(ACCOUNT)
    assert "委员" in said(app)
    click(app, "everywhere")
    assert 'action="/session/begin"' in said(app)


def log(database: Database, count: int = 3) -> None:
    with database.writing() as session:
        for number in range(1, count + 1):
            actor = Actor("李二<i>" if number % 2 else "陈一", Role.LIAISON)
            write.record(
                session,
                actor=actor,
                action="note" if number % 2 else "export",
                subject=f"对象{number}<b>",
                detail={"rows": number},
                reason=f"理由{number}",
                now=NOW,
            )


def test_the_log_shows_who_when_what_and_why(database: Database, visit: Visit, said: Said) -> None:
    """Newest first, as text."""
    log(database)
    html = said(visit(AUDIT))
    for text in ("李二&lt;i&gt;", "联络岗", "批注", "对象3&lt;b&gt;", "理由3"):
        assert text in html
    assert html.index("对象3") < html.index("对象2")


@pytest.mark.parametrize(
    ("query", "seen", "unseen"),
    [
        ({"actor": "陈一"}, "对象2", "对象3"),
        ({"action": "export"}, "对象2", "对象1"),
        ({"text": "理由1"}, "对象1", "对象2"),
        ({"before": "3"}, "对象2", "对象3"),
    ],
)
def test_filters_live_in_the_address(
    database: Database, visit: Visit, said: Said, query: dict[str, str], seen: str, unseen: str
) -> None:
    """A link to what somebody looked at shows the same."""
    log(database)
    html = said(visit(AUDIT, **query))
    assert seen in html
    assert unseen not in html


def test_an_empty_log_says_what_will_fill_it(empty: Database, visit: Visit, said: Said) -> None:
    """No bare table."""
    assert "没有符合条件的记录" in said(visit(AUDIT))


def test_the_chain_is_checked_on_the_page(database: Database, visit: Visit, said: Said) -> None:
    """Whole, and after somebody cut its end off."""
    log(database)
    app = visit(AUDIT)
    assert "核对通过" in said(click(app, "verify"))
    with database.engines.writing.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_log_no_delete")
        connection.exec_driver_sql("DELETE FROM audit_log WHERE id = 3")
    html = said(click(app, "verify"))
    assert "末尾被截断" in html


def test_exports_are_in_the_log(database: Database) -> None:
    """Nothing is handed out before it is recorded, and who may not export gets nothing."""
    from app_pages._export import taken
    from db.roles import NotAllowed

    chen = Actor("陈一", Role.ANALYST)
    assert taken(chen, "flips", lambda: b"x", {"platform_id": "xinghe"}, rows=3, on_screen=False) == b"x"
    with database.reading() as session:
        entry = read.audit(session, action="export").to_dict("records")[0]
    assert (entry["actor"], entry["subject"]) == ("陈一", "flips")
    assert entry["detail"] == {"filters": {"platform_id": "xinghe"}, "rows": 3}
    viewer = Actor("王委员", Role.VIEWER)
    with pytest.raises(NotAllowed):
        taken(viewer, "flips", lambda: b"x", on_screen=False)
    assert taken(viewer, "overview", lambda: b"x") == b"x"


def test_every_page_that_needs_a_role_names_a_known_action() -> None:
    """A slip of the pen would hide a page from everybody, or fail."""
    assert set(NEEDS) <= set(_links.PAGES)
    assert set(NEEDS.values()) <= set(MAY)
