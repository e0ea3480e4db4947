"""The contract of every page: it draws every city in both languages, says why there is nothing, marks the made up."""

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import dash
import pytest

import pages
from components.panel import Panel
from components.shell import shell, status_frame
from components.text import LANGS
from domain.snapshot import Line, Snapshot
from operations.view import Frame, View
from tests.city import empty_city, full_city, line, old_city

NAMES = sorted(found.name for found in pkgutil.iter_modules(pages.__path__) if not found.name.startswith("_"))
CITIES = {"full": full_city, "empty": empty_city, "old": old_city}
# What the path of a page holds, from the full city.
PATHS = {"kpi": {"key": "water-level"}, "directive": {"key": "mp-15-2026"}}
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
    found = {}
    for name in NAMES:
        module = importlib.reload(importlib.import_module(f"pages.{name}"))
        found[name] = {**dash.page_registry[module.__name__], "module": module}
    yield found
    dash.page_registry.clear()


def view(city: Snapshot, name: str, lang: str, params: dict[str, str] | None = None) -> View:
    given = PATHS.get(name, {}) if params is None else params
    return View(city, given, lang, history if city.version else no_history)


def held(layout: Any) -> dict[str, Any]:
    """Its components by id."""
    return {one.id: one for one in [layout, *layout._traverse()] if getattr(one, "id", None)}


def text(markup: object) -> str:
    """What can be read of it; the screen itself counts clocks and ages."""
    counted = re.sub(r"<time[^>]* data-(clock|age)=[^>]*>", "…", str(markup))
    return re.sub(r"<[^>]*>", " ", counted).strip()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("city", CITIES)
@pytest.mark.parametrize("lang", LANGS)
def test_a_page_draws(registry: dict[str, dict[str, Any]], name: str, city: str, lang: str) -> None:
    page, seen = registry[name], view(CITIES[city](), name, lang)
    frame: Frame = {**status_frame(seen, page["name"]), **page["frame"](seen)}
    known = held(page["module"].layout()) | held(shell(None))
    assert set(frame) <= set(known), "a frame sets what the layout does not hold"
    assert json.dumps(frame)
    for key, props in frame.items():
        carried = str(props.get("markup", "")).startswith("<data hidden")  # words for a map's tips
        if isinstance(known[key], Panel) and props.get("markup") and not carried:
            assert text(props["markup"]), f"{key} holds markup without a word"
    assert any(text(props.get("markup", "")) for key, props in frame.items() if not key.startswith("shell-")), name


@pytest.mark.parametrize("name", NAMES)
def test_every_panel_is_set(registry: dict[str, dict[str, Any]], name: str) -> None:
    page = registry[name]
    frame = page["frame"](view(full_city(), name, "vi"))
    wanted = {
        key for key, one in held(page["module"].layout()).items() if isinstance(one, Panel) or one._type == "Graph"
    }
    assert wanted <= set(frame)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("city", ["full", "old"])
def test_simulated_is_marked(registry: dict[str, dict[str, Any]], name: str, city: str) -> None:
    page, seen = registry[name], view(CITIES[city](), name, "vi")
    assert "DỮ LIỆU MÔ PHỎNG" in str(status_frame(seen, page["name"])["shell-trust"]["markup"])
    assert re.search("mô phỏng|MÔ PHỎNG", json.dumps(page["frame"](seen), ensure_ascii=False)), name


@pytest.mark.parametrize("name", NAMES)
def test_parameters_are_never_trusted(registry: dict[str, dict[str, Any]], name: str) -> None:
    frame = registry[name]["frame"](view(full_city(), name, "vi", HOSTILE))
    markup = "".join(str(props.get("markup", "")) for props in frame.values())
    for tag in ("<script", "<b>x", "<u>", "<s>"):
        assert tag not in markup


class Asked(dict[str, str]):
    """Parameters that remember which of them were looked for."""

    def __init__(self, given: dict[str, str]) -> None:
        super().__init__(given)
        self.looked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.looked.add(key)
        return super().get(key, default)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_names_every_parameter_that_it_reads(registry: dict[str, dict[str, Any]], name: str) -> None:
    page, asked = registry[name], Asked(PATHS.get(name, {}))
    page["frame"](view(full_city(), name, "vi", asked))
    assert asked.looked - {"key", "giay"} <= set(page.get("params", ())), "paper would leave it out"


@pytest.mark.parametrize("name", NAMES)
def test_figures_name_colours_by_token(registry: dict[str, dict[str, Any]], name: str) -> None:
    frame = registry[name]["frame"](view(full_city(), name, "vi"))
    figures = json.dumps([props["figure"] for props in frame.values() if "figure" in props])
    assert not re.search(r'"#[0-9a-fA-F]{3,8}"', figures)


@pytest.mark.parametrize("name", NAMES)
def test_a_layout_asks_for_nothing(registry: dict[str, dict[str, Any]], name: str) -> None:
    assert registry[name]["module"].layout() is not None
    assert registry[name]["name"] == re.sub(r"[^a-z0-9-]", "", registry[name]["name"])
