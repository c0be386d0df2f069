"""Somebody who looks at a page, as the web process sees it: Streamlit's websocket and its protobuf messages.

Draws nothing, but asks for all that a browser would: the page, its fragments that refresh by themselves, another page.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

TROUBLE = ("页面出错", "暂时读不到数据", "没有执行")
"""What a page says where something failed: each counts as an error."""

LONGEST = 120.0


@dataclass
class Viewer:
    """One connection. `errors`: what went wrong, in words; `received`: bytes."""

    connection: ClientConnection
    errors: list[str] = field(default_factory=list)
    received: int = 0
    _finished: asyncio.Event = field(default_factory=asyncio.Event)
    _refreshing: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def look(self, page: str, query: str = "") -> float:
        """Ask for a page (its address, "" = 总览) and return the seconds until all of it has come."""
        for task in self._refreshing.values():
            task.cancel()
        self._refreshing.clear()
        self._finished.clear()
        begin = time.perf_counter()
        await self._ask(page_name=page, query_string=query)
        await asyncio.wait_for(self._finished.wait(), LONGEST)
        return time.perf_counter() - begin

    async def listen(self) -> None:
        """Take what comes until the connection ends."""
        async for data in self.connection:
            assert isinstance(data, bytes)
            self.received += len(data)
            message = ForwardMsg.FromString(data)
            self._take(message, data)

    def _take(self, message: ForwardMsg, data: bytes) -> None:
        kind = message.WhichOneof("type")
        if kind == "script_finished":
            if message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                self._finished.set()
            elif message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                self.errors.append("compile error")
                self._finished.set()
        elif kind == "auto_rerun":
            fragment = message.auto_rerun.fragment_id
            if fragment not in self._refreshing:
                task = asyncio.create_task(self._refresh(fragment, message.auto_rerun.interval))
                self._refreshing[fragment] = task
        elif kind == "delta":
            if message.delta.new_element.WhichOneof("type") == "exception":
                self.errors.append(message.delta.new_element.exception.message)
            self.errors += [word for word in TROUBLE if word.encode() in data]

    async def _refresh(self, fragment: str, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            await self._ask(fragment_id=fragment, is_auto_rerun=True)

    async def _ask(self, **state: object) -> None:
        message = BackMsg()
        for name, value in state.items():
            setattr(message.rerun_script, name, value)
        message.rerun_script.context_info.timezone = "Asia/Shanghai"
        message.rerun_script.context_info.locale = "zh-CN"
        await self.connection.send(message.SerializeToString())

    def stop(self) -> None:
        """No more refreshing."""
        for task in self._refreshing.values():
            task.cancel()


@asynccontextmanager
async def viewer(url: str, token: str) -> AsyncIterator[Viewer]:
    """Somebody with this session's cookie; gone at the end of the block."""
    address = url.replace("http://", "ws://") + "/_stcore/stream"
    cookie = {"Cookie": f"trustwatch={token}"}
    async with connect(
        address, additional_headers=cookie, subprotocols=["streamlit"], max_size=None, open_timeout=LONGEST
    ) as connection:
        found = Viewer(connection)
        listening = asyncio.create_task(found.listen())
        try:
            yield found
        finally:
            found.stop()
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening
