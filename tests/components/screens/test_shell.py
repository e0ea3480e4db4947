"""The shell: rail, header, banner, links to PDF and language."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from dash import html

from components.screens.shell import RESTRICTED_DESTINATIONS, header_frame, shell
from components.ui.status_badges import simulated_badge
from ioc.domain.access.permissions import Action
from ioc.domain.kpis.kpi import Severity
from ioc.snapshot.view import Frame, View
from tests.city import empty_city, full_city


def view(lang: str = "vi", **params: str) -> View:
    return View(full_city(), params, lang, lambda *_: ())


def markup(panel: str, page: str = "overview", lang: str = "vi", **params: str) -> str:
    page_frame: Frame = {"tile": {"markup": str(simulated_badge(lang))}}
    return str(header_frame(view(lang, **params), page, page_frame)[panel]["markup"])


def test_shell_contains_every_panel_of_its_frame() -> None:
    inside = shell(html.Div())._traverse()  # type: ignore[no-untyped-call]
    ids = {getattr(component, "id", None) for component in inside}
    assert set(header_frame(view(), "overview")) <= ids
    assert "link-banner" in ids


def test_rail_marks_the_current_page() -> None:
    assert 'href="/nguon" aria-current="page"' in markup("shell-rail", "sources")
    assert 'href="/chi-so" aria-current="true"' in markup("shell-rail", "kpi")
    assert "aria-current" not in markup("shell-rail", "")


def test_header_shows_badge_live_sources_and_age() -> None:
    trust = markup("shell-status")
    assert "DỮ LIỆU MÔ PHỎNG" in trust
    assert "1/2 nguồn" in trust
    assert "data-age" in trust


def test_page_without_simulated_data_has_no_badge() -> None:
    """Whatever else the city holds."""
    frames: list[Frame] = [{}, {"a": {"markup": "<p>mô phỏng</p>"}, "b": {"figure": {"data": []}}}]
    for page_frame in frames:
        frame = header_frame(view(), "directive", page_frame)
        assert "badge" not in str(frame["shell-status"]["markup"])


def test_rail_counts_attention_items_by_severity() -> None:
    rail = markup("shell-rail", "attention")
    assert 'href="/can-chu-y" aria-current="page"' in rail
    assert 'class="rail-count is-attention" title="2 mục cần chú ý">2<' in rail
    grave = replace(full_city().attention[0], severity=Severity.CRITICAL)
    city = replace(full_city(), attention=(grave, *full_city().attention))
    assert "is-critical" in str(header_frame(View(city, {}, "vi", lambda *_: ()))["shell-rail"]["markup"])
    calm = View(replace(full_city(), attention=()), {}, "vi", lambda *_: ())
    assert "rail-count" not in str(header_frame(calm)["shell-rail"]["markup"])


def test_banner_is_between_title_and_clock() -> None:
    head = next(component for component in shell(html.Div())._traverse() if isinstance(component, html.Header))  # type: ignore[no-untyped-call]
    ids = [component.id for component in head.children]
    assert ids.index("shell-title") < ids.index("link-banner") < ids.index("shell-status") < ids.index("shell-clock")


def test_clock_runs_while_live_and_is_fixed_for_the_past() -> None:
    assert 'data-clock="time"' in markup("shell-clock")
    past = header_frame(View(replace(full_city(), is_live=False), {}, "vi", lambda *_: ()))
    assert "data-clock" not in str(past["shell-clock"]["markup"])
    assert "24/11/2026" in str(past["shell-clock"]["markup"])
    assert "XEM LẠI THỜI ĐIỂM" in str(past["shell-status"]["markup"]) and "XEM LẠI" not in markup("shell-status")


def test_pdf_and_language_links_keep_parameters() -> None:
    tools = markup("shell-tools", "kpi", key="water-level", khoang="7d")
    assert "/pdf/kpi?key=water-level&amp;khoang=7d&amp;lang=vi" in tools
    assert "?key=water-level&amp;khoang=7d&amp;lang=en" in tools


@pytest.mark.parametrize(("lang", "word"), [("vi", "Tổng quan"), ("en", "Overview")])
def test_shell_uses_the_language_of_the_view(lang: str, word: str) -> None:
    assert word in markup("shell-rail", lang=lang)
    assert word in markup("shell-title", lang=lang)


def test_empty_city_has_a_header() -> None:
    assert header_frame(View(empty_city(), {}, "vi", lambda *_: ()), "overview")


def test_styles_name_existing_permissions_and_cover_every_restricted_destination() -> None:
    css = "".join(path.read_text("utf-8") for path in sorted((Path(__file__).parents[3] / "assets").glob("*.css")))
    assert set(re.findall(r'data-can~="(\w+)"', css)) <= {action.value for action in Action}
    assert all(f".rail-{destination.name}" in css for destination in RESTRICTED_DESTINATIONS)
