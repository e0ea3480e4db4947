"""The contract of watching pages: they render every city in both languages, mark simulated data, escape parameters."""

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import dash
import htpy as h
import pytest

import pages
from components.kpi.kpi_list import KPI_SORTS, kpi_columns, kpi_rows
from components.map.figure import switches
from components.screens.shell import header_frame, shell
from components.sources.source_table import SOURCE_SORTS, source_columns, source_rows
from components.ui.i18n import LANGS, t
from components.ui.live_table import DRAWN, SEARCH, SORT, found_rows
from components.ui.panel import Panel
from components.ui.status_badges import state_label
from ioc.domain.base.times import CITY_ZONE
from ioc.domain.kpis.kpi import FigureState, Severity
from ioc.domain.snapshot import Line, Snapshot
from ioc.snapshot.view import Frame, View
from tests.city import NOW, drill_city, empty_city, full_city, line, old_city

# Tested in files of their own.
WORKING = frozenset({
    "account", "api_keys", "audit", "briefing", "briefings", "call", "correction", "displays", "document_entry",
    "documents", "figures", "instruction", "mandates", "my_work", "personal", "phone", "positions", "register",
    "release", "remind", "reminders", "sheet_import", "stored_document", "submit", "task", "users", "waiting",
})  # fmt: skip
NAMES = sorted({module.name for module in pkgutil.iter_modules(pages.__path__)} - WORKING)
CITIES = {"full": full_city, "empty": empty_city, "old": old_city}
# What the path of a page holds, from the full city.
PATHS = {"kpi": {"key": "water-level"}, "directive": {"key": "mp-15-2026"}, "unit": {"key": "31135"}}
HOSTILE = {
    "key": "<script>x</script>",
    "khoang": "<b>",
    "trang-thai": "<i>",
    "don-vi": "<u>",
    "lop": "<s>",
    "loai": "<p>",
}


def history(key: str, start: datetime, end: datetime, limit: int) -> Line:
    return line(1.2, 0.8, end)


def no_history(key: str, start: datetime, end: datetime, limit: int) -> Line:
    return ()


@pytest.fixture(scope="module")
def registry() -> Iterator[dict[str, dict[str, Any]]]:
    """Page files by name; each is executed for an app of its own."""
    dash.page_registry.clear()
    dash.Dash("pages-contract", use_pages=True, pages_folder="")
    registered = {}
    for name in NAMES:
        module = importlib.reload(importlib.import_module(f"pages.{name}"))
        registered[name] = {**dash.page_registry[module.__name__], "module": module}
    yield registered
    dash.page_registry.clear()


def view(city: Snapshot, name: str, lang: str, params: dict[str, str] | None = None) -> View:
    page_params = PATHS.get(name, {}) if params is None else params
    return View(city, page_params, lang, history if city.version else no_history)


def components_by_id(layout: Any) -> dict[str, Any]:
    """Its components by id."""
    return {component.id: component for component in [layout, *layout._traverse()] if getattr(component, "id", None)}


def text(markup: object) -> str:
    """What can be read of it; the screen itself counts clocks and ages."""
    counted = re.sub(r"<time[^>]* data-(clock|age)=[^>]*>", "…", str(markup))
    return re.sub(r"<[^>]*>", " ", counted).strip()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("city", CITIES)
@pytest.mark.parametrize("lang", LANGS)
def test_page_renders_in_every_state_and_language(
    registry: dict[str, dict[str, Any]], name: str, city: str, lang: str
) -> None:
    page, page_view = registry[name], view(CITIES[city](), name, lang)
    frame: Frame = {**header_frame(page_view, page["name"]), **page["frame"](page_view)}
    components = components_by_id(page["module"].layout()) | components_by_id(shell(None))
    assert set(frame) <= set(components), "a frame sets a panel that the layout does not have"
    assert json.dumps(frame)
    for key, props in frame.items():
        carried = str(props.get("markup", "")).startswith("<data hidden")  # words for a map's tips
        if isinstance(components[key], Panel) and props.get("markup") and not carried:
            assert text(props["markup"]), f"{key} holds markup without a word"
    assert any(text(props.get("markup", "")) for key, props in frame.items() if not key.startswith("shell-")), name


@pytest.mark.parametrize("name", NAMES)
def test_frame_sets_every_panel(registry: dict[str, dict[str, Any]], name: str) -> None:
    page = registry[name]
    frame = page["frame"](view(full_city(), name, "vi"))
    panels = {
        key
        for key, component in components_by_id(page["module"].layout()).items()
        if isinstance(component, Panel) or component._type == "Graph"
    }
    assert panels <= set(frame)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("city", ["full", "old"])
