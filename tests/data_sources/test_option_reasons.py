"""A reason names only options that the protocol has: every protocol with every reason that names one."""

import inspect
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from string import Formatter

import pytest

from components.ui.i18n import catalogue
from data_sources import protocols
from data_sources._mapping import option_names
from ioc.cli import batch_report
from ioc.cli.hints import HINTS, hint_for
from ioc.domain.base.failure import Failure
from ioc.domain.events.validation import EventCode
from ioc.domain.ingest.clock_skew import SKEW_CODES
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.option_reasons import CHOICES, PlainCode, with_options_of
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem, ValidationCode
from ioc.poller.admission import admit_batch, clock_skew_failure
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW, client_factory, row

SHARED = ("parsing", "validation", "units", "ingest", "events", "mapping", "geometry", "decoding", "plain", "xml")
# Reasons of a part that only protocols with the options use that they name.
OF_NUMBERS = {  # read by NumberOptions
    "parsing.decimal_ambiguous", "parsing.decimal_mixed", "parsing.decimal_other",
    "parsing.limit", "parsing.number_with_mark",
}  # fmt: skip
OF_ITEMS = {
    "mapping.unit_missing", "mapping.unit_false", "mapping.unit_of_row_contradicted", "mapping.number_unit_unread",
    "mapping.zone_unread",
    "mapping.zone_in_name", "mapping.zones_of_items", "mapping.zone_not_known", "mapping.utc_in_name",
    "mapping.times_in_list", "mapping.times_of_values", "mapping.answer_failed", "mapping.members_of_one_series",
    "mapping.zone_without_summer",
    "validation.unit_unread",
    "validation.unit_unread_around", "validation.unit_unread_unknown", "validation.unit_unread_unknown_around",
    "validation.unit_in_name", "validation.unit_in_item_name",
    "parsing.not_in_time_format",
    "ingest.more_pages", "mapping.series_name_missing", "mapping.page_time", "mapping.page_time_missing",
    "mapping.time_outside_items", "mapping.time_of_day_missing",
}  # fmt: skip
OF_NAMES = {"parsing.name_without_letters"}  # read by NameOptions
OF_ROW = {"events.kind_not_in_row"}  # `events` of the row
OF_UNITS = {"validation.unit_meant"}  # read by UnitOptions
OF_SENML = {"validation.units_of_one_name"}
UNSAID = {"mapping.path_in_parent": {"fields"}}  # parameters that the own text of a code does not say
OPTIONS = {name: option_names(module.Options) for name, module in protocols().items() if name != "submissions"}
ALL = {name.rpartition(".")[2] for names in OPTIONS.values() for name in names}


def named_options(code: str, part: str = "errors") -> set[str]:
    """The options that a text names: in the Vietnamese text each word of English letters that is one."""
    text = catalogue()[f"{part}.{code}"]["vi"].replace("options.", "").replace("events.", "")
    text = re.sub(r"(?<!\{)\{\w+(:[^{}]*)?\}(?!\})|“[^”]*”", "", text)  # holes and quotations
    words = set(re.findall(r"(?<![\w./-])[a-z]+(?:_[a-z]+)*(?![\w-])", text))
    return words & ALL


def shared_codes() -> Iterator[str]:
    for key in catalogue():
        if key.startswith("errors."):
            code = key.removeprefix("errors.")
            if code.split(".")[0] in SHARED and "vi" in catalogue()[key]:
                yield code


def has(protocol: str, option: str) -> bool:
    return any(name.rpartition(".")[2] == option for name in OPTIONS[protocol])


@pytest.mark.parametrize("protocol", OPTIONS)
def test_reasons_name_only_options_of_the_protocol(protocol: str) -> None:
    wrong = {}
    for code in set(shared_codes()) - OF_NUMBERS - OF_NAMES - OF_ITEMS - OF_ROW - OF_UNITS - OF_SENML:
        if code.startswith("plain."):
            continue  # taken in the place of another only
        taken = with_options_of(Failure(code), OPTIONS[protocol]).code
        named = named_options(taken) - {"series"}  # of the row: every row has series
        if missing := {option for option in named if not has(protocol, option)}:
            wrong[taken] = missing
    assert not wrong


def test_the_declared_options_are_those_that_the_texts_name() -> None:
    for code, choices in CHOICES.items():
        assert choices[-1][0] == ()  # some choice is left for every protocol
        for options, taken in choices:
            wanted = {option.rpartition(".")[2] for option in options}
            assert wanted <= named_options(taken) | {"series"}, (code, taken)


def test_the_text_that_is_taken_has_only_parameters_of_the_first_one() -> None:
    for code, choices in CHOICES.items():
        for _, taken in choices:
            assert _holes(taken) <= _holes(code) | UNSAID.get(code, set()), (code, taken)


def _holes(code: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(catalogue()[f"errors.{code}"]["vi"]) if name is not None}


