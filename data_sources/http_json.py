"""HTTP JSON of any shape: the row says by JMESPath where items, series, time, value and unit lie."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

import jmespath
import orjson
from jmespath.exceptions import JMESPathError
from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from domain.answer import json_of
from domain.feed import Payload, SourceError, World
from domain.reading import Batch, Reading, Refused
from domain.source import Source
from domain.units import known
from domain.wire import fill, holes, moment, number, slug

MOST_ITEMS = 20_000
# What an expression of the row may raise over an answer of the wrong shape.
_WRONG_SHAPE = (JMESPathError, TypeError, ValueError, LookupError, ArithmeticError, RecursionError)


class Value(BaseModel):
    """One of several values of an item, with a unit of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    path: str
    unit: str = ""
    unit_path: str = ""


class Options(BaseModel):
    """The mapping. Holes of a series template are JMESPath on the item; with `each`, `parent` is the outer item."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    items: str = "@"
    each: str = ""
    series: str = ""
    value: str = ""
    values: dict[str, str | Value] = {}
    names: dict[str, str] = {}
    time: str = ""
    page_time: str = ""
    time_format: str = "iso"
    zone: str = "Asia/Ho_Chi_Minh"
    unit: str = ""
    unit_path: str = ""
    decimal: Literal[".", ","] = "."
    missing: tuple[float | str, ...] = ()
    headers: dict[str, str] = {}
    params: dict[str, str] = {}

    @field_validator("items", "each", "value", "time", "page_time", "unit_path")
    @classmethod
    def _expression(cls, text: str) -> str:
        return _compiles(text)

    @field_validator("zone")
    @classmethod
    def _zone(cls, text: str) -> str:
        try:
            ZoneInfo(text)
        except (LookupError, ValueError, OSError):
            raise ValueError(f"{text!r} is no time zone; right would be Asia/Ho_Chi_Minh or UTC") from None
        return text

    @field_validator("unit")
    @classmethod
    def _unit(cls, text: str) -> str:
        return known(text) if text else text

    @field_validator("time_format")
    @classmethod
    def _form(cls, text: str) -> str:
        if text not in ("iso", "unix", "unix_ms") and "%" not in text:
            raise ValueError("time_format is iso, unix, unix_ms or a pattern such as %H:%M:%S %d/%m/%Y")
        return text

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if bool(self.values) == bool(self.series and self.value):
            raise ValueError("give either series and value, or values {series: path}")
        for template, value in self.every().items():
            for text in (*holes(template), value.path, value.unit_path):
                _compiles(text)
        return self

    def every(self) -> dict[str, Value]:
        """Each series template with its value."""
        several = self.values or {self.series: self.value}
        return {
            template: one if isinstance(one, Value) else Value(path=one, unit=self.unit, unit_path=self.unit_path)
            for template, one in several.items()
        }


def _compiles(text: str) -> str:
    try:
        if text:
            jmespath.compile(text)
    except JMESPathError as error:
        raise ValueError(f"{text!r} is not JMESPath: {str(error).splitlines()[0]}") from None
    return text


@dataclass(frozen=True, slots=True)
class _Plan:
    """A row's options made ready once: parsing them at each poll would cost more than the answer."""

    options: Options
    zone: ZoneInfo
    values: tuple[tuple[str, Value], ...]


_ready: dict[str, tuple[Mapping[str, Any], _Plan]] = {}


def _plan(source: Source) -> _Plan:
    held = _ready.get(source.key)
    if held is None or held[0] is not source.options:
        options = Options.model_validate(dict(source.options))
        held = (source.options, _Plan(options, ZoneInfo(options.zone), tuple(options.every().items())))
        _ready[source.key] = held
    return held[1]


async def fetch(source: Source, world: World) -> Payload:
    """One GET with the row's headers and params."""
    options = _plan(source).options
    page = await world.get(source, source.address, params=options.params, headers=options.headers)
    return Payload(unchanged=True) if page is None else Payload((page,))


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """Each item's values. An item that cannot be read is refused; the others go on."""
    plan = _plan(source)
    readings: list[Reading] = []
    refused: list[Refused] = []
    for page in payload.pages:
        document = json_of(page, orjson.loads)
        fallback = _page_time(document, plan, now)
        for n, item in enumerate(_items(document, plan.options)):
            if n >= MOST_ITEMS:
                refused.append(Refused(f"items[{n}]", f"more than {MOST_ITEMS} items: the rest was left out"))
                break
            _take(item, f"items[{n}]", plan, fallback, readings, refused)
    return Batch(tuple(readings), tuple(refused))


@lru_cache(4096)
def _compiled(path: str) -> Any:
    return jmespath.compile(path)


def _find(item: Any, path: str) -> Any:
    try:
        return _compiled(path).search(item)
    except _WRONG_SHAPE as error:
        raise ValueError(f"{path} cannot be read here: {str(error)[:80]}") from None


def _page_time(document: Any, plan: _Plan, now: datetime) -> datetime | None:
    """The time of items that have none; None when an item must have its own."""
    options = plan.options
    if not options.page_time:
        return None if options.time else now
    try:
        return moment(_find(document, options.page_time), options.time_format, plan.zone)
    except ValueError as error:
        raise SourceError(f"{options.page_time}: {error}") from None


def _items(document: Any, options: Options) -> Iterator[Any]:
    try:
        found = _find(document, options.items)
    except ValueError as error:
        raise SourceError(str(error)) from None
    if found is None:
        raise SourceError(f"nothing lies at {options.items}")
    outer = found if isinstance(found, list) else [found]
    return _inner(outer, options.each) if options.each else iter(outer)


def _inner(outer: list[Any], each: str) -> Iterator[Any]:
    for parent in outer:
        try:
            children = _find(parent, each)
        except ValueError:
            children = None
        for child in children if isinstance(children, list) else [children]:
            yield {**child, "parent": parent} if isinstance(child, dict) else {"value": child, "parent": parent}


def _take(
    item: Any, where: str, plan: _Plan, fallback: datetime | None, readings: list[Reading], refused: list[Refused]
) -> None:
    options = plan.options
    try:
        observed = _observed(item, plan, fallback)
    except ValueError as error:
        refused.append(Refused(where, str(error), _sample(item)))
        return
    for template, value in plan.values:
        try:
            raw = fill(template, partial(_find, item))
            series = options.names.get(raw) or slug(raw)
            amount = number(_find(item, value.path), options.decimal, options.missing)
            unit = _find(item, value.unit_path) if value.unit_path else value.unit
            readings.append(Reading(series, observed, amount, unit.strip()[:40] if isinstance(unit, str) else ""))
        except ValueError as error:
            refused.append(Refused(f"{where}.{value.path}", str(error), _sample(item)))


def _observed(item: Any, plan: _Plan, fallback: datetime | None) -> datetime:
    found = _find(item, plan.options.time) if plan.options.time else None
    if fallback is not None and found in (None, ""):
        return fallback
    return moment(found, plan.options.time_format, plan.zone)


def _sample(item: Any) -> str:
    if isinstance(item, dict):
        item = {key: value for key, value in item.items() if key != "parent"}
    try:
        return str(item)[:120]
    except RecursionError:
        return ""
