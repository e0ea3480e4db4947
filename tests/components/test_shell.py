"""The frame around the pages: where one is, what the data is worth, the way out on paper."""

from dataclasses import replace

import pytest
from dash import html

from components.shell import shell, status_frame
from operations.view import View
from tests.city import empty_city, full_city


def view(lang: str = "vi", **params: str) -> View:
    return View(full_city(), params, lang, lambda *_: ())


def markup(panel: str, page: str = "overview", lang: str = "vi", **params: str) -> str:
    return str(status_frame(view(lang, **params), page)[panel]["markup"])


def test_every_panel_of_the_frame_stands_in_the_shell() -> None:
    inside = shell(html.Div())._traverse()  # type: ignore[no-untyped-call]
    ids = {getattr(one, "id", None) for one in inside}
    assert set(status_frame(view(), "overview")) <= ids
    assert "link-banner" in ids


def test_the_rail_says_where_one_is() -> None:
    assert 'href="/nguon" aria-current="page"' in markup("shell-rail", "sources")
    assert 'href="/chi-so" aria-current="true"' in markup("shell-rail", "kpi")
    assert "aria-current" not in markup("shell-rail", "")


def test_the_header_says_what_the_data_is_worth() -> None:
    trust = markup("shell-trust")
    assert "DỮ LIỆU MÔ PHỎNG" in trust
    assert "1/2 nguồn" in trust
    assert "data-age" in trust


def test_real_data_carries_no_badge() -> None:
    city = full_city()
    real = tuple(replace(one, source=replace(one.source, simulated=False)) for one in city.sources)
    register = replace(city.register, documents=())
    frame = status_frame(View(replace(city, sources=real, register=register), {}, "vi", lambda *_: ()))
    assert "badge" not in str(frame["shell-trust"]["markup"])


def test_the_screen_counts_the_clock_while_live_and_a_past_moment_stands_still() -> None:
    assert 'data-clock="time"' in markup("shell-clock")
    past = status_frame(View(replace(full_city(), live=False), {}, "vi", lambda *_: ()))
    assert "data-clock" not in str(past["shell-clock"]["markup"])
    assert "24/11/2026" in str(past["shell-clock"]["markup"])


def test_paper_and_the_other_language_keep_the_parameters() -> None:
    tools = markup("shell-tools", "kpi", key="water-level", khoang="7d")
    assert "/pdf/kpi?key=water-level&amp;khoang=7d&amp;lang=vi" in tools
    assert "?key=water-level&amp;khoang=7d&amp;lang=en" in tools


@pytest.mark.parametrize(("lang", "word"), [("vi", "Tổng quan"), ("en", "Overview")])
def test_it_speaks_the_language_of_the_view(lang: str, word: str) -> None:
    assert word in markup("shell-rail", lang=lang)
    assert word in markup("shell-title", lang=lang)


def test_a_city_that_has_just_started_has_a_header() -> None:
    assert status_frame(View(empty_city(), {}, "vi", lambda *_: ()), "overview")
