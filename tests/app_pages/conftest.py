"""A small fictional database, written through db.write once and copied for each test."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from sqlalchemy.orm import Session
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from app_pages import _later, _links, _who
from db import write
from db.passwords import token_hash
from db.read import waiting_documents
from db.roles import Role
from db.schema import Account, SignIn
from db.session import Database
from settings.loader import load
from settings.models import Platform
from signals.model import Document, EventHit, Kind, Mention, Polarity, Span, day_start, shanghai_day

ROOT = Path(__file__).parent.parent.parent
NOW = datetime.now(UTC)
TODAY = shanghai_day(NOW)
DAYS = 60
PLATFORMS = (
    Platform(
        id="xinghe",
        name="星河聚财",
        category="网络借贷",
        demo=True,
        brand=("星河聚财",),
        not_this=("星河湾",),
        legal_entities=("虚构星河信息服务有限公司",),
        status="出险",
        status_since=TODAY - timedelta(days=5),
        status_evidence="虚构的通报",
    ),
    Platform(id="yunzhou", name="云舟贷", category="消费金融", demo=True, brand=("云舟贷",)),
    Platform(id="jingshui", name="静水支付", category="第三方支付", demo=False, brand=("静水支付",)),
    Platform(id="weizhi", name="未知<b>平台", category="第三方支付", demo=False, brand=("未知平台",)),
)
OVERVIEW = "app_pages/overview.py"
ADDRESSES = {file: address for address, file in _links.PAGES.items()}
TITLE = "星河聚财被曝提现困难"
TEXT = "记者获悉，星河聚财平台提现困难，多名投资人称两周未到账。<script>alert(1)</script>"
WHY = "2家独立媒体报道提现困难"


def _values(platform: str, day: date, height: float) -> list[dict[str, object]]:
    """R is observed every second day, C always, K never; N, S, D have no row: not in scope."""
    seen = {"R": day.toordinal() % 2 == 0, "C": True, "K": False}
    return [
        {
            "platform_id": platform,
            "day": day,
            "index_id": index,
            "value": height if observed else math.nan,
            "level_part": height / 100 if observed else math.nan,
            "surprise_part": 0.0 if observed else math.nan,
            "accumulated": 1.25 if observed else math.nan,
            "saturation": 2.0 if observed else math.nan,
            "count": 3 if observed else 0,
            "expected": 1.5 if observed else math.nan,
            "observed": observed,
        }
        for index, observed in seen.items()
    ]


def _day(platform: str, day: date, level: str, t: float, **more: object) -> dict[str, object]:
    return {
        "platform_id": platform,
        "day": day,
        "t": t,
        "t_star": t,
        "q": t,
        "scope": 0.64,
        "coverage": 0.8,
        "level": level,
        "level_before_grey": None,
        "since": TODAY - timedelta(days=9),
        "provisional": day == TODAY,
        "reason": "",
        "floor": None,
        "state": {},
        "threshold_version": 1,
        "settings_hash": "abc",
        **more,
    }


def _platform_days() -> pd.DataFrame:
    rows = []
    for back in range(DAYS):
        day = TODAY - timedelta(days=back)
        risen = back < 10
        rows.append(
            _day("xinghe", day, "红" if risen else "正常", 82.0 - back if risen else 12.0, reason=WHY)
        )
        if back < 3:
            grey = {"level_before_grey": "橙", "coverage": 0.1, "reason": "数据不足：当日仅观测到10%"}
            rows.append(_day("yunzhou", day, "数据不足", math.nan, **grey))
        else:
            rows.append(_day("yunzhou", day, "橙", 66.0))
        rows.append(_day("jingshui", day, "正常", 3.0, reason="各项指数处于常态"))
    return pd.DataFrame(rows)


def _flips() -> pd.DataFrame:
    shared = {"t": 82.0, "t_star": 82.0, "threshold_version": 1, "settings_hash": "abc"}
    rows = [
        {"platform_id": "xinghe", "day": TODAY - timedelta(days=9), "level_from": "正常", "level_to": "红"},
        {"platform_id": "yunzhou", "day": TODAY - timedelta(days=40), "level_from": "正常", "level_to": "橙"},
    ]
    return pd.DataFrame([{**row, **shared, "reason": WHY} for row in rows])


def _documents() -> list[Document]:
    def document(number: int, kind: Kind, publisher: str, **more: object) -> Document:
        return Document(
            source_id="sample_archive",
            kind=kind,
            title=TITLE,
            text=TEXT,
            external_id=str(number),
            publisher=publisher,
            url=f"https://example.org/{number}",
            published_at=day_start(TODAY - timedelta(days=number)),
            first_seen_at=day_start(TODAY - timedelta(days=number)),
            **more,  # type: ignore[arg-type]
        )

    return [
        document(1, Kind.NEWS, "虚构财经报"),
        document(2, Kind.COMPLAINT, "虚构投诉台", subject="星河聚财"),
        document(3, Kind.NEWS, "=cmd()"),
    ]


def _mention(polarity: Polarity, negative: float) -> Mention:
    at = TEXT.index("提现困难")
    name = TEXT.index("星河聚财")
    hit = EventHit("withdrawal_difficulty", polarity, Span("text", at, at + 4, "withdrawal_difficulty"))
    spans = (Span("title", 0, 4, "星河聚财"), Span("text", name, name + 4, "星河聚财"))
    return Mention("xinghe", 1.0, negative, polarity, (hit,), 0.8, spans, "test")


PEOPLE = {"本机用户": Role.ADMIN, "陈一": Role.ANALYST} | {f"某{role.word}": role for role in Role}
"""Who has an account in every database of these tests, signed in with `token_of`. Pages open as 本机用户."""


def token_of(name: str) -> str:
    """The token of a person's browser."""
    return f"token of {name}"


