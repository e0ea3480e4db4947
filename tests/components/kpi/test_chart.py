"""The history chart: colour tokens, local time, labelled limits."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from components.kpi.chart import history, spread_labels
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.kpis.kpi import Limit, Severity, Target
from ioc.domain.snapshot import Line
from tests.city import HOUR, NOW, kpi, line


def figure_of(points: Line = line(1.2, 0.8), **changes: Any) -> dict[str, object]:  # noqa: B008 (a constant)
    return history(kpi(**changes), points, NOW - 24 * HOUR, NOW, "vi", simulated=True)


def test_colours_are_tokens() -> None:
    text = json.dumps(figure_of())
    assert "@data" in text
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b", text)


def test_numbers_and_times_use_the_vietnamese_format() -> None:
    text = json.dumps(figure_of(), ensure_ascii=False)
    assert '"separators": ",."' in text
    assert "%{x|%H:%M %d/%m/%Y}" in text
    assert '"2026-11-24T16:18:07"' in text


def test_gaps_stay_gaps_and_simulated_data_has_a_label() -> None:
    text = json.dumps(figure_of(), ensure_ascii=False)
    assert '"connectgaps": false' in text
    assert "null" in text
    assert "DỮ LIỆU MÔ PHỎNG" in text


def test_only_isolated_values_have_markers() -> None:
    points: Line = tuple((NOW + n * HOUR, value) for n, value in enumerate((1.0, 2.0, None, 3.0, None, 4.0, 5.0)))
    (trace,) = history(kpi(), points, NOW, NOW + 7 * HOUR, "vi", simulated=False)["data"]
    assert trace["marker"]["size"] == [0, 0, 0, 6, 0, 0, 0]
    (trace,) = history(kpi(), points[:2], NOW, NOW + 7 * HOUR, "vi", simulated=False)["data"]
    assert trace["mode"] == "lines"


def test_limits_are_dashed_and_labelled() -> None:
    text = json.dumps(figure_of(target=Target(">=", 1.5)), ensure_ascii=False)
    assert text.count('"dash": "dash"') == 4
    assert "báo động II 1,90" in text
    assert "mục tiêu 1,50" in text


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_long_label_of_a_limit_has_its_name_and_its_number_in_two_lines(lang: str) -> None:
    name = LocalizedText("rất ít", "very few")
    low = kpi(limits=(Limit("few", name, 0.9, False, Severity.CRITICAL),))
    figure: Any = history(low, line(1.2, 0.8), NOW - 24 * HOUR, NOW, lang, simulated=False)
    (label,) = (each["text"] for each in figure["layout"]["annotations"] if name.get(lang) in each["text"])
    assert label.startswith(f"{name.get(lang)}:<br>") and "0,90" in label


def test_empty_history_is_a_valid_figure() -> None:
    assert json.dumps(figure_of(()))
    assert json.dumps(figure_of((), limits=()))


@pytest.mark.parametrize("days", [1, 7, 30, 365])
def test_ticks_are_numeric_dates_in_every_range(days: int) -> None:
    figure = history(kpi(), (), NOW - timedelta(days=days), NOW, "vi", simulated=False)
    assert re.fullmatch(r"(%H:%M<br>)?(%d/)?%m(/%Y)?", figure["layout"]["xaxis"]["tickformat"])


def test_labels_are_pushed_apart_and_stay_inside() -> None:
    heights = spread_labels([0.9, 0.93, 0.97], [0.1] * 3)
    assert all(b - a >= 0.0999 for a, b in pairwise(heights))
    assert heights[-1] <= 1.0
    assert spread_labels([0.1, 0.5], [0.1] * 2) == [0.1, 0.5]
    assert spread_labels([], []) == []


def test_label_is_at_the_height_of_its_limit_but_for_the_pixels_that_part_close_ones() -> None:
    layout = history(kpi(), line(0.1, 0.3), NOW - 24 * HOUR, NOW, "vi", simulated=True)["layout"]
    low, high = layout["yaxis"]["range"]
    labels = [one for one in layout["annotations"] if "báo động" in one["text"]]
    heights = [low + one["y"] * (high - low) for one in labels]
    assert heights == pytest.approx([float(one["text"].split()[-1].replace(",", ".")) for one in labels])
    shifts = [one["yshift"] for one in labels]
    assert shifts == sorted(shifts) and 0 < shifts[-1] - shifts[0] <= 2 * 22


def test_a_label_of_two_lines_needs_more_room_only_beside_itself() -> None:
    assert spread_labels([0.1, 0.2, 0.3], [0.1, 0.2, 0.1]) == pytest.approx([0.1, 0.25, 0.4])
    assert spread_labels([0.3, 0.8, 0.9], [0.1, 0.1, 0.2]) == pytest.approx([0.3, 0.8, 0.95])


def test_flat_line_has_a_range_around_it() -> None:
    flat = replace(kpi(), limits=())
    figure = history(flat, ((NOW, 2.0), (NOW + HOUR, 2.0)), NOW, NOW + HOUR, "vi", simulated=False)
    low, high = figure["layout"]["yaxis"]["range"]
    assert low < 2.0 < high
