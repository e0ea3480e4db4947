"""A field that looks like the time of a value, where the row reads none: `try` names it."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest

from components.ui.i18n import t
from data_sources import protocols
from data_sources._mapping import UnreadTime, option_names, options_of
from data_sources._mapping.answer_parts import AnswerPart
from data_sources.http_json import Options
from ioc.cli.batch_report import BatchReport
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch, Reading
from ioc.domain.ingest.source import EventKind, Source
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.server import NOW, row, shared

OLD = "2021-11-24T23:00"


def read(body: bytes, **options: Any) -> tuple[Source, UnreadTime | None, str]:
    """The source, the field that was found, and what `try` prints."""
    made = row(options={"series": "level", "value": "v", **options}, series_keys=("level",))
    source = replace(made, has_own_time=options_of(made, Options).has_own_time)
    batch = protocols()["http_json"].parse(source, Payload((ResponsePage(body, address="x"),)), NOW)
    checked = validate_batch(batch, source.polled_series(), NOW)
    found = options_of(source, Options).unread_time
    return source, found, BatchReport(source, checked, NOW, "en", unread_time=found).text()


@pytest.mark.parametrize(
    ("body", "options", "found"),
    [
        ({"v": 1, "time": OLD}, {}, ("time", OLD, True)),
        ({"v": 1, "Thời gian": "24/11/2021 23:00"}, {}, ('"Thời gian"', "24/11/2021 23:00", True)),
        ({"v": 1, "timestamp": 1637794800}, {}, ("timestamp", "1637794800", True)),
        ({"now": {"v": 1, "time": OLD}}, {"value": "now.v"}, ("now.time", OLD, True)),
        ({"updated_at": OLD, "data": [{"v": 1}]}, {"items": "data"}, ("updated_at", OLD, False)),
        ({"updated_at": OLD, "data": [{"v": 1}]}, {"each": "data"}, ("parent.updated_at", OLD, True)),
    ],
)
def test_field_is_named_with_the_option_that_reads_it(
    body: Any, options: dict[str, Any], found: tuple[str, str, bool]
) -> None:
    source, unread, text = read(orjson.dumps(body), **options)
    option = "time" if found[2] else "page_time"
    assert not source.has_own_time and unread == found
    line = t("commands.time_unread", "en", path=found[0], text=found[1], option=option)
    assert re.search(rf"{re.escape(line)}; older than age_limit: 18\d\d d ago", text)  # no value of now
    pattern = {"24/11/2021 23:00": "%d/%m/%Y %H:%M", "1637794800": "unix"}.get(found[1], "iso")
    _, unread, text = read(orjson.dumps(body), **options, **{option: found[0]}, time_format=pattern)  # as it says
    assert (unread is None and "2021-11-24T23:00:00+07:00" in text) or "2021-11-25T06:00:00+07:00" in text


NEWER = "2021-11-26T23:00"


@pytest.mark.parametrize(
    ("body", "values", "second"),
    [
        ({"a": {"v": 1, "time": OLD}, "b": {"v": 2, "time": NEWER}}, {"level": "a.v", "rain": "b.v"}, "b.time"),
        ({"a": {"v": 1, "time": OLD}, "b": {"v": 2, "day": 1, "time": OLD}}, {"level": "a.v", "rain": "b.v"}, ""),
        ({"a": 1, "b": {"v": 2, "time": NEWER}, "time": OLD}, {"level": "a", "rain": "b.v"}, "b.time"),
        ({"a": 1, "b": 2, "time": OLD, "other": {"time": NEWER}}, {"level": "a", "rain": "b"}, ""),
        ({"a": {"v": 1, "time": OLD}, "b": {"v": 2, "time": NEWER}}, {"level": "a.v"}, ""),
    ],
)
def test_no_time_of_one_value_is_advised_for_values_of_other_times(
    body: Any, values: dict[str, str], second: str
) -> None:
    source = row(options={"values": values}, series_keys=tuple(values))
    mapping = options_of(source, Options)
    batch = protocols()["http_json"].parse(source, Payload((ResponsePage(orjson.dumps(body), address="x"),)), NOW)
    report = BatchReport(
        source, validate_batch(batch, source.polled_series(), NOW), NOW, "en",
        unread_time=mapping.unread_time, time_advice=mapping.time_advice,
    )  # fmt: skip
    assert (f"and {second}: {NEWER}" in report.text()) is bool(second)
    assert ("set time: " in report.text()) is not bool(second)


@pytest.mark.parametrize("body", [{"v": 1}, {"v": 1, "time": None}, {"v": 1, "time": 35}, {"v": 1, "uptime": OLD}])
def test_without_such_a_field_the_row_without_time_is_said(body: Any) -> None:
    _, unread, text = read(orjson.dumps(body))
    assert unread is None and t("commands.time_not_read", "en") in text
    assert t("commands.time_not_read", "en") not in read(orjson.dumps({**body, "t": OLD}), time="t")[2]


@pytest.mark.parametrize("text", [NOW.isoformat(), "yesterday 7h"])
def test_no_age_is_said_of_a_new_time_or_of_another_text(text: str) -> None:
    assert "ago" not in read(orjson.dumps({"v": 1, "time": text}))[2]


def test_parts_that_look_like_times_are_named_where_no_field_is_called_so() -> None:
    source, found, _ = read(orjson.dumps({"v": 1, "at": OLD}))
    part = AnswerPart("at", (f'"{OLD}"',), 1, False, may_be_time=True)
    batch = Batch((Reading("level", NOW, 1.0),))
    report = BatchReport(replace(source, has_own_time=False), batch, NOW, "en", unread_time=found, unread_parts=[part])
    (line,) = [line for line in report.text().splitlines() if t("commands.time_not_read", "en") in line]
    assert found is None and f'at: "{OLD}"' in line


def test_the_real_current_value_without_time() -> None:
    found = read(shared("openmeteo/ha_air_quality.json").read_bytes(), value="current.ozone", unit="µg/m³")[1]
    assert found is not None and found.path == "current.time"


EVENTS = {"kind": "roadwork", "key": "{id}", "title": "{id}"}
STATED = "2021-11-24T23:00:00+07:00"


@pytest.mark.parametrize(
    ("protocol", "body", "options", "path", "option"),
    [
        ("http_json", [{"id": 1, "updated_at": STATED}], {}, "updated_at", "events.time"),
        ("http_json", [{"id": 1, "ngay": STATED, "Cập nhật": STATED}], {}, '"Cập nhật"', "events.time"),
        ("http_json", [{"id": 1, "state": {"log": {"changed_at": STATED}}}], {}, "state.log.changed_at", "events.time"),
        ("http_json", {"made": {"time": STATED}, "d": [{"id": 1}]}, {"items": "d"}, "made.time", "page_time"),
        ("http_json", {"time": STATED, "d": [{"id": 1}]}, {"each": "d"}, "parent.time", "events.time"),
        (
            "geojson",
            {"type": "FeatureCollection", "features": [
                {"type": "Feature", "geometry": None, "properties": {"id": 1, "lastUpdate": STATED}}
            ]},
            {"key": "{properties.id}", "title": "{properties.id}"},
            "properties.lastUpdate",
            "events.time",
        ),
        ("http_json", [{"id": 1, "state": {"time": STATED}}], {}, "state.time", "events.time"),
        ("cameras", [{"id": 1, "updated": STATED}], {}, "updated", "events.time"),
        ("http_json", [{"id": 1}], {}, "", ""),
    ],
)  # fmt: skip
def test_a_forgotten_time_of_events_is_said_with_the_field_that_looks_like_it(
    protocol: str, body: Any, options: dict[str, Any], path: str, option: str
) -> None:
    def report(**of_row: Any) -> str:
        mapping = {**EVENTS, **options, **of_row.pop("events", {})}
        kinds = (EventKind("roadwork", LocalizedText("Works")),)
        made = row(protocol=protocol, options={**of_row, "events": mapping}, series_keys=(), events=kinds)
        connector = protocols()[protocol]
        page = ResponsePage(orjson.dumps(body), "application/json", address="x")
        batch = connector.parse(made, Payload((page,)), NOW)
        assert len(batch.events) == 1
        read_as = options_of(made, connector.Options)
        unread = read_as.unread_event_time
        return BatchReport(
            made, batch, NOW, "en", has_event_time=read_as.has_event_time, unread_event_time=unread
        ).text()

    said = t("commands.event_time_unread", "en", path=path, text=STATED, option=option)
    text = report()
    assert (said if path else t("commands.event_time_not_read", "en")) in text
    if path:  # as it says
        text = report(events={"time": path}) if option == "events.time" else report(page_time=path)
        assert said not in text and "2021-11-24T23:00:00+07:00" in text


def test_time_of_a_value_is_found_inside_other_objects() -> None:
    body = {"data": {"v": 1}, "info": {"run": {"time": OLD}}}
    _, unread, _ = read(orjson.dumps(body), value="data.v")
    assert unread == ("info.run.time", OLD, True)
    _, unread, _ = read(orjson.dumps({"info": {"run": {"time": OLD}}, "data": [{"v": 1}]}), items="data")
    assert unread == ("info.run.time", OLD, False)


RSS = b'<rss version="2.0"><channel><item><guid>1</guid><title>a</title></item></channel></rss>'
FEATURE = {"type": "Feature", "geometry": None, "properties": {"id": "a", "v": 1}}
FEATURES = orjson.dumps({"type": "FeatureCollection", "features": [FEATURE]})


@pytest.mark.parametrize(
    ("protocol", "body", "options", "said"),
    [
        ("geojson", FEATURES, {"series": "{properties.id}", "value": "properties.v"}, "time_not_read"),
        ("rss", RSS, {}, "event_time_not_read"),
        ("webhook", b'{"v": 1}', {"series": "a", "value": "v", "push_token": "${T}"}, "time_not_read"),
    ],
)
def test_an_answer_that_states_no_time_says_so_in_every_protocol(
    protocol: str, body: bytes, options: dict[str, Any], said: str
) -> None:
    kinds = (EventKind("news", LocalizedText("News")),) if protocol == "rss" else ()
    made = row(protocol=protocol, options=options, series_keys=() if kinds else ("a",), events=kinds)
    batch = protocols()[protocol].parse(made, Payload((ResponsePage(body, address="x"),)), NOW)
    assert batch.readings or batch.events
    assert t(f"commands.{said}", "en") in BatchReport(made, batch, NOW, "en").text()
    timed = BatchReport(made, replace(batch, source_time=NOW - timedelta(days=1)), NOW, "en").text()
    assert t(f"commands.{said}", "en") not in timed


@pytest.mark.parametrize("protocol", ["http_json", "sql_view", "geojson"])
@pytest.mark.parametrize("stated", ["2014-10-05T07:00:00+07:00", "2026-11-24T00:00:00+07:00"])
def test_a_list_of_events_without_a_time_of_its_own_says_so(protocol: str, stated: str) -> None:
    item = {"id": 1, "updated": stated}
    body: Any = [item]
    options: dict[str, Any] = {"events": {**EVENTS, "time": "updated"}}
    if protocol == "geojson":
        features = [{"type": "Feature", "geometry": None, "properties": item}]
        body = {"type": "FeatureCollection", "features": features}
        paths = {"key": "{properties.id}", "title": "{properties.id}", "time": "properties.updated"}
        options = {"events": {**EVENTS, **paths}}
    if protocol == "sql_view":
        options["query"] = "SELECT * FROM v"
    said = t("commands.list_time_not_read", "en").partition("{")[0]
    for page_time in ("", "features[0].properties.updated" if protocol == "geojson" else "[0].updated"):
        made = row(
            protocol=protocol, options={**options, **({"page_time": page_time} if page_time else {})}, series_keys=(),
            events=(EventKind("roadwork", LocalizedText("Works")),),
        )  # fmt: skip
        page = ResponsePage(orjson.dumps(body), "application/json", address="x")
        batch = protocols()[protocol].parse(made, Payload((page,)), NOW)
        assert len(batch.events) == 1
        (line,) = [one for one in BatchReport(made, batch, NOW, "en").text().splitlines() if said in one] or [""]
        assert bool(line) is not bool(page_time) and (not line or stated[:10] in line)


@pytest.mark.parametrize("protocol", ["openaq", "rss"])
def test_no_option_is_advised_that_the_protocol_lacks(protocol: str) -> None:
    kinds = (EventKind("news", LocalizedText("News")),) if protocol == "rss" else ()
    made = row(protocol=protocol, events=kinds)
    names = option_names(protocols()[protocol].Options)
    made = replace(made, has_own_time=False, option_names=names)
    if kinds:
        batch = protocols()[protocol].parse(made, Payload((ResponsePage(RSS, address="x"),)), NOW)
    else:
        batch = Batch((Reading("a", NOW - timedelta(days=1), 1.0),))
    text = BatchReport(made, batch, NOW, "en").text()
    assert t("commands.time_not_stated", "en") in text and "page_time" not in text


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("05112026", ""), ("24112026", ""), ("861234567890123", ""), ("7", ""), ("xa", ""),
        ("1795500000", "2026-11-24T06:00"), ("1795500000.5", "2026-11-24T06:00"), ("1795500000000", "2026-11-24T06:00"),
        ("20261124", "2026-11-23T17:00"), ("24/11/2026 08:00", "2026-11-24T01:00"),
    ],
)  # fmt: skip
def test_an_unread_field_has_the_age_of_a_time_of_this_century_only(text: str, moment: str) -> None:
    found = UnreadTime("t", text, is_in_item=True).moment
    assert (found.isoformat()[:16] if found else "") == moment
