"""Progress of one document over time: reported against planned, and a forecast band from the reports' pace."""

from datetime import date, timedelta
from typing import Any

import htpy as h

from components.ui.format import format_date, format_number
from components.ui.i18n import t
from components.ui.theme import token
from ioc.domain.directives.timeline import DayLine, ProgressTimeline
from ioc.domain.kpis.judgement import round_half_away

MAX_TABLE_ROWS = 12
_LABEL_SHARE = 0.2  # of the chart's width: the room of a label right of today


def timeline_figure(timeline: ProgressTimeline, key: str, lang: str, *, simulated: bool) -> dict[str, Any]:
    """The Plotly figure; empty without any report."""
    if not timeline.actual:
        return {"data": [], "layout": {}}
    return {
        "data": [
            *_forecast_band(timeline),
            _plan(timeline.plan, lang),
            _done(timeline.actual, lang),
            _current_marker(timeline, lang),
        ],
        "layout": {
            "uirevision": key,
            "separators": ",.",
            "margin": {"l": 44, "r": 18, "t": 30, "b": 34},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": "Be Vietnam Pro, sans-serif", "size": 14, "color": token("muted")},
            "showlegend": False,
            "hovermode": "closest",
            "hoverlabel": {"bgcolor": token("panel"), "bordercolor": token("line"), "font": {"color": token("ink")}},
            "xaxis": _axis(
                [_start_date(timeline).isoformat(), timeline.end.isoformat()],
                type="date",
                tickformat="%m/%Y",
                nticks=5,
                tickangle=0,
                tickfont={"size": 12},
            ),
            "yaxis": _axis([-3, 108], tickvals=[0, 25, 50, 75, 100]),
            "shapes": [_today_shape(timeline.today)],
            "annotations": _labels(timeline, lang, simulated),
        },
    }


def _start_date(timeline: ProgressTimeline) -> date:
    return min(line[0][0] for line in (timeline.actual, timeline.plan) if line)


def _axis(span: list[Any], **options: Any) -> dict[str, Any]:
    grid = {"gridcolor": token("line"), "linecolor": token("line"), "zeroline": False, "fixedrange": True}
    return {"range": span, **grid, **options}


def _xy(line: DayLine) -> dict[str, Any]:
    return {"x": [when.isoformat() for when, _ in line], "y": [round_half_away(value, 1) for _, value in line]}


def _hover(word: str) -> str:
    return f"%{{x|%d/%m/%Y}}<br>{word} <b>%{{y:,.1f}} %</b><extra></extra>"


def _plan(line: DayLine, lang: str) -> dict[str, Any]:
    style = {"color": token("muted"), "width": 2, "dash": "dash"}
    hover = _hover(t("directives.plan_word", lang))
    return {"type": "scatter", "mode": "lines", **_xy(line), "line": style, "hovertemplate": hover}


def _done(line: DayLine, lang: str) -> dict[str, Any]:
    style = {"color": token("data"), "width": 3}
    hover = _hover(t("directives.done_word", lang))
    return {"type": "scatter", "mode": "lines", **_xy(line), "line": style, "hovertemplate": hover}


def _current_marker(timeline: ProgressTimeline, lang: str) -> dict[str, Any]:
    marker = {"color": token("data"), "size": 11}
    hover = _hover(t("directives.done_word", lang))
    return {"type": "scatter", "mode": "markers", **_xy(timeline.actual[-1:]), "marker": marker, "hovertemplate": hover}


def _has_forecast_band(timeline: ProgressTimeline) -> bool:
    """Whether the band is worth showing: not if it is cut to a point at the top of the scale."""
    if timeline.forecast is None or timeline.end <= timeline.today:
        return False
    low, high, _ = timeline.forecast.percent_on(timeline.end.toordinal())
    return round(low) != round(high)


