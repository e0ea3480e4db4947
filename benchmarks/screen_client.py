"""A screen without a browser: requests the frames of a page like assets/22-live.js and counts bytes and seconds."""

import asyncio
import gzip
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

INTERVAL = 1.0


@dataclass(slots=True)
class ScreenClient:
    """A screen on one page.

    `responses`: (status, bytes with headers) of each answer; `latencies`: seconds of each. `on_frame` gets the headers
    and all panels of every new frame.
    """

    port: int
    page: str = "overview"
    interval: float = INTERVAL
    on_frame: Callable[[dict[str, str], dict[str, Any]], None] | None = None
    responses: list[tuple[int, int]] = field(default_factory=list)  # (status, bytes)
    latencies: list[float] = field(default_factory=list)
    _panel_hashes: dict[str, str] = field(default_factory=dict)
    _panels: dict[str, Any] = field(default_factory=dict)
    _etag: str = ""

    async def watch(self, seconds: float, offset: float = 0.0) -> None:
        """Requests a frame every `interval` seconds for `seconds`, the first after `offset`, over one connection."""
        await asyncio.sleep(offset)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            until = time.monotonic() + seconds
            while (started := time.monotonic()) < until:
                writer.write(self._request())
                status, body, headers = await self._answer(reader)
                self.latencies.append(time.monotonic() - started)
                self._apply(status, body, headers)
                await asyncio.sleep(max(0.0, self.interval - (time.monotonic() - started)))
        finally:
            writer.close()

    def _request(self) -> bytes:
        lines = [f"GET /live/{self.page}?lang=vi HTTP/1.1", "Host: 127.0.0.1", "Accept-Encoding: gzip, deflate"]
        if self._etag:
            lines.append(f"If-None-Match: {self._etag}")
        hashes = "".join(self._panel_hashes.values())
        lines += [f"X-Ioc-Have: {hashes}", f"X-Ioc-Base: {hashes}", "", ""]
        return "\r\n".join(lines).encode()

    async def _answer(self, reader: asyncio.StreamReader) -> tuple[int, bytes, dict[str, str]]:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").rstrip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in rest)}
        status = int(first.split()[1])
        body = await reader.readexactly(int(headers.get("content-length", 0))) if status != 304 else b""
        self.responses.append((status, len(head) + len(body)))
        return status, body, headers

    def _apply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        if status != 200:
            return
        frame = json.loads(gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body)
        self._panels |= frame["panels"]
        for key, (digest, *steps) in frame["patches"].items():
            self._panels[key] = {"markup": apply_patch(self._panels[key]["markup"], steps)}
            self._panel_hashes[key] = digest
        self._panel_hashes |= frame["hashes"]
        self._etag = headers["etag"]
        if self.on_frame:
            self.on_frame(headers, self._panels)


def apply_patch(old: str, steps: list[Any]) -> str:
    """`old` with `steps` applied: triples of characters to keep, characters to drop, text to insert."""
    parts, position = [], 0
    for keep, drop, put in zip(steps[::3], steps[1::3], steps[2::3], strict=True):
        parts += [old[position : position + keep], put]
        position += keep + drop
    return "".join(parts) + old[position:]


async def watch_all(screens: list[ScreenClient], seconds: float) -> None:
    """Runs all screens at once; their requests are spread over the interval."""
    async with asyncio.TaskGroup() as group:
        for n, screen in enumerate(screens):
            group.create_task(screen.watch(seconds, n / len(screens) * screen.interval))
