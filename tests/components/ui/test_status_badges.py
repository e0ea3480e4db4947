"""Marks and labels of states are the same on tile, map, table and attention list."""

from dataclasses import replace

import pytest

from components.events.attention_list import attention_list
from components.kpi.tile import tile
from components.sources.source_table import STATUS_ORDER, source_table
from components.ui.i18n import LANGS, catalogue
from components.ui.status_badges import (
    CLOCK_SKEW,
    FAILING,
    FAILURE_KINDS,
    source_status_badge,
    source_status_label,
    state_label,
    state_mark,
)
from data_sources._http.errors import HttpCode
from ioc.domain.base.failure import Failure
from ioc.domain.base.system_errors import SystemCode
from ioc.domain.ingest.decoding import DecodingCode
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.health import SourceState
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.kpis.kpi import FigureState
from ioc.domain.snapshot import Snapshot
from tests.city import full_city

CITY = full_city()
STATUSES = (*SourceState, CLOCK_SKEW, *FAILURE_KINDS)
EQUIVALENT_STATES = {FigureState.STALE: SourceState.STALE, FigureState.ERROR: FAILING, FigureState.OFF: SourceState.OFF}
SERVER_FAILED = Failure(HttpCode.ERROR_STATUS, {"status": 500})
# The last error of a source that is down -> the label that heads it.
LABELS: tuple[tuple[Failure | None, str], ...] = (
    (Failure(HttpCode.CONNECTION_CLOSED), "mất kết nối"),
    (Failure(HttpCode.CONNECT_FAILED, {"cause": Failure(SystemCode.CONNECTION_REFUSED)}), "mất kết nối"),
    (Failure(HttpCode.NAME_NOT_FOUND), "mất kết nối"),
    (Failure(IngestCode.DEADLINE_EXCEEDED, {"seconds": 5}), "không trả lời kịp"),
    (SERVER_FAILED, "máy chủ báo lỗi"),
    (Failure(HttpCode.NOT_FOUND, external="no such thing"), "máy chủ báo lỗi"),
    (Failure(DecodingCode.HTML), "trả lời không hợp lệ"),
    (Failure(HttpCode.ANSWER_TOO_LARGE, {"mebibytes": 16}), "trả lời không hợp lệ"),
    (
        Failure(IngestCode.NOTHING_ACCEPTED, {"location": "[0]", "cause": Failure(ParseCode.TIME_MISSING)}),
        "trả lời không hợp lệ",
    ),
    (Failure(SystemCode.DISK_FULL), "tệp không đọc được"),
    (Failure(HttpCode.HOST_NOT_ALLOWED, {"host": "10.0.0.7:80"}), "cấu hình chưa đúng"),
    (Failure(IngestCode.SECRET_NOT_SET, {"name": "KEY"}), "cấu hình chưa đúng"),
    (Failure(IngestCode.INTERNAL_ERROR, {"kind": "KeyError"}), "lỗi của chương trình"),
    (Failure(SystemCode.OTHER, external="Too many open files"), "không lấy được số liệu"),
    (None, "mất kết nối"),
)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(("figure", "source"), EQUIVALENT_STATES.items())
def test_kpi_and_source_share_mark_and_label_of_a_state(figure: FigureState, source: SourceState, lang: str) -> None:
    assert state_label(figure, lang) == source_status_label(source, lang)
    assert str(state_mark(figure)) in str(source_status_badge(source, lang))


def city_with_error(last_error: Failure | None) -> Snapshot:
    views = (
        replace(view, health=replace(view.health, last_error=last_error)) if view.source.key == "sim-beds" else view
        for view in CITY.sources
    )
    return replace(CITY, sources=tuple(views))


@pytest.mark.parametrize(("last_error", "label"), LABELS)
def test_a_failing_source_has_the_label_of_its_failure_on_tile_table_and_attention_list(
    last_error: Failure | None, label: str
) -> None:
    city = city_with_error(last_error)
    markups = [tile(city.figures["beds-error"], city, "vi"), source_table(city, "vi", ""), attention_list(city, "vi")]
    assert all(label in str(markup).casefold() for markup in markups)
    other_labels = {other for _, other in LABELS} - {label}
    notices = str(attention_list(city, "vi")).casefold()
    assert f"<span>{label}: " in notices and not any(f"<span>{other}: " in notices for other in other_labels)


def test_a_kpi_whose_sources_fail_differently_has_the_general_label() -> None:
    city = city_with_error(SERVER_FAILED)
    view = next(view for view in city.sources if view.source.key == "sim-beds")
    slow = Failure(IngestCode.DEADLINE_EXCEEDED, {"seconds": 5})
    other = replace(view, health=replace(view.health, last_error=slow))
    markup = str(tile(city.figures["beds-error"], replace(city, sources=(*city.sources, other)), "vi"))
    assert "không lấy được số liệu" in markup and "máy chủ báo lỗi" not in markup


def test_every_status_of_an_error_code_has_a_mark_and_a_label() -> None:
    statuses = {message["status"] for message in catalogue().values() if "status" in message}
    assert statuses == {*FAILURE_KINDS, CLOCK_SKEW, SourceState.DOWN, SourceState.REFUSED} - {FAILING}


def test_labels_of_states_are_unique() -> None:
    for lang in LANGS:
        assert len({source_status_label(status, lang) for status in STATUSES}) == len(STATUSES)
        assert len({state_label(state, lang) for state in FigureState}) == len(FigureState)


def test_every_status_can_be_filtered() -> None:
    assert {*STATUS_ORDER} == {*STATUSES} and len(STATUS_ORDER) == len(STATUSES)


def test_status_labels_stand_in_the_catalogue_once() -> None:
    for word in {source_status_label(status, "vi") for status in STATUSES}:
        assert sum(message["vi"] == word for message in catalogue().values()) == 1, word
