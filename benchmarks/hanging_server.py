"""Sources of which some hang, as a child of the benchmark: `python -m benchmarks.hanging_server PORT SOURCES HANGING`.

The last HANGING of the workload's sources accept the request and never answer. GET /requests: the times of the
requests to each source, on the monotonic clock.
"""

import asyncio
import sys
import time
from collections import defaultdict

from aiohttp import web
from aiohttp.typedefs import Handler

from ioc.cli.supervisor import die_with_parent
from ioc.domain.base.times import utc_now
from simulator.load import application


def hanging_application(sources: int, hanging: int) -> web.Application:
    """The workload's server, which records the times of requests and hangs for the last `hanging` sources."""
    request_times: dict[str, list[float]] = defaultdict(list)

    @web.middleware
    async def record(request: web.Request, handler: Handler) -> web.StreamResponse:
        source = request.match_info.get("source")
        if source is None:
            return await handler(request)
        request_times[source].append(time.monotonic())
        if int(source) >= sources - hanging:
            await asyncio.Event().wait()
        return await handler(request)

    async def show_requests(_: web.Request) -> web.Response:
        return web.json_response(request_times)

    app = application(utc_now, sources)
    app.middlewares.append(record)
    app.router.add_get("/requests", show_requests)
    return app


if __name__ == "__main__":
    die_with_parent()
    port, sources, hanging = map(int, sys.argv[1:4])
    app = hanging_application(sources, hanging)
    web.run_app(app, host="127.0.0.1", port=port, print=None, access_log=None, shutdown_timeout=1.0)