def test_simulated_data_is_marked_on_every_page(registry: dict[str, dict[str, Any]], name: str, city: str) -> None:
    page, page_view = registry[name], view(CITIES[city](), name, "vi")
    page_frame = page["frame"](page_view)
    assert "DỮ LIỆU MÔ PHỎNG" in str(header_frame(page_view, page["name"], page_frame)["shell-status"]["markup"])
    assert re.search("mô phỏng|MÔ PHỎNG", json.dumps(page_frame, ensure_ascii=False)), name


@pytest.mark.parametrize("name", sorted(PATHS))
def test_what_does_not_exist_has_a_title_of_its_own_and_no_print(
    registry: dict[str, dict[str, Any]], name: str
) -> None:
    found, missing = (registry[name]["frame"](view(full_city(), name, "vi", key)) for key in (None, {"key": "none"}))
    assert missing["shell-title"]["markup"] != found["shell-title"]["markup"]
    assert t("shell.not_found", "vi") in str(missing["shell-title"]["markup"]) and "/pdf/" not in str(
        missing["shell-tools"]["markup"]
    )


def real_city() -> Snapshot:
    """The full city, all of it real."""
    city = full_city()

    def real(item: Any) -> Any:
        return replace(item, is_simulated=False)

    figures = {
        key: replace(
            figure,
            value=real(figure.value),
            values_by_place={place: real(unit_value) for place, unit_value in figure.values_by_place.items()},
        )
        for key, figure in city.figures.items()
    }
    points = tuple(
        real(replace(point, series=tuple(real(series_view) for series_view in point.series)))
        for point in city.map_points
    )
    sources = tuple(replace(view, source=real(view.source)) for view in city.sources)
    register = replace(city.register, documents=tuple(real(document) for document in city.register.documents))
    handed = replace(
        city.submissions, obligations=tuple(real(obligation) for obligation in city.submissions.obligations)
    )
    agencies = {key: real(agency) for key, agency in register.agencies.items()}
    city = replace(city, submissions=handed)
    register = replace(register, agencies=agencies)
    notices, events = (tuple(real(item) for item in many) for many in (city.attention, city.events))
    return replace(
        city, figures=figures, map_points=points, sources=sources, register=register, attention=notices, events=events
    )


@pytest.mark.parametrize("name", NAMES)
def test_real_data_has_no_simulated_badge(registry: dict[str, dict[str, Any]], name: str) -> None:
    page, page_view = registry[name], view(real_city(), name, "vi")
    page_frame = page["frame"](page_view)
    assert "badge" not in str(header_frame(page_view, page["name"], page_frame)["shell-status"]["markup"])
    assert "badge-simulated" not in str(page_frame)


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("directive")])
@pytest.mark.parametrize("lang", LANGS)
def test_exercise_is_marked_on_every_page(registry: dict[str, dict[str, Any]], name: str, lang: str) -> None:
    page, page_view = registry[name], view(drill_city(), name, lang)
    page_frame, real = page["frame"](page_view), page["frame"](view(full_city(), name, lang))
    assert "badge-drill" in str(header_frame(page_view, page["name"], page_frame)["shell-status"]["markup"])
    assert t("common.drill", lang) in json.dumps(page_frame, ensure_ascii=False)
    assert "badge-drill" not in str(real), "real data has the mark of an exercise"


def test_chart_and_table_of_an_exercise_are_marked(registry: dict[str, dict[str, Any]]) -> None:
    frame = registry["kpi"]["frame"](view(drill_city(), "kpi", "vi"))
    words = " ".join(annotation["text"] for annotation in frame["kpi-history"]["figure"]["layout"]["annotations"])
    assert "DIỄN TẬP" in words and "MÔ PHỎNG" in words
    for part in ("kpi-tile", "kpi-table", "kpi-places"):
        assert "badge-drill" in str(frame[part]["markup"]), part


def test_official_document_has_no_badge_in_a_simulated_city(registry: dict[str, dict[str, Any]]) -> None:
    """The city around it is simulated: the badge stands on the pages that draw some of that."""
    page = registry["directive"]
    for key, badge in (("ubnd-2322-2023", False), ("mp-15-2026", True)):
        page_view = view(full_city(), "directive", "vi", {"key": key})
        trust = str(header_frame(page_view, "directive", page["frame"](page_view))["shell-status"]["markup"])
        assert ("DỮ LIỆU MÔ PHỎNG" in trust) is badge, key


def city_with_last_value(state: FigureState, last: datetime) -> Snapshot:
    """The full city with a water level that was last known at `last`."""
    city = full_city()
    level = city.figures["water-level"]
    value = replace(level.value, state=state, value=None, data_time=last, severity=Severity.NORMAL, level="")
    return replace(city, figures={**city.figures, "water-level": replace(level, value=value)})


