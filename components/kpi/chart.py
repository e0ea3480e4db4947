"""The history of one KPI as a figure dict: gaps are gaps, limits are dashed and labelled outside the drawing."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from components.kpi.tile import unit_text
from components.ui.format import format_number
from components.ui.i18n import t
from components.ui.theme import token
from ioc.domain.base.times import CITY_ZONE
from ioc.domain.kpis.kpi import Kpi, Severity
from ioc.domain.snapshot import Line

# What one label takes of the drawing's height; nearer ones are pushed apart.
_LABEL_HEIGHT = 0.075
_MAX_LIMIT_DISTANCE = 4.0
_TICKS = 5

PlotlyFigure = dict[str, Any]


class LastKnown(NamedTuple):
    """Up to when a figure is known, and what is said of it: its last value, and why there is none now."""

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
) -> PlotlyFigure:
    """The figure of `line` between `start` and `end`, the same in dark, light and print.

    `ended`: where knowledge ends, for a figure that has no value now; what lies behind is shaded.
    """
    limits = _limits(kpi, lang)
    low, high = _range([value for _, value in line if value is not None], [one[0] for one in limits])
    shown = [one for one in limits if low <= one[0] <= high]
    return {
        "data": [_trace(kpi, line, lang)],
        "layout": {
            "uirevision": kpi.key,
            "separators": ",.",
            "margin": {"l": 60, "r": 132 if shown else 20, "t": 32, "b": 44},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": "Be Vietnam Pro, sans-serif", "size": 15, "color": token("muted")},
            "showlegend": False,
            "hovermode": "x",
            "hoverlabel": {"bgcolor": token("panel"), "bordercolor": token("line"), "font": {"color": token("ink")}},
            "xaxis": _time_axis(start, end),
            "yaxis": _value_axis(kpi, low, high),
            "shapes": [
                *(_limit_shape(value, colour) for value, _, colour in shown),
                *(_unknown_shapes(last_known, end) if last_known else []),
            ],
            "annotations": [
                *_labels(shown, low, high),
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
        "y": [value for _, value in line],
        "connectgaps": False,
        "line": {"color": token("data"), "width": 2},
        "hovertemplate": (
            f"%{{x|%H:%M %d/%m/%Y}}<br><b>%{{y:,.{kpi.decimals}f}} {unit_text(kpi, lang)}</b><extra></extra>"
        ),
    }


def _line_mode(line: Line) -> dict[str, Any]:
    """A dot for each value that stands alone between two breaks: no line would show it."""
    values = (None, *(value for _, value in line), None)
    alone = [b is not None and a is None and c is None for a, b, c in zip(values, values[1:], values[2:], strict=False)]
    if not any(alone):
        return {"mode": "lines"}
    return {"mode": "lines+markers", "marker": {"size": [6 if one else 0 for one in alone], "color": token("data")}}


def _city_time(at: datetime) -> str:
    """Charts know no zones: the city's own wall clock."""
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
    least = 10.0**-kpi.decimals
    return {
        **({"dtick": least} if (high - low) / _TICKS < least else {}),
        "range": [low - pad, high + pad],
        "tickformat": f",.{fine}f",
        "nticks": _TICKS + 1,
        "gridcolor": token("line"),
        "zeroline": False,
        "fixedrange": True,
    }


def _limits(kpi: Kpi, lang: str) -> list[tuple[float, str, str]]:
    """Value, words and colour of target and limits, lowest first."""
    found = [
        (one.value, f"{one.name.get(lang)} {format_number(one.value, kpi.decimals)}", _colour(one.severity))
        for one in kpi.limits
    ]
    if kpi.target is not None:
        found.append(
            (kpi.target.value, t("kpi.target_line", lang, value=format_number(kpi.target.value, kpi.decimals)), "muted")
        )
    return sorted(found)


def _colour(severity: Severity) -> str:
    return "muted" if severity is Severity.NORMAL else severity.value


def _range(values: Sequence[float], limits: Sequence[float]) -> tuple[float, float]:
    """The span of the values, and of the limits that are near enough not to flatten them."""
    if not values:
        return (min(limits), max(limits) + 1.0) if limits else (0.0, 1.0)
    low, high = min(values), max(values)
    swing = (high - low) or abs(high) * 0.1 or 1.0
    near = [one for one in limits if low - _MAX_LIMIT_DISTANCE * swing <= one <= high + _MAX_LIMIT_DISTANCE * swing]
    low, high = min([low, *near]), max([high, *near])
    return (low, high) if high > low else (low - swing / 2, high + swing / 2)


def _limit_shape(value: float, colour: str) -> dict[str, Any]:
    line = {"color": token(colour), "width": 1.5, "dash": "dash"}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": value, "y1": value, "line": line}


def _unknown_shapes(last_known: LastKnown, end: datetime) -> list[dict[str, Any]]:
    """A stroke where knowledge ends, and shade from there to now."""
    here = {"xref": "x", "x0": _city_time(last_known.at), "yref": "paper", "y0": 0, "y1": 1}
    shade = {"fillcolor": token("faint"), "opacity": 0.16, "line": {"width": 0}, "layer": "below"}
    stroke = {"color": token("muted"), "width": 2}
    return [
        {"type": "rect", **here, "x1": _city_time(max(end, last_known.at)), **shade},
        {"type": "line", **here, "x1": _city_time(last_known.at), "line": stroke},
    ]


def _last_known_annotation(last_known: LastKnown, start: datetime, end: datetime) -> dict[str, Any]:
    """Its words stand on the side of the stroke that has more room."""
    right = last_known.at - start > end - last_known.at
    return {
        "x": _city_time(last_known.at), "yref": "paper", "y": 0.03, "yanchor": "bottom", "showarrow": False,
        "xanchor": "right" if right else "left", "xshift": -8 if right else 8, "align": "right" if right else "left",
        "text": "<br>".join(last_known.words), "bgcolor": token("panel"), "font": {"color": token("ink"), "size": 14},
    }  # fmt: skip


def _labels(limits: Sequence[tuple[float, str, str]], low: float, high: float) -> list[dict[str, Any]]:
    """Beside the drawing, never over it; pushed apart where limits lie close."""
    pad = (high - low) * 0.06
    wanted = [(value - low + pad) / (high - low + 2 * pad) for value, _, _ in limits]
    return [
        {
            "xref": "paper", "yref": "paper", "x": 1, "xanchor": "left", "xshift": 6, "y": y, "yanchor": "middle",
            "text": text, "showarrow": False, "align": "left", "font": {"color": token(colour), "size": 14},
            "bgcolor": token("panel"),  # on a narrow screen it lies inside, where limits would strike it through
        }
        for y, (_, text, colour) in zip(spread_labels(wanted), limits, strict=True)
    ]  # fmt: skip


def spread_labels(positions: Sequence[float], min_gap: float = _LABEL_HEIGHT) -> list[float]:
    """Heights 0..1 (rising) moved as little as it takes to lie `least` apart and inside."""
    placed: list[float] = []
    for height in positions:
        placed.append(max(height, placed[-1] + min_gap) if placed else max(height, 0.0))
    over = max(0.0, placed[-1] - 1.0) if placed else 0.0
    for n in range(len(placed) - 1, -1, -1):
        ceiling = 1.0 - (len(placed) - 1 - n) * min_gap
        if over and placed[n] > ceiling:
            placed[n] = ceiling
    return placed


def _badge_annotation(lang: str, *, simulated: bool, drill: bool) -> dict[str, Any]:
    """That the line is of an exercise, or made up; an exercise is written on a plate of ink, as its badge is."""
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
