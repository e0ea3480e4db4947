"""Prometheus: results of PromQL queries, now or over a range; labels name the series."""

import asyncio
import re
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any, Self

import orjson
from pydantic import Field, model_validator

from data_sources._http.concurrent_fetch import fetch_parts, refuse_failed
from data_sources._http.validators import forget
from data_sources._mapping import (
    MAX_ITEMS,
    RequestOptions,
    SensorOptions,
    Template,
    UnitName,
    check_templates,
    find,
    options_of,
    sample,
)
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.base.text import shorten
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.parsing import ParseError, parse_number, parse_timestamp
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem
from ioc.domain.ingest.source import Source

_MAX_STEPS = 11_000  # points of one series that Prometheus returns at most
_MAX_WARNINGS = 5
_MAX_QUOTED = 200  # characters of a message of Prometheus
_MODIFIERS = r"(?P<modifiers>(?:\s+offset\s+-?\w+|\s*@\s*(?:[\d.]+|start\(\)|end\(\)))*)"
_RANGE = re.compile(rf"\[(?P<range>[^\[\]]*)\]{_MODIFIERS}$")  # of samples; with a colon of steps
_TEXT = r"""\"(?:\\.|[^"\\])*\"|'(?:\\.|[^'\\])*'|`[^`]*`"""
_SELECTOR = re.compile(
    rf"(?=[\w:{{])(?P<samples>(?:[a-zA-Z_:][\w:]*)?(?:\s*\{{(?:{_TEXT}|[^{{}}\"'`])*\}})?){_MODIFIERS}", re.ASCII
)
_EXAMPLE_MINUTES = 2


class PrometheusCode(ErrorCode):
    """Why an answer or a sample of it cannot be read. Texts: components/messages/errors/prometheus.toml."""

    NOT_PROMETHEUS = "prometheus.not_prometheus"
    QUERY_FAILED = "prometheus.query_failed"  # external: Prometheus' message
    RESULT_TYPE = "prometheus.result_type"  # result_type
    NO_PLAIN_VALUE = "prometheus.no_plain_value"
    AS_OF_REQUEST = "prometheus.as_of_request"  # query; example: the query that gives the times of its samples
    AS_OF_STEPS = "prometheus.as_of_steps"  # query, example
    COMPUTED = "prometheus.computed"  # query


class Options(RequestOptions, SensorOptions):
    """`queries`: PromQL by series template, whose placeholders are labels. `units`: by template; `unit`: of the others.

    `minutes`: the range up to now over which the queries are evaluated, every `step` seconds; 0: now only. No query
    may end in a range of its own then.
    """

    queries: dict[Template, str] = Field(min_length=1, max_length=50)
    unit: UnitName = ""
    units: dict[str, UnitName] = {}
    minutes: int = Field(0, ge=0, le=44_640)
    step: int = Field(60, ge=1, le=86_400)

    @property
    def has_own_time(self) -> bool:
        """Whether every query gives the samples as they were scraped; other results have the time of the request."""
        return not self.minutes and all(map(_has_sample_times, self.queries.values()))

    @property
    def time_advice(self) -> Failure | None:
        """Why the values of a query have no time of their own; first of one that could give the times of its samples.

        Only samples have one, and only a plain selector can be queried for them.
        """
        computed: Failure | None = None
        for query in self.queries.values():
            if selector := _SELECTOR.fullmatch(query.strip()):
                code = PrometheusCode.AS_OF_STEPS if self.minutes else PrometheusCode.AS_OF_REQUEST
                minutes = self.minutes or _EXAMPLE_MINUTES
                example = f"{selector['samples']}[{minutes}m]{selector['modifiers']}"
                params = {"query": shorten(query, _MAX_QUOTED), "example": shorten(example, _MAX_QUOTED)}
                return Failure(code, params)
            if not _has_sample_times(query):
                computed = computed or Failure(PrometheusCode.COMPUTED, {"query": shorten(query, _MAX_QUOTED)})
        return computed

    @model_validator(mode="after")
    def _validate_queries(self) -> Self:
        if unknown := sorted(set(self.units) - set(self.queries)):
            raise ConfigValueError(OptionCode.UNIT_WITHOUT_QUERY, series=unknown[0])
        check_templates(self.queries)
        ranges = (query for query in self.queries.values() if self.minutes and _RANGE.search(query.strip()))
        if query := next(ranges, ""):
            raise ConfigValueError(OptionCode.RANGE_WITH_MINUTES, query=shorten(query, _MAX_QUOTED))
        if self.minutes * 60 > self.step * _MAX_STEPS:
            raise ConfigValueError(OptionCode.TOO_MANY_STEPS, limit=_MAX_STEPS)
        return self


def _has_sample_times(query: str) -> bool:
    """Whether it gives the samples as they were scraped; a subquery (`up[10m:1m]`) is evaluated at its steps."""
    found = _RANGE.search(query.strip())
    return found is not None and ":" not in found["range"]


