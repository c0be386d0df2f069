"""People who may sign in, and who a browser's token belongs to."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.passwords import token_hash
from db.roles import Actor, Role
from db.schema import Account, SignIn
from db.sql import frame

IDLE = timedelta(hours=1)
"""A session ends when nobody used it for this long,"""

LONGEST = timedelta(hours=12)
"""and after this long in any case."""

TOUCH = timedelta(minutes=5)
"""How exactly it is remembered when a session was last used."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who a valid token belongs to. `must_change`: nothing but changing the password is allowed."""

    sign_in_id: int
    account_id: int
    actor: Actor
    must_change: bool
    local: bool
    seen_at: datetime


def visitor(session: Session, token: str | None, now: datetime) -> Visitor | None:
    """The session of this token; None: unknown, ended, idle for too long, too old, or its account is locked."""
    if not token:
        return None
    statement = (
        select(SignIn, Account)
        .join(Account, Account.id == SignIn.account_id)
        .where(
            SignIn.token_hash == token_hash(token),
            SignIn.how != "ticket",
            SignIn.ended_at.is_(None),
            SignIn.expires_at > now,
            SignIn.seen_at > now - IDLE,
            Account.locked_at.is_(None),
        )
    )
    found = session.execute(statement).first()
    if found is None:
        return None
    sign_in, account = found
    actor = Actor(account.name, Role(account.role))
    local = account.password_hash is not None
    return Visitor(sign_in.id, account.id, actor, account.must_change, local, sign_in.seen_at)


def accounts(session: Session, now: datetime) -> pd.DataFrame:
    """Everybody: name, role, must_change, local, created_at, created_by, signed_in_at, locked_at, open (sessions)."""
    live = (
        SignIn.how != "ticket",
        SignIn.ended_at.is_(None),
        SignIn.expires_at > now,
        SignIn.seen_at > now - IDLE,
    )
    opened = select(func.count()).where(SignIn.account_id == Account.id, *live).scalar_subquery()
    statement = select(
        Account.name,
        Account.role,
        Account.must_change,
        Account.subject.is_(None).label("local"),
        Account.created_at,
        Account.created_by,
        Account.signed_in_at,
        Account.locked_at,
        opened.label("open"),
    )
    return frame(session, statement.order_by(Account.locked_at.is_not(None), Account.folded))


def set_up(session: Session) -> bool:
    """Whether somebody set this installation up: an administrator who chose a password or comes by a provider."""
    ready = Account.role == str(Role.ADMIN), Account.locked_at.is_(None), Account.must_change.is_(False)
    return session.scalar(select(Account.id).where(*ready).limit(1)) is not None


def folded(name: str) -> str:
    """A name as compared: full width, case and blanks around make no difference."""
    return unicodedata.normalize("NFKC", name).strip().casefold()
