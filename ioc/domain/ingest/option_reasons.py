"""Reasons that name options of the row, in other words where the protocol does not have these options."""

from collections.abc import Collection, Mapping

from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.base.units import UnitCode
from ioc.domain.events.validation import EventCode
from ioc.domain.ingest.decoding import DecodingCode
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.reading import ValidationCode


class PlainCode(ErrorCode):
    """Reasons without an option that a protocol lacks. Texts: components/messages/errors/plain.toml.

    Each has the parameters of the code whose place it takes.
    """

    NOT_A_NUMBER = "plain.not_a_number"  # text
    BOOLEAN = "plain.boolean"  # text
    NUMBER_TOO_LARGE = "plain.number_too_large"
    TIME_MISSING = "plain.time_missing"
    NOT_A_FEED_TIME = "plain.not_a_feed_time"  # text
    TIME_OF_DAY_MISSING = "plain.time_of_day_missing"  # text
    ZONE_MISSING = "plain.zone_missing"  # text
    ZONE_NOT_SET = "plain.zone_not_set"  # text
    EPOCH_UNIT = "plain.epoch_unit"  # text, declared, other
    SERIES_NAME_MISSING = "plain.series_name_missing"  # field
    TIME_WITHOUT_ZONE = "plain.time_without_zone"
    TIME_AHEAD = "plain.time_ahead"  # time
    CLOCK_AHEAD_HOURS = "plain.clock_ahead_hours"  # n
    SERIES_NOT_IN_ROW = "plain.series_not_in_row"
    NAMES_OF_ONE_SERIES = "plain.names_of_one_series"  # first, second, series
    ROW_NAMES_OF_ONE_SERIES = "plain.row_names_of_one_series"  # first, second, series: of a table
    SENSORS_OF_ONE_SERIES = "plain.sensors_of_one_series"  # field, first, second, series
    ROWS_OF_ONE_SERIES = "plain.rows_of_one_series"  # field: a heading; first, second, series
    ATTRIBUTE_UNIT_MISSING = "plain.attribute_unit_missing"  # unit
    UNIT_MISSING = "plain.unit_missing"  # unit
    ATTRIBUTE_UNIT_IN_NAME = "plain.attribute_unit_in_name"  # name, template, path, unit, other
    COLUMN_UNIT_IN_NAME = "plain.column_unit_in_name"  # name: a heading; template, path, unit, other
    COLUMN_UNIT_EMPTY = "plain.column_unit_empty"  # heading
    OUT_OF_RANGE_OF_EACH = "plain.out_of_range_of_each"  # value, low, high, unit
    UNIT_UNREAD_AROUND_EACH = "plain.unit_unread_around_each"  # path, unit, other
    UNIT_OF_ROW_CONTRADICTED_EACH = "plain.unit_of_row_contradicted_each"  # unit, path, other
    ATTRIBUTE_UNITS_DIFFER = "plain.attribute_units_differ"  # first, second
    UNITS_DIFFER = "plain.units_differ"  # first, second
    NOTHING_AT_PATH = "plain.nothing_at_path"  # path
    LIST_MISSING = "plain.list_missing"  # item, path
    ATTRIBUTE_OUT_OF_RANGE = "plain.attribute_out_of_range"  # value, low, high, unit
    OUT_OF_RANGE = "plain.out_of_range"  # value, low, high, unit
    UNIT_UNKNOWN = "plain.unit_unknown"  # unit
    UNIT_OF_OTHER_QUANTITY = "plain.unit_of_other_quantity"  # unit, other
    NOT_COORDINATES = "plain.not_coordinates"
    EVENT_ID = "plain.event_id"  # limit
    STATES_DIFFER = "plain.states_differ"  # key, time, first, second, fields
    PLACE_UNKNOWN = "plain.place_unknown"  # place
    PLACE_NAMED = "plain.place_named"  # place, unit, name
    EVENT_TITLE = "plain.event_title"
    EMPTY = "plain.empty"
    LIST_CUT = "plain.list_cut"  # read, total
    LIST_CONTINUES = "plain.list_continues"  # read
    MESSAGE_LIST_CUT = "plain.message_list_cut"  # read, total
    MESSAGE_LIST_CONTINUES = "plain.message_list_continues"  # read
    GEOMETRY_TYPE_MISSING = "plain.geometry_type_missing"  # fields


_Choices = tuple[tuple[tuple[str, ...], str], ...]


