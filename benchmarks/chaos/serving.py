"""The servers that speak HTTP, as a child of the benchmark: `python -m benchmarks.chaos.serving PORT BEGIN SOURCE`.

One application answers as plain JSON and as SensorThings: all that was observed since BEGIN, in each answer.
"""

import sys
import time

from aiohttp import web

from benchmarks.chaos.readings import SERIES, offered_values, series_key, time_of, value_at
from ioc.cli.supervisor import die_with_parent


def application(source: str, begin: int) -> web.Application:
    """GET /values as JSON; /v1.1/Datastreams in pages of one Datastream."""

    async def values(_: web.Request) -> web.Response:
        rows = offered_values(source, begin, int(time.time()), 1)
        return web.json_response([{"id": name, "t": second, "value": number} for name, second, number in rows])

    async def streams(request: web.Request) -> web.Response:
        number, now = int(request.query.get("$skip", 0)), int(time.time())
        observations = [
            {"phenomenonTime": time_of(second).isoformat(), "result": value_at(number, second)}
            for second in range(now, begin - 1, -1)
        ]
        stream = {"@iot.id": number, "name": series_key(source, number), "Observations": observations}
        onward = {} if number + 1 == SERIES else {"@iot.nextLink": f"{request.url.with_query({'$skip': number + 1})}"}
        return web.json_response({"value": [stream], **onward})

    app = web.Application()
    app.router.add_get("/values", values)
    app.router.add_get("/v1.1/Datastreams", streams)
    return app


if __name__ == "__main__":
    die_with_parent()
    port, begin, source = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    web.run_app(application(source, begin), host="127.0.0.1", port=port, print=None, access_log=None)
