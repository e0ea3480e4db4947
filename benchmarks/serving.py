"""Figures of the server: CPU by number of screens, a frame's wait, bytes on the wire, CPU per poll, memory."""

import asyncio
import time
from dataclasses import dataclass

from benchmarks.figures import Figure, percentile
from benchmarks.installation import EVERY, SOURCES, House
from benchmarks.process import cpu, memory
from benchmarks.screen import Screen, watched

MANY = 100


@dataclass(frozen=True, slots=True)
class Watch:
    """What a number of screens cost while they were watched for `seconds`: CPU of the web and of the poller, in s."""

    screens: list[Screen]
    seconds: float
    web: float
    poll: float

    @property
    def per_minute(self) -> float:
        """CPU of the web process, in seconds a minute."""
        return self.web / self.seconds * 60


def watch(house: House, count: int, seconds: float) -> Watch:
    """So many screens on the overview for so long; the first second, in which they load, is not counted."""
    screens = [Screen(house.port) for _ in range(count)]
    asyncio.run(watched(screens, 2.5))
    for one in screens:
        one.received.clear()
        one.waits.clear()
    begun, web, poll = time.monotonic(), cpu(house.pids["web"]), cpu(house.pids["poll"])
    if screens:
        asyncio.run(watched(screens, seconds))
    else:
        time.sleep(seconds)
    taken = time.monotonic() - begun
    return Watch(screens, taken, cpu(house.pids["web"]) - web, cpu(house.pids["poll"]) - poll)


def figures(house: House, seconds: float) -> list[Figure]:
    """All figures of this file, from three watches of `seconds` each."""
    none, one, many = (watch(house, count, seconds) for count in (0, 1, MANY))
    return [*_cpu(none, one, many), *_waits(one, many), *_wire(one, many), _poll(none), *held(house)]


def _cpu(none: Watch, one: Watch, many: Watch) -> list[Figure]:
    each = (many.per_minute - one.per_minute) / (MANY - 1)
    share = many.per_minute / 60 * 100
    return [
        Figure("server CPU, no screen", none.per_minute, None, "s/min"),
        Figure("server CPU, one screen in all", one.per_minute, None, "s/min", "drawing W once for all is in it"),
        Figure("server CPU per further screen-minute", each, 0.05, "s", f"({MANY} screens − 1) / {MANY - 1}"),
        Figure(f"{MANY} screens at 1 s, of one core", share, 15, "%", "drawing included"),
    ]


def _waits(one: Watch, many: Watch) -> list[Figure]:
    return [
        Figure(f"frame p95, {name}", percentile(_all_waits(found), 0.95) * 1000, 50, "ms", _median(found))
        for name, found in (("one screen", one), (f"{MANY} screens", many))
    ]


def _all_waits(found: Watch) -> list[float]:
    return [wait for screen in found.screens for wait in screen.waits]


def _median(found: Watch) -> str:
    waits = _all_waits(found)
    return f"median {percentile(waits, 0.5) * 1000:.1f} ms of {len(waits)}"


def _wire(one: Watch, many: Watch) -> list[Figure]:
    answers = [answer for found in (one, many) for screen in found.screens for answer in screen.received]
    unchanged = [size for status, size in answers if status == 304]
    screen_minutes = (one.seconds + MANY * many.seconds) / 60
    kb = sum(size for _, size in answers) / 1000 / screen_minutes
    share = len(unchanged) / len(answers)
    return [
        Figure("wire down per screen-minute", kb, 50, "kB", f"gzip, headers counted, {share:.0%} unchanged"),
        Figure("an unchanged second", max(unchanged, default=None), 300, "B", "a 304, headers counted"),
    ]


def _poll(none: Watch) -> Figure:
    polls = none.seconds * (SOURCES / EVERY + 1)
    return Figure("poll CPU per poll, with 12 KPIs", none.poll / polls * 1000, None, "ms", "each over 40 sources")


def held(house: House) -> list[Figure]:
    """Memory of what must run all the time."""
    pids = {role: house.pids[role] for role in ("poll", "web")}
    parts = ", ".join(f"{role} {memory([pid])[0]:.0f}" for role, pid in pids.items())
    pss, rss = memory(pids.values())
    return [
        Figure("memory, poller and web", pss, 250, "MB", f"PSS: {parts}"),
        Figure("the same as RSS", rss, None, "MB", "counts twice what they share"),
        Figure("start to first frame", house.started, 10, "s", "with a cold cache, everything started at once"),
    ]
