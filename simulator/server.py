"""The simulated city's process: every source over HTTP on loopback, its past, its faults, files, and letters.

GET  /                                   the sources and their shapes
GET  /json/<source>                      plain JSON
GET  /sensorthings/<source>/v1.1/…       SensorThings 1.1
GET  /openmeteo/<source>/v1/…            Open-Meteo
GET  /<speech>/<source>/…                Open311, CAP, GTFS, GeoJSON, RSS, cameras: SPEECHES
GET  /history/<source>?from=&to=&step=   see history.py
GET  /faults · POST /faults {"source", "fault", "for": seconds}
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from ioc.domain.base.times import Clock, parse_time
from simulator import cap, exercise, faults, geojson, gtfs, open311, openmeteo, payloads, push, rss, snapshots
from simulator.broken import Made, answered, json_answer
from simulator.city import Feed, feeds
from simulator.history import past
from simulator.inbox import Inbox
from simulator.sensorthings import NoSuchEntity, Service
from simulator.speech import Asked, NotHere

Speech = Callable[[Asked], Any]
# What is asked under /<name>/, of feeds of that shape.
SPEECHES: dict[str, Speech] = {
    "open311": open311.answer, "cap": cap.answer, "gtfs": gtfs.answer, "geojson": geojson.answer, "rss": rss.answer,
    "cameras": snapshots.answer,
}  # fmt: skip
DOCUMENTS = {**payloads.SHAPES, "inherited": open311.inherited, "drill": exercise.answer}


class City:
    """What the handlers share. `folder`: where files are put."""

    def __init__(self, seed: int, clock: Clock, folder: Path) -> None:
        self.seed, self.clock = seed, clock
        self.board = faults.Board()
        self.inbox = Inbox(folder, seed, self.now, self.board)

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
            *(web.get(f"/{name}/{{source}}/{{path:.*}}", self.speech) for name in SPEECHES),
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
        feed = _feed(request, *DOCUMENTS)
        return await self._answer(
            request, feed, lambda shift, _: DOCUMENTS[feed.shape](feed, self.seed, self.now(), shift)
        )

    async def speech(self, request: web.Request) -> web.StreamResponse:
        """Any of SPEECHES."""
        name, path = request.path.split("/")[1], request.match_info["path"]
        feed = _feed(request, name)
        base = f"{request.url.origin()}/{name}/{feed.key}"

        def made(shift: float, copies: int) -> Any:
            return SPEECHES[name](Asked(feed, self.seed, self.now(), shift, copies, base, path, request.query))

        try:
            return await self._answer(request, feed, made)
        except NotHere:
            raise web.HTTPNotFound(text="nothing lies there") from None
        except ValueError as error:
            return json_answer([{"code": 400, "description": str(error)}], 400)

    async def sensorthings(self, request: web.Request) -> web.StreamResponse:
        """SensorThings 1.1."""
        feed = _feed(request, "sensorthings")
        base = f"{request.url.origin()}/sensorthings/{feed.key}/v1.1"

        def made(shift: float, _: int) -> Any:
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
                request, feed, lambda shift, _: openmeteo.answer(feed, self.seed, self.now(), shift, request.query)
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
            self.board.put(feed.key, asked["fault"], self.now() + seconds, feed.shape)
        except KeyError as error:
            return json_answer(
                {"error": f"{error.args[0]!r} is missing or not known; sources: {', '.join(feeds())}"}, 400
            )
        except (ValueError, TypeError, AttributeError) as error:
            return json_answer({"error": str(error)}, 400)
        self.inbox.drop(feed.key)
        return json_answer({"faults": self.board.told(self.now())})

    def letters(self) -> list[bytes]:
        """What the street gauges send now."""
        feed, now = feeds()["sim-flood"], self.now()
        return push.letters(feed, self.seed, now, self.board.of(feed.key, now))

    async def _answer(self, request: web.Request, feed: Feed, made: Made) -> web.StreamResponse:
        return await answered(request, made, lambda: self.board.of(feed.key, self.now()))


def _feed(request: web.Request, *shapes: str) -> Feed:
    feed = feeds().get(request.match_info["source"])
    if feed is None or (shapes and feed.shape not in shapes):
        raise web.HTTPNotFound(text="no such source here")
    return feed


def _moment(text: str) -> float:
    return float(text) / 1000 if text.lstrip("-").replace(".", "", 1).isdigit() else parse_time(text).timestamp()


def application(seed: int, clock: Clock, folder: Path, door: push.Door | None = None) -> web.Application:
    """The city as an aiohttp application. Its files lie in `folder` before the first answer; `door` takes letters."""
    city = City(seed, clock, folder)

    async def running(app: web.Application) -> AsyncIterator[None]:
        city.inbox.fill()
        tasks = [asyncio.create_task(city.inbox.run())]
        if door is not None:
            tasks.append(asyncio.create_task(push.run(feeds()["sim-flood"], door, city.letters)))
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    app = web.Application()
    app.add_routes(city.routes())
    app.cleanup_ctx.append(running)
    return app


def serve(port: int, seed: int, clock: Clock, folder: Path, door: push.Door | None = None) -> None:
    """Serves the city on loopback until SIGTERM or SIGINT; returns after a clean end."""
    app = application(seed, clock, folder, door)
    web.run_app(app, host="127.0.0.1", port=port, print=None, access_log=None, shutdown_timeout=1.0)
