"""What `try` prints: nothing that a reader must know is hidden, however long the answer is."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.ui.i18n import t
from data_sources import protocols
from data_sources._mapping import AssumedZone, option_names
from data_sources._mapping.errors import MappingCode
from data_sources.kiwis import KiwisCode
from data_sources.spreadsheet.errors import SpreadsheetCode
from ioc.cli.batch_report import BatchReport
from ioc.config.row_codes import MAX_ID_LENGTH
from ioc.domain.base.failure import Failure
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.severity import Severity
from ioc.domain.base.slug import slugify
from ioc.domain.base.times import CITY_ZONE
from ioc.domain.events.event import Area, Event, EventStage
from ioc.domain.ingest.duplicates import comparable
from ioc.domain.ingest.event_count import EventCountRule
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem, UnreadUnit, ValidationCode
from ioc.domain.ingest.source import Series, Source
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.server import NOW, row

SECOND = timedelta(seconds=1)
KEYS = [f"level-{n}" for n in range(30)]
SOURCE = row(series_keys=tuple(KEYS))  # age_limit: 60 s


def lines_of(batch: Batch, source: Source = SOURCE, lang: str = "en", **more: Any) -> list[str]:
    report = BatchReport(source, batch, NOW, lang, **more)
    return [line.strip() for line in report.text().splitlines()]


def admitted(*readings: Reading) -> Batch:
    return validate_batch(Batch(readings), SOURCE.polled_series(), NOW)


def lines_with(text: str, lines: list[str]) -> list[str]:
    return [line for line in lines if text in line]


@given(st.lists(st.sampled_from([*KEYS, *(f"other-{n}" for n in range(40))]), max_size=80))
def test_rejection_of_every_declared_series_is_shown_however_many_others_there_are(series: list[str]) -> None:
    wrong_unit = [Reading(key, NOW, 1.0, "kg", name=key) for key in series]
    lines = lines_of(admitted(*wrong_unit))
    for key in set(series) & set(KEYS):
        assert lines_with(f"rejected {key}:", lines)
    others = {key for key in series if key not in KEYS}
    assert len(lines_with("does not declare", lines)) == bool(others)
    assert lines_with(f"of {len(others)} series that", lines) if others else True


def test_all_lists_every_value_rejection_and_undeclared_series() -> None:
    readings = [Reading(KEYS[0], NOW - n * SECOND, float(n)) for n in range(40)]
    readings += [Reading(KEYS[1], NOW - n * SECOND, 1.0, "kg") for n in range(40)]
    readings += [Reading(f"other-{n}", NOW, 1.0) for n in range(40)]
    short, whole = (lines_of(admitted(*readings), lists_all=lists_all) for lists_all in (False, True))
    assert [len(lines_with(text, short)) for text in (f"{KEYS[0]} ", f"rejected {KEYS[1]}:")] == [1, 3]
    assert [len(lines_with(text, whole)) for text in (f"{KEYS[0]} ", f"rejected {KEYS[1]}:")] == [40, 40]
    assert not lines_with("other-39", short) and lines_with("other-39", whole)
    assert lines_with("39 earlier", short) and lines_with("37 more values of level-1", short)


def test_rejected_items_of_no_series_are_grouped_by_their_reason() -> None:
    text = Failure(ParseCode.NOT_A_NUMBER, {"text": "a"})
    items = [RejectedItem(f"file.xlsx: S!B{n}", text) for n in range(40)]
    items.append(RejectedItem("file.xlsx: S!C9", Failure(ParseCode.NUMBER_NOT_FINITE)))
    short, whole = (lines_of(Batch((), tuple(items)), lists_all=lists_all) for lists_all in (False, True))
    assert [len(lines_with("S!B", lines)) for lines in (short, whole)] == [3, 40]
    assert lines_with("S!C9", short) and len(lines_with("37 more for the same reason", short)) == 1


def test_answer_without_any_value_says_what_that_may_mean() -> None:
    empty = t("commands.no_value_in_answer", "en")
    assert empty in lines_of(Batch(()))
    found = Failure(SpreadsheetCode.TABLE_WITHOUT_VALUES, {"sheet": "Biểu 1", "headings": "“Ngày”", "cells": "–"})
    (line,) = lines_with("Biểu 1", lines_of(Batch(()), content=[found]))
    assert "columns" in line and "column_numbers: false" in line
    rejected = RejectedItem("S!B1", Failure(ParseCode.NUMBER_NOT_FINITE))
    for batch in (admitted(Reading(KEYS[0], NOW, 7.5)), Batch((), (rejected,)), Batch((), gap_mark_count=1)):
        assert empty not in lines_of(batch)


def test_line_of_a_series_has_its_newest_value_also_when_it_came_first() -> None:
    lines = lines_of(admitted(Reading(KEYS[0], NOW, 7.5), Reading(KEYS[0], NOW - SECOND, 1.0)))
    (line,) = lines_with(f"{KEYS[0]} ", lines)
    assert " 7.5 m" in line and "2026-11-24" in line


def test_declared_series_without_a_value_are_named_and_counted_ones_apart() -> None:
    counted = replace(SOURCE.series[2], key="counted", count_rule=EventCountRule("report"))
    source = replace(SOURCE, series=(*SOURCE.series[:2], counted))
    lines = lines_of(admitted(Reading(KEYS[0], NOW, 1.0)), source)
    assert lines_with("got nothing: level-1", lines) and lines_with("event_count", lines)[0].endswith(": counted")


@pytest.mark.parametrize(("age", "is_old"), [(0, False), (60, False), (61, True), (7200, True)])
def test_data_beyond_the_age_limit_are_said_to_be_stale(age: int, is_old: bool) -> None:
    lines = lines_of(admitted(Reading(KEYS[0], NOW - age * SECOND, 1.0)))
    assert bool(lines_with("would be stale", lines)) is is_old
    assert ("older than age_limit" in lines_with(f"{KEYS[0]} ", lines)[0]) is is_old


def test_events_are_stale_by_the_time_of_their_answer_only() -> None:
    old = Event("report", "1", NOW - timedelta(days=9), "Rác")
    assert not lines_with("stale", lines_of(Batch(events=(old,)), replace(SOURCE, events=(object(),))))  # type: ignore[arg-type]
    answer = Batch(events=(old,), source_time=old.observed)
    assert lines_with("stale", lines_of(answer, replace(SOURCE, events=(object(),))))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("stage", "expires", "text"),
    [
        (EventStage.OPEN, NOW, "expired at"),
        (EventStage.OPEN, NOW + SECOND, " open "),
        (EventStage.OPEN, None, " open "),
        (EventStage.CLOSED, NOW - SECOND, " closed "),
    ],
)
def test_expired_event_is_not_called_open(stage: EventStage, expires: object, text: str) -> None:
    event = Event("alert", "1", NOW, "Mưa", stage, expires=expires)  # type: ignore[arg-type]
    (line,) = lines_with("alert/1", lines_of(Batch(events=(event,))))
    assert text in f"{line} " and ("open" in line) is (text == " open ")


def test_expired_events_are_counted_where_they_are_not_shown() -> None:
    events = [Event("alert", str(n), NOW, "Mưa", expires=NOW + (25 - n) * SECOND) for n in range(30)]
    lines = lines_of(Batch(events=tuple(events)))
    assert lines_with("5 of 30 events have expired", lines) and not lines_with("alert/25", lines)


@pytest.mark.parametrize(("title", "facts", "n"), [
    ("Xe •••: REFUEL", {}, 1), ("Xe", {"xe": "•••"}, 1), ("Xe 7", {"xe": "7"}, 0),
])  # fmt: skip
def test_events_with_masked_texts_are_counted(title: str, facts: dict[str, str], n: int) -> None:
    events = (Event("alert", "1", NOW, title, facts=facts), Event("alert", "2", NOW, "x"))
    said = t("commands.events_masked", "en", n=n, mask="•••")
    assert bool(lines_with(said, lines_of(Batch(events=events)))) == bool(n)


def test_suspect_and_missing_values_are_said_to_be_so() -> None:
    lines = lines_of(admitted(Reading(KEYS[0], NOW, 1.0, quality="suspect"), Reading(KEYS[1], NOW, None)))
    assert "suspect" in lines_with(f"{KEYS[0]} ", lines)[0]
    assert lines_with(f"{KEYS[1]} ", lines)[0].endswith("no value") and not lines_with("None", lines)


@given(st.floats(-1e12, 1e12))
def test_values_have_no_noise_and_at_most_twelve_digits(value: float) -> None:
    for lang, sign in (("en", "."), ("vi", ",")):
        (line,) = lines_with(f"{KEYS[0]} ", lines_of(admitted(Reading(KEYS[0], NOW, value)), lang=lang))
        assert line.split()[-2] == comparable(value).replace(".", sign)


def test_rejected_value_is_not_rounded() -> None:
    (item,) = admitted(Reading("other", NOW, 1234567.891, "m")).rejected_items
    assert item.sample == "1234567.891 m"


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_answer_of_which_everything_is_rejected_is_said_to_fail(lang: str) -> None:
    item = RejectedItem("items[0]", Failure(ParseCode.TIME_MISSING))
    down, wrong = t("commands.nothing_accepted", lang), lines_of(Batch(rejected_items=(item,)), lang=lang)
    assert down in wrong and lines_with("items[0]", wrong) and down not in lines_of(Batch(), lang=lang)
    assert ValidationCode.SERIES_NOT_IN_ROW not in "".join(wrong)


def test_names_in_the_answer_of_rejected_values_are_printed() -> None:
    lines = lines_of(admitted(Reading("dam-doi", NOW, 2.5, "m", name="Đầm  Dơi")))
    (line,) = lines_with("does not declare", lines)
    assert line.endswith("dam-doi (“Đầm  Dơi” 2.5 m)")


def test_name_and_id_that_are_to_be_copied_are_printed_whole() -> None:
    name = ("Trạm " * 40)[:199] + "X"
    lines = lines_of(admitted(Reading(slugify(name), NOW, 2.5, "m", name=name)))
    (line,) = lines_with("does not declare", lines)
    assert line.endswith(f"{slugify(name)} (“{name}” 2.5 m)")
    lines = lines_of(admitted(Reading("a", NOW, 2.5, "m", name="A m", name_unit="m")))  # its unit is no part of a name
    assert lines_with("does not declare", lines)[0].endswith("a (“A” 2.5 m)")


def test_title_that_is_cut_is_marked_and_whole_with_all() -> None:
    batch = Batch((), (), (Event("alert", "1", NOW, "x" * 90),))
    assert any("x" * 59 + "…" in line for line in lines_of(batch))
    assert any("x" * 90 in line for line in lines_of(batch, lists_all=True))


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_entries_of_names_that_match_nothing_are_printed(lang: str) -> None:
    names = ("Cần  Thơ", "Đại Ngãi")
    batch = admitted(Reading("dam-doi", NOW, 2.5, "m", name="Đầm  Dơi"))
    unread = Batch((), (RejectedItem("[0]", Failure(KiwisCode.COLUMNS_MISSING)),))
    texts = (
        BatchReport(SOURCE, one, NOW, lang, unmatched_names=names).text().splitlines()
        for one in (Batch(), batch, unread)
    )
    lines = {line for text in texts for line in lines_with("“Cần  Thơ”, “Đại Ngãi”", text)}
    assert len(lines) == 3  # an answer without items, or without one that was read, has no names to copy
    assert "names" not in BatchReport(SOURCE, Batch(), NOW, lang).text()


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_date_that_was_read_by_the_default_order_is_printed(lang: str) -> None:
    text = BatchReport(SOURCE, Batch(), NOW, lang, assumed_date="05/06/2026").text()
    (line,) = lines_with("“05/06/2026”", text.splitlines())
    assert "day_first" in line
    assert "day_first" not in BatchReport(SOURCE, Batch(), NOW, lang).text()


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_zone_that_the_row_does_not_set_is_printed(lang: str) -> None:
    assumed = AssumedZone("2026-06-05 07:00", "Asia/Ho_Chi_Minh")
    text = BatchReport(SOURCE, Batch(), NOW, lang, assumed_zone=assumed).text()
    (line,) = lines_with("“2026-06-05 07:00”", text.splitlines())
    assert "zone: Asia/Ho_Chi_Minh" in line
    assert "zone" not in BatchReport(SOURCE, Batch(), NOW, lang).text()


@pytest.mark.parametrize(
    ("changes", "texts"),
    [
        ({"severity": Severity.CRITICAL}, ["critical"]),
        ({"area": Area(105.78, 10.03)}, ["lon 105.78, lat 10.03"]),
        ({"area": Area(105.5, 10.0, radius_km=2.5)}, ["lon 105.5, lat 10", "2.5 km"]),
        ({"area": Area(0.5, 0.5, rings=(((0, 0), (1, 0), (1, 1), (0, 0)),))}, ["lon 0.5, lat 0.5", "4 vertices"]),
        ({"place": "31135"}, ["31135"]),
        ({"facts": {"topic-flood": "1", "lĩnh vực": "hạ tầng"}}, ["topic-flood: 1", "lĩnh vực: hạ tầng"]),
        ({"started": NOW - SECOND}, [(NOW - SECOND).astimezone(CITY_ZONE).isoformat()]),
        ({"due": NOW + SECOND}, [(NOW + SECOND).astimezone(CITY_ZONE).isoformat()]),
        ({"closed": NOW - SECOND}, [(NOW - SECOND).astimezone(CITY_ZONE).isoformat()]),
        ({"expires": NOW + SECOND}, [(NOW + SECOND).astimezone(CITY_ZONE).isoformat()]),
    ],
)
def test_line_of_an_event_has_what_its_source_says_of_it(changes: dict[str, Any], texts: list[str]) -> None:
    events = replace(Event("alert", "1", NOW, "Mưa"), **changes), Event("alert", "2", NOW, "Mưa")
    with_it, without = lines_with("alert/", lines_of(Batch(events=events)))
    assert all(text in with_it and text not in without for text in texts)
    assert "normal" not in without


def test_long_facts_are_cut_with_a_mark_and_whole_with_all() -> None:
    batch = Batch(events=(Event("alert", "1", NOW, "Mưa", facts={"area": "x" * 200}),))
    assert lines_with("x" * 59 + "…", lines_of(batch)) and lines_with("x" * 200, lines_of(batch, lists_all=True))


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("n", [1, 4])
def test_number_of_values_without_a_unit_is_shown(lang: str, n: int) -> None:
    readings = [Reading(key, NOW, 1.0, lacks_unit=True) for key in KEYS[:n]]
    text = t("commands.units_assumed", lang, n=n)
    batch = admitted(*readings, Reading(KEYS[-1], NOW, 1.0, unread_unit=UnreadUnit("unit", "m")))
    assert f" {n} " in text and lines_with(text, lines_of(batch, lang=lang))


@pytest.mark.parametrize(
    ("values", "unit", "is_said"),
    [
        ((0.15, 1.0), "%", True), ((0.0, -0.4), "%", True), ((0.15, 60.0), "%", False), ((0.0,), "%", False),
        ((0.15,), "m", False),
    ],
)  # fmt: skip
def test_values_in_percent_that_may_be_shares_are_said(values: tuple[float, ...], unit: str, is_said: bool) -> None:
    readings = tuple(Reading(KEYS[0], NOW - n * SECOND, value, unit) for n, value in enumerate(values))
    lines = lines_of(Batch((*readings, Reading(KEYS[1], NOW, 60.0, "%"))))
    assert (t("commands.shares", "en", series=KEYS[0]) in lines) is is_said


SHEET = {"columns": {"a-{name}": "h"}, "name": "n", "time": "t", "zone": "UTC"}


@pytest.mark.parametrize(
    ("protocol", "options", "body", "hint"),
    [
        ("spreadsheet", {**SHEET, "unit_column": "u"}, "t;n;u;h\n2026-11-24;giam sinh;‰;4\n", ""),
        ("spreadsheet", {**SHEET, "unit_column": "u"}, "t;n;u;h\n2026-11-24;giam sinh;%;0,4\n", ""),
        ("spreadsheet", SHEET, "t;n;h\n2026-11-24;giam sinh;0,4\n", "shares_plain"),
        ("http_json", {"series": "{n}", "value": "v", "unit": "ratio"}, '{"n": "a-giam-sinh", "v": 0.004}', ""),
        ("http_json", {"series": "{n}", "value": "v", "unit_path": "u"}, '{"n": "a-giam-sinh", "v": 4, "u": "‰"}', ""),
        ("http_json", {"series": "{n}", "value": "v"}, '{"n": "a-giam-sinh", "v": 0.4, "unit": "%"}', ""),
        ("http_json", {"series": "{n}", "value": "v"}, '{"n": "a-giam-sinh", "v": 0.4}', "shares_of_each"),
        ("http_json", {"series": "{n}", "value": "v", "unit": "%"}, '{"n": "a-giam-sinh", "v": 0.4}', "shares_of_each"),
    ],
)  # fmt: skip
def test_values_whose_unit_the_answer_names_are_no_shares(protocol: str, options: Any, body: str, hint: str) -> None:
    """Nor is the unit of a column whose rows have several units to be set."""
    declared = tuple(
        Series(key, LocalizedText(key), unit) for key, unit in (("a-giam-sinh", "%"), ("a-dan-so", "người"))
    )
    connector = protocols()[protocol]
    source = replace(
        SOURCE, protocol=protocol, options=connector.Options.model_validate(options).model_dump(exclude_unset=True),
        series=declared, option_names=option_names(connector.Options),
    )  # fmt: skip
    parsed = connector.parse(source, Payload((ResponsePage(body.encode(), address="a.csv"),)), NOW)
    batch = validate_batch(parsed, source.polled_series(), NOW)
    assert len(batch.readings) == 1
    said = lines_with("1 %: a-giam-sinh", lines_of(batch, source))
    (text,) = [t(f"commands.{hint}", "en", series="a-giam-sinh", example="…").partition("as ")[0]] if hint else [""]
    assert len(said) == bool(hint) and (not hint or text in said[0])


def test_path_that_nothing_matches_is_said_once() -> None:
    unmatched = Failure(MappingCode.PATH_UNMATCHED, {"option": "value", "path": "val", "fields": "id, value"})
    assert len(lines_with("id, value", lines_of(Batch(), unmatched_paths=[unmatched]))) == 1
    rejected = Batch(rejected_items=(RejectedItem("items[0]", unmatched),))
    assert len(lines_with("id, value", lines_of(rejected, unmatched_paths=[unmatched]))) == 1


@pytest.mark.parametrize(("protocol", "key"), [("http_json", "keys_too_long"), ("tt10", "keys_too_long_of_stations")])
def test_keys_that_no_row_may_have_are_named_with_what_to_set(protocol: str, key: str) -> None:
    options = option_names(protocols()[protocol].Options)
    source = replace(SOURCE, option_names=options)
    shortest, allowed = "a" * (MAX_ID_LENGTH + 1), "b" * MAX_ID_LENGTH
    batch = validate_batch(Batch(tuple(Reading(one, NOW, 1.0) for one in (shortest, allowed))), {}, NOW)
    assert t(f"commands.{key}", "en", n=1, limit=MAX_ID_LENGTH, series=shortest) in lines_of(batch, source)
    declared = validate_batch(Batch((Reading(allowed, NOW, 1.0),)), {}, NOW)
    assert not lines_with(str(MAX_ID_LENGTH), lines_of(declared, source))
