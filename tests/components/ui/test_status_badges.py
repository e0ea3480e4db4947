"""Words and marks of states: a tile, a map point and the table of sources say the same of the same thing."""

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
from ioc.domain.ingest.health import SourceState
from ioc.domain.kpis.kpi import FigureState
from ioc.domain.snapshot import Snapshot
from tests.city import full_city

CITY = full_city()
SHOWN = (*SourceState, CLOCK_SKEW, *FAILURE_KINDS)
SAME = {FigureState.STALE: SourceState.STALE, FigureState.ERROR: FAILING, FigureState.OFF: SourceState.OFF}
# What a poll keeps of a failure -> what the source is headed by.
FAILED = {
    "127.0.0.1:80 closed the connection without an answer": "mất kết nối",
    "cannot connect to h:80: Connection refused": "mất kết nối",
    "the name h cannot be found": "mất kết nối",
    "no answer within 5 s": "không trả lời kịp",
    "h:80 answered 500: the server failed": "máy chủ báo lỗi",
    "h:80 answered 404: not found; it says: no such thing": "máy chủ báo lỗi",
    "the answer is HTML, not JSON": "trả lời không hợp lệ",
    "the answer is larger than 16 MiB": "trả lời không hợp lệ",
    "the answer is in no charset that can be read": "trả lời không hợp lệ",
    "nothing could be kept: items[0]: time is missing": "trả lời không hợp lệ",
    "more than 20000 items: the rest was left out": "trả lời không hợp lệ",
    "no file *.xlsx lies in the folder": "tệp không đọc được",
    "10.0.0.7:80 is not a host of this source": "cấu hình chưa đúng",
    "the secret KEY is not set": "cấu hình chưa đúng",
    "internal fault: KeyError": "lỗi của chương trình",
    "something that nobody has met": "không lấy được số liệu",
    "": "mất kết nối",
}


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(("figure", "source"), SAME.items())
def test_a_figure_and_its_source_are_told_alike(figure: FigureState, source: SourceState, lang: str) -> None:
    assert state_label(figure, lang) == source_status_label(source, lang)
    assert str(state_mark(figure)) in str(source_status_badge(source, lang))


def failed(kept: str) -> Snapshot:
    views = (
        replace(one, health=replace(one.health, last_error=kept)) if one.source.key == "sim-beds" else one
        for one in CITY.sources
    )
    return replace(CITY, sources=tuple(views))


@pytest.mark.parametrize(("kept", "word"), FAILED.items())
def test_a_source_that_fails_is_headed_by_what_failed_on_tile_table_and_strip(kept: str, word: str) -> None:
    city = failed(kept)
    drawn = [tile(city.figures["beds-error"], city, "vi"), source_table(city, "vi", ""), attention_list(city, "vi")]
    assert all(word in str(one).casefold() for one in drawn)
    others = {*FAILED.values()} - {word}
    head = str(attention_list(city, "vi")).casefold()
    assert not any(f"<span>{one}: " in head for one in others) and f"<span>{word}: " in head


def test_a_figure_whose_sources_fail_in_several_ways_says_only_that_they_do() -> None:
    city = failed("h:80 answered 500: the server failed")
    view = next(one for one in city.sources if one.source.key == "sim-beds")
    other = replace(view, health=replace(view.health, last_error="no answer within 5 s"))
    markup = str(tile(city.figures["beds-error"], replace(city, sources=(*city.sources, other)), "vi"))
    assert "không lấy được số liệu" in markup and "máy chủ báo lỗi" not in markup


def test_every_reason_of_a_failure_has_a_head_that_can_be_shown() -> None:
    heads = {one["head"] for key, one in catalogue().items() if key.startswith("reasons.") and "head" in one}
    assert heads == {*FAILURE_KINDS, CLOCK_SKEW, SourceState.DOWN, SourceState.REFUSED} - {FAILING}
    without = {
        key.split("_")[0] for key, one in catalogue().items() if key.startswith("reasons.") and "head" not in one
    }
    parts = {
        "source_errors.part",
        "source_errors.archive",
        "source_errors.store",
        "source_errors.surprise",
        "source_errors.no",
        "source_errors.not",
        "source_errors.given",
    }
    assert without == parts


def test_each_state_has_a_word_of_its_own() -> None:
    for lang in LANGS:
        assert len({source_status_label(one, lang) for one in SHOWN}) == len(SHOWN)
        assert len({state_label(one, lang) for one in FigureState}) == len(FigureState)


def test_each_of_them_can_be_filtered() -> None:
    assert {*STATUS_ORDER} == {*SHOWN} and len(STATUS_ORDER) == len(SHOWN)


def test_a_word_stands_in_the_catalogue_once() -> None:
    for word in {source_status_label(one, "vi") for one in SHOWN} - {"tắt"}:
        assert sum(message["vi"] == word for message in catalogue().values()) == 1, word