@pytest.mark.parametrize("state", [FigureState.NO_DATA, FigureState.STALE, FigureState.ERROR, FigureState.OFF])
@pytest.mark.parametrize("hours", [2, 70])
def test_chart_without_value_keeps_the_line_and_marks_its_end(
    registry: dict[str, dict[str, Any]], state: FigureState, hours: int
) -> None:
    last = NOW - timedelta(hours=hours)

    def history(key: str, start: datetime, end: datetime, limit: int) -> Line:
        return tuple(point for point in line(1.2, 0.8, last) if start <= point[0] <= end)

    frame = registry["kpi"]["frame"](View(city_with_last_value(state, last), PATHS["kpi"], "vi", history))
    figure, begins = frame["kpi-history"]["figure"], f"{last.astimezone(CITY_ZONE):%Y-%m-%dT%H:%M:%S}"
    assert frame["kpi-empty"]["markup"] == ""
    assert any(trace is not None for trace in figure["data"][0]["y"])
    assert figure["layout"]["xaxis"]["range"][0] < begins < figure["layout"]["xaxis"]["range"][1]
    assert [shape["x0"] for shape in figure["layout"]["shapes"] if shape.get("xref") == "x"] == [begins, begins]
    words = " ".join(annotation["text"] for annotation in figure["layout"]["annotations"])
    assert "gần nhất 1,86" in words and state_label(state, "vi") in words


def test_kpi_without_history_says_so(registry: dict[str, dict[str, Any]]) -> None:
    frame = registry["kpi"]["frame"](View(empty_city(), PATHS["kpi"], "vi", no_history))
    assert "Chưa có số liệu" in str(frame["kpi-empty"]["markup"])
    assert not [shape for shape in frame["kpi-history"]["figure"]["layout"]["shapes"] if shape.get("xref") == "x"]


def test_map_shows_highlights_before_a_selection(registry: dict[str, dict[str, Any]]) -> None:
    beside = text(registry["map"]["frame"](view(full_city(), "map", "vi"))["map-detail"]["markup"])
    assert "Trạm Cần Thơ" in beside and "1,86 m" in beside and "chưa cập nhật số liệu 1" in beside
    city = full_city()
    figure = city.figures["water-level"]
    over = {"31207": replace(figure.values_by_place["31135"], severity=Severity.CRITICAL)}
    critical_view = view(replace(city, figures={"water-level": replace(figure, values_by_place=over)}), "map", "vi")
    markup = str(registry["map"]["frame"](critical_view)["map-detail"]["markup"])
    assert markup.index("don-vi=31207") < markup.index("Trạm Cần Thơ") and "mark-critical" in markup
    city_markup = str(registry["map"]["frame"](view(city, "map", "vi"))["map-detail"]["markup"])
    assert (
        all(f"/chi-so/{item.key}" in city_markup for item in city.attention if item.kind == "kpi")
        and "báo động I · toàn" in city_markup
    )
    calm = replace(city, figures={}, map_points=())
    assert "Không có chỉ số, đơn vị hay điểm đo nào cần chú ý" in str(
        registry["map"]["frame"](view(calm, "map", "vi"))["map-detail"]["markup"]
    )


@pytest.mark.parametrize("name", NAMES)
def test_parameters_are_escaped(registry: dict[str, dict[str, Any]], name: str) -> None:
    frame = registry[name]["frame"](view(full_city(), name, "vi", HOSTILE))
    markup = "".join(str(props.get("markup", "")) for props in frame.values())
    for tag in ("<script", "<b>x", "<u>", "<s>"):
        assert tag not in markup


class RecordingParams(dict[str, str]):
    """Parameters that record which keys were read."""

    def __init__(self, params: dict[str, str]) -> None:
        super().__init__(params)
        self.read_keys: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.read_keys.add(key)
        return super().get(key, default)


@pytest.mark.parametrize("name", NAMES)
def test_page_declares_every_parameter_that_it_reads(registry: dict[str, dict[str, Any]], name: str) -> None:
    page, recorded = registry[name], RecordingParams(PATHS.get(name, {}))
    page["frame"](view(full_city(), name, "vi", recorded))
    assert recorded.read_keys - {"key", "giay"} <= set(page.get("params", ())), "paper would leave it out"


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize("key", ["none", "", "<script>", "\0"])
def test_page_of_an_unknown_key_does_not_exist_and_leads_on(
    registry: dict[str, dict[str, Any]], name: str, key: str
) -> None:
    page, city = registry[name], full_city()
    assert page["exists"](city, PATHS[name]["key"]) and not page["exists"](city, key)
    markup = "".join(
        str(props.get("markup", "")) for props in page["frame"](view(city, name, "vi", {"key": key})).values()
    )
    assert re.search(r'<a class="link" href="/[a-z-]+"', markup)


