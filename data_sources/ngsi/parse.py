"""Readings from the entities of an answer or a notification."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import orjson

from data_sources._mapping import MAX_ITEMS, SeriesName, TimeReader, find, known_unit, options_of, unit_text
from data_sources._mapping.errors import MappingCode
from data_sources._mapping.named_units import unit_of_names
from data_sources._mapping.path_use import listed_fields
from data_sources._mapping.un_cefact import PIECES
from data_sources._mapping.webhook import parse_messages
from data_sources.ngsi.entity import AttributeValue, attributes, is_time, key_values, timed_values, without_time
from data_sources.ngsi.errors import NgsiCode
from data_sources.ngsi.options import AttributeOptions, Options
from data_sources.ngsi.representations import entities_of, list_length
from ioc.domain.base.failure import Failure
from ioc.domain.base.text import shorten
from ioc.domain.base.units import canonical_unit, is_count_unit, is_known_unit, is_same_unit, is_share, meant_unit
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.numbers import NumberReader
from ioc.domain.ingest.parsing import ParseCode, ParseError
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem, UnreadUnit, ValueName
from ioc.domain.ingest.source import Source
from ioc.domain.ingest.value_types import type_of

_TYPE_WORD = re.compile(r"[^\s,|;()]+")  # of a query for types: "A,B", "(A;B)|C"


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """The values of all entities. A value that cannot be read is rejected; the others are read."""
    options = options_of(source, Options)
    if options.push:
        return _counted(parse_messages(payload.pages, partial(_read_page, options=options), now), source)
    batches = options.read_times(
        lambda times: options.read_numbers(
            lambda numbers: [_read_entities(page, now, options, numbers, times) for page in payload.pages]
        )
    )
    readings = (reading for batch in batches for reading in batch.readings)
    rejected = (item for batch in batches for item in batch.rejected_items)
    return _counted(Batch(tuple(readings), (*rejected, *_truncation_notices(options, payload.pages))), source)


def _read_page(page: ResponsePage, now: datetime, options: Options) -> Batch:
    return options.read_times(
        lambda times: options.read_numbers(lambda numbers: _read_entities(page, now, options, numbers, times))
    )


def _read_entities(
    page: ResponsePage, now: datetime, options: Options, numbers: NumberReader, times: TimeReader
) -> Batch:
    readings: list[Reading] = []
    rejected: list[RejectedItem] = []
    for n, entity in enumerate(entities_of(decode_json(page, orjson.loads))):
        if n >= MAX_ITEMS or len(readings) + len(rejected) >= MAX_ITEMS:
            rejected.append(RejectedItem(f"[{n}]", Failure(IngestCode.ITEMS_LEFT_OUT, {"limit": MAX_ITEMS})))
            break
        _read_entity(entity, f"[{n}]", now, options, numbers, times, readings, rejected)
    return Batch(tuple(readings), tuple(rejected))


def _read_entity(
    entity: Any, location: str, now: datetime, options: Options, numbers: NumberReader, times: TimeReader,
    readings: list[Reading], rejected: list[RejectedItem],
) -> None:  # fmt: skip
    if not isinstance(entity, dict):
        rejected.append(RejectedItem(location, Failure(NgsiCode.NOT_AN_ENTITY, {"kind": type_of(entity)})))
        return
    values = attributes(entity)
    item = key_values(entity, values)
    if found := _other_type(item["type"], options.type):
        failure = Failure(NgsiCode.OTHER_TYPE, {"type": options.type, "found": shorten(found, 80)})
        rejected.append(RejectedItem(location, failure, shorten(str(item["id"]), 120)))
        return
    options.path_use.note([values], _has_attribute)
    sample, count = shorten(str(item["id"]), 120), len(readings) + len(rejected)
    sensor = options.sensor([("id", without_time(item["id"]))])
    for template, wanted in options.values.items():
        place = f"{location}.{wanted.attribute}"
        try:
            selected = _select_values(values, wanted)
            if len(selected) > 1 and (n := sum(value.time is None for value in selected)):
                raise ParseError(NgsiCode.TIMES_MISSING, n=n)
            series = _series_name(template, item, options) if selected else SeriesName("", "")
        except ParseError as error:
            rejected.append(RejectedItem(shorten(place, 120), error.failure, sample))
            continue
        for k, value in enumerate(selected):
            unread: tuple[Reading, ...] = ()
            try:
                observed = _observed_time(value, values, options, times) or now
                unread = (Reading(series.key, observed, None, name=series.name, sensor=sensor),)
                amount = numbers.amount(value.value, wanted.attribute)
                unit = amount.unit_beside(*_unit(value, options, wanted.unit), options.units)
                is_stated = bool(wanted.unit or amount.unit or unit[1])
                named = None if is_stated else _unit_of_name(template, wanted.attribute, unit[0], options)
                readings.append(unread[0].with_value(amount.number, *unit, named, text=amount.text))
            except ParseError as error:
                where = place if len(selected) == 1 else f"{place}[{k}]"
                rejected.append(RejectedItem(shorten(where, 120), error.failure, sample, unread))
    if count == len(readings) + len(rejected):
        reason = next(iter(options.unmatched_paths), None) or Failure(
            MappingCode.NO_VALUES, {"fields": listed_fields([values])}
        )
        names = ", ".join(values)  # the row may write one of them otherwise
        rejected.append(RejectedItem(location, reason, shorten(f"{names}; {sample}", 120)))


def _unit_of_name(template: str, attribute: str, unit: str, options: Options) -> UnreadUnit | None:
    """What the name of an attribute says where `units` of the row says `unit` of it, "" for none. Raises ParseError."""
    named = unit_of_names([ValueName(attribute, template, attribute)], options)
    if named and unit and is_known_unit(unit) and (named := named.beside(unit)).contradicts(unit):
        raise ParseError(named.failure(unit))
    return None if unit else named


def _series_name(template: str, item: dict[str, Any], options: Options) -> SeriesName:
    """The series of an entity. Raises ParseError; for a placeholder without a value it lists what the entity has."""
    try:
        return options.series_name(template, partial(find, item))
    except ParseError as error:
        if error.failure.code != ParseCode.SERIES_NAME_MISSING:
            raise
        field = str(error.failure.params["field"])
        fields = listed_fields([{name: value for name, value in item.items() if value is not None}], field)
        raise ParseError(NgsiCode.NAME_MISSING, field=field, fields=fields) from None


def _other_type(written: Any, wanted: str) -> str:
    """The types of an entity where none is of those that the row asks for; "" where one is, or none is written.

    A type may be written as an IRI in one place and as its last part in the other (NGSI-LD 5.2.6.4.1).
    """
    types = [one for one in (written if isinstance(written, list) else [written]) if isinstance(one, str) and one]
    asked = {_last_part(word) for word in _TYPE_WORD.findall(wanted)}
    return "" if not asked or asked & set(map(_last_part, types)) else ", ".join(types)


def _last_part(name: str) -> str:
    return re.split(r"[/#:]", name)[-1]


def _has_attribute(values: dict[str, list[AttributeValue]], attribute: str) -> bool:
    """Whether an entity has an attribute, or the one that a path into a structured value begins with."""
    return attribute in values or attribute.partition(".")[0] in values


def _unit(value: AttributeValue, options: Options, stated: str) -> tuple[str, bool | None]:
    """The unit that the broker names, else the `stated` one of the row; and whether it names one (None: the row does).

    Raises ParseError when it names two, or another share than is stated: fractions come with the code for percent.
    """
    code, text = unit_text(value.unit_code, "unitCode"), unit_text(value.unit_text, "unitText")
    if not (code or text):
        return options.unit_or(stated, "")
    try:
        named = _named_unit(code, text, options)
    except ParseError:
        if stated:
            return stated, None
        raise
    if stated and named in ("", PIECES):
        return stated, None
    if stated and is_share(stated) and is_share(named) and not is_same_unit(stated, named):
        raise ParseError(NgsiCode.SHARE_UNITS, unit=shorten(code or text, 40), stated=stated)
    return named, True


def _named_unit(code: str, text: str, options: Options) -> str:
    """The unit by its code, else by its text. Raises ParseError when both are known and differ."""
    unit = options.unit_of(code) if code else ""
    text = meant_unit(text, options.units) if text else ""  # a text is no code: GB is not gal/d
    if unit == PIECES and text and is_known_unit(text) and is_count_unit(canonical_unit(text)):
        return text
    return known_unit([unit, text])


def _counted(batch: Batch, source: Source) -> Batch:
    """`batch` with pieces as what their series counts: UN/CEFACT has no codes for vehicles or beds."""
    series = source.polled_series()

    def unit(reading: Reading) -> str:
        counted = series[reading.series].unit if reading.series in series else reading.unit
        return counted if reading.unit == PIECES and is_count_unit(canonical_unit(counted)) else reading.unit

    return replace(batch, readings=tuple(replace(reading, unit=unit(reading)) for reading in batch.readings))


def _select_values(values: dict[str, list[AttributeValue]], wanted: AttributeOptions) -> list[AttributeValue]:
    """The values of an attribute, several of a temporal representation; [] when the entity does not have it: a
    notification holds only what changed.
    """
    is_plain = wanted.attribute in values
    name, _, path = (wanted.attribute, "", "") if is_plain else wanted.attribute.partition(".")
    candidates = values.get(name, [])
    selected = [candidate for candidate in candidates if candidate.dataset == wanted.dataset]
    if candidates and not selected:
        known = shorten(", ".join(dict.fromkeys(candidate.dataset or "@none" for candidate in candidates)), 80)
        if wanted.dataset:
            raise ParseError(NgsiCode.DATASET_MISSING, known=known, wanted=shorten(wanted.dataset, 40))
        raise ParseError(NgsiCode.DEFAULT_DATASET_MISSING, known=known)
    if not path:
        return selected
    if any(not isinstance(value.value, dict) and value.value is not None for value in selected):
        raise ParseError(NgsiCode.NOT_STRUCTURED, attribute=name, path=shorten(wanted.attribute, 80))
    inner = (replace(value, value=_value_at(value.value, path)) for value in selected)
    return [point for value in inner for point in timed_values(value)]


def _value_at(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _observed_time(
    value: AttributeValue, values: dict[str, list[AttributeValue]], options: Options, reader: TimeReader
) -> datetime | None:
    """The time of a value: its own, or that of the time attribute; None when the row names no time attribute."""
    all_times = values.get(options.time, [])
    times = [time for time in all_times if time.dataset == value.dataset] or all_times
    if value.time is None and len(times) > 1:
        raise ParseError(NgsiCode.TIMES_MISSING, n=1)
    time = value.time or next((time.time or time.value for time in times), None)
    if time is None:
        if options.time:
            raise ParseError(_missing_time(values, options.time))
        return None
    return reader.time(time, "own" if value.time is not None else options.time)


def _missing_time(values: dict[str, list[AttributeValue]], attribute: str) -> Failure:
    """The failure of an entity without the time `attribute`; it names those that `time` could name."""
    found = [name for name, written in values.items() if any(one.time or is_time(one.value) for one in written)]
    if not found:
        return Failure(NgsiCode.NO_TIME, {"attribute": attribute})
    fields = listed_fields([dict.fromkeys(found)])
    return Failure(NgsiCode.TIME_MISSING, {"attribute": attribute, "fields": fields})


def _truncation_notices(options: Options, pages: tuple[ResponsePage, ...]) -> Iterator[RejectedItem]:
    read = len(pages) * options.limit
    is_limit_reached = len(pages) == options.pages
    total = pages[-1].total_items if pages else None
    if total is not None and total > read:
        yield RejectedItem(f"[{read}]", Failure(NgsiCode.PAGES_END, {"total": total, "read": read}))
    elif total is None and is_limit_reached and list_length(decode_json(pages[-1], orjson.loads)) >= options.limit:
        yield RejectedItem(f"[{read}]", Failure(NgsiCode.LAST_PAGE_FULL))
