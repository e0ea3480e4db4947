"""The simulated city's process: every source over HTTP on loopback, its history, its faults, files and webhooks.

GET  /                                   the sources and their payload formats
GET  /json/<source>                      plain JSON
GET  /sensorthings/<source>/v1.1/…       SensorThings 1.1
GET  /openmeteo/<source>/v1/…            Open-Meteo
GET  /<protocol>/<source>/…              all other protocols over HTTP: PROTOCOLS
GET  /history/<source>?from=&to=&step=   see city.history_values
GET  /faults · POST /faults {"source", "fault", "for": seconds}
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from ioc.domain.base.times import Clock, parse_time
from simulator import (
    broker_protocols,
    camera_images,
    faults,
    gauge_protocols,
    gtfs,
    open311,
    openmeteo,
    payloads,
    webhook_sender,
    xml_feeds,
)
from simulator.city import SimulatedFeed, feeds, history_values
from simulator.fault_responses import AnswerFactory, json_answer, respond
from simulator.file_dropper import FileDropper
from simulator.request import PathNotFoundError, SimulatedRequest
from simulator.sensorthings import EntityNotFoundError, SensorThingsService

ProtocolHandler = Callable[[SimulatedRequest], Any]
# Handlers by the first part of the path, which is the payload format of their feeds.
PROTOCOLS: dict[str, ProtocolHandler] = {
    "open311": open311.answer, "cap": xml_feeds.cap_answer, "gtfs": gtfs.answer, "geojson": payloads.geojson_answer,
    "rss": xml_feeds.rss_answer,
    "cameras": camera_images.answer,
    "ngsi": broker_protocols.ngsi_answer, "openaq": broker_protocols.openaq_answer,
    "prometheus": broker_protocols.prometheus_answer, "kiwis": gauge_protocols.kiwis_answer,
    "waterml": gauge_protocols.waterml_answer,
}  # fmt: skip
JSON_DOCUMENTS = {**payloads.JSON_FORMATS, "inherited": open311.inherited_reports, "drill": payloads.drill_answer}


class CityServer:
    """State of the handlers. `folder`: where files are dropped."""

    def __init__(self, seed: int, clock: Clock, folder: Path) -> None:
        self.seed, self.clock = seed, clock
        self.fault_registry = faults.FaultRegistry()
        self.file_dropper = FileDropper(folder, seed, self.now, self.fault_registry)

    def now(self) -> float:
        """Seconds since 1970."""
        return self.clock().timestamp()

    def routes(self) -> list[web.RouteDef]:
        """All routes of the server."""
        return [
            web.get("/", self.index),
            web.get("/json/{source}", self.json),
            web.get("/sensorthings/{source}/v1.1{path:.*}", self.sensorthings),
            web.get("/openmeteo/{source}/v1/{path:.*}", self.openmeteo),
            *(web.get(f"/{name}/{{source}}/{{path:.*}}", self.protocol) for name in PROTOCOLS),
            web.get("/history/{source}", self.history),
            web.get("/faults", self.faults),
            web.post("/faults", self.set_fault),
        ]

    async def index(self, request: web.Request) -> web.Response:
        """The sources with payload format and number of series."""
        sources = {
            key: {"shape": feed.payload_format, "series": len(feed.series_models)} for key, feed in feeds().items()
        }
        return json_answer({"seed": self.seed, "time": self.clock().isoformat(), "sources": sources})

    async def json(self, request: web.Request) -> web.StreamResponse:
        """Plain JSON in the source's payload format."""
        feed = _feed(request, *JSON_DOCUMENTS)
        return await self._respond(
            request, feed, lambda shift, _: JSON_DOCUMENTS[feed.payload_format](feed, self.seed, self.now(), shift)
        )

    async def protocol(self, request: web.Request) -> web.StreamResponse:
        """Any of PROTOCOLS."""
        name, path = request.path.split("/")[1], request.match_info["path"]
        feed = _feed(request, name)
        base = f"{request.url.origin()}/{name}/{feed.key}"

        def answer(shift: float, copies: int) -> Any:
            return PROTOCOLS[name](
                SimulatedRequest(feed, self.seed, self.now(), shift, copies, base, path, request.query)
            )

        try:
            return await self._respond(request, feed, answer)
        except PathNotFoundError:
            raise web.HTTPNotFound(text="nothing exists at this path") from None
        except ValueError as error:
            return json_answer([{"code": 400, "description": str(error)}], 400)

    async def sensorthings(self, request: web.Request) -> web.StreamResponse:
        """SensorThings 1.1."""
        feed = _feed(request, "sensorthings")
        base = f"{request.url.origin()}/sensorthings/{feed.key}/v1.1"

        def answer(shift: float, _: int) -> Any:
            return SensorThingsService(feed, self.seed, self.now(), shift, base).answer(
                request.match_info["path"], request.query
            )

        try:
            return await self._respond(request, feed, answer)
        except EntityNotFoundError:
            return web.Response(status=404, text='{"code": 404, "message": "Nothing found."}')

    async def openmeteo(self, request: web.Request) -> web.StreamResponse:
        """Open-Meteo, weather or flood."""
        feed = _feed(request, "weather", "flood")
        try:
            return await self._respond(
                request, feed, lambda shift, _: openmeteo.answer(feed, self.seed, self.now(), shift, request.query)
            )
        except ValueError as error:
            return json_answer({"error": True, "reason": str(error)}, 400)

    async def history(self, request: web.Request) -> web.Response:
        """The history of a source; computed in a thread, so that live answers go on."""
        feed, now, query = _feed(request), self.now(), request.query
        try:
            start, end = _parse_time(query.get("from", "0")), _parse_time(query["to"]) if "to" in query else now
            step = float(query["step"]) if "step" in query else None
            series = await asyncio.to_thread(history_values, feed, self.seed, start, end, now, step)
        except ValueError as error:
            return json_answer({"error": str(error)}, 400)
        return json_answer({"source": feed.key, "series": series})

    async def faults(self, request: web.Request) -> web.Response:
        """The active faults."""
        return json_answer({"faults": self.fault_registry.active_faults(self.now()), "kinds": faults.KINDS})

    async def set_fault(self, request: web.Request) -> web.Response:
        """Sets or clears a fault."""
        try:
            body = await request.json()
            feed = feeds()[body["source"]]
            seconds = faults.parse_duration(body.get("for", faults.DEFAULT_SECONDS))
            if seconds is None:
                raise ValueError(f"for: a number of seconds above 0 and up to {faults.MAX_SECONDS}")
            self.fault_registry.set_fault(feed.key, body["fault"], self.now() + seconds, feed.payload_format)
        except KeyError as error:
            return json_answer(
                {"error": f"{error.args[0]!r} is missing or no source; sources: {', '.join(feeds())}"}, 400
            )
        except (ValueError, TypeError, AttributeError) as error:
            return json_answer({"error": str(error)}, 400)
        self.file_dropper.write_newest(feed.key)
        return json_answer({"faults": self.fault_registry.active_faults(self.now())})

    def fault_of(self, source: str) -> str:
        """The active fault of a source, "" for none."""
        return self.fault_registry.fault_of(source, self.now())

    def webhook_messages(self) -> list[bytes]:
        """The webhook messages that the street gauges send now."""
        return webhook_sender.messages(feeds()["sim-flood"], self.seed, self.now(), self.fault_of("sim-flood"))

    async def _respond(self, request: web.Request, feed: SimulatedFeed, answer: AnswerFactory) -> web.StreamResponse:
        return await respond(request, answer, lambda: self.fault_of(feed.key))


