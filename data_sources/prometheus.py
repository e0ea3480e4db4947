"""Prometheus: what PromQL finds now or over a range; the labels of each line name its series."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any, Self

import orjson
from pydantic import Field, model_validator

from data_sources._mapping import MAX_ITEMS, NameOptions, RequestOptions, Template, UnitName, find, options_of, sample
from ioc.domain.base.failure import untyped
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.parsing import parse_number, parse_timestamp
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem
from ioc.domain.ingest.source import Source

_MAX_STEPS = 11_000  # what Prometheus itself gives of one line at most


class Options(RequestOptions, NameOptions):
    """`queries`: series template -> PromQL; the template's holes are labels. `units` by template, else `unit` of all.

    With `minutes`, each query is asked over so many minutes up to now, a value every `step` seconds.
    """

    queries: dict[Template, str] = Field(min_length=1, max_length=50)
    unit: UnitName = ""
    units: dict[str, UnitName] = {}
    minutes: int = Field(0, ge=0, le=44_640)
    step: int = Field(60, ge=1, le=86_400)

    @model_validator(mode="after")
    def _validate_queries(self) -> Self:
        if unknown := sorted(set(self.units) - set(self.queries)):
            raise ConfigValueError(OptionCode.UNIT_WITHOUT_QUERY, series=unknown[0])
        if self.minutes * 60 > self.step * _MAX_STEPS:
            raise ConfigValueError(OptionCode.TOO_MANY_STEPS, limit=_MAX_STEPS)
        return self


async def fetch(source: Source, world: FetchContext) -> Payload:
    """One page for each query, whose `address` is the template that it is for."""
    options = options_of(source, Options)
    way, over = "query", dict[str, str]()
    if options.minutes:
        now = int(world.now().timestamp())
        over = {"start": str(now - options.minutes * 60), "end": str(now), "step": str(options.step)}
        way = "query_range"
    address = f"{source.address.rstrip('/')}/api/v1/{way}"
    pages: list[ResponsePage] = []
    for template, query in options.queries.items():
        payload = await options.get(source, world, address, {"query": query, **over})
        pages += [replace(page, address=template) for page in payload.pages]
    if options.minutes:
        world.memory.clear()  # each poll asks for another range: a proxy's marks of the old ones would only pile up
    return Payload(tuple(pages), is_unchanged=not pages)


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """Each sample a reading. A sample that is no number, or a query without an answer, is refused; others go on."""
    options = options_of(source, Options)
    readings: list[Reading] = []
    refused: list[RejectedItem] = []
    errors: list[SourceError] = []
    for page in payload.pages:
        template = page.address if page.address in options.queries else next(iter(options.queries))
        try:
            _read_page(page, template, options, readings, refused)
        except SourceError as error:
            errors.append(error)
            refused.append(RejectedItem(template[:120], error.failure))
    if errors and len(errors) == len(payload.pages):
        raise errors[0]
    return Batch(tuple(readings), tuple(refused))


def _read_page(
    page: ResponsePage, template: str, options: Options, readings: list[Reading], refused: list[RejectedItem]
) -> None:
    samples = _samples(_data(page))
    for where, labels, pair in islice(samples, MAX_ITEMS):
        try:
            readings.append(_reading(labels, pair, template, options))
        except ValueError as error:
            refused.append(RejectedItem(f"{template}: {where}"[:120], untyped(str(error)), sample(labels)))
    if next(samples, None):
        refused.append(RejectedItem(template[:120], untyped(f"more than {MAX_ITEMS} values: the rest was left out")))


def _data(page: ResponsePage) -> dict[str, Any]:
    """The answer's data. SourceError, with Prometheus' own words, when it has none."""
    answer = decode_json(page, orjson.loads)
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, dict) or answer.get("status") != "success":
        said = answer.get("error") if isinstance(answer, dict) else None
        raise SourceError(
            untyped(f"the query failed: {str(said)[:200]}" if said else "the answer is not one of Prometheus")
        )
    return data


def _samples(data: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """(where, labels, [time, value]) of a scalar, of a line's newest sample, or of each sample of a line."""
    result = data.get("result")
    if data.get("resultType") == "scalar":
        yield "scalar", {}, result
        return
    if data.get("resultType") not in ("vector", "matrix") or not isinstance(result, list):
        raise SourceError(untyped(f"the query brings a {str(data.get('resultType'))[:20]}, not values over time"))
    for n, line in enumerate(result):
        line = line if isinstance(line, dict) else {}
        labels, values = line.get("metric"), line.get("values")
        for pair in values if isinstance(values, list) and values else [line.get("value")]:
            yield f"result[{n}]", labels, pair


def _reading(labels: Any, pair: Any, template: str, options: Options) -> Reading:
    """ValueError says why it is none. Values are text; NaN and the infinities are no values."""
    if not isinstance(pair, list) or len(pair) != 2:
        raise ValueError("there is no plain value: histograms are read by a query that makes one of them")
    series = options.series_key(template, lambda hole: find(labels, hole))
    return Reading(
        series, parse_timestamp(pair[0], "unix"), parse_number(pair[1]), options.units.get(template, options.unit)
    )
