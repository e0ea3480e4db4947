"""The webhooks of the street gauges: every twenty seconds a message to POST /vao/<source>."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

import aiohttp
import orjson

from simulator.city import SimulatedFeed
from simulator.faults import CLOCK_SHIFT, GARBAGE, HTML
from simulator.flood import DEEP_CM, STREETS, flooded_streets
from simulator.payloads import Json, iso

log = logging.getLogger("ioc.simulator")

_DEADLINE = aiohttp.ClientTimeout(total=5)
_INTERVAL = 20.0  # seconds
# The program may still be starting: so many quick retries before a warning.
_RETRY_SECONDS, _MAX_RETRIES = 2.0, 10


class WebhookTarget(NamedTuple):
    """The address of the webhook endpoint, without the source; and the token that it expects."""

    address: str
    token: str


def flood_message(feed: SimulatedFeed, seed: int, now: float, shift: float = 0.0) -> Json:
    """{"luc", "diemDo": [{"ma", "doSau"}], "diemNgap": [{"ma", "ten", "doSau", …}]}: flooded streets."""
    t = feed.observation_times.last(now)
    depths = [{"ma": key, "doSau": feed.series_models[f"flood-{key}-depth"].value_at(seed, t)} for key in STREETS]
    flooded = [
        {"ma": key, "ten": STREETS[key].name, "doSau": depth, "mucDo": "sâu" if depth >= DEEP_CM else "vừa",
         "kinhDo": STREETS[key].point[0], "viDo": STREETS[key].point[1], "maXa": STREETS[key].unit}
        for key, depth in flooded_streets(seed, t)
    ]  # fmt: skip
    return {"luc": iso(t + shift), "diemDo": depths, "diemNgap": flooded}


def messages(feed: SimulatedFeed, seed: int, now: float, fault: str) -> list[bytes]:
    """The bodies that are sent now, changed by the fault of the source."""
    body = orjson.dumps(flood_message(feed, seed, now, CLOCK_SHIFT if fault == "wrong-clock" else 0.0))
    broken = {"half": [body[: len(body) // 2]], "garbage": [GARBAGE], "html": [HTML], "duplicates": [body, body]}
    return [] if fault == "down" else broken.get(fault, [body])


async def run(feed: SimulatedFeed, target: WebhookTarget, next_messages: Callable[[], list[bytes]]) -> None:
    """Sends `next_messages` until it is cancelled. What is not accepted is dropped: newer values follow soon."""
    headers = {"Authorization": f"Bearer {target.token}", "Content-Type": "application/json"}
    failed = 0
    async with aiohttp.ClientSession(headers=headers, timeout=_DEADLINE) as session:
        while True:
            failure = ""
            for body in next_messages():
                failure = failure or await _post(session, f"{target.address}/{feed.key}", body)
            failed = failed + 1 if failure else 0
            if failed == _MAX_RETRIES:
                log.warning("%s cannot be sent: %s", feed.key, failure)
            await asyncio.sleep(_RETRY_SECONDS if 0 < failed < _MAX_RETRIES else _INTERVAL)


async def _post(session: aiohttp.ClientSession, address: str, body: bytes) -> str:
    """Why the message was not accepted, "" when it was."""
    with suppress(aiohttp.ClientError, TimeoutError):
        async with session.post(address, data=body) as answer:
            return "" if answer.status == 202 else f"the centre answers {answer.status}"
    return "the centre does not answer"
