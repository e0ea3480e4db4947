"""The verdict on a target in words and marks: tile, state, list, chart, attention list, map."""

import json
from dataclasses import replace

import pytest

from components.events.attention_list import attention_list
from components.kpi.card import definition, kpi_row
from components.kpi.chart import history
from components.kpi.kpi_list import kpi_list
from components.kpi.limits import judgement_words, regained_text, target_text, value_status
from components.kpi.tile import tile
from components.map.side_panel import whole_city
from components.ui.format import format_exact
from ioc.domain.kpis.kpi import FigureState, Severity, Target
from ioc.domain.snapshot import KpiFigure, Snapshot
from ioc.snapshot.attention import attention_items
from tests.city import HOUR, NOW, full_city, line

CITY = full_city()
SHARE = CITY.figures["dossiers-on-time"]


def missed(number: float = 94.9, *, deadband: float = 0.0, severity: Severity = Severity.NORMAL) -> KpiFigure:
    target = Target(">=", 95, deadband, severity)
    value = replace(SHARE.value, value=number, last_value=number, severity=severity, is_target_met=False)
    return replace(SHARE, kpi=replace(SHARE.kpi, target=target), value=value)


def city_with(figure: KpiFigure) -> Snapshot:
    changed = replace(CITY, figures={**CITY.figures, "dossiers-on-time": figure})
    return replace(changed, attention=attention_items(changed))


def everywhere(figure: KpiFigure, lang: str) -> list[str]:
    """What each medium says of the KPI."""
    city = city_with(figure)
    chart = history(
        figure.kpi, line(95, 1), NOW - HOUR, NOW, lang, simulated=False, is_target_met=figure.value.is_target_met
    )
    return [
        str(tile(figure, city, lang)),
        str(value_status(figure.kpi, figure.value, lang)),
        str(kpi_row(figure, city, lang)),
        str(definition(figure.kpi, city, lang)),
        json.dumps(chart, ensure_ascii=False),
    ]


@pytest.mark.parametrize(("lang", "words"), [("vi", "chưa đạt"), ("en", "not met")])
def test_missed_target_is_never_called_normal(lang: str, words: str) -> None:
    for text in everywhere(missed(), lang):
        assert words in text and "bình thường" not in text


def test_met_target_is_called_met() -> None:
    met = replace(SHARE, value=replace(SHARE.value, is_target_met=True))
    for text in everywhere(met, "vi"):
        assert "đạt" in text and "chưa đạt" not in text and "bình thường" not in text


@pytest.mark.parametrize("state", [state for state in FigureState if state is not FigureState.OK])
def test_without_a_value_there_is_no_verdict(state: FigureState) -> None:
    value = replace(SHARE.value, state=state, value=None, is_target_met=None)
    assert all("đạt" not in text for text in everywhere(replace(SHARE, value=value), "vi"))


@pytest.mark.parametrize(("severity", "is_marked"), [(Severity.NORMAL, False), (Severity.ATTENTION, True)])
def test_missed_target_is_marked_where_its_row_says_so(severity: Severity, is_marked: bool) -> None:
    city = city_with(missed(severity=severity))
    assert ("mark-attention" in str(tile(city.figures["dossiers-on-time"], city, "vi"))) is is_marked
    assert ("Hồ sơ đúng hạn: chưa đạt mục tiêu ≥ 95 %" in str(attention_list(city, "vi"))) is is_marked
    assert ("chưa đạt mục tiêu ≥ 95 %" in str(whole_city(city, "vi", {}))) is is_marked


def test_list_counts_missed_targets_apart_from_limits() -> None:
    assert "1 chưa đạt mục tiêu · 1 vượt ngưỡng" in str(kpi_list(city_with(missed(severity=Severity.ATTENTION)), "vi"))


def test_value_that_only_its_deadband_keeps_missed_says_when_it_is_met_again() -> None:
    inside, outside = missed(95.2, deadband=0.5), missed(94.9, deadband=0.5)
    assert regained_text(inside.kpi, inside.value, "vi") == "đạt lại khi ≥ 95,5 %"
    assert regained_text(outside.kpi, outside.value, "vi") == ""
    assert "đạt lại khi ≥ 95,5 %" in str(tile(inside, CITY, "vi"))
    assert "đạt lại khi ≥ 95,5 %" in str(kpi_row(inside, CITY, "vi"))


@pytest.mark.parametrize(
    ("severity", "is_met", "words"),
    [
        (Severity.NORMAL, None, "bình thường"),
        (Severity.NORMAL, True, "đạt"),
        (Severity.NORMAL, False, "chưa đạt"),
        (Severity.ATTENTION, None, "cần chú ý"),
        (Severity.CRITICAL, True, "nghiêm trọng · đạt"),
        (Severity.ATTENTION, False, "cần chú ý · chưa đạt"),
    ],
)
def test_words_of_a_judgement(severity: Severity, is_met: bool | None, words: str) -> None:
    assert judgement_words(severity, is_met, "vi") == words


@pytest.mark.parametrize(
    ("value", "decimals", "text"), [(1.8, 2, "1,80"), (92.5, 0, "92,5"), (1234.0, 0, "1.234"), (1e-6, 0, "0,000001")]
)
def test_threshold_is_never_rounded(value: float, decimals: int, text: str) -> None:
    assert format_exact(value, decimals) == text
    kpi = replace(SHARE.kpi, target=Target("<=", value), decimals=decimals, unit="m")
    assert target_text(kpi) == f"≤ {text}"
