"""Signing in and out: what is tried is counted before it is judged, and a session's token is new each time."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from db.passwords import (
    hash_password,
    matches,
    outdated,
    random_token,
    require_strong,
    token_hash,
)
from db.read.accounts import LONGEST, folded, visitor
from db.roles import Actor, Role
from db.schema import Account, SignIn, SignInFailure
from db.session import Database
from db.sql import add
from db.write.accounts import AccountRefused, end_sessions, usable_name
from db.write.audit import record

FREE, FREE_FROM_ADDRESS = 5, 20
"""Failures in a row before waiting begins: of a name, from an address (behind which many people may sit)."""

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=15)
FORGET = timedelta(days=1)
KEEP = timedelta(days=30)
TICKET = timedelta(minutes=1)
WRONG = "用户名或密码不正确，或该账号已停用。忘记密码请联系管理员重置。"


class SignInRefused(ValueError):
    """No sign-in. The message is for the user and never says whether the name exists."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that was just opened; `token` goes into the cookie and is stored nowhere."""

    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom an identity provider vouches for. `subject`: issuer|sub. `proof`: digest of its token, good for one use."""

    subject: str
    name: str
    role: Role
    proof: str


def sign_in(
    database: Database, name: str, password: str, *, address: str, presented: str | None, now: datetime
) -> Opened:
    """Open a session by password. The attempt is counted first, so many at once are not worth more than one.

    Args:    presented: the token the browser came with; that session ends, and its token is never used again.
    Raises:  SignInRefused.
    """
    name = name[:200]
    keys = (_key(folded(name)), _key(f"@{address}"))
    with database.writing() as session:
        _forget_old(session, now)
        wait = _count(session, keys, now)
        if wait is None:
            raise _blocked(session, keys, now)
        account = session.scalar(select(Account).where(Account.folded == folded(name)))
        known = (account.id, account.password_hash) if account else (None, None)
    right = matches(known[1], password)
    renewed = hash_password(password) if right and known[1] and outdated(known[1]) else None
    with database.writing() as session:
        account = session.get(Account, known[0], with_for_update=True) if known[0] is not None else None
        if right and account and account.locked_at is None and account.password_hash == known[1]:
            account.password_hash = renewed or account.password_hash
            _succeeded(session, keys)
            sign_out(session, presented, now, silent=True)
            return _open(session, account, "local", now, address)
        if wait:
            who = Actor(account.name, Role(account.role)) if account else Actor("（无此用户）", Role.VIEWER)
            detail = {"address": address, "wait_seconds": int(wait.total_seconds())}
            record(session, actor=who, action="sign_in_blocked", subject=who.name, detail=detail, now=now)
    raise SignInRefused(WRONG)


def change_password(database: Database, token: str | None, old: str, new: str, *, now: datetime) -> Opened:
    """A new password; all sessions of the person end, and a new one begins. Raises SignInRefused, WeakPassword."""
    with database.reading() as session:
        found = visitor(session, token, now)
        account = session.get(Account, found.account_id) if found else None
        hashed, name = (account.password_hash, account.name) if account else (None, "")
    if found is None or hashed is None:
        raise SignInRefused("登录已失效，请重新登录")
    with database.writing() as session:
        if _count(session, (_key(folded(name)),), now) is None:
            raise _blocked(session, (_key(folded(name)),), now)
    if not matches(hashed, old):
        raise SignInRefused("当前密码不正确")
    if old == new:
        raise SignInRefused("新密码不能与当前密码相同")
    require_strong(new, name)
    fresh = hash_password(new)
    with database.writing() as session:
        account = session.get(Account, found.account_id, with_for_update=True)
        if account is None or account.locked_at or account.password_hash != hashed:
            raise SignInRefused("登录已失效，请重新登录")
        account.password_hash, account.must_change = fresh, False
        _start_anew(session, _key(folded(name)))
        ended = end_sessions(session, account.id, now)
        record(
            session,
            actor=found.actor,
            action="password",
            subject=account.name,
            detail={"sessions": ended},
            now=now,
        )
        return _begin(session, account, "local", now)


def issue_ticket(session: Session, identity: Identity, now: datetime) -> str:
    """What a page hands the browser after an identity provider vouched for it: one use, within a minute.

    The account is made at the first sign-in; its role is what the provider says today. Raises SignInRefused.
    """
    account, ticket = _vouched(session, identity, now), random_token()
    row = {
        "token_hash": token_hash(ticket),
        "account_id": account.id,
        "how": "ticket",
        "origin": identity.proof,
        "began_at": now,
        "seen_at": now,
        "expires_at": now + TICKET,
    }
    add(session, SignIn, [row])  # the proof is unique: a second row for it is not written
    if session.scalar(select(SignIn.id).where(SignIn.token_hash == row["token_hash"])) is None:
        raise SignInRefused("这次单位账号登录已经用过，请重新登录")
    return ticket


def redeem(session: Session, ticket: str, *, address: str, presented: str | None, now: datetime) -> Opened:
    """A session for a ticket. Raises SignInRefused: unknown, used, too old, or its account is locked."""
    used = (
        update(SignIn)
        .where(
            SignIn.token_hash == token_hash(ticket),
            SignIn.how == "ticket",
            SignIn.ended_at.is_(None),
            SignIn.expires_at > now,
        )
        .values(ended_at=now)
        .returning(SignIn.account_id)
    )
    account_id = session.scalar(used)
    account = session.get(Account, account_id) if account_id is not None else None
    if account is None or account.locked_at is not None:
        raise SignInRefused("登录没有完成，请重新登录")
    sign_out(session, presented, now, silent=True)
    return _open(session, account, "oidc", now, address)


def sign_out(session: Session, token: str | None, now: datetime, *, silent: bool = False) -> bool:
    """End the session of a token. False: there was none."""
    found = visitor(session, token, now)
    if found is None:
        return False
    session.execute(update(SignIn).where(SignIn.id == found.sign_in_id).values(ended_at=now))
    if not silent:
        name = found.actor.name
        record(session, actor=found.actor, action="sign_out", subject=name, detail={}, now=now)
    return True


def touch(session: Session, sign_in_id: int, now: datetime) -> None:
    """The session was used."""
    session.execute(update(SignIn).where(SignIn.id == sign_in_id, SignIn.seen_at < now).values(seen_at=now))


def _open(session: Session, account: Account, how: str, now: datetime, address: str) -> Opened:
    account.signed_in_at = now
    opened = _begin(session, account, how, now)
    actor = Actor(account.name, Role(account.role))
    detail = {"how": how, "address": address}
    record(session, actor=actor, action="sign_in", subject=account.name, detail=detail, now=now)
    return opened


def _begin(session: Session, account: Account, how: str, now: datetime) -> Opened:
    token, expires = random_token(), now + LONGEST
    session.add(
        SignIn(
            token_hash=token_hash(token),
            account_id=account.id,
            how=how,
            began_at=now,
            seen_at=now,
            expires_at=expires,
        )
    )
    session.flush()
    return Opened(token, expires)


def _vouched(session: Session, identity: Identity, now: datetime) -> Account:
    account = session.scalar(select(Account).where(Account.subject == identity.subject).with_for_update())
    if account is None:
        account = _new(session, identity, now)
    if account.locked_at is not None:
        raise SignInRefused("该账号已停用，请联系管理员")
    if account.role != str(identity.role):
        detail = {"from": account.role, "to": str(identity.role), "by": "provider"}
        account.role = str(identity.role)
        actor = Actor(account.name, identity.role)
        record(session, actor=actor, action="account_role", subject=account.name, detail=detail, now=now)
    return account


def _new(session: Session, identity: Identity, now: datetime) -> Account:
    """The name the provider gives; where somebody else bears it, with a piece of who this is: names are no proof."""
    try:
        name = usable_name(identity.name)
    except AccountRefused as error:
        raise SignInRefused(f"单位账号的用户名无法使用：{error}") from error
    if session.scalar(select(Account.id).where(Account.folded == folded(name))) is not None:
        name = f"{name[:55]}#{hashlib.sha256(identity.subject.encode()).hexdigest()[:8]}"
    account = Account(
        name=name,
        folded=folded(name),
        role=str(identity.role),
        must_change=False,
        subject=identity.subject,
        created_at=now,
        created_by="单位账号",
    )
    session.add(account)
    session.flush()
    actor, detail = Actor(name, identity.role), {"role": str(identity.role), "by": "provider"}
    record(session, actor=actor, action="account_create", subject=name, detail=detail, now=now)
    return account


def _key(who: str) -> str:
    """Who failed, as stored: people type a password where the name goes, so no name is kept in the clear."""
    return hashlib.sha256(who.encode("utf-8", "replace")).hexdigest()


def _count(session: Session, keys: tuple[str, ...], now: datetime) -> timedelta | None:
    """Count an attempt as failed until it succeeds. Returns the wait that begins now; None: one is still on."""
    add(session, SignInFailure, [{"who": key, "failures": 0, "last_at": now} for key in keys])
    rows = {
        row.who: row
        for row in session.scalars(
            select(SignInFailure)
            .where(SignInFailure.who.in_(keys))
            .order_by(SignInFailure.who)
            .with_for_update()
        )
    }
    if any(row.blocked_until is not None and row.blocked_until > now for row in rows.values()):
        return None
    longest = timedelta()
    for key, free in zip(keys, (FREE, FREE_FROM_ADDRESS), strict=False):
        row = rows[key]
        row.failures, row.last_at = row.failures + 1, now
        if row.failures >= free:
            wait = min(FIRST_WAIT * 2 ** min(row.failures - free, 10), LONGEST_WAIT)
            row.blocked_until, longest = now + wait, max(longest, wait)
    session.flush()
    return longest


def _blocked(session: Session, keys: tuple[str, ...], now: datetime) -> SignInRefused:
    until = session.scalars(select(SignInFailure.blocked_until).where(SignInFailure.who.in_(keys)))
    wait = max(((each - now).total_seconds() for each in until if each is not None), default=0.0)
    told = f"{math.ceil(wait)} 秒" if wait <= 90 else f"{math.ceil(wait / 60)} 分钟"
    return SignInRefused(f"尝试次数过多，请 {told}后再试。忘记密码请联系管理员重置。")


def _succeeded(session: Session, keys: tuple[str, str]) -> None:
    """The name starts anew; the address gets back this attempt only, or one good account would open all others."""
    name, address = keys
    _start_anew(session, name)
    row = session.get(SignInFailure, address)
    if row is not None:
        row.failures = max(row.failures - 1, 0)
        row.blocked_until = None if row.failures < FREE_FROM_ADDRESS else row.blocked_until


def _start_anew(session: Session, key: str) -> None:
    row = session.get(SignInFailure, key)
    if row is not None:
        row.failures, row.blocked_until = 0, None


def _forget_old(session: Session, now: datetime) -> None:
    """Failures of yesterday, and sessions that ended long ago (a provider's token is refused by its age by then)."""
    session.execute(delete(SignInFailure).where(SignInFailure.last_at < now - FORGET))
    session.execute(delete(SignIn).where(SignIn.expires_at < now - KEEP))
