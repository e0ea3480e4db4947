"""Many sources of which some hang, as a child of the bench: `python -m benchmarks.hanging_server PORT SOURCES HANGING`.

The last HANGING of the workload's sources take the question and never answer. GET /asked tells when each was asked.
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
    """The workload's server that notes and, for some sources, hangs."""
    asked: dict[str, list[float]] = defaultdict(list)

    @web.middleware
    async def noting(request: web.Request, handler: Handler) -> web.StreamResponse:
        source = request.match_info.get("source")
        if source is None:
            return await handler(request)
        asked[source].append(time.monotonic())
        if int(source) >= sources - hanging:
            await asyncio.Event().wait()
        return await handler(request)

    async def show_requests(_: web.Request) -> web.Response:
        return web.json_response(asked)

    app = application(utc_now, sources)
    app.middlewares.append(noting)
    app.router.add_get("/asked", show_requests)
    return app


if __name__ == "__main__":
    die_with_parent()
    port, sources, hanging = map(int, sys.argv[1:4])
    app = hanging_application(sources, hanging)
    web.run_app(app, host="127.0.0.1", port=port, print=None, access_log=None, shutdown_timeout=1.0)
