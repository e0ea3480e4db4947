"""What the street gauges send by themselves: each twenty seconds a letter to the centre's POST /vao/<source>."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

import aiohttp
import orjson

from simulator.city import Feed
from simulator.faults import AHEAD, GARBAGE, HTML
from simulator.flood import DEEP, STREETS, under_water
from simulator.payloads import Json, iso

log = logging.getLogger("ioc.simulator")

_DEADLINE = aiohttp.ClientTimeout(total=5)
_EVERY = 20.0  # seconds
_AGAIN, _PATIENCE = 2.0, 10  # the centre may still be starting: tried sooner again, and so often before it is told


class Door(NamedTuple):
    """Where the centre takes letters in, without the source; and the token that it wants to see."""

    address: str
    token: str


def letter(feed: Feed, seed: int, now: float, shift: float = 0.0) -> Json:
    """{"luc", "diemDo": [{"ma", "doSau"}], "diemNgap": [{"ma", "ten", "doSau", …}]}: what stands under water."""
    t = feed.grid.last(now)
    depths = [{"ma": key, "doSau": feed.lines[f"flood-{key}-depth"].at(seed, t)} for key in STREETS]
    flooded = [
        {"ma": key, "ten": STREETS[key].name, "doSau": depth, "mucDo": "sâu" if depth >= DEEP else "vừa",
         "kinhDo": STREETS[key].point[0], "viDo": STREETS[key].point[1], "maXa": STREETS[key].unit}
        for key, depth in under_water(seed, t)
    ]  # fmt: skip
    return {"luc": iso(t + shift), "diemDo": depths, "diemNgap": flooded}


def letters(feed: Feed, seed: int, now: float, fault: str) -> list[bytes]:
    """What is sent now, as the fault of the source leaves it."""
    body = orjson.dumps(letter(feed, seed, now, AHEAD if fault == "wrong-clock" else 0.0))
    broken = {"half": [body[: len(body) // 2]], "garbage": [GARBAGE], "html": [HTML], "duplicates": [body, body]}
    return [] if fault == "down" else broken.get(fault, [body])


async def run(feed: Feed, door: Door, made: Callable[[], list[bytes]]) -> None:
    """Sends what `made` gives, for ever. What the centre does not take is told once and forgotten: news comes soon."""
    headers = {"Authorization": f"Bearer {door.token}", "Content-Type": "application/json"}
    failed = 0
    async with aiohttp.ClientSession(headers=headers, timeout=_DEADLINE) as session:
        while True:
            refused = ""
            for body in made():
                refused = refused or await _sent(session, f"{door.address}/{feed.key}", body)
            failed = failed + 1 if refused else 0
            if failed == _PATIENCE:
                log.warning("%s cannot be sent: %s", feed.key, refused)
            await asyncio.sleep(_AGAIN if 0 < failed < _PATIENCE else _EVERY)


async def _sent(session: aiohttp.ClientSession, address: str, body: bytes) -> str:
    """Why it was not taken, "" when it was."""
    with suppress(aiohttp.ClientError, TimeoutError):
        async with session.post(address, data=body) as answer:
            return "" if answer.status == 202 else f"the centre answers {answer.status}"
    return "the centre does not answer"
