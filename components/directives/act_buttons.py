"""The buttons of a task's acts: one for each act of the table, shown to whom it is offered; and who does the others."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import dash_bootstrap_components as dbc
import htpy as h
from dash import Output

from components.directives.act_form import act_label, draft_label
from components.ui.failure_words import kind_names
from components.ui.format import NO_VALUE, format_moment
from components.ui.i18n import t
from ioc.domain.directives.acts import Act, possible_acts
from ioc.domain.directives.positions import permitted_kinds
from ioc.domain.directives.task_status import WorkState

# The acts of which the first that is offered is the main one.
_MAIN = (
    Act.RECEIVE, Act.CONFIRM_COMPLETION, Act.DECIDE_EXTENSION, Act.DECIDE_ADJUSTMENT, Act.ANSWER_PETITION,
    Act.ANSWER_EXPLANATION, Act.REPLY_COORDINATION, Act.REPORT, Act.REMIND, Act.RESUME,
)  # fmt: skip
_GRAVE = frozenset({Act.WITHDRAW})
ORDERED_ACTS = (*_MAIN, *(act for act in Act if act not in _MAIN and act is not Act.ASSIGN), Act.ASSIGN)


class MandatedActView(Protocol):
    """An act that may be done for another position."""

    @property
    def act(self) -> Act: ...
    @property
    def on_behalf_of(self) -> str: ...


def button_id(page: str, act: Act) -> str:
    """The id of the button of an act."""
    return f"{page}-do-{act.value.replace('_', '-')}"


def act_buttons(page: str, lang: str) -> list[dbc.Button]:
    """A button for each act of the table, all hidden until the task is read."""
    return [
        dbc.Button(act_label(act, lang), id=button_id(page, act), color="secondary", style={"display": "none"})
        for act in ORDERED_ACTS
    ]


def button_outputs(page: str) -> dict[str, list[Output]]:
    """What a callback that shows the buttons sets; `shown_buttons` fills it."""
    return {
        name: [Output(button_id(page, act), name) for act in ORDERED_ACTS] for name in ("style", "color", "children")
    }  # fmt: skip


def shown_buttons(
    acts: Sequence[Act], mandated: Sequence[MandatedActView], drafted: Sequence[Act], titles: Mapping[str, str],
    lang: str, *, handed_over: Collection[Act] = (),
) -> dict[str, list[Any]]:  # fmt: skip
    """The buttons of the acts that are offered, the first one as the main one; the others are hidden.

    `drafted`: acts that are written for the leader of the agency; `handed_over`: those that wait for the leader.
    """
    behalf = {each.act: titles.get(each.on_behalf_of, each.on_behalf_of) for each in mandated}
    main = next((act for act in _MAIN if act in {*acts, *drafted}.difference(handed_over)), None)
    labels = {act: draft_label(act, lang) for act in drafted}
    labels |= {act: t("tasks.on_behalf", lang, act=act_label(act, lang), who=who) for act, who in behalf.items()}
    offered = {*acts, *labels}
    return {
        "style": [None if act in offered else {"display": "none"} for act in ORDERED_ACTS],
        "color": ["primary" if act is main else "danger" if act in _GRAVE else "secondary" for act in ORDERED_ACTS],
        "children": [labels.get(act) or act_label(act, lang) for act in ORDERED_ACTS],
    }


def clicked_act(page: str, triggered: object) -> Act:
    """The act of the button that was pressed. ValueError for another component."""
    found = next((act for act in ORDERED_ACTS if button_id(page, act) == triggered), None)
    if found is None:
        raise ValueError(triggered)
    return found


def read_only_notice(system: str, last: datetime | None, lang: str) -> str:
    """The markup that another system keeps the task. `system`: its title. `last`: when its last act came (aware)."""
    at = format_moment(last) if last else NO_VALUE
    return str(h.p(".quiet")[t("tasks.read_only", lang, system=system, at=at)])


def other_acts(state: WorkState | None, offered: Sequence[Act], lang: str) -> str:
    """The markup of who does what else is possible in this state, for whoever may not; open for who may do nothing."""
    others = [act for act in possible_acts(state) if act not in offered]
    return str(
        h.fragment[
            not offered and h.p(".quiet")[t("tasks.acts_none", lang)],
            h.details(".others", open=not offered)[
                h.summary[t("tasks.others", lang)],
                h.dl(".facts")[
                    (
                        h.fragment[h.dt[act_label(act, lang)], h.dd[kind_names(permitted_kinds(act), lang)]]
                        for act in others
                    )
                ],
            ],
        ]
    )