def _forecast_band(timeline: ProgressTimeline) -> list[dict[str, Any]]:
    if timeline.forecast is None or not _has_forecast_band(timeline):
        return []
    span = (timeline.end - timeline.today).days
    days = [timeline.today + timedelta(days=span * n // 12) for n in range(13)]
    bounds = [timeline.forecast.percent_on(day.toordinal()) for day in days]
    x = [day.isoformat() for day in [*days, *reversed(days)]]
    y = [round(value, 1) for value in [*(low for low, _, _ in bounds), *(high for _, _, high in reversed(bounds))]]
    return [
        {
            "type": "scatter", "mode": "lines", "x": x, "y": y, "fill": "toself", "fillcolor": token("data"),
            "line": {"width": 0, "color": token("data")}, "opacity": 0.18, "hoverinfo": "skip",
        }
    ]  # fmt: skip


def _today_shape(when: date) -> dict[str, Any]:
    line = {"color": token("faint"), "width": 1.5, "dash": "dot"}
    x = when.isoformat()
    return {"type": "line", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1, "line": line}


def _labels(timeline: ProgressTimeline, lang: str, simulated: bool) -> list[dict[str, Any]]:
    """Labels of the lines, placed so that they do not overlap: the higher line's above, the lower line's below."""
    done = timeline.actual[-1][1]
    plan = next((value for when, value in timeline.plan if when == timeline.today), None)
    over = plan is not None and plan >= done
    labels = [_label(timeline, done, t("directives.done_line", lang, n=format_number(done)), "data", not over)]
    if plan is not None:
        labels.append(_label(timeline, plan, t("directives.plan_line", lang, n=format_number(plan)), "muted", over))
    if _has_forecast_band(timeline):
        labels.append(_forecast_annotation(timeline, lang))
    if simulated:
        mark = {"xref": "paper", "yref": "paper", "x": 0, "y": 1, "xanchor": "left", "yanchor": "bottom", "yshift": 4}
        font = {"color": token("attention"), "size": 13}
        labels.append({**mark, "text": t("common.simulated", lang), "showarrow": False, "font": font})
    return labels


def _forecast_annotation(timeline: ProgressTimeline, lang: str) -> dict[str, Any]:
    """At the end of the band, in the half of the chart that the band leaves free."""
    assert timeline.forecast is not None
    low, _, high = timeline.forecast.percent_on(timeline.end.toordinal())
    foot = low >= 50
    return {
        "xref": "paper", "yref": "paper", "x": 1, "y": 0.06 if foot else 0.96, "xanchor": "right", "xshift": -4,
        "yanchor": "bottom" if foot else "top", "showarrow": False, "bgcolor": token("panel"),
        "text": t("directives.forecast", lang, low=format_number(low), high=format_number(high)),
        "font": {"color": token("data"), "size": 14},
    }  # fmt: skip


def _label(timeline: ProgressTimeline, value: float, words: str, colour: str, above: bool) -> dict[str, Any]:
    """The label of a line at today. One below its line stands right of today, where no line runs."""
    where: dict[str, Any] = {"x": timeline.today.isoformat(), "xanchor": "right", "xshift": -12, "yshift": 8}
    if not above:
        whole_span, ahead = timeline.end - _start_date(timeline), timeline.end - timeline.today
        wide = ahead >= whole_span * _LABEL_SHARE
        where |= {"xanchor": "left", "xshift": 12} if wide else {"xref": "paper", "x": 1, "xshift": 0}
        where["yshift"] = -12
    return {
        **where, "y": value, "yanchor": "bottom" if above else "top", "text": words, "showarrow": False,
        "bgcolor": token("panel"), "font": {"color": token(colour), "size": 14},
    }  # fmt: skip


def timeline_table(timeline: ProgressTimeline, lang: str) -> h.Element:
    """The chart as a table: the last reports, each with the planned percent of its day."""
    plan = dict(timeline.plan)
    rows = timeline.actual[-MAX_TABLE_ROWS:]
    return h.details(".chart-table")[
        h.summary[t("directives.table", lang)],
        h.table[
            h.thead[
                h.tr[
                    h.th[t("directives.day", lang)],
                    h.th(".n")[t("directives.done_word", lang)],
                    h.th(".n")[t("directives.plan_word", lang)],
                ]
            ],
            h.tbody[
                (
                    h.tr[
                        h.td[format_date(when)],
                        h.td(".n")[f"{format_number(value, 1)} %"],
                        h.td(".n")[f"{format_number(_nearest_plan(plan, when), 1)} %" if plan else format_number(None)],
                    ]
                    for when, value in reversed(rows)
                )
            ],
        ],
    ]


def _nearest_plan(plan: dict[date, float], when: date) -> float:
    """The planned percent of the day nearest to `when`."""
    return plan[min(plan, key=lambda day: abs((day - when).days))]