@pytest.mark.parametrize("protocol", OPTIONS)
def test_hints_of_try_name_only_options_of_the_protocol(protocol: str) -> None:
    hints = {hint: hint_for(hint, OPTIONS[protocol]) for hint in HINTS}
    wrong = {
        key: missing
        for key in hints.values()
        if (missing := {name for name in named_options(key, "commands") - {"series"} if not has(protocol, name)})
    }
    assert not wrong


def test_every_hint_of_try_that_names_an_option_follows_the_protocol() -> None:
    """The texts of `try` that name an option are hints, or of protocols that all have it."""
    used = set(re.findall(r"""\b_t\(\s*"(\w+)\"""", inspect.getsource(batch_report)))
    assert used >= {"counts", "sheets_read", "names_unmatched"}
    named = {key: named_options(key, "commands") - {"series"} for key in used}
    assert {key for key, names in named.items() if names} <= {
        "sheets_read", "names_unmatched", "names_of_no_item", "names_not_read",
    }  # fmt: skip
    for choices in HINTS.values():
        assert choices[-1][0] == ()
        for options, key in choices:
            wanted = {option.rpartition(".")[2] for option in options}
            assert wanted <= named_options(key, "commands") or "{option}" in catalogue()[f"commands.{key}"]["vi"]


@pytest.mark.parametrize(
    ("protocol", "code", "taken"),
    [
        ("http_json", ParseCode.NOT_A_NUMBER, ParseCode.NOT_A_NUMBER),
        ("open_meteo", ParseCode.NOT_A_NUMBER, PlainCode.NOT_A_NUMBER),
        ("open311", ParseCode.NOT_A_NUMBER, PlainCode.NOT_A_NUMBER),
        ("openaq", ParseCode.TIME_MISSING, PlainCode.TIME_MISSING),
        ("ngsi", ValidationCode.UNIT_MISSING, PlainCode.ATTRIBUTE_UNIT_MISSING),
        ("ngsi", ValidationCode.OUT_OF_RANGE_UNIT_ASSUMED, PlainCode.ATTRIBUTE_OUT_OF_RANGE),
        ("sensorthings", ValidationCode.OUT_OF_RANGE_UNIT_ASSUMED, ValidationCode.OUT_OF_RANGE_UNIT_ASSUMED),
        ("rss", EventCode.STATES_DIFFER, PlainCode.STATES_DIFFER),
        ("open311", EventCode.STATES_DIFFER, PlainCode.STATES_DIFFER),
        ("gtfs_rt", EventCode.STATES_DIFFER, PlainCode.STATES_DIFFER),
        ("http_json", EventCode.STATES_DIFFER, EventCode.STATES_DIFFER),
        ("openaq", ValidationCode.TIME_AHEAD, PlainCode.TIME_AHEAD),
    ],
)
def test_code_follows_the_options_of_the_protocol(protocol: str, code: str, taken: str) -> None:
    failure = Failure(IngestCode.NOTHING_ACCEPTED, {"location": "a", "cause": Failure(code, {"text": "x"})})
    changed = with_options_of(failure, OPTIONS[protocol])
    assert changed.params["cause"] == Failure(taken, {"text": "x"})
    assert with_options_of(failure, None) == failure


def test_reasons_of_an_admitted_answer_are_those_of_its_protocol() -> None:
    ahead = Batch((Reading("level", NOW + timedelta(days=1), 1.0),), (RejectedItem("a", Failure(ParseCode.BOOLEAN)),))
    source = replace(row(series_keys=("level",), protocol="rss"), option_names=OPTIONS["rss"])
    admitted = admit_batch(ahead, source, client_factory().context_for(source), NOW, id_key=b"key")
    assert codes(admitted) == [PlainCode.BOOLEAN, ValidationCode.TIME_AHEAD]
    skew = clock_skew_failure(ahead, replace(source, option_names=OPTIONS["openaq"]), NOW)
    assert skew is not None and skew.code == PlainCode.CLOCK_AHEAD_HOURS


@pytest.mark.parametrize("protocol", OPTIONS)
def test_a_clock_that_is_ahead_is_known_as_such_in_every_protocol(protocol: str) -> None:
    source = replace(row(series_keys=("level",), protocol=protocol), option_names=OPTIONS[protocol])
    for lead in (timedelta(minutes=30), timedelta(hours=5), timedelta(hours=7), timedelta(days=9)):
        skew = clock_skew_failure(Batch((Reading("level", NOW + lead, 1.0),)), source, NOW)
        assert skew is not None and skew.code in SKEW_CODES


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("code", ["units.unknown", "units.different_quantity"])
def test_reasons_that_offer_the_units_of_a_row_say_that_they_hold_for_the_source(code: str, lang: str) -> None:
    text = catalogue()[f"errors.{code}"][lang]
    assert "units: {{" in text and {"vi": "chung cho cả nguồn", "en": "for the whole source"}[lang] in text
