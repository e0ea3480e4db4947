"""The table of sources: order, status chips, counts, hints."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from components.sources.source_table import chips, covered_faults, protocol_name, source_table
from components.ui.i18n import LANGS, t
from data_sources import protocols
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.clock_skew import skew_failure
from ioc.domain.ingest.decoding import DecodingCode
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.health import SourceState
from ioc.domain.ingest.source import Source
from tests.city import NOW, full_city

CITY = full_city()


def test_sources_are_sorted_most_severe_first() -> None:
    markup = str(source_table(CITY, "vi", ""))
    assert markup.index("source-sim-beds") < markup.index("source-sim-tide")


@pytest.mark.parametrize("state", list(SourceState))
def test_every_state_has_class_and_mark(state: SourceState) -> None:
    view = CITY.sources[0]
    city = replace(CITY, sources=(replace(view, health=replace(view.health, state=state)),))
    markup = str(source_table(city, "vi", ""))
    assert f"is-{state.value}" in markup
    assert "<svg" in markup


def test_row_shows_counts_error_interval_and_badge() -> None:
    markup = str(source_table(CITY, "vi", ""))
    for part in (
        "nhận 4",
        "loại 1",
        "không kết nối được",
        "JSON qua HTTP",
        "mô phỏng",
        "trả lời trong 5 giây",
        "chưa từng khác thường",
        "1 phút",
        "hạn 10 phút",
    ):
        assert part in markup


@pytest.mark.parametrize(("state", "expected"), [(SourceState.REFUSED, True), (SourceState.DOWN, False)])
def test_repoll_hint_is_shown_only_for_refused_sources(state: SourceState, expected: bool) -> None:
    view = CITY.sources[0]
    city = replace(CITY, sources=(replace(view, health=replace(view.health, state=state)),))
    for lang in ("vi", "en"):
        assert (t("sources.repoll_hint", lang) in str(source_table(city, lang, ""))) is expected


def test_duplicates_are_counted_beside_accepted_items() -> None:
    view = CITY.sources[0]
    city = replace(
        CITY, sources=(replace(view, health=replace(view.health, accepted_count=8, duplicate_count=15_992)),)
    )
    assert "nhận 8" in str(source_table(city, "vi", "")) and "lặp 15.992" in str(source_table(city, "vi", ""))
    assert "lặp" not in str(source_table(CITY, "vi", ""))


@pytest.mark.parametrize("lang", LANGS)
def test_row_says_when_its_source_states_no_time(lang: str) -> None:
    view, note = CITY.sources[0], t("sources.no_own_time", lang)
    for has_own_time, data_time, events, expected in (
        (True, NOW - timedelta(minutes=1), True, False),
        (False, NOW - timedelta(minutes=1), True, True),
        (True, NOW, True, True),  # a list of events as new as the poll: the answer stated no time
        (True, NOW, False, False),
    ):
        source = replace(view.source, has_own_time=has_own_time, events=view.source.events if events else ())
        assert (note in _table_of(source, data_time, lang)) is expected
    for data_time, expected in ((NOW - timedelta(minutes=1), False), (NOW, True)):
        source = replace(view.source, events=(), may_lack_time=True)  # GeoJSON
        assert (note in _table_of(source, data_time, lang)) is expected


def _table_of(source: Source, data_time: datetime, lang: str) -> str:
    view = CITY.sources[0]
    health = replace(view.health, data_time=data_time, last_success=NOW)
    return str(source_table(replace(CITY, sources=(replace(view, source=source, health=health),)), lang, ""))


def test_source_without_data_has_a_group_of_its_own_and_no_age() -> None:
    view = CITY.sources[0]
    health = replace(view.health, state=SourceState.NO_DATA, data_time=None)
    city = replace(CITY, sources=(replace(view, health=health),))
    for lang, word in (("vi", "chưa có số liệu"), ("en", "no data yet")):
        assert word in str(chips(city, lang, "")) and word in str(source_table(city, lang, "no_data"))
    assert t("sources.no_own_time", "vi") not in str(source_table(city, "vi", ""))
    assert t("sources.none", "vi") in str(source_table(city, "vi", "live"))


def test_status_chip_filters_the_table() -> None:
    markup = str(source_table(CITY, "vi", "down"))
    assert "source-sim-beds" in markup
    assert "source-sim-tide" not in markup
    assert 'href="?trang-thai=down" aria-current="true"' in str(chips(CITY, "vi", "down"))
    view = CITY.sources[0]
    health = replace(view.health, state=SourceState.DOWN, last_error=Failure(DecodingCode.HTML))
    city = replace(CITY, sources=(replace(view, health=health),))
    assert "trả lời không hợp lệ" in str(source_table(city, "vi", "answer"))
    assert "Không có nguồn nào" in str(source_table(city, "vi", "down"))


def test_clock_skew_has_a_group_and_a_chip() -> None:
    view = CITY.sources[0]
    health = replace(view.health, state=SourceState.DOWN, last_error=skew_failure(timedelta(hours=7)))
    city = replace(CITY, sources=(replace(view, health=health),))
    markup = str(source_table(city, "vi", "clock"))
    assert "đồng hồ nguồn sai giờ" in markup and "nhanh 7 giờ" in markup and "mất kết nối<" not in markup
    assert 'href="?trang-thai=clock" aria-current="true"' in str(chips(city, "vi", "clock"))
    assert "trang-thai=down" not in str(chips(city, "vi", ""))


def test_filter_without_sources_says_so() -> None:
    assert "Không có nguồn nào" in str(source_table(CITY, "vi", "off"))
    assert "source-sim-tide" in str(source_table(CITY, "vi", "nonsense"))


def test_licence_is_translated() -> None:
    assert 'class="quiet">simulated</small>' in str(source_table(CITY, "en", ""))
    assert 'class="quiet">mô phỏng</small>' in str(source_table(CITY, "vi", ""))


def test_protocol_tests_and_last_drift_are_shown() -> None:
    view = CITY.sources[0]
    markup = str(source_table(CITY, "vi", ""))
    assert f"Đã thử {len(covered_faults('http_json'))} loại lỗi" in markup and "nội dung phá hoại" in markup
    drift = (Failure(DecodingCode.EMPTY),)
    recovered = replace(view, health=replace(view.health, drift_since=NOW - timedelta(hours=2), last_drift=drift))
    markup = str(source_table(replace(CITY, sources=(recovered,)), "vi", ""))
    assert "khác thường gần nhất: 14:18 (câu trả lời rỗng" in markup


def test_every_protocol_has_a_label() -> None:
    for key in protocols():
        assert all(protocol_name(key, lang) != key for lang in LANGS), key


@pytest.mark.parametrize("lang", LANGS)
def test_a_source_whose_server_is_not_installed_names_the_package(lang: str) -> None:
    view = CITY.sources[0]
    reason = Failure(IngestCode.PROGRAM_MISSING, {"program": "Mosquitto", "package": "goi-mosquitto"})
    off = replace(view, source=replace(view.source, is_enabled=False, off_reason=reason))
    assert "goi-mosquitto" in str(source_table(replace(CITY, sources=(off,)), lang, ""))
    assert "goi-mosquitto" not in str(source_table(CITY, lang, ""))


def test_status_links_keep_search_and_sorting() -> None:
    markup = str(chips(CITY, "vi", "down", {"tim": "tram", "xep": "-name", "trang-thai": "down"}))
    assert 'href="?tim=tram&amp;xep=-name"' in markup
    assert 'href="?tim=tram&amp;xep=-name&amp;trang-thai=down" aria-current="true"' in markup
