"""The pages of a sample as a `Get`: sample/answers.toml says which address gives which file, and with what status."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from collectors.base import (
    Ask,
    Evidence,
    Politeness,
    Response,
    SourceBlocked,
    SourceBroken,
    UnreadableFile,
)
from collectors.captcha import wall
from settings.models import Platform

_BLOCKING = frozenset({401, 403, 405, 412, 418, 429, 451})


class SampleAnswers:
    """Callable as `base.Get`. An error is told in the words of collectors/fetch.py: tests hold both together.

    Every `[[answer]]` has `url` and `file`, and may have `status`, `content_type`, `method = "POST"` and the exact
    `body`. `platforms = ["…"]` above them names the watch list of a search.
    """

    def __init__(self, sample: Path) -> None:
        """Raises UnreadableFile: no answers.toml, a fault in it, or a file that it names is missing."""
        path = sample / "answers.toml"
        try:
            script = tomllib.loads(path.read_text("utf-8-sig"))
            self._answers = {_key(answer): answer for answer in script["answer"]}
            self._bodies = {
                key: (sample / answer["file"]).read_bytes() for key, answer in self._answers.items()
            }
            self.platforms = _platforms(script.get("platforms", ()))
        except FileNotFoundError as error:
            raise UnreadableFile(
                f"{error.filename}：没有这个文件；样例由 answers.toml 与其中所列的文件组成"
            ) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError, OSError) as error:
            raise UnreadableFile(f"{path}：读不懂（{error}）；每个 [[answer]] 需要 url 与 file") from error

    def __call__(self, url: str, politeness: Politeness = Politeness(), ask: Ask = Ask()) -> Response:
        exact = (url, "POST" if ask.body is not None else "GET", (ask.body or b"").decode("utf-8", "replace"))
        key = exact if exact in self._answers else (*exact[:2], "")
        if key not in self._answers:
            said = f"，请求内容为 {exact[2]!r}" if exact[2] else ""
            raise SourceBroken(f"{url}：样例里没有这个地址的回应{said}，请在 sample/answers.toml 中补上")
        answer, body = self._answers[key], self._bodies[key]
        headers = {"content-type": answer["content_type"]} if "content_type" in answer else {}
        _check(url, int(answer.get("status", 200)), headers, body)
        return Response(url, body, headers)


def _key(answer: Mapping[str, Any]) -> tuple[str, str, str]:
    return answer["url"], answer.get("method", "GET"), answer.get("body", "")


def _platforms(names: Sequence[str]) -> tuple[Platform, ...]:
    return tuple(Platform(id=f"p{place}", name=name, category="示例") for place, name in enumerate(names))


def _check(url: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Raises what such an answer means."""
    evidence = Evidence(url, status, headers, body)
    if sign := wall(body, headers.get("content-type")):
        raise SourceBlocked(
            f"{url}：网站要求人机验证（{sign}），已停止；请核对网站的采集规定", evidence=evidence
        )
    if status in _BLOCKING:
        raise SourceBlocked(
            f"{url}：网站拒绝采集（HTTP {status}），已停止；请核对网站的采集规定", evidence=evidence
        )
    if status >= 500 or status == 408:
        raise SourceBroken(f"{url}：网站出错（HTTP {status}）", evidence=evidence)
    if not 200 <= status < 300:
        raise SourceBroken(f"{url}：网站回应 HTTP {status}，地址可能已改", evidence=evidence)
