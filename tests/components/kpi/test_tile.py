"""The KPI tile: states, severity, badges, age."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from components.kpi.limits import limit_line_value, limit_texts, target_text
from components.kpi.tile import duration_text, tile
from components.ui.status_badges import state_label
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.kpis.kpi import FigureState, Limit, Severity, Target
from ioc.domain.snapshot import KpiFigure
from tests.city import NOW, full_city

CITY = full_city()
LEVEL = CITY.figures["water-level"]


def tile_markup(figure: KpiFigure, lang: str = "vi") -> str:
    return str(tile(figure, CITY, lang))


def with_value(**changes: object) -> KpiFigure:
    return replace(LEVEL, value=replace(LEVEL.value, **changes))  # type: ignore[arg-type]


def test_source_is_named_for_paper() -> None:
    assert '<span class="on-paper">Nguồn: Trạm thủy văn (mô phỏng)</span>' in tile_markup(LEVEL)
    assert "Source: Gauge (simulated)" in tile_markup(LEVEL, "en")


def test_tile_shows_name_unit_limit_change_line_and_age() -> None:
    markup = tile_markup(LEVEL)
    for part in (
        "Mực nước sông Hậu",
        "<b>1,86</b>",
        "m</span>",
        "báo động I 1,80",
        "+0,12",
        "<svg",
        'data-limit="600"',
    ):
        assert part in markup
    assert LEVEL.value.data_time is not None
    assert f'data-since="{LEVEL.value.data_time.isoformat()}"' in markup


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (FigureState.NO_DATA, "chưa có số liệu"),
        (FigureState.STALE, "chưa cập nhật số liệu"),
        (FigureState.ERROR, "mất kết nối"),
        (FigureState.OFF, "ngừng cập nhật"),
    ],
)
def test_state_without_value_has_class_and_label(state: FigureState, word: str) -> None:
    markup = tile_markup(with_value(state=state, value=None, reason="gauge"))
    assert f"is-{state.value}" in markup
    assert word in markup
    assert "<b>1,86</b>" not in markup


def test_tile_of_what_cannot_be_computed_names_no_status_of_a_source() -> None:
    of_source, of_kpi = (tile_markup(with_value(state=FigureState.ERROR, value=None, reason=key)) for key in ("g", ""))
    assert "mất kết nối" in of_source and "mất kết nối" not in of_kpi
    assert state_label(FigureState.ERROR, "vi") in of_kpi


def test_all_states_are_rendered_differently() -> None:
    sights = {
        tile_markup(with_value(state=state, value=1.86 if state is FigureState.OK else None)) for state in FigureState
    }
    assert len(sights) == len(FigureState)


def test_zero_is_shown_as_a_value() -> None:
    assert "<b>0</b>" in tile_markup(CITY.figures["incidents"])


def test_stale_tile_shows_the_last_value_with_its_time() -> None:
    assert "gần nhất 1,86 lúc 16:16<" in tile_markup(with_value(state=FigureState.STALE, value=None))
    old = NOW - timedelta(days=2)
    assert "gần nhất 1,86 lúc 16:18 22/11" in tile_markup(
        with_value(state=FigureState.STALE, value=None, data_time=old)
    )


def test_live_tile_contains_the_stale_block_for_the_client() -> None:
    markup = tile_markup(LEVEL)
    assert "tile-missing" in markup
    assert "chưa cập nhật số liệu" in markup


def test_tile_without_data_time_has_no_age() -> None:
    assert "data-since" not in tile_markup(with_value(data_time=None))


@pytest.mark.parametrize("severity", [Severity.ATTENTION, Severity.CRITICAL])
def test_severity_has_a_mark(severity: Severity) -> None:
    assert f"mark-{severity.value}" in tile_markup(with_value(severity=severity))


@pytest.mark.parametrize("state", list(FigureState))
def test_simulated_badge_is_shown_in_every_state(state: FigureState) -> None:
    value = None if state is not FigureState.OK else 1.0
    assert "badge" in tile_markup(with_value(state=state, value=value))
    assert "badge" not in tile_markup(with_value(state=state, value=value, is_simulated=False))


def test_dashed_line_is_the_active_limit_else_the_target() -> None:
    kpi = replace(LEVEL.kpi, target=Target("<=", 1.5))
    assert limit_line_value(kpi, LEVEL.value) == 1.8
    assert limit_line_value(kpi, replace(LEVEL.value, level="")) == 1.5
    assert limit_texts(kpi, replace(LEVEL.value, level=""), "vi") == ["≤ 1,50"]
    # The limit in force never hides the target.
    assert limit_texts(kpi, LEVEL.value, "vi") == ["≤ 1,50", "báo động I 1,80"]
    assert limit_line_value(replace(LEVEL.kpi, limits=()), LEVEL.value) is None


def test_tile_names_the_limit_that_gives_the_severity_alone() -> None:
    """A third part would be cut in a narrow tile, whatever the limit is called."""
    low = Limit("low", LocalizedText("mức thấp", "low"), 95, False, Severity.ATTENTION)
    calm = replace(low, key="calm", severity=Severity.NORMAL)
    kpi = replace(LEVEL.kpi, target=Target(">=", 97), limits=(low, calm, *LEVEL.kpi.limits))
    verdict = ["chưa đạt ·", "≥ 97"]
    for level, severity, shown in (
        ("low", Severity.ATTENTION, ["mức thấp ≤ 95"]),
        ("bd1", Severity.ATTENTION, ["báo động I 1,80"]),
        ("low", Severity.CRITICAL, verdict),  # of the missed target
        ("calm", Severity.NORMAL, verdict),
        ("gone", Severity.ATTENTION, verdict),  # stored by a configuration of before
        ("", Severity.NORMAL, verdict),
    ):
        value = replace(LEVEL.value, level=level, severity=severity, is_target_met=False)
        markup = tile_markup(replace(LEVEL, kpi=kpi, value=value))
        assert re.findall(r'<span class="tile-part">(.*?)</span>', markup) == shown


def test_first_limit_is_shown_only_where_none_is_in_force() -> None:
    """A critical value whose level has left the configuration is not beside the calmest limit."""
    assert "báo động I" in tile_markup(with_value(level="", severity=Severity.NORMAL))
    gone = with_value(level="gone", severity=Severity.CRITICAL)
    assert "báo động" not in tile_markup(gone) and limit_line_value(gone.kpi, gone.value) is None


@pytest.mark.parametrize(("is_target_met", "expected"), [(True, "mark-done"), (False, "mark-missed"), (None, "")])
def test_verdict_has_a_mark_of_its_own(is_target_met: bool | None, expected: str) -> None:
    calm = with_value(severity=Severity.NORMAL, level="", is_target_met=is_target_met)
    found = {name for name in ("mark-done", "mark-missed") if name in tile_markup(calm)}
    assert found == ({expected} if expected else set())


def test_target_in_percent_has_a_percent_sign() -> None:
    assert target_text(CITY.figures["dossiers-on-time"].kpi) == "≥ 95 %"


def test_durations_use_their_largest_whole_unit() -> None:
    assert [duration_text(n, "vi") for n in (86400, 5400, 3600, 45)] == ["1 ngày", "90 phút", "1 giờ", "45 giây"]


def test_stale_value_has_no_severity() -> None:
    assert "sev-attention" not in tile_markup(with_value(state=FigureState.STALE, value=None))


def test_names_are_escaped() -> None:
    figure = replace(LEVEL, kpi=replace(LEVEL.kpi, short_name=LocalizedText("<b>x</b>")))
    assert "<b>x</b>" not in tile_markup(figure)


@pytest.mark.parametrize(
    ("value", "decimals", "wide"), [(7, 0, 0.65), (22_523, 0, 5 * 0.65 + 0.3), (-1_234_567.8, 1, 9 * 0.65 + 0.9)]
)
def test_value_width_is_passed_to_css(value: float, decimals: int, wide: float) -> None:
    figure = replace(with_value(value=value), kpi=replace(LEVEL.kpi, decimals=decimals))
    assert f"--n:{wide:.2f};" in tile_markup(figure)
