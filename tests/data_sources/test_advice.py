"""What a reason tells to write in the row is written there, and the answer is then read."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
import yaml

from components.ui.i18n import catalogue
from data_sources import protocols
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.ingest.duplicates import DuplicateRule
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.source import EventKind, Series
from ioc.poller.admission import admit_batch
from tests.data_sources.server import NOW, client_factory, row
from tests.data_sources.test_option_reasons import OPTIONS, SHARED, named_options
from tests.data_sources.test_times_without_zone import LOCAL, ZONED, as_kiwis, as_ngsi

VALUES = {"items": "data", "series": "{n}", "value": "v"}
MESSAGE = {**VALUES, "push_token": "${TOKEN}"}
EVENTS = {"items": "data", "kind": "report", "key": "{n}", "title": "{n}"}
SHEET = {"columns": {"{name}": "Mực (m)"}, "name": "Trạm", "time": "Giờ"}
ROW_PLACES = {"duplicates", "range"}  # beside the options
UNIX = int(NOW.timestamp())


class Case(NamedTuple):
    """An answer that a row with `options` reads with the reason `code`, and what the reason tells to write there.

    `advice`, `row_advice`: the options and the other parts of the row, or a function of the reason's parameters.
    `values`: the values and the keys of events that are then read.
    """

    code: str
    answer: Any
    options: Mapping[str, Any]
    advice: Mapping[str, Any] | Callable[[Mapping[str, Any]], Mapping[str, Any]]
    values: list[Any]
    protocol: str = "http_json"
    row: Mapping[str, Any] = {}
    row_advice: Mapping[str, Any] = {}


def data(*items: Any, **more: Any) -> dict[str, Any]:
    """An answer with items that have a value 1.5 of the series a unless they say otherwise."""
    return {"data": [{"n": "a", "v": 1.5, **item} for item in items], **more}


def with_series(low: float, high: float) -> dict[str, Any]:
    return {"series": (Series("a", LocalizedText("a"), "m", low, high),)}


def events_with(**changes: Any) -> dict[str, Any]:
    return {"events": {**EVENTS, **changes}}


def stream(key: str, **unit: str) -> dict[str, Any]:
    observation = {"phenomenonTime": ZONED, "result": 1.5}
    return {"@iot.id": key, "name": key, "Observations": [observation], "unitOfMeasurement": unit}


STREAMS_WITH_UNITS = {"value": [stream("a", symbol="m"), stream("b")]}
STREAM_OF_TWO_UNITS = {"value": [stream("a", symbol="m", name="centimetre")]}
ENTITY: list[dict[str, Any]] = [
    {"id": "e", "type": "T", "h": {"type": "Property", "value": 1.5, "unitCode": "MTR", "observedAt": ZONED},
     "k": {"type": "Property", "value": 1.5, "observedAt": ZONED}}
]  # fmt: skip


def table(*times: str) -> str:
    return "\n".join(["Trạm;Giờ;Mực (m)", *(f"a;{time};1,5" for time in times)])


def gauge(attributes: str) -> str:
    return (
        "<timeSeriesResponse><timeSeries><sourceInfo><siteCode>a</siteCode></sourceInfo><variable><variableCode>h"
        "</variableCode><unit><unitCode>m</unitCode></unit></variable><values>"
        f"<value {attributes}>1.5</value></values></timeSeries></timeSeriesResponse>"
    )


BY_NAME = {"items": "data", "series": "{n}", "value": "v"}
CASES = [
    Case("parsing.boolean", data({"v": True}), VALUES, {"numbers": {"true": 1, "false": 0}}, [1]),
    Case("parsing.decimal_ambiguous", data({"v": "1.234"}), VALUES, {"decimal": "."}, [1.234]),
    Case("parsing.decimal_ambiguous", data({"v": "1.234"}), VALUES, {"decimal": ","}, [1234]),
    Case("parsing.decimal_mixed", f"Trạm;Giờ;Mực (m)\na;{LOCAL};1.5\nb;{LOCAL};2,5", SHEET, {"decimal": "."}, [1.5],
         "spreadsheet"),
    Case("parsing.decimal_other", data({"v": "2.5"}), {**VALUES, "decimal": ","}, {"decimal": "."}, [2.5]),
    Case("parsing.compact_time", data({"t": "202611240901"}), {**VALUES, "time": "t", "time_format": "unix"},
         lambda said: {"time_format": said["pattern"]}, [1.5]),
    Case("parsing.compact_time", data({"t": 20261124090100}), {**VALUES, "time": "t"},
         lambda said: {"time_format": said["pattern"]}, [1.5]),
    Case("parsing.epoch_unit", data({"t": UNIX}), {**VALUES, "time": "t", "time_format": "unix_ms"},
         lambda said: {"time_format": said["other"]}, [1.5]),
    Case("parsing.limit", data({"v": "<0.5"}), VALUES, lambda said: {"numbers": {said["text"]: 0.25}}, [0.25]),
    Case("parsing.limit", data({"v": "<0.5"}), VALUES, lambda said: {"missing": [said["text"]]}, [None]),
    Case("parsing.name_without_letters", data({"n": "川"}), VALUES, lambda said: {"names": {said["name"]: "a"}}, [1.5]),
    Case("parsing.not_a_number", data({"v": "cao"}), VALUES, lambda said: {"numbers": {said["text"]: 1}}, [1]),
    Case("parsing.not_a_number", data({"v": "cao"}), VALUES, lambda said: {"missing": [said["text"]]}, [None]),
    Case("parsing.not_in_time_format", data({"t": "24/11/2026 08:00"}), {**VALUES, "time": "t"},
         {"time_format": "%d/%m/%Y %H:%M"}, [1.5]),
    Case("parsing.number_with_mark", data({"v": "1.5*"}), VALUES, lambda said: {"numbers": {said["text"]: 1.5}}, [1.5]),
    Case("parsing.series_name_missing", data({"x": "a"}, {"n": "b"}), {**VALUES, "series": "{x}"}, {"series": "{n}"},
         [1.5, 1.5]),
    Case("mapping.series_name_missing", data({"x": "a"}, {"n": "b"}), {"items": "data", "values": {"{x}": "v"}},
         {"values": {"{n}": "v"}}, [1.5, 1.5]),
    *(Case("mapping.series_name_empty", data({}, {"n": ""}), row, advice, read)
      for row, advice, read in (
          (VALUES, lambda said: {"series": f"{{{said['field']} || 'b'}}"}, [1.5, 1.5]),
          (VALUES, lambda said: yaml.safe_load(str(said["filter"])), [1.5]),
          ({"items": "data", "values": {"{n}": "v"}},
           lambda said: {"values": {f"{{{said['field']} || 'b'}}": "v"}}, [1.5, 1.5]))),
    *(Case("mapping.series_name_empty", {"s": [{"k": "a", "rows": [{"v": 1.5, "n": "a"}]},
                                              {"k": k, "rows": [{"v": 2, "n": n}]}]},
           {"items": "s", "each": "rows", "series": series, "value": "v"},
           lambda said: yaml.safe_load(str(said["filter"])), [1.5])
      for k, n, series in (("", "b", "{parent.k}"), ("b", "", "{n}"))),
    Case("parsing.time_missing", data({"t": LOCAL, "x": LOCAL}, {"n": "b", "t": LOCAL}), {**VALUES, "time": "x"},
         {"time": "t"}, [1.5, 1.5]),
    Case("mapping.time_of_day_missing", data({"d": "2026-11-24", "c": ""}), events_with(due="join(' ', [d, c])"),
         events_with(due="d"), ["a"]),
    Case("parsing.time_of_day_missing", data({"d": "2026-11-24", "c": ""}), {**VALUES, "time": "join(' ', [d, c])"},
         {"time": "d"}, [1.5]),
    Case("parsing.zone_missing", data({"t": LOCAL}, {"t": ZONED}), {**VALUES, "time": "t"},
         {"zone": "Asia/Ho_Chi_Minh"}, [1.5, 1.5]),
    Case("mapping.zone_unread", data({"t": LOCAL, "tz": "UTC"}), {**VALUES, "time": "t"},
         lambda said: {"zone": said["named"]}, [1.5]),
    Case("mapping.utc_in_name", data({"dateutc": LOCAL}), {**VALUES, "time": "dateutc"},
         lambda said: {"time": yaml.safe_load(str(said["write"]))}, [1.5]),
    Case("mapping.utc_in_name", data({"Giờ (UTC)": LOCAL}), {**VALUES, "time": '"Giờ (UTC)"'},
         lambda said: {"time": yaml.safe_load(str(said["write"]))}, [1.5]),
    Case("mapping.zone_in_name", data({"t GMT+9": LOCAL}), {**VALUES, "time": '"t GMT+9"'},
         lambda said: {"zone": said["write"]}, [1.5]),
    Case("mapping.zone_not_known", data({"t": LOCAL, "tz": "nowhere"}), {**VALUES, "time": "t"},
         lambda said: {"zone": said["assumed"]}, [1.5]),
    Case("mapping.times_in_list", data({"t": [LOCAL, LOCAL]}), {**VALUES, "time": "t", "zone": "Asia/Ho_Chi_Minh"},
         lambda said: {"time": yaml.safe_load(str(said["last"]))}, [1.5]),
    *(Case("mapping.times_in_list", data({path: [LOCAL, ZONED], "v": [2, 1.5]}),
           {"items": "data[0]", "series": "a", "time": f'"{path}"', "value": "v[-1]", "zone": "Asia/Ho_Chi_Minh"},
           lambda said: {"items": "data[0]." + yaml.safe_load(str(said["write"])).replace("…", "v"), "time": "t",
                         "value": "v"}, [1.5, 2])
      for path in ("t", "Giờ đo")),
    Case("mapping.zones_of_items", data({"t": LOCAL, "tz": "ICT"}, {"t": LOCAL, "tz": "UTC", "n": "b"}),
         {**VALUES, "time": "t", "zone": "Asia/Ho_Chi_Minh"},
         lambda said: {"items": f"data[?{said['path']}=='{said['named']}']", "zone": said["named"]}, [1.5]),
    Case("mapping.zone_unread", data({"t": LOCAL}, timezone="UTC"), {**VALUES, "time": "t"},
         lambda said: {"zone": said["assumed"]}, [1.5]),
    Case("plain.zone_not_set", as_kiwis((LOCAL, ZONED)), {"names": {"a0": "a", "a1": "b"}},
         {"zone": "Asia/Ho_Chi_Minh"}, [1.5, 1.5], "kiwis"),
    Case("plain.attribute_out_of_range", as_ngsi((LOCAL,)), {"values": {"{id}": "h"}, "names": {"a0": "a"}},
         {"values": {"{id}": {"attribute": "h", "unit": "cm"}}}, [pytest.approx(0.015)], "ngsi", with_series(0, 1)),
    Case("validation.names_of_one_series", data({"n": "á"}, {"n": "à"}), VALUES,
         lambda said: {"names": {said["first"]: "a", said["second"]: "b"}}, [1.5, 1.5]),
    Case("validation.out_of_range_mark", data({"v": -999}), VALUES, lambda said: {"missing": [float(said["mark"])]},
         [None], row=with_series(0, 10)),
    Case("validation.out_of_range_unit_assumed", {"value": [stream("a")]}, {"series": "{name}"}, {"unit": "cm"},
         [pytest.approx(0.015)], "sensorthings", with_series(0, 1)),
    Case("validation.out_of_range_decimal", data({"v": "1.530"}), {**VALUES, "decimal": ","}, {}, [1530],
         row=with_series(0, 10), row_advice=with_series(0, 2000)),
    Case("validation.sensors_of_one_series",
         data({"sensor_id": "1", "t": LOCAL}, {"sensor_id": "2", "t": "2026-11-24T07:00:00"}), {**VALUES, "time": "t"},
         lambda said: {"may_differ": [said["field"]]}, [1.5, 1.5]),
    Case("validation.series_not_in_row", data({"n": "x"}), VALUES, {"names": {"x": "a"}}, [1.5]),
    Case("validation.time_ahead", data({"t": "2026-11-24T15:00:00"}), {**VALUES, "time": "t", "zone": "UTC"},
         {"zone": "Asia/Ho_Chi_Minh"}, [1.5]),
    Case("validation.unit_missing", STREAMS_WITH_UNITS, {"series": "{name}"}, {"units": {"": "m"}}, [1.5, 1.5],
         "sensorthings"),
    Case("plain.attribute_unit_missing", ENTITY, {"values": {"a": "h", "b": "k"}},
         {"values": {"a": "h", "b": {"attribute": "k", "unit": "m"}}}, [1.5, 1.5], "ngsi"),
    Case("plain.attribute_units_differ", [{**ENTITY[0], "h": {**ENTITY[0]["h"], "unitText": "cm"}}],
         {"values": {"a": "h"}}, {"values": {"a": {"attribute": "h", "unit": "m"}}}, [1.5], "ngsi"),
    Case("mapping.unit_missing", data({"u": "m"}, {"n": "b", "u": ""}), {**VALUES, "unit_path": "u"},
         {"units": {"": "m"}}, [1.5, 1.5]),
    Case("mapping.unit_false", data({}, {"n": "b"}), {**VALUES, "unit_path": "n == 'a' && 'm'"},
         lambda said: {"unit_path": yaml.safe_load(str(said["write"])), "units": {"": ""}}, [1.5, 1.5]),
    Case("mapping.units_differ", STREAM_OF_TWO_UNITS, {"series": "{name}"}, lambda said: {"unit": said["first"]}, [1.5],
         "sensorthings"),
    Case("parsing.number_too_large", data({"v": 1e308}), VALUES, {"missing": [1e308]}, [None]),
    Case("validation.unit_of_row", data({}), {**VALUES, "unit": "km/h"}, {"unit": "m"}, [1.5]),
    Case("validation.unit_unread", data({"v": 150, "uom": "cm"}), VALUES, lambda said: {"unit_path": said["path"]},
         [1.5]),
    Case("validation.unit_unread", data({"v": 150, "uom": "cm"}), VALUES, {"unit_path": "'m'"}, [150]),
    Case("validation.unit_unread_around", data({"v": 150}, uom="cm"), VALUES, lambda said: {"unit": said["unit"]},
         [1.5]),
    Case("validation.unit_unread_around", data({"v": 150}, uom="cm"), VALUES, {"unit_path": "'m'"}, [150]),
    Case("validation.unit_meant", data({"v": 150, "u": "Zoll"}), {**VALUES, "unit_path": "u", "units": {"Zoll": "kg"}},
         lambda said: {"units": {said["text"]: "cm"}}, [1.5]),
    Case("validation.unit_unread_unknown", data({"v": 150, "uom": "Zoll"}), VALUES,
         lambda said: {"unit_path": said["path"], "units": {said["unit"]: "cm"}}, [1.5]),
    Case("validation.unit_unread_unknown", data({"v": 150, "uom": "Zoll"}), VALUES, {"unit_path": "'m'"}, [150]),
    Case("validation.unit_unread_unknown_around", data({"v": 150}, uom="Zoll"), VALUES, {"unit_path": "'cm'"}, [1.5]),
    Case("mapping.unit_of_row_contradicted", data({"v": 150, "uom": "cm"}), {**VALUES, "unit": "m"},
         lambda said: {"unit": said["other"]}, [1.5]),
    Case("mapping.unit_of_row_contradicted", data({"v": 150, "uom": "cm"}), {**VALUES, "unit": "m"},
         lambda said: {"unit_path": f"'{said['unit']}'"}, [150]),
    Case("plain.rows_of_one_series", table(LOCAL, "2026-11-24T07:00:00").replace("a;2026-11-24T07", "b;2026-11-24T07"),
         {**SHEET, "name": "", "columns": {"a": "Mực (m)"}}, lambda said: {**SHEET, "name": said["field"]}, [1.5, 1.5],
         "spreadsheet"),
    Case("plain.rows_of_one_series", table(LOCAL, "2026-11-24T07:00:00").replace("a;2026-11-24T07", "b;2026-11-24T07"),
         {**SHEET, "name": "", "columns": {"a": "Mực (m)"}}, lambda said: {"may_differ": [said["field"]]}, [1.5, 1.5],
         "spreadsheet"),
    Case("validation.values_differ", data({}, {"v": 2}), VALUES, {}, [2],
         row_advice={"duplicates": DuplicateRule.LAST}),
    Case("validation.other_value_rejected", data({}, {"v": "cao"}), VALUES, {}, [1.5],
         row_advice={"duplicates": DuplicateRule.LAST}),
    Case("validation.out_of_range", data({"v": 50, "u": "m"}), {**VALUES, "unit_path": "u"}, {}, [50],
         row=with_series(0, 10), row_advice=with_series(0, 100)),
    Case("units.unknown", data({"u": "Zoll"}), {**VALUES, "unit_path": "u"},
         lambda said: {"units": {said["unit"]: "in"}}, [pytest.approx(0.0381)]),
    Case("units.different_quantity", data({"u": "kg"}), {**VALUES, "unit_path": "u"},
         lambda said: {"units": {said["unit"]: "m"}}, [1.5]),
    Case("validation.unit_of_others", data({"u": "kg"}, {"n": "b", "v": 2, "u": "kg"}), {**BY_NAME, "unit_path": "u"},
         {"unit_path": "n == 'a' && 'm' || u"}, [1.5, 2],
         row={"series": (Series("a", LocalizedText("a"), "m"), Series("b", LocalizedText("b"), "kg"))}),
    Case("mapping.items_not_set", data({}), {"series": "{n}", "value": "v"},
         lambda said: {said["option"]: said["path"]}, [1.5]),
    Case("mapping.path_unmatched", data({"uom": "m"}), {**VALUES, "unit_path": "unit"},
         lambda said: {said["option"]: str(said["fields"]).rpartition(", ")[2]}, [1.5]),
    Case("mapping.path_in_parent", {"s": [{"k": "a", "rows": [{"v": 1.5}]}]},
         {"items": "s", "each": "rows", "series": "{k}", "value": "v"},
         lambda said: {"series": "{parent." + str(said["path"]) + "}"}, [1.5]),
    Case("mapping.time_outside_items", data({}, head={"at": ZONED}), {**VALUES, "time": "head.at"},
         lambda said: {said["option"]: "", "page_time": said["path"]}, [1.5]),
    Case("mapping.list_missing", {"s": [data({}), {"rows": [{"n": "b", "v": 2}]}]},
         {**VALUES, "items": "s", "each": "data"}, {"each": "data || rows"}, [1.5, 2]),
    Case("mapping.nothing_at_path", data({}), {**VALUES, "items": "x"}, {"items": "data"}, [1.5]),
    Case("mapping.number_unit_unread", data({"v": "5 m", "uom": "cm"}), VALUES, lambda said: {"unit": said["unit"]},
         [5]),
    Case("mapping.word_unknown", data({"w": "xong"}), events_with(word="w", words={"mở": "open"}),
         lambda said: events_with(word="w", words={"mở": "open", said["word"]: "closed"}), ["a"]),
    Case("ingest.list_cut", data({}, total=9), VALUES, lambda said: {"items": f"data[:{said['read']}]"}, [1.5]),
    Case("ingest.list_continues", data({}, next="/x?page=2"), VALUES,
         lambda said: {"items": f"data[:{said['read']}]"}, [1.5]),
    Case("plain.message_list_cut", data({}, total=9), MESSAGE, {"ignored_fields": ["total"]}, [1.5], "webhook"),
    Case("plain.message_list_continues", data({}, next="/x?page=2"), MESSAGE, {"ignored_fields": ["next"]}, [1.5],
         "webhook"),
    Case("mapping.answer_failed", data({}, success=False), VALUES,
         lambda said: {"ignored_fields": [str(said["mark"]).partition(":")[0]]}, [1.5]),
    Case("events.kind_not_in_row", data({}), events_with(kind="flood"), {}, ["a"],
         row_advice={"events": (EventKind("flood", LocalizedText("x")),)}),
    Case("geometry.no_type", data({"g": {"x": 105.7, "y": 10.0}}), events_with(geometry="g"),
         {"events": {**EVENTS, "lon": "g.x", "lat": "g.y"}}, ["a"]),
    Case("geometry.fields_swapped", data({"x": 105.7, "y": 10.0}), events_with(lon="y", lat="x"),
         events_with(lon="x", lat="y"), ["a"]),
    Case("events.states_differ", data({"id": "1"}, {"id": "2", "n": "b"}), events_with(key="x"),
         events_with(key="{id}"), ["1", "2"]),
    Case("events.id_missing_or_long", data({"s": "x" * 900}), events_with(key="{s}"), events_with(), ["a"]),
    Case("spreadsheet.clock_missing", "Trạm;Giờ;Lúc;Mực (m)\na;2026-11-24;;1,5", {**SHEET, "clock": "Lúc"},
         {"clock_optional": True}, [1.5], "spreadsheet"),
    Case("spreadsheet.day_month_order", table("13/10/2026", "10/13/2026"), SHEET, {"day_first": True}, [1.5],
         "spreadsheet"),
    Case("spreadsheet.not_a_time", table("10/13/2026"), {**SHEET, "day_first": True}, {"day_first": False}, [1.5],
         "spreadsheet"),
    Case("spreadsheet.not_a_time", table(LOCAL) + "\nb;Cộng;3", SHEET, {"ends": ["b"]}, [1.5], "spreadsheet"),
    Case("spreadsheet.time_missing", table(LOCAL) + "\nTổng;;3", {**SHEET, "names": {"Tổng": "b"}}, {"ends": ["Tổng"]},
         [1.5], "spreadsheet"),
    Case("spreadsheet.row_name_missing", table(LOCAL) + "\n;Tổng cộng;3", SHEET, {"ends": ["Tổng cộng"]}, [1.5],
         "spreadsheet"),
    Case("spreadsheet.row_name_missing", "Trạm;;Giờ;Mực (m)\n;a;2026-11-24;1,5", SHEET,
         {"name": "", "name_column": "B"}, [1.5], "spreadsheet"),
    Case("spreadsheet.name_column_headed", table(LOCAL), {**SHEET, "name": "", "name_column": "A"},
         lambda said: {"name": said["heading"], "name_column": ""}, [1.5], "spreadsheet"),
    Case("spreadsheet.row_name_missing_inside", table(LOCAL).replace("\n", "\n;;cao nhất\n"), SHEET,
         {"columns": {"{name}": ["Mực (m)", "cao nhất"]}}, [1.5], "spreadsheet"),
    Case("spreadsheet.row_name_without_letters", table(LOCAL).replace("a;", "©;"), SHEET,
         lambda said: {"names": {said["name"]: "a"}}, [1.5], "spreadsheet"),
    Case("spreadsheet.word", table(LOCAL).replace("1,5", "cao"), SHEET,
         lambda said: {"numbers": {said["text"]: 1}}, [1], "spreadsheet"),
    Case("spreadsheet.unit_in_heading", table(LOCAL), {**SHEET, "units": {"{name}": "cm"}}, {"units": {}}, [1.5],
         "spreadsheet"),
    Case("spreadsheet.headings_missing", table(LOCAL), {**SHEET, "time": "Ngày"}, {"time": "Giờ"}, [1.5],
         "spreadsheet"),
    Case("waterml.censored", gauge('censorCode="lt" dateTime="2026-11-24T09:00:00Z"'), {"series": "a"},
         lambda said: {"missing": [said["value"]]}, [None], "waterml"),
]  # fmt: skip

# Codes that name a place in the row and have no case, and why.
WITHOUT_CASE = {
    "mapping.times_of_values": "a notice of `try`: test_unread_time.py",
    "decoding.empty": "the request changes, by params or headers, and with it the answer",
    "events.title_missing": "a guard: every protocol rejects an empty title first, by a more exact reason",
    "ingest.clock_ahead_hours": "of the clock of the whole source, not of an item",
    "events.place_named": "the units of the city: test_unknown_places.py",
    "events.place_unknown": "the units of the city: test_unknown_places.py",
    "ingest.more_pages": "more pages are requested: test_sensorthings.py",
    "events.not_coordinates": "a guard: every protocol rejects such a position first, by a more exact reason",
    "mapping.event_time_missing": "the source's owner decides, or another field: test_time_reasons.py",
    "mapping.ignored_unmatched": "a spelling, said beside what is read: test_ignored_fields.py",
    "mapping.items_by_name": "the expression of the reason is applied in test_named_items.py",
    "mapping.members_of_one_series": "the options of the reason are applied in test_object_members.py",
    "mapping.zone_without_summer": "of the zone that the row sets: test_named_zones.py",
    "mapping.page_time": "of the cause: test_time_reasons.py",
    "mapping.page_time_missing": "of a whole answer, which the option makes an error: test_time_reasons.py",
    "plain.row_names_of_one_series": "as validation.names_of_one_series: spreadsheet/test_reasons.py",
    "parsing.not_a_feed_time": "the times of events of a feed: test_rss_time_format.py",
    "plain.out_of_range": "the range of validation.out_of_range, in protocols without unit",
    "plain.series_not_in_row": "the protocols without names have the keys of the row in their templates",
    "validation.time_without_zone": "no protocol gives a time without a zone: a guard",
    **dict.fromkeys(
        (
            "validation.unit_in_name",
            "validation.unit_in_item_name",
            "plain.attribute_unit_in_name",
            "plain.column_unit_in_name",
        ),
        "the reason's parts of a row are written there: test_units_in_names.py",
    ),
    **dict.fromkeys(
        (
            "plain.out_of_range_of_each",
            "plain.unit_unread_around_each",
            "plain.unit_of_row_contradicted_each",
            "plain.column_unit_empty",
        ),
        "the advice of the code whose place it takes, for one of several values: test_units_of_each_value.py",
    ),
    "validation.units_of_one_name": "messages of MQTT: test_mqtt_senml.py",
}

# Groups of codes of one protocol or part that name a place in the row, and why not all of them have a case here.
OTHER_GROUPS = {
    "cameras": "of the streams that the row lists, not of an answer",
    "files": "of a folder or its server, not of an answer",
    "http": "of the request, not of an answer",
    "mqtt": "of a broker, or of the format of all messages",
    "sql_view": "of a query, which is written for its database",
    "gtfs_rt": "of a timetable, which is another file",
    "spreadsheet": "those left need workbooks, sheets or files beside each other: tests/data_sources/spreadsheet",
    "waterml": "those left are of the site's zone or of another request: test_waterml.py",
    **dict.fromkeys(("cap", "rss"), "the words are elements of the answer, not options"),
    **dict.fromkeys(
        ("geojson", "kiwis", "ngsi", "open311", "open_meteo", "openaq", "prometheus", "sensorthings", "tt10"),
        "of the address, the resource or the pages that are requested: the answer changes with the advice",
    ),
}


def answered(
    case: Case, options: Mapping[str, Any], row_changes: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Any]]:
    """The parameters of each reason by its code, and the values and events that are accepted."""
    source = replace(
        row(options=dict(options), protocol=case.protocol, series_keys=("a", "b")),
        events=(EventKind("report", LocalizedText("x")),), option_names=OPTIONS[case.protocol],
    )  # fmt: skip
    source = replace(source, **row_changes)
    body = case.answer.encode() if isinstance(case.answer, str) else json.dumps(case.answer).encode()
    payload = Payload((ResponsePage(body, address="a.csv" if case.protocol == "spreadsheet" else ""),))
    try:
        raw = protocols()[case.protocol].parse(source, payload, NOW)
    except SourceError as error:
        return {error.failure.code: error.failure.params}, []
    batch = admit_batch(raw, source, client_factory().context_for(source), NOW, id_key=b"key")
    reasons = {item.failure.code: item.failure.params for item in batch.rejected_items}
    return reasons, [*(one.value for one in batch.readings), *(one.key for one in batch.events)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.code)
def test_answer_is_read_when_the_row_says_what_its_reason_asks_for(case: Case) -> None:
    reasons, _ = answered(case, case.options, case.row)
    assert case.code in reasons
    advice = case.advice(reasons[case.code]) if callable(case.advice) else case.advice
    left, found = answered(case, {**case.options, **advice}, {**case.row, **case.row_advice})
    assert case.code not in left and sorted(found, key=str) == case.values


def test_every_shared_reason_that_names_a_place_in_the_row_has_a_case() -> None:
    naming = set()
    for key, texts in catalogue().items():
        code = key.removeprefix("errors.")
        if key.startswith("errors.") and code.split(".")[0] in SHARED and "vi" in texts:
            words = set(texts["vi"].replace(":", " ").replace(",", " ").split())
            naming |= {code} if named_options(code) or words & ROW_PLACES or "{option}" in texts["vi"] else set()
    cases = {case.code for case in CASES}
    assert not cases & WITHOUT_CASE.keys() and all(WITHOUT_CASE.values())
    assert naming - cases == WITHOUT_CASE.keys()


def test_every_group_of_reasons_that_names_options_is_shared_or_listed() -> None:
    keys = (key for key, texts in catalogue().items() if key.startswith("errors.") and "vi" in texts)
    groups = {key.split(".")[1] for key in keys if named_options(key.removeprefix("errors."))}
    assert groups & {*OPTIONS, "files", "http"} == OTHER_GROUPS.keys()
    assert {case.code.split(".")[0] for case in CASES} <= {*SHARED, *OTHER_GROUPS}