@pytest.mark.parametrize("name", NAMES)
def test_figures_use_colour_tokens(registry: dict[str, dict[str, Any]], name: str) -> None:
    frame = registry[name]["frame"](view(full_city(), name, "vi"))
    figures = json.dumps([props["figure"] for props in frame.values() if "figure" in props])
    assert not re.search(r'"#[0-9a-fA-F]{3,8}"', figures)


@pytest.mark.parametrize("name", NAMES)
def test_layout_needs_no_arguments(registry: dict[str, dict[str, Any]], name: str) -> None:
    assert registry[name]["module"].layout() is not None
    assert registry[name]["name"] == re.sub(r"[^a-z0-9-]", "", registry[name]["name"])


@pytest.mark.parametrize(
    ("cadence", "opens"),
    [
        (timedelta(seconds=5), "24h"), (timedelta(hours=1), "24h"), (timedelta(days=1), "7d"),
        (timedelta(days=7), "30d"), (timedelta(days=30), "1y"), (timedelta(days=365), "1y"),
    ],
)  # fmt: skip
def test_default_range_has_enough_values_for_a_line(
    cadence: timedelta, opens: str, registry: dict[str, dict[str, Any]]
) -> None:
    city = full_city()
    figure = city.figures["water-level"]
    changed = replace(figure, kpi=replace(figure.kpi, cadence=cadence))
    kpi_view = View(replace(city, figures={**city.figures, "water-level": changed}), PATHS["kpi"], "vi", history)
    chips = registry["kpi"]["frame"](kpi_view)["kpi-ranges"]["markup"]
    assert re.findall(r'khoang=(\w+)" aria-current', chips) == [opens]


@pytest.mark.parametrize("name", NAMES)
def test_unknown_values_of_parameters_say_nothing(registry: dict[str, dict[str, Any]], name: str) -> None:
    """Dropped, or one value for all of them: an address with any other text is drawn as one frame.

    But the words that a table is searched by, on paper and on displays.
    """
    city = full_city()
    params = registry[name].get("params") or {}
    for known_value in (params[param] for param in params.keys() - {SEARCH}):
        assert len({known_value(city, text) for text in ("zzz", "z.z", "<b>", "1e9", "0", " ", "-")}) == 1
        assert known_value(city, "") == ""


KNOWN_VALUES = {
    ("map", "lop"): switches(full_city()), ("map", "don-vi"): ("31135",), ("map", "chi-so"): ("water-level",),
    ("map", "bang"): ("1",), ("kpi", "khoang"): ("24h", "7d", "30d", "1y"),
    ("units", "xep"): ("water-level", "-water-level"),
    ("directives", "trang-thai"): ("qua-han", "hoan-thanh"), ("directives", "theo"): ("duoc-giao",),
    ("sources", "trang-thai"): ("late",), ("directives", "xep"): ("due", "-percent"),
    ("events", "xep"): ("due", "-title"), ("events", "don-vi"): ("31135", "chua-ro"), ("events", "nhom"): ("dia-ban",),
}  # fmt: skip


def test_known_values_of_parameters_stay(registry: dict[str, dict[str, Any]]) -> None:
    city = full_city()
    for (name, param), values in KNOWN_VALUES.items():
        known = registry[name]["params"][param]
        if param == "lop":
            assert known(city, f"{values[1]}.x.{values[0]}") == known(city, f"{values[0]}.{values[1]}.{values[1]}")
        assert [known(city, value) for value in values] == [*values], (name, param)
    params = registry["directives"]["params"]
    for agency in city.register.agencies:
        assert params["co-quan"](city, agency) == agency
    events, kinds = registry["map"]["params"]["su-kien"], registry["events"]["params"]["loai"]
    assert city.events and all(events(city, event.id) == event.id for event in city.events)
    assert all(kinds(city, kind.key) == kind.key for source in city.sources for kind in source.source.events)


@pytest.mark.parametrize(
    ("name", "sort"),
    [(name, f"{sign}{key}") for name, keys in (("kpis", KPI_SORTS), ("sources", SOURCE_SORTS)) for key in keys
     for sign in ("", "-")],
)  # fmt: skip
def test_a_drawn_table_is_sorted_as_the_grid_is(registry: dict[str, dict[str, Any]], name: str, sort: str) -> None:
    city, panel = full_city(), {"kpis": "kpis-list", "sources": "sources-table"}[name]
    columns, rows = {
        "kpis": (kpi_columns("vi"), kpi_rows(city, "vi")),
        "sources": (source_columns("vi"), source_rows(city, "vi", "")),
    }[name]
    drawn = registry[name]["frame"](view(city, name, "vi", {DRAWN: "1", SORT: sort}))[panel]["markup"]
    firsts = re.findall(r"<tr(?: class=\"group\")?><td>(.*?)</td>", str(drawn))
    assert len(rows) > 3
    assert firsts == [str(h.fragment[row.cells[0].content]) for row in found_rows(columns, rows, "", sort)]