def _feed(request: web.Request, *formats: str) -> SimulatedFeed:
    feed = feeds().get(request.match_info["source"])
    if feed is None or (formats and feed.payload_format not in formats):
        raise web.HTTPNotFound(text="no such source here")
    return feed


def _parse_time(text: str) -> float:
    return float(text) / 1000 if text.lstrip("-").replace(".", "", 1).isdigit() else parse_time(text).timestamp()


CityTask = Callable[[CityServer], Coroutine[Any, Any, None]]


def application(
    seed: int,
    clock: Clock,
    folder: Path,
    webhook_target: webhook_sender.WebhookTarget | None = None,
    tasks: Sequence[CityTask] = (),
) -> web.Application:
    """The city as an aiohttp application. Its files are in `folder` before the first answer.

    `tasks`: run beside the server until it ends.
    """
    city = CityServer(seed, clock, folder)

    async def running(app: web.Application) -> AsyncIterator[None]:
        city.file_dropper.write_due()
        running_tasks = [
            asyncio.create_task(task) for task in (city.file_dropper.run(), *(make_task(city) for make_task in tasks))
        ]
        if webhook_target is not None:
            running_tasks.append(
                asyncio.create_task(webhook_sender.run(feeds()["sim-flood"], webhook_target, city.webhook_messages))
            )
        yield
        for task in running_tasks:
            task.cancel()
        await asyncio.gather(*running_tasks, return_exceptions=True)

    app = web.Application()
    app.add_routes(city.routes())
    app.cleanup_ctx.append(running)
    return app


def serve(
    port: int,
    seed: int,
    clock: Clock,
    folder: Path,
    webhook_target: webhook_sender.WebhookTarget | None = None,
    tasks: Sequence[CityTask] = (),
) -> None:
    """Serves the city on loopback until SIGTERM or SIGINT; returns after a clean end."""
    app = application(seed, clock, folder, webhook_target, tasks)
    web.run_app(app, host="127.0.0.1", port=port, print=None, access_log=None, shutdown_timeout=1.0)
