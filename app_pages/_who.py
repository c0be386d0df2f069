"""Who is looking: the person that the browser's cookie belongs to, asked of the database each time.

Served by serve.py, nobody sees a page without signing in. `streamlit run dashboard.py` has no way to set a cookie:
on the loopback address it shows the pages to look at, and anywhere else nothing.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import streamlit as st

from app_pages import _data
from db import read, write
from db.read.accounts import TOUCH
from db.roles import Actor, NotAllowed, Role
from db.roles import may as role_may
from db.session import Database, DatabaseError
from settings.access import LOOPBACK, Provider

ONLOOKER = Actor("未登录", Role.VIEWER)
COOKIES = ("__Host-trustwatch", "trustwatch")
"""Name of the session's cookie over https and over http."""

served = False
"""Whether serve.py runs these pages, and with it the routes that sign people in."""

provider: Provider | None = None
"""The identity provider that serve.py was set up with."""

_touching = ThreadPoolExecutor(1, thread_name_prefix="touch")


class NotSignedIn(NotAllowed):
    """Nobody is signed in, or not any more."""


def token() -> str | None:
    """The token that the browser presents."""
    cookies = st.context.cookies
    return next((cookies[name] for name in COOKIES if name in cookies), None)


def visitor() -> read.Visitor | None:
    """The session of this browser as it is now; None: nobody is signed in. Raises DatabaseError."""
    presented = token()
    if presented is None:
        return None
    with _data.database().reading() as session:
        return read.visitor(session, presented, _data.now())


def open_to_look() -> bool:
    """Whether pages are shown without signing in: not by serve.py, and to this machine only."""
    return not served and st.get_option("server.address") in LOOPBACK


def actor() -> Actor:
    """Who does what is being done now. Raises NotSignedIn, also where a first password is still to be changed."""
    found = visitor()
    if found is not None and not found.must_change:
        return found.actor
    if found is None and open_to_look():
        return ONLOOKER
    raise NotSignedIn("登录已失效，请刷新页面重新登录；未保存的操作没有执行。")


def may(action: str) -> bool:
    """Whether the person here may do it: what is refused is not offered. Hiding protects nothing; db.write does."""
    try:
        return role_may(here(), action)
    except NotSignedIn:
        return False


def here() -> Actor:
    """Who this drawing of the page is for, without asking the database again. Raises NotSignedIn."""
    known = st.session_state.get("who") or enter()
    if not isinstance(known, Actor):
        raise NotSignedIn("登录已失效，请刷新页面重新登录。")
    return known


def enter() -> Actor | None:
    """Who this drawing of the page is for; None: somebody who has to sign in first. Raises DatabaseError."""
    found = visitor()
    own_state(found)
    if found is not None:
        remember(found)
    try:
        st.session_state["who"] = actor()
    except NotSignedIn:
        st.session_state["who"] = None
    return st.session_state["who"]


def remember(found: read.Visitor) -> None:
    """Note that the session is used, every few minutes and aside: a busy database holds up no page."""
    now = _data.now()
    if now - found.seen_at > TOUCH:
        _touching.submit(_touch, _data.database(), found.sign_in_id, now)


def _touch(database: Database, sign_in_id: int, now: datetime) -> None:
    try:
        with database.writing() as session:
            write.touch(session, sign_in_id, now)
    except DatabaseError:
        return  # the next drawing notes it


def own_state(found: read.Visitor | None) -> None:
    """What a page remembers belongs to one session: whoever comes after in the same tab starts with nothing."""
    mine = found.sign_in_id if found is not None else None
    if st.session_state.get("session_of", mine) != mine:
        st.session_state.clear()
    st.session_state["session_of"] = mine


@st.fragment(run_every=20)
def watch() -> None:
    """Take the page away soon after its session ended elsewhere."""
    try:
        gone = visitor() is None
    except DatabaseError:
        return  # the page says so itself
    if gone:
        st.rerun()