def add_people(session: Session) -> None:
    """Accounts without a usable password, each with a session."""
    for name, role in PEOPLE.items():
        account = Account(
            name=name, folded=name, role=str(role), password_hash="x", created_at=NOW, created_by="测试"
        )
        session.add(account)
        session.flush()
        ends = NOW + timedelta(hours=12)
        token = token_hash(token_of(name))
        session.add(
            SignIn(
                token_hash=token,
                account_id=account.id,
                how="local",
                began_at=NOW,
                seen_at=NOW,
                expires_at=ends,
            )
        )


def _seed(session: Session) -> None:
    add_people(session)
    write.seed_thresholds(session, load().thresholds, NOW)
    write.load_platforms(session, PLATFORMS, now=NOW, who="测试", evidence=None)
    sources = [
        {
            "id": "sample_archive",
            "name": "演示样本库",
            "kinds": ["news", "complaint"],
            "config": {"expected": {"news": 3.0}},
            "enabled": True,
            "demo": True,
            "verified": True,
        },
        {
            "id": "quiet_feed",
            "name": "静默公告",
            "kinds": ["regulatory"],
            "config": {"url": "https://example.org/list", "schedule": {"every_minutes": 60}},
            "enabled": True,
            "demo": False,
            "verified": False,
        },
    ]
    write.upsert_sources(session, sources)
    write.set_source_state(session, "sample_archive", "ok", None, last_success_at=NOW)
    write.set_source_state(session, "quiet_feed", "blocked", "HTTP 403，已停止")
    run = write.start_run(session, "sample_archive", "first", NOW)
    assert run is not None
    counts = write.store_documents(session, _documents(), now=NOW, salt="salt", run_id=run)
    write.finish_run(session, run, now=NOW, state="done", counts=counts)
    found = [_mention(Polarity.ASSERTED, 0.97), _mention(Polarity.ASKED, 0.6), _mention(Polarity.DENIED, 0.2)]
    rows = [
        write.AnalysisRow(stored.id, [mention])
        for stored, mention in zip(waiting_documents(session, "test", limit=10), found, strict=True)
    ]
    write.save_analysis(session, rows, version="test", as_of=NOW)
    values = [
        row
        for back in range(DAYS)
        for row in _values("xinghe", TODAY - timedelta(days=back), 82.0 - back if back < 10 else 12.0)
    ]
    write.save_index_values(session, pd.DataFrame(values), NOW)
    write.save_platform_days(session, _platform_days(), NOW)
    write.save_flips(session, _flips(), NOW, computed=[])
    write.beat(session, holder="test", now=NOW)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The seeded database file."""
    path = tmp_path_factory.mktemp("pages") / "seeded.db"
    with Database.open(f"sqlite:///{path}") as database:
        database.migrate()
        with database.writing() as session:
            _seed(session)
    return path


@pytest.fixture
def database(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A copy of the seeded database, which the pages read."""
    path = tmp_path / "pages.db"
    shutil.copy(template, path)
    return _use(path, monkeypatch)


@pytest.fixture(scope="session")
def empty_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of `empty`."""
    path = tmp_path_factory.mktemp("empty") / "empty.db"
    with Database.open(f"sqlite:///{path}") as database:
        database.migrate()
        with database.writing() as session:
            add_people(session)
    return path


@pytest.fixture
def empty(empty_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A migrated database without a row but the accounts."""
    path = tmp_path / "empty.db"
    shutil.copy(empty_template, path)
    return _use(path, monkeypatch)


def _use(path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    st.cache_data.clear()
    monkeypatch.setenv("TRUSTWATCH_DATABASE_URL", f"sqlite:///{path}")
    return Database.open()


@pytest.fixture(scope="session", autouse=True)
def _one_look_at_installed_packages() -> Iterator[None]:
    """AppTest reads every installed package's metadata at each start, for components that we have none of."""
    found = manifest_scanner.scan_component_manifests()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", lambda: found)
        yield


Open = Callable[..., AppTest]
ActAs = Callable[[str | None], None]


@pytest.fixture
def act_as(monkeypatch: pytest.MonkeyPatch) -> ActAs:
    """Signs the browser in as one of PEOPLE, by name or role word (某委员); None: nobody is signed in."""

    def go(name: str | None) -> None:
        monkeypatch.setattr(_who, "served", True)
        monkeypatch.setattr(_who, "token", lambda: token_of(name) if name else None)

    return go


@pytest.fixture
def visit(act_as: ActAs) -> Open:
    """Opens a page of the dashboard as a browser does: `visit("app_pages/export.py", table="flips")`."""
    act_as("本机用户")

    def go(file: str = OVERVIEW, /, **query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
        # What a browser sends for a typed address. `switch_page` would have to draw the overview first.
        app._page_hash = calc_hash(ADDRESSES[file]) if ADDRESSES[file] else ""
        app.query_params.update(query)
        app.session_state[_later.DONE] = True  # no browser is here to say that the first chart was painted
        return app.run()

    return go


@pytest.fixture
def unfold() -> Callable[[AppTest], AppTest]:
    """Opens every 数据表与下载 of a page: what is below is drawn only then."""

    def go(app: AppTest) -> AppTest:
        for key in [key for key in app.session_state if str(key).startswith("numbers_")]:
            app.session_state[key] = True
        return app.run()

    return go


def words(app: AppTest) -> str:
    """Everything the page says, as HTML."""
    parts = [element.proto.body for element in app.get("html")]
    parts += [element.value for element in (*app.header, *app.markdown, *app.warning, *app.error)]
    return "\n".join(parts)


@pytest.fixture
def said() -> Callable[[AppTest], str]:
    """`words`, for tests."""
    return words
