"""Answers that are none: what a source with a fault does on the wire."""

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
from aiohttp import web

from simulator.faults import CLOCK_SHIFT, COPIES, GARBAGE, HTML, RETRY_AFTER, multiplied
from simulator.request import SimulatedResponse

AnswerFactory = Callable[[float, int], Any]  # seconds that its times are shifted, how often it tells all -> the answer
_CHECK_SECONDS = 0.25  # seconds between two looks whether a hanging question may end


def json_answer(body: Any, status: int = 200) -> web.Response:
    """`body` as application/json."""
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")


async def respond(request: web.Request, made: AnswerFactory, fault: Callable[[], str]) -> web.StreamResponse:
    """The answer, or what the fault that holds makes of it."""
    kind = fault()
    if kind == "slow":
        await _hang(request, fault)
        kind = ""
    if kind in ("", "wrong-clock"):
        return _to_response(made(CLOCK_SHIFT if kind else 0.0, 1))
    if kind in COPIES:
        return _to_response(multiplied(made(0.0, COPIES[kind]), COPIES[kind]))
    return _fault_response(kind) or await _send_half(request, _to_bytes(made(0.0, 1)) if kind == "half" else b"")


def _to_response(made: Any) -> web.Response:
    return (
        web.Response(body=made.body, content_type=made.content_type)
        if isinstance(made, SimulatedResponse)
        else json_answer(made)
    )


def _to_bytes(made: Any) -> bytes:
    return made.body if isinstance(made, SimulatedResponse) else orjson.dumps(made)


def _fault_response(kind: str) -> web.Response | None:
    match kind:
        case "429":
            return web.Response(status=429, headers={"Retry-After": str(RETRY_AFTER)}, text="too many requests")
        case "401":
            return web.Response(status=401, headers={"WWW-Authenticate": "Bearer"}, text="unauthorised")
        case "garbage":
            return web.Response(body=GARBAGE, content_type="application/json")
        case "html":
            return web.Response(body=HTML, content_type="text/html", charset="utf-8")
        case _:
            return None


async def _hang(request: web.Request, fault: Callable[[], str]) -> None:
    """Until the fault ends or the asker has gone."""
    while fault() == "slow" and request.transport is not None and not request.transport.is_closing():
        await asyncio.sleep(_CHECK_SECONDS)


async def _send_half(request: web.Request, whole: bytes) -> web.StreamResponse:
    """Promises `whole`, sends half of it and cuts the line; of nothing, not even a header."""
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(whole))})
    transport = request.transport
    if whole:
        await response.prepare(request)
        await response.write(whole[: len(whole) // 2])
    if transport is not None:
        transport.close() if whole else transport.abort()
    return response
