"""The history of one KPI as a Plotly figure: gaps stay gaps, limits are dashed and labelled outside the plot."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from components.kpi.limits import limit_label, target_number, verdict_text
from components.kpi.tile import unit_text
from components.ui.i18n import t
from components.ui.theme import token
from ioc.domain.base.times import CITY_ZONE
from ioc.domain.kpis.judgement import round_half_away
from ioc.domain.kpis.kpi import Kpi, Severity
from ioc.domain.snapshot import Line

# Pixels: the height of the lowest plot, that on paper, and of one line of a label; closer labels are pushed apart.
_LOWEST_PLOT, _LINE_HEIGHT = 200, 22
_LABEL_MARGIN, _LABEL_LENGTH = 132, 16  # beside the plot: pixels, and characters that they hold
_MAX_LIMIT_DISTANCE = 4.0
_TICKS = 5

PlotlyFigure = dict[str, Any]


class LastKnown(NamedTuple):
    """Where data ends, and its annotation: the last value, and why there is none now."""

    at: datetime
    words: tuple[str, ...]


def history(
    kpi: Kpi,
    line: Line,
    start: datetime,
    end: datetime,
    lang: str,
    *,
    simulated: bool,
    drill: bool = False,
    last_known: LastKnown | None = None,
    is_target_met: bool | None = None,
) -> PlotlyFigure:
    """The figure of `line` between `start` and `end`; colours are tokens, so it fits every theme.

    `last_known`: where data ends, for a KPI without a value now; the time after it is shaded. `is_target_met`: of the
    value now.
    """
    limits = _limits(kpi, is_target_met, lang)
    low, high = _range([value for _, value in line if value is not None], [limit[0] for limit in limits])
    drawn_limits = [limit for limit in limits if low <= limit[0] <= high]
    return {
        "data": [_trace(kpi, line, lang)],
        "layout": {
            "uirevision": kpi.key,
            "separators": ",.",
            "margin": {"l": 60, "r": _LABEL_MARGIN if drawn_limits else 20, "t": 32, "b": 44},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": "Be Vietnam Pro, sans-serif", "size": 15, "color": token("muted")},
            "showlegend": False,
            "hovermode": "x",
            "hoverlabel": {"bgcolor": token("panel"), "bordercolor": token("line"), "font": {"color": token("ink")}},
            "xaxis": _time_axis(start, end),
            "yaxis": _value_axis(kpi, low, high),
            "shapes": [
                *(_limit_shape(value, colour) for value, _, colour in drawn_limits),
                *(_unknown_shapes(last_known, end) if last_known else []),
            ],
            "annotations": [
                *_labels(drawn_limits, low, high),
                *([_badge_annotation(lang, simulated=simulated, drill=drill)] if simulated or drill else []),
                *([_last_known_annotation(last_known, start, end)] if last_known else []),
            ],
        },
    }


def _trace(kpi: Kpi, line: Line, lang: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        **_line_mode(line),
        "x": [_city_time(at) for at, _ in line],
        "y": [None if value is None else round_half_away(value, kpi.decimals) for _, value in line],
        "connectgaps": False,
        "line": {"color": token("data"), "width": 2},
        "hovertemplate": (
            f"%{{x|%H:%M %d/%m/%Y}}<br><b>%{{y:,.{kpi.decimals}f}} {unit_text(kpi, lang)}</b><extra></extra>"
        ),
    }


def _line_mode(line: Line) -> dict[str, Any]:
    """Lines, plus a marker for each value between two gaps, which no line would show."""
    values = (None, *(value for _, value in line), None)
    alone = [b is not None and a is None and c is None for a, b, c in zip(values, values[1:], values[2:], strict=False)]
    if not any(alone):
        return {"mode": "lines"}
    return {
        "mode": "lines+markers",
        "marker": {"size": [6 if is_alone else 0 for is_alone in alone], "color": token("data")},
    }


def _city_time(at: datetime) -> str:
    """Local time without a zone: Plotly has no time zones."""
    return at.astimezone(CITY_ZONE).strftime("%Y-%m-%dT%H:%M:%S")


def _time_axis(start: datetime, end: datetime) -> dict[str, Any]:
    span = end - start
    form = "%H:%M<br>%d/%m" if span <= timedelta(days=2) else "%d/%m" if span <= timedelta(days=62) else "%m/%Y"
    return {
        "type": "date",
        "range": [_city_time(start), _city_time(end)],
        "tickformat": form,
        "tickangle": 0,
        "gridcolor": token("line"),
        "linecolor": token("line"),
        "zeroline": False,
        "fixedrange": True,
    }


def _value_axis(kpi: Kpi, low: float, high: float) -> dict[str, Any]:
    pad = (high - low) * 0.06
    fine = kpi.decimals if high - low < 10 else 0
    smallest_step = 10.0**-kpi.decimals
    return {
        **({"dtick": smallest_step} if (high - low) / _TICKS < smallest_step else {}),
        "range": [low - pad, high + pad],
        "tickformat": f",.{fine}f",
        "nticks": _TICKS + 1,
        "gridcolor": token("line"),
        "zeroline": False,
        "fixedrange": True,
    }


def _limits(kpi: Kpi, is_target_met: bool | None, lang: str) -> list[tuple[float, str, str]]:
    """(value, label, colour token) of target and limits, lowest first."""
    limits = [(limit.value, _wrapped(limit_label(limit, kpi, lang)), _colour(limit.severity)) for limit in kpi.limits]
    if kpi.target is not None:
        label = t("kpi.target_line", lang, value=target_number(kpi, kpi.target.value))
        verdict = verdict_text(is_target_met, lang)
        colour = _colour(kpi.target.severity if is_target_met is False else Severity.NORMAL)
        limits.append((kpi.target.value, "<br>".join(filter(None, (label, verdict))), colour))
    return sorted(limits)


def _wrapped(label: str) -> str:
    """A label that is too long for the margin beside the plot in two lines, the name above the number."""
    return label if len(label) <= _LABEL_LENGTH else label.replace(": ", ":<br>", 1)


def _colour(severity: Severity) -> str:
    return "muted" if severity is Severity.NORMAL else severity.value


def _range(values: Sequence[float], limits: Sequence[float]) -> tuple[float, float]:
    """The range of the values, widened to the limits that are near enough not to flatten the line."""
    if not values:
        return (min(limits), max(limits) + 1.0) if limits else (0.0, 1.0)
    low, high = min(values), max(values)
    swing = (high - low) or abs(high) * 0.1 or 1.0
    near = [
        limit for limit in limits if low - _MAX_LIMIT_DISTANCE * swing <= limit <= high + _MAX_LIMIT_DISTANCE * swing
    ]
    low, high = min([low, *near]), max([high, *near])
    return (low, high) if high > low else (low - swing / 2, high + swing / 2)


def _limit_shape(value: float, colour: str) -> dict[str, Any]:
    line = {"color": token(colour), "width": 1.5, "dash": "dash"}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": value, "y1": value, "line": line}


def _unknown_shapes(last_known: LastKnown, end: datetime) -> list[dict[str, Any]]:
    """A vertical line where data ends, and a shaded area from there to `end`."""
    vertical = {"xref": "x", "x0": _city_time(last_known.at), "yref": "paper", "y0": 0, "y1": 1}
    shade = {"fillcolor": token("faint"), "opacity": 0.16, "line": {"width": 0}, "layer": "below"}
    stroke = {"color": token("muted"), "width": 2}
    return [
        {"type": "rect", **vertical, "x1": _city_time(max(end, last_known.at)), **shade},
        {"type": "line", **vertical, "x1": _city_time(last_known.at), "line": stroke},
    ]


def _last_known_annotation(last_known: LastKnown, start: datetime, end: datetime) -> dict[str, Any]:
    """The annotation on the side of the line that has more room."""
    right = last_known.at - start > end - last_known.at
    return {
        "x": _city_time(last_known.at), "yref": "paper", "y": 0.03, "yanchor": "bottom", "showarrow": False,
        "xanchor": "right" if right else "left", "xshift": -8 if right else 8, "align": "right" if right else "left",
        "text": "<br>".join(last_known.words), "bgcolor": token("panel"), "font": {"color": token("ink"), "size": 14},
    }  # fmt: skip


def _labels(limits: Sequence[tuple[float, str, str]], low: float, high: float) -> list[dict[str, Any]]:
    """Labels of the limits beside the plot, pushed apart where limits lie close.

    By pixels, as far as the lowest plot needs it: on a higher one they stay beside their lines.
    """
    pad = (high - low) * 0.06
    positions = [(value - low + pad) / (high - low + 2 * pad) for value, _, _ in limits]
    heights = [_LINE_HEIGHT / _LOWEST_PLOT * (1 + text.count("<br>")) for _, text, _ in limits]
    spread = spread_labels(positions, heights)
    return [
        {
            "xref": "paper", "yref": "paper", "x": 1, "xanchor": "left", "xshift": 6, "yanchor": "middle",
            "y": position, "yshift": round((y - position) * _LOWEST_PLOT),
            "text": text, "showarrow": False, "align": "left", "font": {"color": token(colour), "size": 14},
            "bgcolor": token("panel"),  # on a narrow screen it lies inside the plot, across a limit's line
        }
        for position, y, (_, text, colour) in zip(positions, spread, limits, strict=True)
    ]  # fmt: skip


def spread_labels(positions: Sequence[float], heights: Sequence[float]) -> list[float]:
    """Rising centres of labels in 0..1, moved as little as needed so that labels of these heights do not overlap."""
    gaps = [(lower + upper) / 2 for lower, upper in pairwise(heights)]
    placed = [max(height, 0.0) for height in positions]
    for n, gap in enumerate(gaps):
        placed[n + 1] = max(placed[n + 1], placed[n] + gap)
    ceiling = 1.0
    for n in range(len(placed) - 1, -1, -1):
        placed[n] = min(placed[n], ceiling)
        ceiling = placed[n] - gaps[n - 1] if n else 0.0
    return placed


def _badge_annotation(lang: str, *, simulated: bool, drill: bool) -> dict[str, Any]:
    """The badges of an exercise and of simulated data; an exercise in inverse colours, as its badge."""
    words = [
        f"<b> {t('common.drill', lang)} </b>" if drill else "",
        t("common.simulated", lang) if simulated else "",
    ]
    plate = {"bgcolor": token("ink"), "font": {"color": token("ground"), "size": 14}}
    return {
        "xref": "paper", "yref": "paper", "x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom", "yshift": 6,
        "text": " · ".join(filter(None, words)), "showarrow": False, "font": {"color": token("attention"), "size": 14},
        **(plate if drill else {}),
    }  # fmt: skip
