"""Open-Meteo: weather, air quality and river discharge at points. Values of the future are not readings."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Literal, Self

import orjson
from pydantic import Field, model_validator

from data_sources._mapping import RequestOptions, RowOptions, Template, UnitOptions, options_of
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.base.text import shorten
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.parsing import ParseError, parse_number, parse_timestamp, placeholders
from ioc.domain.ingest.protocol import FetchContext, Payload, SourceError
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem
from ioc.domain.ingest.source import Source

# The licence demands both wherever the figures are shown.
ATTRIBUTION = ("Weather data by Open-Meteo.com", "https://open-meteo.com/")
_PATHS = {"weather": "/v1/forecast", "air_quality": "/v1/air-quality", "flood": "/v1/flood", "archive": "/v1/archive"}
_DEFAULT_BLOCKS = {"flood": "daily", "archive": "hourly"}
_RIVER = "river_discharge"
_MAX_OFFSET_SECONDS = 64_800
_MAX_QUOTED = 120  # characters of a message of the service
# The answer names the cell of the model's grid: of 0.4° in the coarsest global models, and a neighbouring one where the
# service prefers a cell on land or on a river.
_MAX_DISTANCE_DEGREES = 0.5


class OpenMeteoCode(ErrorCode):
    """Why an answer or a variable of it cannot be read. Texts: components/messages/errors/open_meteo.toml."""

    POINTS_MISMATCH = "open_meteo.points_mismatch"  # asked, answered: how many
    BLOCK_MISSING = "open_meteo.block_missing"
    VARIABLE_MISSING = "open_meteo.variable_missing"  # variable
    VALUES_MISMATCH = "open_meteo.values_mismatch"
    POINT_OFF_RIVER = "open_meteo.point_off_river"
    INVALID_OFFSET = "open_meteo.invalid_offset"
    POINT_ELSEWHERE = "open_meteo.point_elsewhere"  # lat, lon; answered_lat, answered_lon; limit: degrees


class ForecastPoint(RowOptions):
    """A location; `key` fills {point} in the series templates."""

    key: str = Field(pattern=r"^[a-z0-9-]+$")
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)


class Options(RequestOptions, UnitOptions):
    """Variables with their series templates by block; `variables`: in current, of flood in daily, of archive in hourly.

    `past_days`: days before today that are requested.
    """

    product: Literal["weather", "air_quality", "flood", "archive"]
    points: tuple[ForecastPoint, ...] = Field(min_length=1, max_length=100)
    variables: dict[str, Template] = {}
    current: dict[str, Template] = {}
    hourly: dict[str, Template] = {}
    daily: dict[str, Template] = {}
    past_days: int = Field(0, ge=0, le=92)
    timezone: str = "Asia/Ho_Chi_Minh"

    @model_validator(mode="after")
    def _validate_templates(self) -> Self:
        templates = [template for block in self.blocks().values() for template in block.values()]
        if not templates:
            raise ConfigValueError(OptionCode.NO_VARIABLES)
        self._check_unique()
        for template in templates:
            if set(placeholders(template)) - {"point"} or (len(self.points) > 1 and not placeholders(template)):
                raise ConfigValueError(OptionCode.POINT_PLACEHOLDER, series=template)
        return self

    def _check_unique(self) -> None:
        """Raises ConfigValueError when two variables, or two points, would give the same series."""
        points: set[str] = set()
        for point in self.points:
            if point.key in points:
                raise ConfigValueError(OptionCode.POINT_TWICE, point=point.key)
            points.add(point.key)
        variables: dict[str, str] = {}
        for block in self.blocks().values():
            for variable, template in block.items():
                first = variables.setdefault(template, variable)
                if first != variable:
                    raise ConfigValueError(
                        OptionCode.NAMES_OF_ONE_SERIES, first=first, second=variable, series=template
                    )

    def blocks(self) -> dict[str, Mapping[str, str]]:
        """The blocks of the answer: {block: {variable: series template}}."""
        default = _DEFAULT_BLOCKS.get(self.product, "current")
        blocks = {"current": self.current, "hourly": self.hourly, "daily": self.daily}
        return {name: {**self.variables, **block} if name == default else block for name, block in blocks.items()}

    def days(self, now: datetime) -> dict[str, str]:
        """The parameters for the days that are requested. The archive wants dates, none that has not begun in UTC."""
        if self.product == "archive":
            today = now.astimezone(UTC).date()
            start = today - timedelta(days=self.past_days)
            return {"start_date": start.isoformat(), "end_date": today.isoformat()}
        return {"forecast_days": "1", **({"past_days": str(self.past_days)} if self.past_days else {})}


async def fetch(source: Source, context: FetchContext) -> Payload:
    """One GET for all points. An address without a path gets that of the product."""
    options = options_of(source, Options)
    address = source.address
    if address.rstrip("/").count("/") == 2:
        address = address.rstrip("/") + _PATHS[options.product]
    variables = {name: ",".join(block) for name, block in options.blocks().items() if block}
    params = {
        "latitude": ",".join(f"{point.lat:g}" for point in options.points),
        "longitude": ",".join(f"{point.lon:g}" for point in options.points),
        "timezone": options.timezone,
        **options.days(context.now()),
        **variables,
    }
    return await options.get(source, context, address, params)


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """The values of each point up to `now`; invalid ones are rejected items. Raises SourceError."""
    options = options_of(source, Options)
    readings: list[Reading] = []
    rejected: list[RejectedItem] = []
    gap_marks = 0
    for page in payload.pages:
        document = decode_json(page, orjson.loads)
        if isinstance(document, dict) and document.get("error"):
            raise SourceError(IngestCode.SERVICE_MESSAGE, external=shorten(str(document.get("reason")), _MAX_QUOTED))
        answers = document if isinstance(document, list) else [document]
        if len(answers) != len(options.points):
            raise SourceError(OpenMeteoCode.POINTS_MISMATCH, asked=len(options.points), answered=len(answers))
        for point, answer in zip(options.points, answers, strict=True):
            if failure := _check_place(point, answer):
                rejected.append(RejectedItem(point.key, failure))
                continue
            for name, variables in options.blocks().items():
                if variables:
                    gap_marks += _read_block(answer, name, point.key, options, now, readings, rejected)
    return Batch(tuple(readings), tuple(rejected), gap_mark_count=gap_marks)


def _check_place(point: ForecastPoint, answer: Any) -> Failure | None:
    """That the answer is for another place than `point`; None also when it names no place."""
    try:
        lat, lon = (parse_number(answer.get(name)) for name in ("latitude", "longitude"))
    except (AttributeError, ParseError):
        return None
    if lat is None or lon is None:
        return None
    distance = max(abs(lat - point.lat), abs((lon - point.lon + 180) % 360 - 180))
    if distance <= _MAX_DISTANCE_DEGREES:
        return None
    params = {"lat": point.lat, "lon": point.lon, "answered_lat": lat, "answered_lon": lon}
    return Failure(OpenMeteoCode.POINT_ELSEWHERE, {**params, "limit": _MAX_DISTANCE_DEGREES})


def _read_block(
    answer: Any, name: str, point: str, options: Options, now: datetime,
    readings: list[Reading], rejected: list[RejectedItem],
) -> int:  # fmt: skip
    """Read the values of a block. Returns how many nulls up to `now` only mark the end of the values before them."""
    block = answer.get(name) if isinstance(answer, dict) else None
    times = block.get("time") if isinstance(block, dict) else None
    if not isinstance(block, dict) or times is None:
        rejected.append(RejectedItem(f"{point}.{name}", Failure(OpenMeteoCode.BLOCK_MISSING)))
        return 0
    gap_marks = 0
    units = answer.get(f"{name}_units")
    for variable, template in options.blocks()[name].items():
        location = f"{point}.{name}.{variable}"
        series = template.replace("{point}", point)
        if variable not in block:
            rejected.append(RejectedItem(location, Failure(OpenMeteoCode.VARIABLE_MISSING, {"variable": variable})))
            continue
        try:
            steps = _steps(times, block.get(variable), variable)
            zone = _zone(answer)
            unit = _unit(options, units, name, variable)
        except ParseError as error:
            rejected.append(RejectedItem(location, error.failure))
            continue
        end = _end(value for _, value in steps)
        for n, (time_text, value) in enumerate(steps):
            unread: tuple[Reading, ...] = ()
            try:
                time = parse_timestamp(time_text, zone=zone)
                if time <= now and n >= end:
                    gap_marks += 1
                elif time <= now:
                    unread = (Reading(series, time, None),)
                    readings.append(unread[0].with_value(parse_number(value), unit, names_unit=True))
            except ParseError as error:
                rejected.append(RejectedItem(f"{location}[{n}]", error.failure, shorten(str(value), 120), unread))
    return gap_marks


def _end(values: Iterable[Any]) -> int:
    """Where the nulls at the end begin, which the model has not reached; without any value all are the service's."""
    values = list(values)
    return max((n for n, value in enumerate(values, 1) if value is not None), default=len(values))


def _unit(options: Options, units: Any, block: str, variable: str) -> str:
    """The unit of a variable; "" for an index, of which the service itself writes that it has none."""
    written = units.get(variable) if isinstance(units, dict) else None
    return options.unit_of("") if written == "" else options.unit_at(written, f"{block}_units.{variable}")


def _zone(answer: Mapping[str, Any]) -> timezone:
    """The zone of the answer's times, which name none."""
    offset = answer.get("utc_offset_seconds")
    if isinstance(offset, bool) or not isinstance(offset, int) or abs(offset) > _MAX_OFFSET_SECONDS:
        raise ParseError(OpenMeteoCode.INVALID_OFFSET)
    return timezone(timedelta(seconds=offset))


def _steps(times: Any, values: Any, variable: str) -> list[tuple[Any, Any]]:
    """Time, as written, and value of each step."""
    if not isinstance(times, list):
        times, values = [times], [values]
    if not isinstance(values, list) or len(values) != len(times):
        raise ParseError(OpenMeteoCode.VALUES_MISMATCH)
    if variable.startswith(_RIVER) and values and all(value in (0, None) for value in values):
        raise ParseError(OpenMeteoCode.POINT_OFF_RIVER)
    return list(zip(times, values, strict=True))
