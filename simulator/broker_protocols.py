"""NGSI-LD entities of a context broker, OpenAQ v3, and the HTTP API of Prometheus."""

import re
from datetime import UTC, datetime
from typing import Any

import orjson

from simulator.payloads import iso, newest_values
from simulator.protocol_series import AIR_STATIONS, INSTANCES, OPENAQ_STATION
from simulator.request import PathNotFoundError, SimulatedRequest, SimulatedResponse

_ENTITY_TYPE = "AirQualityObserved"
_SELECTOR = re.compile(r"(node_load1|up)(?:\[(\d+)([smh])\])?")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_OPENAQ_SENSORS = {"openaq-pm25": (2, "pm25", "PM2.5"), "openaq-no2": (5, "no2", "NO₂")}


def ngsi_answer(request: SimulatedRequest) -> SimulatedResponse:
    """A page of /ngsi-ld/v1/entities in normalized form, with the total in a header. ValueError for a wrong page."""
    if request.path != "ngsi-ld/v1/entities":
        raise PathNotFoundError(request.path)
    entities = [_entity(request, station) for station in AIR_STATIONS] * request.copies
    if request.query.get("type", _ENTITY_TYPE) != _ENTITY_TYPE:
        entities = []
    limit, offset = int(request.query.get("limit", "20")), int(request.query.get("offset", "0"))
    headers = {"NGSILD-Results-Count": str(len(entities))} if request.query.get("count") == "true" else {}
    return SimulatedResponse(orjson.dumps(entities[offset : offset + limit]), "application/json", headers)


def _entity(request: SimulatedRequest, station: str) -> dict[str, Any]:
    t, values = newest_values(request.feed, request.seed, request.now)
    observed = _utc(t + request.shift)

    def attribute(value: float, unit_code: str) -> dict[str, Any]:
        return {"type": "Property", "value": value, "unitCode": unit_code, "observedAt": observed}

    return {
        "id": f"urn:ngsi-ld:{_ENTITY_TYPE}:{station}",
        "type": _ENTITY_TYPE,
        "dateObserved": {"type": "Property", "value": {"@type": "DateTime", "@value": observed}},
        "pm25": attribute(values[f"ngsi-pm25-{station}"], "GQ"),
        "relativeHumidity": attribute(values[f"ngsi-humidity-{station}"] / 100, "C62"),
    }


def _utc(t: float) -> str:
    return datetime.fromtimestamp(t, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def openaq_answer(request: SimulatedRequest) -> Any:
    """/v3/locations and /v3/locations/<id>/sensors. PathNotFoundError for another path."""
    match request.path:
        case "v3/locations":
            results = [{"id": OPENAQ_STATION, "name": "Trạm mô phỏng"}]
        case path if path == f"v3/locations/{OPENAQ_STATION}/sensors":
            results = [_sensor(request, n, series) for n, series in enumerate(_OPENAQ_SENSORS, 1)] * request.copies
        case _:
            raise PathNotFoundError(request.path)
    return {"meta": {"name": "openaq-api", "page": 1, "limit": 100, "found": len(results)}, "results": results}


def _sensor(request: SimulatedRequest, number: int, series: str) -> dict[str, Any]:
    (parameter, name, display), (t, values) = (
        _OPENAQ_SENSORS[series],
        newest_values(request.feed, request.seed, request.now),
    )
    unit = request.feed.series_models[series].unit
    observed = {"utc": _utc(t + request.shift), "local": iso(t + request.shift)}
    return {
        "id": number,
        "name": f"{name} {unit}",
        "parameter": {"id": parameter, "name": name, "units": unit, "displayName": display},
        "latest": {"datetime": observed, "value": values[series]},
    }


def prometheus_answer(request: SimulatedRequest) -> Any:
    """/api/v1/query of node_load1 and up, as an instant or a range vector. ValueError for another expression."""
    if request.path != "api/v1/query":
        raise PathNotFoundError(request.path)
    selector = _SELECTOR.fullmatch(request.query.get("query", "").strip())
    if selector is None:
        raise ValueError("the expression is not supported: node_load1 or up, with a range or without")
    metric, count, unit = selector.groups()
    result = [
        {"metric": labels, **_samples(request, series, int(count or 0) * _SECONDS.get(unit or "", 0))}
        for labels, series in _vector(metric)
    ]
    data = {"resultType": "matrix" if count else "vector", "result": result * request.copies}
    return {"status": "success", "data": data}


def _vector(metric: str) -> list[tuple[dict[str, str], str]]:
    """(labels, series) of each time series of a metric."""
    if metric == "up":
        return [({"__name__": "up", "job": "portal", "instance": "portal:443"}, "prometheus-up-portal")]
    return [
        ({"__name__": metric, "job": "node", "instance": instance}, f"prometheus-load-{instance}")
        for instance in INSTANCES
    ]


def _samples(request: SimulatedRequest, series: str, seconds: int) -> dict[str, Any]:
    """The samples of the last `seconds`; with 0 the newest one, which has the time of the request."""
    times, model = request.feed.observation_times, request.feed.series_models[series]
    newest = times.last(request.now)
    if not seconds:
        return {"value": [request.now + request.shift, str(model.value_at(request.seed, newest))]}
    moments = (*times.between(request.now - seconds, newest, 1), newest)
    return {"values": [[t + request.shift, str(model.value_at(request.seed, t))] for t in moments]}
