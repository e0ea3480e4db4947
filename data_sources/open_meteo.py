"""Open-Meteo: weather, air quality and river discharge at points. What lies ahead of now is never a reading."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

import orjson
from pydantic import Field, model_validator

from data_sources._mapping import RequestOptions, RowOptions, options_of
from ioc.domain.base.failure import untyped
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.parsing import parse_number, parse_timestamp, placeholders
from ioc.domain.ingest.protocol import FetchContext, Payload, SourceError
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem
from ioc.domain.ingest.source import Source

# Their licence asks for both wherever the figures are shown.
ATTRIBUTION = ("Weather data by Open-Meteo.com", "https://open-meteo.com/")
_PATHS = {"weather": "/v1/forecast", "air_quality": "/v1/air-quality", "flood": "/v1/flood"}
_BLOCKS = ("current", "hourly", "daily")
_RIVER = "river_discharge"


class ForecastPoint(RowOptions):
    """A place that is asked for; `key` fills {point} in the series templates."""

    key: str = Field(pattern=r"^[a-z0-9-]+$")
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)


class Options(RequestOptions):
    """`variables` are asked in the product's usual block: current, for flood daily. Sums go under `hourly`."""

    product: Literal["weather", "air_quality", "flood"]
    points: tuple[ForecastPoint, ...] = Field(min_length=1, max_length=100)
    variables: dict[str, str] = {}
    current: dict[str, str] = {}
    hourly: dict[str, str] = {}
    daily: dict[str, str] = {}
    past_days: int = Field(0, ge=0, le=92)
    timezone: str = "Asia/Ho_Chi_Minh"

    @model_validator(mode="after")
    def _validate_templates(self) -> Self:
        templates = [one for block in self.blocks().values() for one in block.values()]
        if not templates:
            raise ConfigValueError(OptionCode.NO_VARIABLES)
        for template in templates:
            if set(placeholders(template)) - {"point"} or (len(self.points) > 1 and not placeholders(template)):
                raise ConfigValueError(OptionCode.POINT_PLACEHOLDER, series=template)
        return self

    def blocks(self) -> dict[str, Mapping[str, str]]:
        """Each block of the answer with its variables and their series templates."""
        usual = "daily" if self.product == "flood" else "current"
        given = {"current": self.current, "hourly": self.hourly, "daily": self.daily}
        return {name: ({**self.variables, **one} if name == usual else one) for name, one in given.items()}


async def fetch(source: Source, world: FetchContext) -> Payload:
    """One GET for all points. An address without a path gets the product's."""
    options = options_of(source, Options)
    address = source.address
    if address.rstrip("/").count("/") == 2:
        address = address.rstrip("/") + _PATHS[options.product]
    asked = {name: ",".join(variables) for name, variables in options.blocks().items() if variables}
    params = {
        "latitude": ",".join(f"{one.lat:g}" for one in options.points),
        "longitude": ",".join(f"{one.lon:g}" for one in options.points),
        "timezone": options.timezone,
        "forecast_days": "1",
        **asked,
        **({"past_days": str(options.past_days)} if options.past_days else {}),
    }
    return await options.get(source, world, address, params)


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """The values of each point up to now. A point that cannot be read is refused; the others go on."""
    options = options_of(source, Options)
    readings: list[Reading] = []
    refused: list[RejectedItem] = []
    for page in payload.pages:
        document = decode_json(page, orjson.loads)
        if isinstance(document, dict) and document.get("error"):
            raise SourceError(untyped(f"Open-Meteo says: {str(document.get('reason'))[:120]}"))
        answers = document if isinstance(document, list) else [document]
        if len(answers) != len(options.points):
            raise SourceError(untyped(f"{len(options.points)} points were asked for, {len(answers)} answered"))
        for point, answer in zip(options.points, answers, strict=True):
            for name, variables in options.blocks().items():
                if variables:
                    _read_block(answer, name, variables, point.key, now, readings, refused)
    return Batch(tuple(readings), tuple(refused))


def _read_block(
    answer: Any, name: str, variables: Mapping[str, str], point: str, now: datetime,
    readings: list[Reading], refused: list[RejectedItem],
) -> None:  # fmt: skip
    block = answer.get(name) if isinstance(answer, dict) else None
    times = block.get("time") if isinstance(block, dict) else None
    if not isinstance(block, dict) or times is None:
        refused.append(RejectedItem(f"{point}.{name}", untyped("the block or its times are missing")))
        return
    units = answer.get(f"{name}_units")
    for variable, template in variables.items():
        where = f"{point}.{name}.{variable}"
        unit = units.get(variable) if isinstance(units, dict) else None
        unit = unit[:40] if isinstance(unit, str) else ""
        series = template.replace("{point}", point)
        try:
            steps = _steps(times, block.get(variable), variable, _utc_offset(answer))
        except ValueError as error:
            refused.append(RejectedItem(where, untyped(str(error))))
            continue
        for n, (time, value) in enumerate(steps):
            _read_step(
                RejectedItem(f"{where}[{n}]", untyped(""), str(value)[:120]),
                series,
                time,
                value,
                unit,
                now,
                readings,
                refused,
            )


def _read_step(
    at: RejectedItem, series: str, time: datetime | str, value: Any, unit: str, now: datetime,
    readings: list[Reading], refused: list[RejectedItem],
) -> None:  # fmt: skip
    try:
        if isinstance(time, str):
            raise ValueError(time)
        if time <= now:
            readings.append(Reading(series, time, parse_number(value), unit))
    except ValueError as error:
        refused.append(RejectedItem(at.location, untyped(str(error)), at.sample))


def _utc_offset(answer: Mapping[str, Any]) -> timedelta:
    """How far the answer's bare times are from UTC."""
    offset = answer.get("utc_offset_seconds", 0)
    if isinstance(offset, bool) or not isinstance(offset, int) or abs(offset) > 64_800:
        raise ValueError("utc_offset_seconds is no offset")
    return timedelta(seconds=offset)


def _steps(times: Any, values: Any, variable: str, shift: timedelta) -> Iterator[tuple[datetime | str, Any]]:
    """Time and value of each step. Nulls at the end are what the model has not reached: left out."""
    if not isinstance(times, list):
        times, values = [times], [values]
    if not isinstance(values, list) or len(values) != len(times):
        raise ValueError("values are missing or are not as many as the times")
    if variable.startswith(_RIVER) and values and all(one in (0, None) for one in values):
        raise ValueError("discharge is zero throughout: the point lies beside the river, move it onto the river")
    end = max((n for n, one in enumerate(values, 1) if one is not None), default=0)
    return ((_time(time, shift), value) for time, value in zip(times[:end], values[:end], strict=True))


def _time(text: Any, shift: timedelta) -> datetime | str:
    try:
        local = parse_timestamp(text, "iso", ZoneInfo("UTC"))
        return (local - shift).astimezone(UTC)
    except (ValueError, OverflowError):
        return f"{str(text)[:40]!r} is not a time"
