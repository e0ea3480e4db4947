"""The frame around the pages: where one is, what the data is worth, the way out on paper."""

from dataclasses import replace

import pytest
from dash import html

from components.screens.shell import header_frame, shell
from components.ui.status_badges import simulated_badge
from ioc.domain.kpis.kpi import Severity
from ioc.snapshot.view import Frame, View
from tests.city import empty_city, full_city


def view(lang: str = "vi", **params: str) -> View:
    return View(full_city(), params, lang, lambda *_: ())


def markup(panel: str, page: str = "overview", lang: str = "vi", **params: str) -> str:
    drawn: Frame = {"tile": {"markup": str(simulated_badge(lang))}}
    return str(header_frame(view(lang, **params), page, drawn)[panel]["markup"])


def test_every_panel_of_the_frame_stands_in_the_shell() -> None:
    inside = shell(html.Div())._traverse()  # type: ignore[no-untyped-call]
    ids = {getattr(one, "id", None) for one in inside}
    assert set(header_frame(view(), "overview")) <= ids
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


def test_a_page_on_which_nothing_is_simulated_carries_no_badge() -> None:
    """Whatever else the city holds."""
    frames: list[Frame] = [{}, {"a": {"markup": "<p>mô phỏng</p>"}, "b": {"figure": {"data": []}}}]
    for drawn in frames:
        frame = header_frame(view(), "directive", drawn)
        assert "badge" not in str(frame["shell-trust"]["markup"])


def test_the_rail_leads_to_what_needs_attention_and_counts_it() -> None:
    rail = markup("shell-rail", "attention")
    assert 'href="/can-chu-y" aria-current="page"' in rail
    assert 'class="rail-count is-attention" title="2 mục cần chú ý">2<' in rail
    grave = replace(full_city().attention[0], severity=Severity.CRITICAL)
    city = replace(full_city(), attention=(grave, *full_city().attention))
    assert "is-critical" in str(header_frame(View(city, {}, "vi", lambda *_: ()))["shell-rail"]["markup"])
    calm = View(replace(full_city(), attention=()), {}, "vi", lambda *_: ())
    assert "rail-count" not in str(header_frame(calm)["shell-rail"]["markup"])


def test_the_banner_stands_in_the_header_beside_badge_and_clock() -> None:
    head = next(one for one in shell(html.Div())._traverse() if isinstance(one, html.Header))  # type: ignore[no-untyped-call]
    ids = [one.id for one in head.children]
    assert ids.index("shell-title") < ids.index("link-banner") < ids.index("shell-trust") < ids.index("shell-clock")


def test_the_screen_counts_the_clock_while_live_and_a_past_moment_stands_still() -> None:
    assert 'data-clock="time"' in markup("shell-clock")
    past = header_frame(View(replace(full_city(), is_live=False), {}, "vi", lambda *_: ()))
    assert "data-clock" not in str(past["shell-clock"]["markup"])
    assert "24/11/2026" in str(past["shell-clock"]["markup"])
    assert "XEM LẠI THỜI ĐIỂM" in str(past["shell-trust"]["markup"]) and "XEM LẠI" not in markup("shell-trust")


def test_paper_and_the_other_language_keep_the_parameters() -> None:
    tools = markup("shell-tools", "kpi", key="water-level", khoang="7d")
    assert "/pdf/kpi?key=water-level&amp;khoang=7d&amp;lang=vi" in tools
    assert "?key=water-level&amp;khoang=7d&amp;lang=en" in tools


@pytest.mark.parametrize(("lang", "word"), [("vi", "Tổng quan"), ("en", "Overview")])
def test_it_speaks_the_language_of_the_view(lang: str, word: str) -> None:
    assert word in markup("shell-rail", lang=lang)
    assert word in markup("shell-title", lang=lang)


def test_a_city_that_has_just_started_has_a_header() -> None:
    assert header_frame(View(empty_city(), {}, "vi", lambda *_: ()), "overview")
