"""HTML to PDF through WeasyPrint, which needs Pango on the machine: without it everything else works, and says so."""

from __future__ import annotations

import logging
import shutil
import subprocess
from collections.abc import Iterable

INSTALL = "apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-cjk"
"""On Debian and Ubuntu."""

FONTS = "Debian/Ubuntu：apt install fonts-noto-cjk fontconfig"


class PdfUnavailable(RuntimeError):
    """PDF cannot be made on this machine; the message says what to install."""


class NothingFetched(ValueError):
    """A page asked for something outside itself."""


def why_not() -> str | None:
    """Why PDF cannot be made here, with the remedy; None = it can."""
    try:
        import weasyprint  # noqa: F401 # is it there, and does it find its libraries?
    except ImportError:
        return "缺少 Python 包 weasyprint：运行 .venv/bin/pip install -r requirements.txt"
    except OSError as error:
        first = str(error).splitlines()[0]
        return f"缺少系统库 Pango（{first}）。Debian/Ubuntu：{INSTALL}；其他系统见 WeasyPrint 的安装说明"
    return None


def chinese_fonts() -> list[str]:
    """Families of installed fonts with Chinese characters; empty also where fontconfig's fc-list is not there."""
    if shutil.which("fc-list") is None:
        return []
    command = ["fc-list", ":lang=zh-cn", "family"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 # fixed words
    return sorted({line.split(",")[0].strip() for line in found.stdout.splitlines() if line.strip()})


def to_pdf(pages: Iterable[str]) -> bytes:
    """The first of `pages` that fits on one sheet as PDF, or the last of them, on as many sheets as it takes.

    Nothing is fetched, from wherever. Raises NothingFetched, and PdfUnavailable, also where Chinese would come out as
    empty boxes.
    """
    if (fault := why_not()) is not None:
        raise PdfUnavailable(fault)
    if not chinese_fonts():
        raise PdfUnavailable(f"没有中文字体，PDF 里的汉字会变成方框。{FONTS}")
    import weasyprint

    logging.getLogger("weasyprint").setLevel(logging.ERROR)  # it warns of print rules of no interest here
    closed = weasyprint.URLFetcher(allowed_protocols=(), fail_on_errors=True)
    laid = None
    try:
        for page in pages:
            laid = weasyprint.HTML(string=page, url_fetcher=closed).render()
            if len(laid.pages) == 1:
                break
    except weasyprint.urls.FatalURLFetchingError as error:
        raise NothingFetched(f"简报不得引用外部资源：{error}") from error
    assert laid is not None, "no page was given"
    made = laid.write_pdf()
    assert isinstance(made, bytes)
    return made
