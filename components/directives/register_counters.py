"""The counters above the register: what the filter leaves, by state; each is a button that filters by it."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from dash import Input, Output, html
from dash.development.base_component import Component

from components.directives.task_numbers import sum_of_parts
from components.ui.format import format_number
from components.ui.i18n import t
from ioc.domain.directives.task_numbers import TaskNumbers

# States as an address has them: those that make up the total, those that say what is urgent, those beside the total.
TOTAL = "trong-tong"
PARTS_OF_TOTAL = ("chua-tiep-nhan", "dang-thuc-hien", "cho-xac-nhan", "hoan-thanh")
URGENT: Mapping[str, tuple[str, str]] = {"qua-han": ("◆", "critical"), "sap-den-han": ("▲", "attention")}
BESIDE = ("tam-dung", "thu-hoi", "cho-giao")
COUNTERS = (TOTAL, *PARTS_OF_TOTAL, *URGENT, *BESIDE)


class CountsView(Protocol):
    """`by_state`: rows of each state that the person sees. `numbers`: of the tasks in the total.

    `orders`: rows of the list that have the states of their parts.
    """

    @property
    def by_state(self) -> Mapping[str, int]: ...
    @property
    def numbers(self) -> TaskNumbers: ...
    @property
    def orders(self) -> int: ...


def _id(state: str) -> str:
    """The id of the counter of a state."""
    return f"register-count-{state}"


def counter_row(states: Sequence[str], lang: str) -> Component:
    """The counters, before anything is counted. `states`: those that the person may filter by."""

    def counter(state: str) -> Component:
        pressed: Mapping[str, Any] = {"aria-pressed": "false"}
        return html.Button(
            _words(state, None, lang), id=_id(state), type="button", className="register-count",
            hidden=state not in states, **pressed,
        )  # fmt: skip

    label: Mapping[str, Any] = {"aria-label": t("register.counters", lang)}
    return html.Section(
        [
            html.Div([counter(state) for state in (TOTAL, *PARTS_OF_TOTAL)], className="register-counts"),
            html.Div([counter(state) for state in URGENT], className="register-counts is-urgent"),
            html.Div([counter(state) for state in BESIDE], className="register-counts is-beside"),
        ],
        className="register-counters",
        **label,
    )


def counter_inputs() -> list[Input]:
    """The presses of the counters."""
    return [Input(_id(state), "n_clicks") for state in COUNTERS]


def counter_outputs() -> dict[str, list[Output]]:
    """What a callback that counts sets; `counters` fills it."""
    return {name: [Output(_id(state), name) for state in COUNTERS] for name in ("children", "aria-pressed")}


def counters(counts: CountsView, chosen: str, lang: str) -> dict[str, list[Any]]:
    """The counters as they are counted. `chosen`: the state of the filter."""
    names = {TOTAL: "register.count_rows"} if counts.numbers.parts else {}
    words = {state: _words(state, counts.by_state.get(state, 0), lang, names.get(state, "")) for state in COUNTERS}
    if note := "; ".join(filter(None, (_sum(counts, lang), _left_out(counts, lang)))):
        words[TOTAL].append(html.Span(note, className="register-count-note"))
    return {
        "children": [words[state] for state in COUNTERS],
        "aria-pressed": [str(state == chosen).lower() for state in COUNTERS],
    }


def _sum(counts: CountsView, lang: str) -> str:
    """The total as a sum, and how many tasks that is, where orders and their parts are rows of their own."""
    numbers, total = counts.numbers, counts.by_state.get(TOTAL, 0)
    if not numbers.parts:
        return ""
    return t("register.count_sum", lang, sum=sum_of_parts(numbers, total, lang), n=format_number(numbers.tasks))


def _left_out(counts: CountsView, lang: str) -> str:
    """The rows of the list that the total does not count."""
    found = ((state, counts.by_state.get(state, 0)) for state in BESIDE)
    names = [f"{format_number(n)} {t(f'register.state_{state}', lang)}" for state, n in found if n]
    orders = [t("register.count_orders", lang, n=format_number(counts.orders))] if counts.orders else []
    states = ", ".join([*names, *orders])
    return t("register.count_left_out", lang, states=states) if states else ""


def _words(state: str, count: int | None, lang: str, key: str = "") -> list[Component]:
    """Number and name (`key`: another one than that of the state); the sign of what is urgent where there is any."""
    sign, kind = URGENT.get(state, ("", ""))
    value = "…" if count is None else format_number(count)
    is_urgent = bool(sign and count)
    name = t(key or ("register.count_total" if state == TOTAL else f"register.state_{state}"), lang)
    signs = [html.Span(f"{sign} ", className=f"cell-sign is-{kind}")] if is_urgent else []
    return [
        html.B(value, className=f"register-count-value is-{kind}" if is_urgent else "register-count-value"),
        html.Span([*signs, name], className="register-count-name"),
    ]