async def fetch(source: Source, context: FetchContext) -> Payload:
    """One page for each query, with its series template as `address`. One that fails or hangs keeps back no other."""
    options, begun = options_of(source, Options), asyncio.get_running_loop().time()
    endpoint, range_params = "query", dict[str, str]()
    if options.minutes:
        now = int(context.now().timestamp())
        range_params = {"start": str(now - options.minutes * 60), "end": str(now), "step": str(options.step)}
        endpoint = "query_range"
    address = f"{source.address.rstrip('/')}/api/v1/{endpoint}"

    async def get(template: str) -> ResponsePage | None:
        payload = await options.get(source, context, address, {"query": options.queries[template], **range_params})
        return payload.pages[0] if payload.pages else None

    names = {template: template for template in options.queries}
    payload = await fetch_parts(source, context, names, begun, get, is_kept=not options.minutes)
    if options.minutes or payload.is_partial:  # each poll requests another range; an answer may be lost that came late
        forget(context.memory, address)
    return payload


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """A reading for each sample; invalid ones are rejected items. Raises SourceError when every query failed."""
    options = options_of(source, Options)
    readings: list[Reading] = []
    rejected: list[RejectedItem] = []
    errors: list[SourceError] = []
    for page in payload.pages:
        template = page.address if page.address in options.queries else next(iter(options.queries))
        try:
            _read_page(page, template, options, readings, rejected)
        except SourceError as error:
            errors.append(error)
            rejected.append(RejectedItem(shorten(template, 120), error.failure))
    if errors and len(errors) == len(payload.pages):
        raise errors[0]
    return Batch(tuple(readings), tuple(rejected))


def _read_page(
    page: ResponsePage, template: str, options: Options, readings: list[Reading], rejected: list[RejectedItem]
) -> None:
    data, warnings = _data_and_warnings(page)
    rejected += (
        RejectedItem(shorten(template, 120), Failure(IngestCode.SERVICE_MESSAGE, external=text)) for text in warnings
    )
    samples, sensor_of = _samples(data), object()
    sensor: tuple[tuple[str, str], ...] = ()
    for location, labels, pair in islice(samples, MAX_ITEMS):
        unread: tuple[Reading, ...] = ()
        if labels is not sensor_of:  # one for all samples of a series
            sensor_of, sensor = labels, options.sensor(labels.items() if isinstance(labels, dict) else ())
        try:
            unread = (_without_value(labels, pair, template, options, sensor),)
            value = parse_number(pair[1])
            unit = options.units.get(template, options.unit)
            readings.append(unread[0].with_value(value, unit))
        except ParseError as error:
            where = shorten(f"{template}: {location}", 120)
            rejected.append(RejectedItem(where, error.failure, sample(labels), unread))
    if next(samples, None):
        rejected.append(RejectedItem(shorten(template, 120), Failure(IngestCode.ITEMS_LEFT_OUT, {"limit": MAX_ITEMS})))


def _data_and_warnings(page: ResponsePage) -> tuple[dict[str, Any], list[str]]:
    """The data of an answer, and why they may be incomplete. Raises SourceError, with Prometheus' own message."""
    refuse_failed(page)
    answer = decode_json(page, orjson.loads)
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, dict) or answer.get("status") != "success":
        message = answer.get("error") if isinstance(answer, dict) else None
        if message:
            raise SourceError(PrometheusCode.QUERY_FAILED, external=shorten(str(message), _MAX_QUOTED))
        raise SourceError(PrometheusCode.NOT_PROMETHEUS)
    warnings = answer.get("warnings")
    listed = warnings[:_MAX_WARNINGS] if isinstance(warnings, list) else []
    return data, [shorten(str(text), _MAX_QUOTED) for text in listed]


def _samples(data: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """(location, labels, [time, value]) of a scalar, of each series of a vector, of each sample of a matrix."""
    result = data.get("result")
    if data.get("resultType") == "scalar":
        yield "scalar", {}, result
        return
    if data.get("resultType") not in ("vector", "matrix") or not isinstance(result, list):
        raise SourceError(PrometheusCode.RESULT_TYPE, result_type=shorten(str(data.get("resultType")), 20))
    for n, line in enumerate(result):
        line = line if isinstance(line, dict) else {}
        labels, values = line.get("metric"), line.get("values")
        for pair in values if isinstance(values, list) and values else [line.get("value")]:
            yield f"result[{n}]", labels, pair


def _without_value(
    labels: Any, pair: Any, template: str, options: Options, sensor: tuple[tuple[str, str], ...]
) -> Reading:
    """The series and the time of a sample. Raises ParseError."""
    if not isinstance(pair, list) or len(pair) != 2:
        raise ParseError(PrometheusCode.NO_PLAIN_VALUE)
    series = options.series_name(template, lambda path: find(labels, path))
    return Reading(series.key, parse_timestamp(pair[0], "unix"), None, name=series.name, sensor=sensor)
