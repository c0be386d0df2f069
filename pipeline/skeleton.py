"""The first draft of a source: source.toml, sample and expected.json in the shape of the chosen reader.

The drafts lie in pipeline/skeletons/<reader>/; `$name` in them is filled in, everything else is copied as it is.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from string import Template
from urllib.parse import quote, urljoin, urlsplit

from collectors.catalogue import load_source
from collectors.config import WEB_READERS, ReaderWord
from pipeline.errors import UsageFault
from pipeline.replay_sample import replay, write_expected
from settings.models import KindWord
from signals.model import SHANGHAI

DRAFTS = Path(__file__).parent / "skeletons"
ID = re.compile(r"[a-z0-9][a-z0-9_]{0,63}")
UNQUOTABLE = re.compile(r"[\"\\<>\x00-\x1f\x7f]")
"""What would end a string of TOML or the text of a page early."""
EXAMPLE_URLS = {
    "html_list": "https://www.example.org/{id}/index.html",
    "json_api": "https://www.example.org/{id}/list.json",
    "feed": "https://www.example.org/{id}/feed.xml",
    "search_feed": "https://www.example.org/{id}/search.xml?q={{name}}",
}
SEARCHED = ("云汀钱包", "砚川消费金融")
"""The invented platforms of the sample of search_feed."""


@dataclass(frozen=True)
class Draft:
    """What a person says of the new source; `url` None: an example address."""

    id: str
    name: str
    reader: ReaderWord
    kind: KindWord
    url: str | None = None


def write_source(draft: Draft, parent: Path, now: datetime) -> Path:
    """The new folder, whole or not at all: written beside its place, read back, replayed, then moved there.

    Raises: UsageFault: the id, name or address cannot be used, the folder exists or its parent does not.
    """
    _check(draft, parent)
    folder = parent / draft.id
    with tempfile.TemporaryDirectory(prefix=".new-source-", dir=parent) as scratch:
        unfinished = Path(scratch) / draft.id
        _fill(DRAFTS / draft.reader, unfinished, _words(draft, now))
        source = load_source(unfinished / "source.toml")
        write_expected(
            unfinished, replay(source, unfinished, now.astimezone(SHANGHAI).replace(microsecond=0))
        )
        unfinished.rename(folder)
    return folder


def _check(draft: Draft, parent: Path) -> None:
    if not ID.fullmatch(draft.id):
        raise UsageFault(
            f"id {draft.id!r} 不合要求：只用小写字母、数字和下划线，以字母或数字开头，不超过 64 个字符"
        )
    if not draft.name.strip() or UNQUOTABLE.search(draft.name):
        raise UsageFault(f"名称 {draft.name!r} 不合要求：不能为空，不能含引号、反斜杠、尖括号或换行")
    if (parent / draft.id).exists():
        raise UsageFault(f"{parent / draft.id} 已存在，不会覆盖。请换一个 id，或先移走该文件夹")
    if not parent.is_dir():
        raise UsageFault(f"文件夹不存在：{parent}。请先建立它")
    if draft.url is not None:
        _check_url(draft, draft.url)


def _check_url(draft: Draft, url: str) -> None:
    if draft.reader not in WEB_READERS:
        raise UsageFault(f"reader {draft.reader} 不读网页，不需要 --url")
    parts = urlsplit(url)
    if (
        parts.scheme not in ("http", "https")
        or not parts.netloc
        or re.search(r"\s", url)
        or UNQUOTABLE.search(url)
    ):
        raise UsageFault(f"地址 {url!r} 不合要求：应以 http:// 或 https:// 开头，不含空格与引号")
    if draft.reader == "search_feed" and "{name}" not in url:
        raise UsageFault("reader search_feed 的地址需要写明 {name}，即平台名称填入之处，如 …/search?q={name}")


def _words(draft: Draft, now: datetime) -> Mapping[str, str]:
    """What the drafts leave open. The sample is of yesterday: neither in the future nor out of date tomorrow."""
    url = draft.url or EXAMPLE_URLS.get(draft.reader, "").format(id=draft.id)
    page = url.replace("{page}", "1")
    searches = [page.replace("{name}", quote(name)) for name in SEARCHED]
    yesterday = now.astimezone(SHANGHAI).replace(hour=9, minute=30, second=0) - timedelta(days=1)
    return {
        "id": draft.id,
        "name": draft.name.strip(),
        "kind": draft.kind,
        "url": url,
        "page_url": page,
        "search_1": searches[0],
        "search_2": searches[1],
        "article_1": urljoin(page, "/sample/1.html"),
        "article_2": urljoin(page, "/sample/2.html"),
        "day": yesterday.date().isoformat(),
        "stamp": format_datetime(yesterday),
        "variable": f"SOURCE_{draft.id.upper()}_URL",
    }


def _fill(draft: Path, target: Path, words: Mapping[str, str]) -> None:
    shutil.copytree(draft, target)
    for path in target.rglob("*"):
        if path.is_file():
            path.write_text(Template(path.read_text("utf-8")).substitute(words), "utf-8")
