"""Workload W of the bench: many small sources of four readings each, and the configuration that asks them."""

import json
from math import sin
from pathlib import Path
from typing import Any

import orjson
from aiohttp import web

from ioc.domain.base.times import Clock

KPIS = 12
KPI_SOURCES = 40  # sources that one KPI's mean goes over
_CENTRE, _WIDTH = (105.72, 9.85), (0.9, 1.0)  # of the points on the map, degrees


def reading_value(source: int, number: int, t: float, every: float) -> float:
    """The reading of a source: another value each `every` seconds."""
    return round(50 + 20 * sin(t // every * 0.37 + source * 1.7 + number * 0.9) + number, 3)


def application(clock: Clock, sources: int = 500, readings: int = 4, every: float = 5.0) -> web.Application:
    """GET /load/<n> answers {"time", "values": [{"id", "value"}]}."""

    async def answer(request: web.Request) -> web.Response:
        source = int(request.match_info["source"])
        if source >= sources:
            raise web.HTTPNotFound
        moment = clock().timestamp()
        items = [
            {"id": f"load-{source}-{k}", "value": reading_value(source, k, moment, every)} for k in range(readings)
        ]
        body = orjson.dumps({"time": round(moment // every * every * 1000), "values": items})
        return web.Response(body=body, content_type="application/json")

    app = web.Application()
    app.router.add_get(r"/load/{source:\d+}", answer)
    return app


def serve_load(port: int, clock: Clock, sources: int = 500, readings: int = 4, every: float = 5.0) -> None:
    """Serves the workload on loopback until SIGTERM or SIGINT."""
    app = application(clock, sources, readings, every)
    web.run_app(app, host="127.0.0.1", port=port, print=None, access_log=None, shutdown_timeout=1.0)


def write_config(folder: Path, base_url: str, sources: int = 500, readings: int = 4, every: float = 5.0) -> Path:
    """Writes the workload's configuration folder: a source and a point for each, 12 KPIs. JSON is yaml."""
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, Any] = {
        "city": _city(),
        "agencies": [
            {"key": "mp-a", "name": {"vi": "Cơ quan A (mô phỏng)", "en": "Agency A (simulated)"},
             "short": {"vi": "Cơ quan A", "en": "Agency A"}, "simulated": True}
        ],
        "units": [],
        "stations": [_station(n, sources) for n in range(sources)],
        "sources": [_source(n, base_url, readings, every) for n in range(sources)],
        "kpis": [_kpi(n, sources) for n in range(KPIS)],
    }  # fmt: skip
    for name, body in files.items():
        (folder / f"{name}.yaml").write_text(json.dumps(body, ensure_ascii=False, indent=1), "utf-8")
    return folder


def _city() -> dict[str, Any]:
    return {
        "identity": {
            "centre": {"vi": "Đo tải", "en": "Load"},
            "city": {"vi": "Thành phố mô phỏng", "en": "Simulated city"},
        },
        "overview": [f"load-{n}" for n in range(KPIS)],
    }


def _station(n: int, sources: int) -> dict[str, Any]:
    across = max(1, round(sources**0.5))
    column, row = n % across, n // across
    return {
        "key": f"point-{n}",
        "name": {"vi": f"Điểm đo {n}", "en": f"Point {n}"},
        "kind": "load",
        "lon": round(_CENTRE[0] + _WIDTH[0] * (column / across - 0.5), 4),
        "lat": round(_CENTRE[1] + _WIDTH[1] * (row / across - 0.5), 4),
    }


def _source(n: int, base_url: str, readings: int, every: float) -> dict[str, Any]:
    return {
        "key": f"load-{n}",
        "name": {"vi": f"Nguồn tải {n}", "en": f"Load {n}"},
        "protocol": "http_json",
        "address": f"{base_url.rstrip('/')}/load/{n}",
        "every": f"{every:g}s",
        "deadline": f"{min(4.0, every):g}s",
        "age_limit": "2m",
        "owner": "mp-a",
        "licence": "mô phỏng",
        "simulated": True,
        "private": True,
        "series": [
            {"key": f"load-{n}-{k}", "name": {"vi": f"Số đo {k} của nguồn {n}", "en": f"Reading {k} of {n}"},
             "unit": "%", "range": [0, 100], "station": f"point-{n}"}
            for k in range(readings)
        ],
        "options": {
            "items": "values", "series": "{id}", "value": "value", "page_time": "time", "time_format": "unix_ms",
        },
    }  # fmt: skip


def _kpi(n: int, sources: int) -> dict[str, Any]:
    chosen = [f"load-{(n * KPI_SOURCES + k) % sources}-0" for k in range(min(KPI_SOURCES, sources))]
    return {
        "key": f"load-{n}",
        "name": {"vi": f"Trung bình nhóm {n}", "en": f"Mean of group {n}"},
        "short": {"vi": f"Nhóm {n}", "en": f"Group {n}"},
        "unit": "%",
        "decimals": 1,
        "formula": {"op": "mean", "inputs": chosen, "min_share": 0.8},
        "domain": "environment",
        "owner": "mp-a",
        "definition": {"vi": "Trung bình của các số đo mô phỏng", "en": "Mean of simulated readings"},
        "legal_basis": {"vi": "Không có (mô phỏng)", "en": "None (simulated)"},
        "version": "1",
        "cadence": "5s",
        "target": "<= 70",
    }
