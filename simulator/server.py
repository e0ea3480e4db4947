"""The simulated city's process: every source over HTTP on loopback, its past, its faults, and a file once a month.

GET  /                                   the sources and their shapes
GET  /json/<source>                      plain JSON
GET  /sensorthings/<source>/v1.1/…       SensorThings 1.1
GET  /openmeteo/<source>/v1/…            Open-Meteo
GET  /history/<source>?from=&to=&step=   see history.py
GET  /faults · POST /faults {"source", "fault", "for": seconds}
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from aiohttp import web

from domain.times import Clock, parse_time
from simulator import faults, openmeteo, payloads, sheet
from simulator.broken import Made, answered, json_answer
from simulator.city import Feed, feeds
from simulator.history import past
from simulator.sensorthings import NoSuchEntity, Service

_SHEET_CHECK = 30.0  # seconds between two looks whether a month has begun


class City:
    """What the handlers share. `folder`: where the monthly spreadsheet is put."""

    def __init__(self, seed: int, clock: Clock, folder: Path) -> None:
        self.seed, self.clock, self.folder = seed, clock, folder
        self.board = faults.Board()

    def now(self) -> float:
        """Seconds since 1970."""
        return self.clock().timestamp()

    def routes(self) -> list[web.RouteDef]:
        """Every address that it answers."""
        return [
            web.get("/", self.index),
            web.get("/json/{source}", self.json),
            web.get("/sensorthings/{source}/v1.1{path:.*}", self.sensorthings),
            web.get("/openmeteo/{source}/v1/{path:.*}", self.openmeteo),
            web.get("/history/{source}", self.history),
            web.get("/faults", self.faults),
            web.post("/faults", self.set_fault),
        ]

    async def index(self, request: web.Request) -> web.Response:
        """The sources, how many series each has, and how its answers look."""
        told = {key: {"shape": feed.shape, "series": len(feed.lines)} for key, feed in feeds().items()}
        return json_answer({"seed": self.seed, "time": self.clock().isoformat(), "sources": told})

    async def json(self, request: web.Request) -> web.StreamResponse:
        """Plain JSON in the source's own shape."""
        feed = _feed(request, *payloads.SHAPES)
        return await self._answer(
            request, feed, lambda shift: payloads.SHAPES[feed.shape](feed, self.seed, self.now(), shift)
        )

    async def sensorthings(self, request: web.Request) -> web.StreamResponse:
        """SensorThings 1.1."""
        feed = _feed(request, "sensorthings")
        base = f"{request.url.origin()}/sensorthings/{feed.key}/v1.1"

        def made(shift: float) -> Any:
            return Service(feed, self.seed, self.now(), shift, base).answer(request.match_info["path"], request.query)

        try:
            return await self._answer(request, feed, made)
        except NoSuchEntity:
            return web.Response(status=404, text='{"code": 404, "message": "Nothing found."}')

    async def openmeteo(self, request: web.Request) -> web.StreamResponse:
        """Open-Meteo, weather or flood."""
        feed = _feed(request, "weather", "flood")
        try:
            return await self._answer(
                request, feed, lambda shift: openmeteo.answer(feed, self.seed, self.now(), shift, request.query)
            )
        except ValueError as error:
            return json_answer({"error": True, "reason": str(error)}, 400)

    async def history(self, request: web.Request) -> web.Response:
        """The past of a source; made in a thread, so that the living answers go on."""
        feed, now, query = _feed(request), self.now(), request.query
        try:
            start, end = _moment(query.get("from", "0")), _moment(query["to"]) if "to" in query else now
            step = float(query["step"]) if "step" in query else None
            series = await asyncio.to_thread(past, feed, self.seed, start, end, now, step)
        except ValueError as error:
            return json_answer({"error": str(error)}, 400)
        return json_answer({"source": feed.key, "series": series})

    async def faults(self, request: web.Request) -> web.Response:
        """The faults that hold."""
        return json_answer({"faults": self.board.told(self.now()), "kinds": faults.KINDS})

    async def set_fault(self, request: web.Request) -> web.Response:
        """Sets or clears one."""
        try:
            asked = await request.json()
            feed = feeds()[asked["source"]]
            seconds = faults.lasting(asked.get("for", faults.USUAL))
            if seconds is None:
                raise ValueError(f"for: a number of seconds above 0 and up to {faults.LONGEST}")
            self.board.put(feed.key, asked["fault"], self.now() + seconds, sheet=feed.shape == "sheet")
        except KeyError as error:
            return json_answer(
                {"error": f"{error.args[0]!r} is missing or not known; sources: {', '.join(feeds())}"}, 400
            )
        except (ValueError, TypeError, AttributeError) as error:
            return json_answer({"error": str(error)}, 400)
        if feed.shape == "sheet":
            self.drop()
        return json_answer({"faults": self.board.told(self.now())})

    def drop(self) -> Path:
        """Writes the month's spreadsheet as the fault of its source, if any, leaves it."""
        feed, now = next(one for one in feeds().values() if one.shape == "sheet"), self.now()
        sound = sheet.workbook(feed, self.seed, feed.grid.last(now))
        bodies = {"half": sound[: len(sound) // 2], "garbage": faults.GARBAGE, "html": faults.HTML}
        return sheet.drop(self.folder, feed, self.seed, now, bodies.get(self.board.of(feed.key, now), sound))

    async def _answer(self, request: web.Request, feed: Feed, made: Made) -> web.StreamResponse:
        return await answered(request, made, lambda: self.board.of(feed.key, self.now()))


def _feed(request: web.Request, *shapes: str) -> Feed:
    feed = feeds().get(request.match_info["source"])
    if feed is None or (shapes and feed.shape not in shapes):
        raise web.HTTPNotFound(text="no such source here")
    return feed


def _moment(text: str) -> float:
    return float(text) / 1000 if text.lstrip("-").replace(".", "", 1).isdigit() else parse_time(text).timestamp()


async def _monthly(city: City) -> None:
    written: tuple[Path, str] | None = None
    while True:
        feed = feeds()["sim-figures"]
        wanted = (city.folder / sheet.name(feed.grid.last(city.now())), city.board.of(feed.key, city.now()))
        if wanted != written:
            city.drop()
            written = wanted
        await asyncio.sleep(_SHEET_CHECK)


def application(seed: int, clock: Clock, folder: Path) -> web.Application:
    """The city as an aiohttp application. The spreadsheet lies in `folder` before the first answer."""
    city = City(seed, clock, folder)

    async def running(app: web.Application) -> AsyncIterator[None]:
        city.drop()
        task = asyncio.create_task(_monthly(city))
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    app = web.Application()
    app.add_routes(city.routes())
    app.cleanup_ctx.append(running)
    return app


def serve(port: int, seed: int, clock: Clock, folder: Path) -> None:
    """Serves the city on loopback until SIGTERM or SIGINT; returns after a clean end."""
    web.run_app(
        application(seed, clock, folder), host="127.0.0.1", port=port, print=None, access_log=None, shutdown_timeout=1.0
    )
