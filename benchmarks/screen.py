"""A screen without a browser: asks for a page's frame as assets/22-live.js does, and counts what the socket brings."""

import asyncio
import gzip
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

EVERY = 1.0


@dataclass(slots=True)
class Screen:
    """`received`: bytes of each answer, headers included; `waits`: seconds each took; `frames`: what each brought.

    `offset`: seconds into the second at which it asks. `heard` is told of every new frame.
    """

    port: int
    page: str = "overview"
    every: float = EVERY
    heard: Callable[[dict[str, str], dict[str, Any]], None] | None = None
    received: list[tuple[int, int]] = field(default_factory=list)  # (status, bytes)
    waits: list[float] = field(default_factory=list)
    _held: dict[str, str] = field(default_factory=dict)
    _panels: dict[str, Any] = field(default_factory=dict)
    _etag: str = ""

    async def watch(self, seconds: float, offset: float = 0.0) -> None:
        """Ask every `every` seconds for that long, over one connection."""
        await asyncio.sleep(offset)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            until = time.monotonic() + seconds
            while (begun := time.monotonic()) < until:
                writer.write(self._question())
                status, body, headers = await self._answer(reader)
                self.waits.append(time.monotonic() - begun)
                self._take(status, body, headers)
                await asyncio.sleep(max(0.0, self.every - (time.monotonic() - begun)))
        finally:
            writer.close()

    def _question(self) -> bytes:
        lines = [f"GET /live/{self.page}?lang=vi HTTP/1.1", "Host: 127.0.0.1", "Accept-Encoding: gzip, deflate"]
        if self._etag:
            lines.append(f"If-None-Match: {self._etag}")
        held = "".join(self._held.values())
        lines += [f"X-Ioc-Have: {held}", f"X-Ioc-Base: {held}", "", ""]
        return "\r\n".join(lines).encode()

    async def _answer(self, reader: asyncio.StreamReader) -> tuple[int, bytes, dict[str, str]]:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").rstrip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in rest)}
        status = int(first.split()[1])
        body = await reader.readexactly(int(headers.get("content-length", 0))) if status != 304 else b""
        self.received.append((status, len(head) + len(body)))
        return status, body, headers

    def _take(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        if status != 200:
            return
        told = json.loads(gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body)
        self._panels |= told["panels"]
        for key, (mark, *steps) in told["patches"].items():
            self._panels[key] = {"markup": patched(self._panels[key]["markup"], steps)}
            self._held[key] = mark
        self._held |= told["hashes"]
        self._etag = headers["etag"]
        if self.heard:
            self.heard(headers, self._panels)


def patched(old: str, steps: list[Any]) -> str:
    """`old` after `steps` (keep, drop, put, …), as assets/22-live.js does it."""
    made, at = [], 0
    for keep, drop, put in zip(steps[::3], steps[1::3], steps[2::3], strict=True):
        made += [old[at : at + keep], put]
        at += keep + drop
    return "".join(made) + old[at:]


async def watched(screens: list[Screen], seconds: float) -> None:
    """All of them at once, spread over the second."""
    async with asyncio.TaskGroup() as group:
        for n, one in enumerate(screens):
            group.create_task(one.watch(seconds, n / len(screens) * one.every))
