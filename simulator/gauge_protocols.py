"""River gauges by KiWIS (getTimeseriesValues) and by WaterML 1.1."""

import re
from typing import Any
from xml.sax.saxutils import escape

from simulator.payloads import iso
from simulator.protocol_series import KIWIS_SERIES, WATERML_VARIABLES
from simulator.request import PathNotFoundError, SimulatedRequest, SimulatedResponse

_PERIOD = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")
_MAX_VALUES = 500  # of one time series in an answer
_GOOD_QUALITY = 40
_KIWIS_PARAMETERS = {"9001": ("Q", "Mực nước", "m"), "9002": ("P", "Mưa", "mm")}
_WATERML_SITE, _WATERML_PERIOD = "9101", 3 * 3600.0


def kiwis_answer(request: SimulatedRequest) -> Any:
    """getTimeseriesValues of /KiWIS; an error object for another request. PathNotFoundError for another path."""
    if request.path != "KiWIS":
        raise PathNotFoundError(request.path)
    query = request.query
    if query.get("request") != "getTimeseriesValues":
        return {"type": "error", "code": "InvalidParameterValue", "message": "unknown request"}
    columns = [name.strip() for name in query.get("returnfields", "Timestamp,Value").split(",")]
    ids = [ts_id for ts_id in query.get("ts_id", "").split(",") if ts_id]
    return [_kiwis_series(request, ts_id, columns) for ts_id in ids * request.copies]


def _kiwis_series(request: SimulatedRequest, ts_id: str, columns: list[str]) -> dict[str, Any]:
    if ts_id not in KIWIS_SERIES:
        return {"type": "error", "code": "DatasourceError", "message": f"no time series {ts_id}"}
    parameter, name, unit = _KIWIS_PARAMETERS[ts_id]
    rows = []
    for t, value in _values(request, KIWIS_SERIES[ts_id], _seconds(request.query.get("period", ""))):
        cells = {"Timestamp": iso(t + request.shift), "Value": value, "Quality Code": _GOOD_QUALITY}
        rows.append([cells.get(column) for column in columns])
    return {
        "ts_id": ts_id, "ts_name": "Cmd.Original", "station_no": "MP1", "station_name": "Trạm mô phỏng 1",
        "stationparameter_name": name, "parametertype_name": parameter, "ts_unitsymbol": unit,
        "rows": str(len(rows)), "columns": ",".join(columns), "data": rows,
    }  # fmt: skip


def _seconds(period: str) -> float:
    """Seconds of an ISO 8601 period of days, hours and minutes; 0 for the newest value only."""
    match = _PERIOD.fullmatch(period)
    days, hours, minutes = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    return days * 86_400.0 + hours * 3600 + minutes * 60


def _values(request: SimulatedRequest, series: str, seconds: float) -> list[tuple[float, float]]:
    """(time, value) of the observations of the last `seconds`, the newest one at least."""
    times, model = request.feed.observation_times, request.feed.series_models[series]
    newest = times.last(request.now)
    moments = [*times.between(newest - seconds, newest, 1)][-_MAX_VALUES:]
    return [(t, model.value_at(request.seed, t)) for t in (*moments, newest)]


def waterml_answer(request: SimulatedRequest) -> SimulatedResponse:
    """A timeSeriesResponse of /nwis/iv/ for the parameters of the query. PathNotFoundError for another path."""
    if request.path.strip("/") != "nwis/iv":
        raise PathNotFoundError(request.path)
    codes = [code for code in request.query.get("parameterCd", "").split(",") if code in WATERML_VARIABLES]
    series = "".join(_waterml_series(request, code) for code in codes * request.copies)
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<ns1:timeSeriesResponse xmlns:ns1="http://www.cuahsi.org/waterML/1.1/">{series}</ns1:timeSeriesResponse>'
    )
    return SimulatedResponse(xml.encode(), "text/xml")


def _waterml_series(request: SimulatedRequest, code: str) -> str:
    name = WATERML_VARIABLES[code]
    values = "".join(
        f'<ns1:value qualifiers="P" dateTime="{iso(t + request.shift)}">{value}</ns1:value>'
        for t, value in _values(request, name, _WATERML_PERIOD)
    )
    return (
        f'<ns1:timeSeries name="MP:{_WATERML_SITE}:{code}:00000">'
        "<ns1:sourceInfo><ns1:siteName>Trạm mô phỏng</ns1:siteName>"
        f'<ns1:siteCode network="NWIS" agencyCode="MP">{_WATERML_SITE}</ns1:siteCode></ns1:sourceInfo>'
        f'<ns1:variable><ns1:variableCode network="NWIS">{code}</ns1:variableCode><ns1:variableName>{escape(name)}'
        f"</ns1:variableName><ns1:unit><ns1:unitCode>{_unit(request, name)}</ns1:unitCode></ns1:unit>"
        f"<ns1:noDataValue>-999999.0</ns1:noDataValue></ns1:variable><ns1:values>{values}"
        f'<ns1:method methodID="1"/></ns1:values></ns1:timeSeries>'
    )


def _unit(request: SimulatedRequest, series: str) -> str:
    return escape(request.feed.series_models[series].unit)
