"""Faulty answers: what a source with a fault sends."""

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
from aiohttp import web

from simulator.faults import CLOCK_SHIFT, COPIES, GARBAGE, HTML, RETRY_AFTER, multiplied
from simulator.request import SimulatedResponse

AnswerFactory = Callable[[float, int], Any]  # shift of times in seconds, copies of every item -> the answer
_CHECK_SECONDS = 0.25  # seconds between two checks whether a hanging request may end


def json_answer(body: Any, status: int = 200) -> web.Response:
    """`body` as application/json."""
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")


async def respond(request: web.Request, make_answer: AnswerFactory, fault: Callable[[], str]) -> web.StreamResponse:
    """The answer, changed by the active fault."""
    kind = fault()
    if kind == "slow":
        await _hang(request, fault)
        kind = ""
    if kind in ("", "wrong-clock"):
        return _to_response(make_answer(CLOCK_SHIFT if kind else 0.0, 1))
    if kind in COPIES:
        return _to_response(multiplied(make_answer(0.0, COPIES[kind]), COPIES[kind]))
    return _fault_response(kind) or await _send_half(request, _to_bytes(make_answer(0.0, 1)) if kind == "half" else b"")


def _to_response(answer: Any) -> web.Response:
    return (
        web.Response(body=answer.body, content_type=answer.content_type, headers=answer.headers)
        if isinstance(answer, SimulatedResponse)
        else json_answer(answer)
    )


def _to_bytes(answer: Any) -> bytes:
    return answer.body if isinstance(answer, SimulatedResponse) else orjson.dumps(answer)


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
    """Waits until the fault ends or the client disconnects."""
    while fault() == "slow" and request.transport is not None and not request.transport.is_closing():
        await asyncio.sleep(_CHECK_SECONDS)


async def _send_half(request: web.Request, whole: bytes) -> web.StreamResponse:
    """Announces `whole`, sends half of it and closes the connection; of an empty body, not even a header."""
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(whole))})
    transport = request.transport
    if whole:
        await response.prepare(request)
        await response.write(whole[: len(whole) // 2])
    if transport is not None:
        transport.close() if whole else transport.abort()
    return response
