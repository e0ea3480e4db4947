"""What waits for release, the list of calls, and the form for a reminder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import htpy as h
from flask import Response, request

from components.submissions.submission_words import agency_name, moment_of, period_name
from components.ui.status_badges import marks
from ioc.auth.principal import Visitor
from ioc.domain.snapshot import Snapshot
from ioc.domain.submissions.obligation import Cadence, Duty, Period
from ioc.domain.submissions.submission import Act, How, Reminder, Status
from ioc.submissions.service import Refused
from ioc.web.views import submission_fields as cells
from ioc.web.views.layout import Words, words
from ioc.web.views.submission_layout import About, duty_head, figure_page, status, wrong
from ioc.web.views.widgets import button, field, table
from ioc.web.views.widgets import form as posting


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that waits, and the figures in use, of the period before where it is the first."""

    duty: Duty
    period: Period
    sent: Act
    values: Mapping[str, float | None]
    before: Mapping[str, float | None]
    corrects: bool


def releases(
    snapshot: Snapshot, waiting: Sequence[Waiting], who: Visitor, error: Refused | None = None
) -> Response:  # fmt: skip
    """What waits: the figures sent beside those in use."""
    said = words()
    lead = h.p(".form-lead")[said.say("handed.release_line" if waiting else "handed.release_none")]
    boxes = [_release(said, snapshot, one, who) for one in waiting]
    return figure_page("handed.release", lead, wrong(said, error), *boxes, status=status(error))


def _release(said: Words, snapshot: Snapshot, one: Waiting, who: Visitor) -> h.Element:
    action = f"/duyet-so-lieu/{one.sent.id}"
    keys = ("figure", "value_new", "value_before" if one.corrects else "value_last")
    heads = [said.say(f"handed.{key}") for key in keys]
    rows = [
        [cells.name(each, said.lang), h.b[cells.number(one.values, each)], cells.number(one.before, each)]
        for each in one.duty.cells
    ]
    mine = one.sent.who == who.name
    return h.section(".box.form-box")[
        duty_head(said, snapshot, one.duty),
        h.p[
            h.b[agency_name(snapshot, one.sent.agency, said.lang)], " · ",
            period_name(one.duty, one.period, said.lang), " · ",
            said.say("handed.sent_by", who=one.sent.who, time=moment_of(one.sent.at)),
            one.sent.how is How.PHONE and marks(said.lang, simulated=False, drill=False, phoned=True),
        ],
        one.sent.why and h.p(".quiet")[said.say("handed.why_field"), ": ", one.sent.why],
        table(heads, rows, last_acts=False),
        h.p(".quiet")[said.say("handed.own")] if mine else [
            posting(action, _row(button(said.say("handed.release_do"), main=True, name="viec", value="duyet"))),
            posting(
                action, field(said.say("handed.return_field"), "vi-sao", longest=1000),
                _row(button(said.say("handed.return_do"), danger=True, name="viec", value="tra-lai")),
            ),
        ],
    ]  # fmt: skip


def _row(inside: h.Element) -> h.Element:
    return h.div(".form-row")[inside]


def calls(snapshot: Snapshot, duties: Sequence[Duty]) -> Response:
    """The figures that may be told by telephone."""
    said = words()
    rows: list[list[h.Node]] = [
        [
            h.b[duty.name.said(said.lang)],
            agency_name(snapshot, duty.agency, said.lang),
            h.a(".tool.tool-main", href=f"/bao-qua-dien-thoai/{duty.key}")[said.say("handed.open_form")],
        ]
        for duty in sorted(duties, key=lambda one: one.cadence is not Cadence.ANY)
    ]
    heads = [said.say("handed.duty"), said.say("handed.agency"), ""]
    body = table(heads, rows) if rows else h.p(".nothing")[said.say("handed.call_none")]
    return figure_page("handed.call", h.section(".box.form-box")[h.p(".quiet")[said.say("handed.call_line")], body])


def urge(about: About, before: Sequence[Reminder], error: Refused | None = None) -> Response:
    """The form for a reminder, with those before it."""
    said, duty = words(), about.duty
    parts = {
        "agency": agency_name(about.snapshot, about.agency, said.lang), "duty": duty.name.said(said.lang),
        "period": period_name(duty, about.period, said.lang), "due": moment_of(about.standing.due),
    }  # fmt: skip
    mine = [one for one in before if (one.duty, one.period) == (duty.key, about.period.key)]
    late = about.standing.status is Status.LATE
    filling = posting(
        request.path,
        h.label(".field")[h.span[said.say("handed.urge_why")], h.textarea(name="noi-dung", maxlength="1000")],
        h.div(".form-row")[button(said.say("handed.urge_do"), main=True)],
    )
    rows = ([moment_of(one.at), one.who, one.why] for one in mine)
    heads = [said.say(f"handed.{one}") for one in ("when", "who", "urge_why")]
    return figure_page(
        "handed.urge_title",
        wrong(said, error),
        h.section(".box.form-box")[
            duty_head(said, about.snapshot, duty),
            h.p(".form-lead")[said.say("handed.urge_line", **parts) if late else said.say("handed.not_late")],
            late and h.p(".quiet")[said.say("handed.urge_counts", n=_counted(about, before))],
            late and filling,
        ],
        bool(mine) and h.section(".box.form-box")[
            h.h2(".box-title")[said.say("handed.urge_before")], table(heads, rows, last_acts=False)
        ],
        status=status(error),
    )  # fmt: skip


def _counted(about: About, before: Sequence[Reminder]) -> int:
    return sum(one.agency == about.agency for one in before)
