"""The shell: rail, header, banner, links to PDF and language."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import dash
import pytest
from dash import html

from components.screens.shell import RailPlace, header_frame, rail, shell
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
    drawn = markup("shell-rail", "attention")
    assert 'href="/can-chu-y" aria-current="page"' in drawn
    assert 'class="rail-count is-attention" title="2 mục cần chú ý">2<' in drawn
    grave = replace(full_city().attention[0], severity=Severity.CRITICAL)
    city = replace(full_city(), attention=(grave, *full_city().attention))
    assert "is-critical" in str(header_frame(View(city, {}, "vi", lambda *_: ()))["shell-rail"]["markup"])
    calm = View(replace(full_city(), attention=()), {}, "vi", lambda *_: ())
    assert 'rail-count is-attention" title' not in str(header_frame(calm)["shell-rail"]["markup"])


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


def test_page_of_the_past_leads_to_the_same_page_of_the_present() -> None:
    params = {"luc": "24/11/2026 14:30", "lop": "roads"}
    past = header_frame(View(replace(full_city(), is_live=False), params, "vi", lambda *_: ()))
    assert 'href="?lop=roads">Về hiện tại<' in str(past["shell-tools"]["markup"])
    assert "Về hiện tại" not in markup("shell-tools")


def test_pdf_and_language_links_keep_parameters() -> None:
    tools = markup("shell-tools", "events", loai="report", trang="2")
    assert "/pdf/events?loai=report&amp;trang=2&amp;lang=vi" in tools
    assert "?loai=report&amp;trang=2&amp;lang=en" in tools


@pytest.mark.parametrize(("lang", "word"), [("vi", "Tổng quan"), ("en", "Overview")])
def test_shell_uses_the_language_of_the_view(lang: str, word: str) -> None:
    assert word in markup("shell-rail", lang=lang)
    assert word in markup("shell-title", lang=lang)


def test_empty_city_has_a_header() -> None:
    assert header_frame(View(empty_city(), {}, "vi", lambda *_: ()), "overview")


@pytest.fixture
def registry() -> Iterator[dict[str, dict[str, Any]]]:
    kept = dict(dash.page_registry)
    dash.page_registry.clear()
    yield dash.page_registry
    dash.page_registry.clear()
    dash.page_registry.update(kept)


def registered(name: str, action: Action, rail: RailPlace | None = None, section: str = "") -> dict[str, Any]:
    return {"name": name, "path": f"/{name}", "action": action, "rail": rail, "section": section}


def test_rail_is_drawn_from_what_pages_register_in_their_order(registry: dict[str, dict[str, Any]]) -> None:
    registry["b"] = registered("notes", Action.EDIT, RailPlace("shell.kpis", "desk", 20, counts_waiting=True))
    registry["a"] = registered("account", Action.MANAGE_OWN_ACCOUNT, RailPlace("shell.own_account", "person", 10))
    drawn = str(rail("vi", "notes"))
    assert drawn.index('href="/account"') < drawn.index('href="/notes"') < drawn.index('href="/cong-khai"')
    assert 'class="rail-item rail-notes needs needs-edit" href="/notes" aria-current="page"' in drawn
    assert drawn.count("data-waiting") == 1


def test_rail_is_drawn_again_only_when_something_in_it_changed() -> None:
    item = full_city().attention[0]
    first, same = rail("vi", "kpis", items=[item]), rail("vi", "kpis", items=[replace(item, key="other")])
    assert first is same
    changed = (rail("en", "kpis", items=[item]), rail("vi", "map", items=[item]), rail("vi", "kpis", items=[item] * 2))
    assert first not in changed and len({*changed}) == len(changed)


def test_section_has_one_entry_for_who_may_open_any_of_its_pages(registry: dict[str, dict[str, Any]]) -> None:
    place = RailPlace("shell.admin", "admin", 90, "/quan-tri")
    registry["a"] = registered("users", Action.ADMINISTER, place, "admin")
    registry["b"] = registered("displays", Action.MANAGE_DISPLAYS, None, "admin")
    drawn = str(rail("vi", "admin"))
    classes = "rail-item rail-admin needs needs-administer needs-manage_displays"
    assert f'class="{classes}" href="/quan-tri" aria-current="page"' in drawn and 'href="/displays"' not in drawn


def test_place_without_an_address_is_that_of_the_page_alone(registry: dict[str, dict[str, Any]]) -> None:
    registry["a"] = registered("submit", Action.SUBMIT, RailPlace("submissions.entry_short", "desk", 10), "figures")
    registry["b"] = registered("release", Action.APPROVE_SUBMISSION, RailPlace("shell.kpis", "desk", 20), "figures")
    drawn = str(rail("vi", "release"))
    assert 'class="rail-item rail-submit needs needs-submit" href="/submit"' in drawn
    assert 'rail-release needs needs-approve_submission" href="/release" aria-current="page"' in drawn


def test_all_but_the_first_destinations_are_behind_one_entry_of_a_narrow_screen(
    registry: dict[str, dict[str, Any]],
) -> None:
    place = RailPlace("submissions.entry_short", "desk", 10)
    registry["a"] = registered("submit", Action.SUBMIT, place) | {"path": "/nhap-so-lieu"}
    first, more = str(rail("vi", "")).split('popover="auto"')
    assert 'href="/chi-dao"' in first and 'popovertarget="rail-more"' in first
    for path in ("/nguon", "/nhap-so-lieu", "/cong-khai"):
        assert f'href="{path}"' in more


def test_leading_place_stands_before_the_watching_pages(registry: dict[str, dict[str, Any]]) -> None:
    registry["a"] = registered("work", Action.EDIT, RailPlace("tasks.to_work", "inbox", 5, is_leading=True))
    first, more = str(rail("vi", "")).split('popover="auto"')
    assert first.index('href="/work"') < first.index('href="/can-chu-y"') and 'href="/work"' not in more


def test_styles_show_an_entry_for_each_permission() -> None:
    css = "".join(path.read_text("utf-8") for path in sorted((Path(__file__).parents[3] / "assets").glob("*.css")))
    for action in Action:
        assert f'html[data-can~="{action}"] .needs-{action}' in css
    assert set(re.findall(r'data-can~="(\w+)"', css)) == {action.value for action in Action}
