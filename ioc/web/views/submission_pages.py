"""The reporter's desk, the form of one period, and the form for a call."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

import htpy as h
from flask import Response

from components.submissions.submission_words import agency_name, moment_of, period_name, status_mark
from components.ui.icons import mark
from ioc.auth.principal import Visitor
from ioc.domain.snapshot import Snapshot
from ioc.domain.submissions.form_workbook import Wrong
from ioc.domain.submissions.obligation import Cadence, Duty, Period
from ioc.domain.submissions.submission import Standing, Status, everything
from ioc.submissions.service import Refused
from ioc.web.middleware.csrf import FIELD, token
from ioc.web.views import submission_fields as cells
from ioc.web.views.layout import Words, words
from ioc.web.views.submission_layout import About, course, duty_head, figure_page, head, status, wrong
from ioc.web.views.widgets import button, field, table
from ioc.web.views.widgets import form as posting

_OPEN = (Status.LATE, Status.RETURNED, Status.SOON, Status.NOT_YET)
_RECENT = 3  # periods of each duty that the desk shows even when nothing is to be done


def desk(snapshot: Snapshot, mine: Sequence[Duty], who: Visitor) -> Response:
    """What the visitor's agency owes: what is to be done first, then what was sent lately."""
    said = words()
    if not mine:
        key = "handed.desk_none" if who.agency else "handed.desk_no_agency"
        return figure_page("handed.desk", h.section(".box.form-box")[h.p(".form-lead")[said.say(key)]])
    every = everything(snapshot.handed, snapshot.register.agencies, snapshot.at)
    boxes = []
    for duty in mine:
        periods = [one for one in every if one.duty.key == duty.key]
        shown = [one for one in periods[:-_RECENT] if one.standing.status in _OPEN] + periods[-_RECENT:]
        rows = [_desk_row(said, duty, one.period, one.standing) for one in reversed(shown)]
        heads = [said.say(f"handed.{one}") for one in ("period", "due", "status")]
        boxes.append(h.section(".box.form-box")[duty_head(said, snapshot, duty), table([*heads, ""], rows)])
    lead = said.say("handed.desk_line", agency=agency_name(snapshot, who.agency, said.lang))
    return figure_page("handed.desk", h.p(".form-lead")[lead], *boxes)


def _desk_row(said: Words, duty: Duty, period: Period, how: Standing) -> list[h.Node]:
    word = "see_form" if how.newest and how.status is not Status.RETURNED else "open_form"
    main = how.status in _OPEN
    return [
        h.b[period_name(duty, period, said.lang)],
        moment_of(how.due),
        status_mark(how.status, said.lang),
        h.a(class_=["tool", "tool-main" if main else ""], href=_at(duty, period))[said.say(f"handed.{word}")],
    ]


def _at(duty: Duty, period: Period) -> str:
    return f"/nhap-so-lieu/{duty.key}?ky={quote(period.key)}"


def form(
    about: About, typed: Mapping[str, str], faults: Sequence[Wrong], error: Refused | None = None
) -> Response:  # fmt: skip
    """The form of one period: its cells, a file instead, and what was done so far."""
    said, duty, how = words(), about.duty, about.standing
    action = f"/nhap-so-lieu/{duty.key}"
    correcting, blocked = how.good is not None, how.waiting is not None
    filling = posting(
        action,
        h.input(type="hidden", name="ky", value=about.period.key),
        cells.fields(said, duty, cells.shown(about.values, how, typed), faults),
        correcting and _why(said, typed),
        h.div(".form-row")[button(said.say("handed.send_correction" if correcting else "handed.send"), main=True)],
    )
    body = [
        head(said, about),
        wrong(said, error),
        cells.faults(said, duty, faults),
        blocked and h.div(".said")[mark("late"), h.p[said.say("handed.waits_already")]],
        not blocked and h.section(".box.form-box")[h.h2(".box-title")[said.say("handed.values")], filling],
        not blocked and _upload(said, about, correcting),
        course(said, about),
    ]
    return figure_page("handed.desk", *body, status=422 if faults else status(error))


def _why(said: Words, typed: Mapping[str, str]) -> h.Element:
    return field(
        said.say("handed.why_field"), "vi-sao", typed.get("vi-sao", "")[:1000], hint=said.say("handed.why_hint"),
        longest=1000,
    )  # fmt: skip


def _upload(said: Words, about: About, correcting: bool) -> h.Element:
    path = f"/nhap-so-lieu/{about.duty.key}"
    query = f"?ky={quote(about.period.key)}"
    inside = h.form(".form", method="post", action=f"{path}/tep", enctype="multipart/form-data")[
        h.input(type="hidden", name=FIELD, value=token()),
        h.input(type="hidden", name="ky", value=about.period.key),
        h.label(".field")[
            h.span[said.say("handed.upload_field")],
            h.input(type="file", name="tep", required=True, accept=".xlsx,.csv"),
        ],
        correcting and _why(said, {}),
        h.div(".form-row")[button(said.say("handed.upload_send"), main=True)],
    ]
    return h.section(".box.form-box")[
        h.h2(".box-title")[said.say("handed.upload")],
        h.p(".quiet")[said.say("handed.upload_line")],
        h.div(".form-row")[
            (
                h.a(".tool", href=f"{path}/mau.{kind}{query}")[said.say(f"handed.template_{kind}")]
                for kind in ("xlsx", "csv")
            )
        ],
        inside,
    ]


def call(
    about: About, typed: Mapping[str, str], faults: Sequence[Wrong], error: Refused | None = None
) -> Response:  # fmt: skip
    """The form for a call."""
    said, duty = words(), about.duty
    minute = f"{about.period.key[:10]}T{about.period.key[11:].replace('-', ':')}"
    moment = (
        field(said.say("handed.call_at"), "ky", typed.get("ky", minute)[:20], kind="datetime-local")
        if duty.cadence is Cadence.ANY
        else h.input(type="hidden", name="ky", value=about.period.key)
    )
    filling = posting(
        f"/bao-qua-dien-thoai/{duty.key}",
        moment,
        cells.fields(
            said, duty, cells.shown(about.values, about.standing, typed), faults, partly=duty.cadence is Cadence.ANY
        ),
        field(said.say("handed.call_who"), "vi-sao", typed.get("vi-sao", "")[:1000], longest=1000),
        h.div(".form-row")[button(said.say("handed.call_send"), main=True)],
    )
    body = (
        head(said, about),
        wrong(said, error),
        cells.faults(said, duty, faults),
        h.section(".box.form-box")[filling],
    )
    return figure_page("handed.call", *body, status=422 if faults else status(error))