def _unless(options: tuple[str, ...], code: str, plain: str) -> dict[str, _Choices]:
    """That `plain` takes the place of `code` in protocols without one of the `options` that it names."""
    return {str(code): ((options, code), ((), plain))}


def _of_either(options: tuple[str, ...], code: str, plain: str) -> _Choices:
    """As `_unless`, where one of the `options`, which the text does not tell apart, is enough."""
    return (*(((option,), code) for option in options), ((), plain))


_UNIT_OF_EACH = ("values", "unit_path")  # of a row whose series have several units: `unit` would be of all values
_ATTRIBUTE_UNIT = ("values.attribute", "values.unit")
# By code: codes, each with the options that its text names. The first whose options the protocol has is taken.
CHOICES: Mapping[str, _Choices] = {
    **_unless(("decimal", "numbers", "missing"), ParseCode.NOT_A_NUMBER, PlainCode.NOT_A_NUMBER),
    **_unless(("numbers",), ParseCode.BOOLEAN, PlainCode.BOOLEAN),
    **_unless(("missing",), ParseCode.NUMBER_TOO_LARGE, PlainCode.NUMBER_TOO_LARGE),
    **_unless(("time_format",), ParseCode.NOT_A_FEED_TIME, PlainCode.NOT_A_FEED_TIME),
    **_unless(("time",), ParseCode.TIME_MISSING, PlainCode.TIME_MISSING),
    **_unless(("time",), ParseCode.TIME_OF_DAY_MISSING, PlainCode.TIME_OF_DAY_MISSING),
    ParseCode.ZONE_MISSING: (
        (("zone", "events.zone"), ParseCode.ZONE_MISSING),
        (("zone",), PlainCode.ZONE_NOT_SET),
        ((), PlainCode.ZONE_MISSING),
    ),
    **_unless(("time_format",), ParseCode.COMPACT_TIME, ParseCode.NOT_A_TIME),
    **_unless(("time_format",), ParseCode.EPOCH_UNIT, PlainCode.EPOCH_UNIT),
    **_unless(("series",), ParseCode.SERIES_NAME_MISSING, PlainCode.SERIES_NAME_MISSING),
    **_unless(("zone",), ValidationCode.TIME_WITHOUT_ZONE, PlainCode.TIME_WITHOUT_ZONE),
    **_unless(("zone",), ValidationCode.TIME_AHEAD, PlainCode.TIME_AHEAD),
    **_unless(("zone",), IngestCode.CLOCK_AHEAD_HOURS, PlainCode.CLOCK_AHEAD_HOURS),
    **_unless(("names",), ValidationCode.SERIES_NOT_IN_ROW, PlainCode.SERIES_NOT_IN_ROW),
    ValidationCode.NAMES_OF_ONE_SERIES: (
        (("columns", "names"), PlainCode.ROW_NAMES_OF_ONE_SERIES),
        (("names",), ValidationCode.NAMES_OF_ONE_SERIES),
        ((), PlainCode.NAMES_OF_ONE_SERIES),
    ),
    ValidationCode.SENSORS_OF_ONE_SERIES: (
        (("columns", "name", "may_differ"), PlainCode.ROWS_OF_ONE_SERIES),
        (("may_differ",), ValidationCode.SENSORS_OF_ONE_SERIES),
        ((), PlainCode.SENSORS_OF_ONE_SERIES),
    ),
    ValidationCode.UNIT_MISSING: (
        (_ATTRIBUTE_UNIT, PlainCode.ATTRIBUTE_UNIT_MISSING),
        (("units",), ValidationCode.UNIT_MISSING),
        ((), PlainCode.UNIT_MISSING),
    ),
    ValidationCode.UNIT_IN_NAME: (
        (("columns", "units"), PlainCode.COLUMN_UNIT_IN_NAME),
        (_ATTRIBUTE_UNIT, PlainCode.ATTRIBUTE_UNIT_IN_NAME),
        ((), ValidationCode.UNIT_IN_NAME),
    ),
    ValidationCode.OUT_OF_RANGE_UNIT_ASSUMED: (
        (("unit",), ValidationCode.OUT_OF_RANGE_UNIT_ASSUMED),
        (_UNIT_OF_EACH, PlainCode.OUT_OF_RANGE_OF_EACH),
        (_ATTRIBUTE_UNIT, PlainCode.ATTRIBUTE_OUT_OF_RANGE),
        ((), PlainCode.OUT_OF_RANGE),
    ),
    **_unless(("unit",), ValidationCode.UNIT_UNREAD_AROUND, PlainCode.UNIT_UNREAD_AROUND_EACH),
    **_unless(("missing",), ValidationCode.OUT_OF_RANGE_MARK, ValidationCode.OUT_OF_RANGE),
    ValidationCode.UNIT_OF_ROW: (
        (("unit",), ValidationCode.UNIT_OF_ROW),
        (("values.unit",), ValidationCode.UNIT_OF_ROW),
        ((), PlainCode.UNIT_OF_OTHER_QUANTITY),
    ),
    **_unless(
        ("series", "values", "unit_path", "units"), ValidationCode.UNIT_OF_OTHERS, PlainCode.UNIT_OF_OTHER_QUANTITY
    ),
    **_unless(("units",), UnitCode.UNKNOWN, PlainCode.UNIT_UNKNOWN),
    **_unless(("units",), UnitCode.DIFFERENT_QUANTITY, PlainCode.UNIT_OF_OTHER_QUANTITY),
    **_unless(("events.lon", "events.lat"), EventCode.NOT_COORDINATES, PlainCode.NOT_COORDINATES),
    **_unless(("events.key",), EventCode.ID_MISSING_OR_LONG, PlainCode.EVENT_ID),
    **_unless(("events.key", "events.time"), EventCode.STATES_DIFFER, PlainCode.STATES_DIFFER),
    EventCode.PLACE_UNKNOWN: _of_either(("events.places", "places"), EventCode.PLACE_UNKNOWN, PlainCode.PLACE_UNKNOWN),
    EventCode.PLACE_NAMED: _of_either(("events.places", "places"), EventCode.PLACE_NAMED, PlainCode.PLACE_NAMED),
    **_unless(("events.title",), EventCode.TITLE_MISSING, PlainCode.EVENT_TITLE),
    IngestCode.LIST_CUT: (
        (("items", "params"), IngestCode.LIST_CUT),
        (("ignored_fields",), PlainCode.MESSAGE_LIST_CUT),
        ((), PlainCode.LIST_CUT),
    ),
    IngestCode.LIST_CONTINUES: (
        (("items", "params"), IngestCode.LIST_CONTINUES),
        (("ignored_fields",), PlainCode.MESSAGE_LIST_CONTINUES),
        ((), PlainCode.LIST_CONTINUES),
    ),
    **_unless(("params", "headers"), DecodingCode.EMPTY, PlainCode.EMPTY),
    # Codes of data_sources, which lies above this package.
    **_unless(("unit",), "mapping.unit_of_row_contradicted", PlainCode.UNIT_OF_ROW_CONTRADICTED_EACH),
    **_unless(("unit",), "spreadsheet.unit_missing", PlainCode.COLUMN_UNIT_EMPTY),
    "mapping.units_differ": (
        (("unit",), "mapping.units_differ"),
        (_ATTRIBUTE_UNIT, PlainCode.ATTRIBUTE_UNITS_DIFFER),
        ((), PlainCode.UNITS_DIFFER),
    ),
    **_unless(("each",), "mapping.path_in_parent", "mapping.path_unmatched"),
    **_unless(("events.items", "events.each"), "mapping.nothing_at_path", PlainCode.NOTHING_AT_PATH),
    **_unless(("events.each",), "mapping.list_missing", PlainCode.LIST_MISSING),
    **_unless(("events.time",), "mapping.event_time_missing", PlainCode.TIME_MISSING),
    **_unless(("events.lon", "events.lat", "events.geometry"), "geometry.no_type", PlainCode.GEOMETRY_TYPE_MISSING),
    **_unless(("events.lon", "events.lat"), "geometry.fields_swapped", "geometry.swapped"),
}


def with_options_of(failure: Failure, options: Collection[str] | None) -> Failure:
    """`failure`, and failures in its parameters, by the codes for a protocol with these options; None: unknown.

    `options`: names, those within an option as "events.key".
    """
    if options is None:
        return failure
    params = {
        name: with_options_of(value, options) if isinstance(value, Failure) else value
        for name, value in failure.params.items()
    }
    choices = CHOICES.get(failure.code, ())
    code = next((code for named, code in choices if set(named) <= set(options)), failure.code)
    return Failure(code, params, failure.external)
