"""Accounts as an administrator changes them. Every change is checked and logged in its transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.passwords import hash_password, random_password
from db.read.accounts import folded
from db.roles import RESERVED, SYSTEM, Actor, Role, require
from db.schema import Account, SignIn
from db.session import Database
from db.sql import changed_rows
from db.write.audit import record

FIRST = "admin"
"""Name of the account that an installation begins with."""


class AccountRefused(ValueError):
    """A change of accounts that cannot be made. The message is for the user."""


def first_admin(database: Database, now: datetime) -> str | None:
    """The password of the account `admin`, made where there is no account yet; else None. It must be changed first."""
    with database.reading() as session:
        if session.scalar(select(Account.id).limit(1)) is not None:
            return None
    password = random_password()
    hashed = hash_password(password)
    with database.writing() as session:
        if session.scalar(select(Account.id).limit(1)) is not None:
            return None
        create_account(session, SYSTEM, FIRST, Role.ADMIN, hashed, now=now)
    return password


def create_account(
    session: Session, actor: Actor, name: str, role: Role, hashed: str, *, now: datetime, reason: str = ""
) -> None:
    """A person with a password of ours (`hashed`, see db.passwords), which is to be changed at the first sign-in.

    Raises NotAllowed, AccountRefused.
    """
    require(actor, "users")
    name = usable_name(name)
    if session.scalar(select(Account.id).where(Account.folded == folded(name))) is not None:
        raise AccountRefused(f"用户名“{name}”已存在，请换一个")
    session.add(
        Account(
            name=name,
            folded=folded(name),
            role=str(role),
            password_hash=hashed,
            must_change=True,
            created_at=now,
            created_by=actor.name,
        )
    )
    session.flush()
    _note(session, actor, "account_create", name, {"role": str(role)}, reason, now)


def set_role(session: Session, actor: Actor, name: str, role: Role, *, reason: str, now: datetime) -> bool:
    """Another role, from the next click on. False: the person has it already. Raises NotAllowed, AccountRefused."""
    require(actor, "users")
    account = _account(session, name)
    if account.subject is not None:
        raise AccountRefused("该用户通过单位账号登录，角色由单位账号系统中的分组决定，请在那里修改")
    if account.role == str(role):
        return False
    former, account.role = account.role, str(role)
    _keep_an_admin(session, account)
    _note(session, actor, "account_role", account.name, {"from": former, "to": str(role)}, reason, now)
    return True


def reset_password(
    session: Session, actor: Actor, name: str, hashed: str, *, now: datetime, reason: str = ""
) -> None:
    """A new first password; all sessions of the person end. Raises NotAllowed, AccountRefused."""
    require(actor, "users")
    account = _account(session, name)
    if account.subject is not None:
        raise AccountRefused("该用户通过单位账号登录，这里没有密码可以重置")
    account.password_hash, account.must_change = hashed, True
    ended = end_sessions(session, account.id, now)
    _note(session, actor, "account_reset", account.name, {"sessions": ended}, reason, now)


def lock_account(session: Session, actor: Actor, name: str, *, reason: str, now: datetime) -> bool:
    """The person cannot sign in any more, and is out at once. False: was locked. Raises NotAllowed, AccountRefused."""
    require(actor, "users")
    account = _account(session, name)
    if account.locked_at is not None:
        return False
    if account.folded == folded(actor.name) and not actor.machine:
        raise AccountRefused("不能停用自己的账号，请由另一位管理员操作")
    account.locked_at = now
    _keep_an_admin(session, account)
    ended = end_sessions(session, account.id, now)
    _note(session, actor, "account_lock", account.name, {"sessions": ended}, reason, now)
    return True


def unlock_account(session: Session, actor: Actor, name: str, *, reason: str = "", now: datetime) -> bool:
    """The person may sign in again. False: was not locked. Raises NotAllowed, AccountRefused."""
    require(actor, "users")
    account = _account(session, name)
    if account.locked_at is None:
        return False
    account.locked_at = None
    _note(session, actor, "account_unlock", account.name, {}, reason, now)
    return True


def sign_out_everywhere(session: Session, actor: Actor, name: str, *, now: datetime) -> int:
    """End all sessions of a person; everybody may do that to themselves. Returns how many were open."""
    account = _account(session, name)
    if account.folded != folded(actor.name):
        require(actor, "users")
    ended = end_sessions(session, account.id, now)
    _note(session, actor, "account_sign_out", account.name, {"sessions": ended}, "", now)
    return ended


def end_sessions(session: Session, account_id: int, now: datetime, *, but: int | None = None) -> int:
    """End the open sessions of an account, all `but` one; returns how many."""
    mine = update(SignIn).where(SignIn.account_id == account_id, SignIn.ended_at.is_(None))
    if but is not None:
        mine = mine.where(SignIn.id != but)
    return changed_rows(session.execute(mine.values(ended_at=now)))


def usable_name(name: str) -> str:
    """The name without blanks around. Raises AccountRefused."""
    name = name.replace("\0", "").strip()
    if not name or not name.isprintable():
        raise AccountRefused("请填写用户名")
    if len(name) > 64 or len(folded(name)) > 64:
        raise AccountRefused("用户名太长，请不要超过 64 个字")
    if name in RESERVED or folded(name).startswith("@"):
        raise AccountRefused(f"用户名“{name}”由系统保留，请换一个")
    return name


def _account(session: Session, name: str) -> Account:
    found = session.scalar(select(Account).where(Account.folded == folded(name)).with_for_update())
    if found is None:
        raise AccountRefused(f"没有用户“{name}”，请刷新页面后重试")
    return found


def _keep_an_admin(session: Session, changed: Account) -> None:
    """Somebody must be left who can manage users. Rows of all administrators are locked, so two cannot go at once."""
    session.flush()
    admins = select(Account).where(Account.role == str(Role.ADMIN)).order_by(Account.id).with_for_update()
    if not any(each.locked_at is None for each in session.scalars(admins)):
        raise AccountRefused(f"“{changed.name}”是最后一位管理员，请先指定另一位管理员")


def _note(
    session: Session,
    actor: Actor,
    action: str,
    name: str,
    detail: dict[str, Any],
    reason: str,
    now: datetime,
) -> None:
    record(session, actor=actor, action=action, subject=name, detail=detail, reason=reason, now=now)
