"""The course of one document: reported against planned, and the band of the reports' own pace."""

from datetime import date, timedelta
from typing import Any

import htpy as h

from components.ui.format import day, number
from components.ui.i18n import say
from components.ui.theme import token
from ioc.domain.directives.timeline import Course, DayLine

ROWS = 12
_ROOM = 0.2  # of the drawing's width: what a label at the right of today takes


def course_figure(course: Course, key: str, lang: str, *, simulated: bool) -> dict[str, Any]:
    """The figure dict; without a single report there is nothing to draw."""
    if not course.done:
        return {"data": [], "layout": {}}
    return {
        "data": [*_band(course), _plan(course.plan, lang), _done(course.done, lang), _now(course, lang)],
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
                [_begun(course).isoformat(), course.until.isoformat()],
                type="date",
                tickformat="%m/%Y",
                nticks=5,
                tickangle=0,
                tickfont={"size": 12},
            ),
            "yaxis": _axis([-3, 108], tickvals=[0, 25, 50, 75, 100]),
            "shapes": [_today(course.today)],
            "annotations": _labels(course, lang, simulated),
        },
    }


def _begun(course: Course) -> date:
    return min(line[0][0] for line in (course.done, course.plan) if line)


def _axis(span: list[Any], **more: Any) -> dict[str, Any]:
    grid = {"gridcolor": token("line"), "linecolor": token("line"), "zeroline": False, "fixedrange": True}
    return {"range": span, **grid, **more}


def _xy(line: DayLine) -> dict[str, Any]:
    return {"x": [when.isoformat() for when, _ in line], "y": [round(value, 1) for _, value in line]}


def _hover(word: str) -> str:
    return f"%{{x|%d/%m/%Y}}<br>{word} <b>%{{y:,.1f}} %</b><extra></extra>"


def _plan(line: DayLine, lang: str) -> dict[str, Any]:
    style = {"color": token("muted"), "width": 2, "dash": "dash"}
    hover = _hover(say("directives.plan_word", lang))
    return {"type": "scatter", "mode": "lines", **_xy(line), "line": style, "hovertemplate": hover}


def _done(line: DayLine, lang: str) -> dict[str, Any]:
    style = {"color": token("data"), "width": 3}
    hover = _hover(say("directives.done_word", lang))
    return {"type": "scatter", "mode": "lines", **_xy(line), "line": style, "hovertemplate": hover}


def _now(course: Course, lang: str) -> dict[str, Any]:
    marker = {"color": token("data"), "size": 11}
    hover = _hover(say("directives.done_word", lang))
    return {"type": "scatter", "mode": "markers", **_xy(course.done[-1:]), "marker": marker, "hovertemplate": hover}


def _has_width(course: Course) -> bool:
    """Whether there is a band to show: one that is cut to a point at the top of the scale says nothing."""
    if course.forecast is None or course.until <= course.today:
        return False
    low, high, _ = course.forecast.at(course.until.toordinal())
    return round(low) != round(high)


def _band(course: Course) -> list[dict[str, Any]]:
    if course.forecast is None or not _has_width(course):
        return []
    span = (course.until - course.today).days
    days = [course.today + timedelta(days=span * n // 12) for n in range(13)]
    bounds = [course.forecast.at(one.toordinal()) for one in days]
    x = [one.isoformat() for one in [*days, *reversed(days)]]
    y = [round(value, 1) for value in [*(low for low, _, _ in bounds), *(high for _, _, high in reversed(bounds))]]
    return [
        {
            "type": "scatter", "mode": "lines", "x": x, "y": y, "fill": "toself", "fillcolor": token("data"),
            "line": {"width": 0, "color": token("data")}, "opacity": 0.18, "hoverinfo": "skip",
        }
    ]  # fmt: skip


def _today(when: date) -> dict[str, Any]:
    line = {"color": token("faint"), "width": 1.5, "dash": "dot"}
    x = when.isoformat()
    return {"type": "line", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1, "line": line}


def _labels(course: Course, lang: str, simulated: bool) -> list[dict[str, Any]]:
    """Words beside their lines, clear of one another: above what is higher, below what is lower."""
    done = course.done[-1][1]
    plan = next((value for when, value in course.plan if when == course.today), None)
    over = plan is not None and plan >= done
    said = [_label(course, done, say("directives.done_line", lang, n=number(done)), "data", not over)]
    if plan is not None:
        said.append(_label(course, plan, say("directives.plan_line", lang, n=number(plan)), "muted", over))
    if _has_width(course):
        said.append(_estimate(course, lang))
    if simulated:
        mark = {"xref": "paper", "yref": "paper", "x": 0, "y": 1, "xanchor": "left", "yanchor": "bottom", "yshift": 4}
        font = {"color": token("attention"), "size": 13}
        said.append({**mark, "text": say("common.simulated", lang), "showarrow": False, "font": font})
    return said


def _estimate(course: Course, lang: str) -> dict[str, Any]:
    """At the end of the band, in the half of the drawing that the band leaves free."""
    assert course.forecast is not None
    low, _, high = course.forecast.at(course.until.toordinal())
    foot = low >= 50
    return {
        "xref": "paper", "yref": "paper", "x": 1, "y": 0.06 if foot else 0.96, "xanchor": "right", "xshift": -4,
        "yanchor": "bottom" if foot else "top", "showarrow": False, "bgcolor": token("panel"),
        "text": say("directives.forecast", lang, low=number(low), high=number(high)),
        "font": {"color": token("data"), "size": 14},
    }  # fmt: skip


def _label(course: Course, value: float, words: str, colour: str, above: bool) -> dict[str, Any]:
    """Progress comes from below at the left: what stands below its line stands at the right, where no line has been."""
    where: dict[str, Any] = {"x": course.today.isoformat(), "xanchor": "right", "xshift": -12, "yshift": 8}
    if not above:
        whole, ahead = course.until - _begun(course), course.until - course.today
        wide = ahead >= whole * _ROOM
        where |= {"xanchor": "left", "xshift": 12} if wide else {"xref": "paper", "x": 1, "xshift": 0}
        where["yshift"] = -12
    return {
        **where, "y": value, "yanchor": "bottom" if above else "top", "text": words, "showarrow": False,
        "bgcolor": token("panel"), "font": {"color": token(colour), "size": 14},
    }  # fmt: skip


def course_table(course: Course, lang: str) -> h.Element:
    """The same lines as a table: the last reports, each beside the plan of its day."""
    plan = dict(course.plan)
    rows = course.done[-ROWS:]
    return h.details(".chart-table")[
        h.summary[say("directives.table", lang)],
        h.table[
            h.thead[
                h.tr[
                    h.th[say("directives.day", lang)],
                    h.th(".n")[say("directives.done_word", lang)],
                    h.th(".n")[say("directives.plan_word", lang)],
                ]
            ],
            h.tbody[
                (
                    h.tr[
                        h.td[day(when)],
                        h.td(".n")[f"{number(value, 1)} %"],
                        h.td(".n")[f"{number(_near(plan, when), 1)} %" if plan else number(None)],
                    ]
                    for when, value in reversed(rows)
                )
            ],
        ],
    ]


def _near(plan: dict[date, float], when: date) -> float:
    """The plan of the drawn day nearest to `when`."""
    return plan[min(plan, key=lambda one: abs((one - when).days))]
