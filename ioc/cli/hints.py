"""What `try` advises, in words that name only options which the protocol of the row has."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ioc.domain.base.yaml_text import in_yaml
from ioc.domain.ingest.parsing import placeholders
from ioc.domain.ingest.reading import Reading
from ioc.domain.ingest.source import Source

_ATTRIBUTE_UNIT = ("values.attribute", "values.unit")
_COLUMN_UNITS, _UNIT_OF_EACH = ("columns", "units"), ("values", "unit_path")
# By hint: texts of components/messages/commands.toml, each with the options that it names. The first whose options the
# protocol has is taken.
HINTS: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]] = {
    "units_assumed": (
        (("unit",), "units_assumed"),
        (_COLUMN_UNITS, "units_assumed_of_columns"),
        (_UNIT_OF_EACH, "units_assumed_of_each"),
        (_ATTRIBUTE_UNIT, "units_assumed_of_attributes"),
        ((), "units_assumed_plain"),
    ),
    "units_not_found": (
        (("unit",), "units_not_found"),
        (_COLUMN_UNITS, "units_not_found_of_columns"),
        (_UNIT_OF_EACH, "units_not_found_of_each"),
        (_ATTRIBUTE_UNIT, "units_not_found_of_attributes"),
        ((), "units_not_found_plain"),
    ),
    "shares": (
        (("unit",), "shares"),
        (_COLUMN_UNITS, "shares_of_columns"),
        (_UNIT_OF_EACH, "shares_of_each"),
        (_ATTRIBUTE_UNIT, "shares_of_attributes"),
        ((), "shares_plain"),
    ),
    "date_assumed": ((("day_first",), "date_assumed"), ((), "date_assumed_plain")),
    "zone_assumed": ((("zone",), "zone_assumed"), ((), "zone_assumed_plain")),
    "time_not_read": ((("time", "page_time"), "time_not_read"), ((), "time_not_stated")),
    "time_unread": ((("time", "page_time"), "time_unread"), ((), "time_not_stated")),
    "event_time_not_read": ((("events.time", "page_time"), "event_time_not_read"), ((), "time_not_stated")),
    "event_time_unread": ((("events.time", "page_time"), "event_time_unread"), ((), "time_not_stated")),
    "keys_too_long": (
        (("names",), "keys_too_long"),
        (("stations", "parameters"), "keys_too_long_of_stations"),
        ((), "keys_too_long_plain"),
    ),
    "list_time_not_read": ((("page_time",), "list_time_not_read"), ((), "list_time_not_stated")),
}


def hint_for(hint: str, options: Collection[str] | None) -> str:
    """The key of the text of `hint` for a protocol with these options; None: unknown."""
    choices = HINTS[hint]
    return choices[0][1] if options is None else next(key for named, key in choices if set(named) <= set(options))


def unit_example(options: Mapping[str, Any], series: Sequence[str] = (), key: str = "path") -> str:
    """How a row with these options states the unit of one value, or of the items of one name, with its own names.

    The value is one of the `series` that are meant. `key`: of the path of a value in the options. "…" stands for a unit
    or a name that its author knows.
    """
    values = options.get("values") or {options.get("series", ""): options.get("value", "")}
    entries = list(values.items()) if isinstance(values, Mapping) else [("", "")]
    meant = (entry for entry in entries if any(_may_give(str(entry[0]), key) for key in series))
    template, value = next(meant, entries[0])
    fields = placeholders(str(template))
    if fields and not options.get("values"):
        return "unit_path: " + in_yaml(f"{fields[-1]} == '…' && '…' || {_alternative(options.get('unit_path', ''))}")
    path = value.get(key, "") if isinstance(value, Mapping) else value
    return f'values: {{ "{template or "…"}": {{ {key}: {in_yaml(str(path or "…"))}, unit: … }} }}'


def unit_example_of(source: Source, series: Sequence[str]) -> str:
    """The example for one of these series of a source."""
    key = "attribute" if "values.attribute" in (source.advised_options or ()) else "path"
    return unit_example(source.options, series, key)


def possible_shares(readings: Iterable[Reading]) -> list[str]:
    """The series in % of which no value is above 1 and no answer names the unit: they may be shares, 0.15 for 15 %."""
    values: dict[str, float] = {}
    for one in readings:
        if one.value is not None and one.unit == "%" and not one.names_unit:
            values[one.series] = max(abs(one.value), values.get(one.series, 0.0))
    return [series for series, largest in values.items() if 0 < largest <= 1]


def has_columns_of_several_units(source: Source) -> bool:
    """Whether the rows of one column give series of several units, so that `units` of the column would be wrong."""
    series = source.polled_series().values()
    return any(
        len({one.unit for one in series if _may_give(template, one.key)}) > 1
        for template in source.options.get("columns", ())
    )


def _alternative(path: str) -> str:
    """The `unit_path` of a row as the last part of a longer one, which other items keep; '…' for none."""
    return f"({path})" if re.search(r"(?<!\|)\|(?!\|)", path) else path or "'…'"


def _may_give(template: str, key: str) -> bool:
    """Whether a series of this key may be one of the template."""
    pattern = re.escape(template)
    for field in placeholders(template):
        pattern = pattern.replace(re.escape(f"{{{field}}}"), ".+")
    return re.fullmatch(pattern, key) is not None
