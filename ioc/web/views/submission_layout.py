"""What all the forms for figures have in common: one period of a duty, its head, its course, sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import htpy as h
from flask import Response, request

from components.submissions.submission_words import agency_name, moment_of, period_name, status_mark
from components.ui.error_messages import reason
from components.ui.format import NONE
from components.ui.i18n import catalogue
from components.ui.icons import mark
from components.ui.status_badges import marks
from ioc.auth.permissions import Action, may
from ioc.domain.snapshot import Snapshot
from ioc.domain.submissions.form_workbook import written
from ioc.domain.submissions.obligation import Cadence, Duty, Period
from ioc.domain.submissions.submission import Act, Did, How, Standing
from ioc.submissions.service import Refused
from ioc.web.errors.audit import CODES, note
from ioc.web.views import submission_fields as cells
from ioc.web.views.layout import Words, page, words
from ioc.web.views.widgets import table

DESKS = (
    (Action.REPORT, "/nhap-so-lieu", "handed.desk"),
    (Action.RELEASE, "/duyet-so-lieu", "handed.release"),
    (Action.PHONE, "/bao-qua-dien-thoai", "handed.call"),
)
_UNREAD = "file_unread"  # it may have been made to do harm
# Only written wrongly, or not written: 422. All others are refused as things stand: 409.
_STATUS = {
    "why_correct": 422, "why_return": 422, "nothing_new": 422, "call_empty": 422, "call_moment": 422, "file_none": 422,
    "file_unread": 422, "file_kind": 415, "file_other": 415, "file_macros": 415, "file_large": 413, "mail_full": 503,
}  # fmt: skip
_TABS = (*DESKS, (Action.VIEW, "/cham-so-lieu", "handed.page"))


@dataclass(frozen=True, slots=True)
class About:
    """One period of a duty. `values`: of each submission of its course."""

    snapshot: Snapshot
    duty: Duty
    period: Period
    agency: str | None
    standing: Standing
    course: Sequence[Act]
    values: Mapping[int, Mapping[str, float | None]]


def figure_page(title: str, *body: h.Node, status: int = 200) -> Response:
    """A page with ways to the other forms that the visitor may use, and what the form before it has done."""
    said = words()
    here = request.path
    tabs = (
        h.a(".chip", href=path, aria_current="true" if here.startswith(path) else None)[said.say(key)]
        for action, path, key in _TABS
        if may(said.visitor, action)
    )
    desk = next((action.value for action, path, _ in DESKS if here.startswith(path)), "sources")
    return page(said.say(title), h.nav(".chips")[tabs], _done(said), *body, status=status, here=desk)


def _done(said: Words) -> h.Element | None:
    key = f"handed.done_{request.args.get('xong', '')}"
    if key not in catalogue():
        return None
    return h.div(".said.said-done", role="status")[mark("done"), h.p[said.say(key)]]


def told(said: Words, error: Refused) -> str:
    """The sentence of a refusal."""
    parts = dict(error.parts)
    if "why" in parts:
        parts["why"] = reason(parts["why"], said.lang)
    return said.say(f"handed.{error.key}", **parts)


def wrong(said: Words, error: Refused | None) -> h.Element | None:
    """Why it was refused; it is noted for the trail."""
    if error is None:
        return None
    if status(error) in CODES or error.key == _UNREAD:
        note(error.key)
    return h.div(".said.said-wrong", role="alert")[mark("attention"), h.p[told(said, error)]]


def status(error: Refused | None) -> int:
    """Of a form that comes back, and of what is refused by itself."""
    if error is None:
        return 200
    return 404 if error.key.startswith("no_") else _STATUS.get(error.key, 409)


def refused(error: Refused) -> Response:
    """What cannot be done, by itself on a page."""
    return figure_page("handed.desk", wrong(words(), error), status=status(error))


def duty_head(said: Words, snapshot: Snapshot, duty: Duty) -> h.Element:
    """What the figures are called, and by which act they are owed."""
    drill = any(one.source.drill for one in snapshot.sources if one.source.key == duty.key)
    return h.div(".box-head")[
        h.h2(".box-title")[duty.name.said(said.lang), marks(said.lang, simulated=duty.simulated, drill=drill)],
        duty.basis.vi and h.small(".quiet")[duty.basis.said(said.lang)],
    ]


def head(said: Words, about: About) -> h.Element:
    """Whose, for when, by when, how it stands; and why it came back."""
    duty, how = about.duty, about.standing
    if duty.cadence is Cadence.ANY:
        return h.section(".box.form-box")[duty_head(said, about.snapshot, duty)]
    facts = (
        ("agency", agency_name(about.snapshot, about.agency, said.lang)),
        ("period", period_name(duty, about.period, said.lang)),
        ("due", moment_of(how.due)),
        ("status", status_mark(how.status, said.lang)),
    )
    verdict = how.verdict
    return h.section(".box.form-box")[
        duty_head(said, about.snapshot, duty),
        h.dl(".facts")[((h.dt[said.say(f"handed.{key}")], h.dd[value]) for key, value in facts)],
        verdict is not None and verdict.did is Did.RETURNED and _returned(said, verdict),
    ]


def _returned(said: Words, verdict: Act) -> h.Element:
    return h.div(".said.said-wrong")[
        mark("attention"),
        h.p[said.say("handed.status_returned"), ": ", verdict.why, " ", h.small(".quiet")[moment_of(verdict.at)]],
    ]


def course(said: Words, about: About) -> h.Element:
    """Everything that was done about the period."""
    heads = [said.say(f"handed.{one}") for one in ("when", "who", "what", "values", "why")]
    rows = ([moment_of(act.at), act.who, _did(said, act), _values(said, about, act), act.why] for act in about.course)
    return h.section(".box.form-box")[
        h.h2(".box-title")[said.say("handed.course")],
        table(heads, rows, last_acts=False) if about.course else h.p(".nothing")[said.say("handed.course_none")],
    ]


def _did(said: Words, act: Act) -> str:
    if act.did is Did.SENT and act.how is How.PHONE:
        return said.say("handed.did_phone")
    return said.say("handed.did_corrected" if act.did is Did.SENT and act.of else f"handed.did_{act.did.value}")


def _values(said: Words, about: About, act: Act) -> str:
    given = about.values.get(act.id, {})
    return " · ".join(
        f"{cells.name(one, said.lang)}: {NONE if (value := given[one.series.key]) is None else written(value)}"
        for one in about.duty.cells
        if one.series.key in given
    )
