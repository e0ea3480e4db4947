"""Tables of submissions: what an agency owes, what waits for release, what may be told by telephone."""

from collections.abc import Mapping
from typing import Protocol
from urllib.parse import quote

import htpy as h

from components.submissions.figure_fields import cell_label, cell_value, figure_text
from components.submissions.labels import agency_name, format_full_datetime, period_name, status_sign
from components.submissions.period_view import obligation_header, small_table
from components.ui.format import NO_VALUE
from components.ui.i18n import t
from components.ui.table import CellText, Column, cell
from ioc.domain.snapshot import Snapshot
from ioc.domain.submissions.form_workbook import form_cells
from ioc.domain.submissions.obligation import Obligation, ReportingPeriod
from ioc.domain.submissions.submission import (
    ObligationPeriod,
    SubmissionChannel,
    SubmissionEvent,
    SubmissionEventType,
    SubmissionState,
    SubmissionStatus,
)

Row = Mapping[str, object]
_SENT = (SubmissionState.SUBMITTED, SubmissionState.SUBMITTED_LATE)


class PhoneView(Protocol):
    """What is shown of what may be told by telephone. `status`: None where there are no periods."""

    @property
    def obligation(self) -> Obligation: ...
    @property
    def agency(self) -> str | None: ...
    @property
    def period(self) -> ReportingPeriod | None: ...
    @property
    def status(self) -> SubmissionStatus | None: ...
    @property
    def is_missing(self) -> bool: ...


class PendingView(Protocol):
    """What is shown of a submission that awaits approval."""

    @property
    def obligation(self) -> Obligation: ...
    @property
    def period(self) -> ReportingPeriod: ...
    @property
    def submission(self) -> SubmissionEvent: ...
    @property
    def values(self) -> Mapping[str, float | None]: ...
    @property
    def values_in_use(self) -> Mapping[str, float | None]: ...
    @property
    def is_correction(self) -> bool: ...


def _columns(lang: str, *columns: tuple[str, int, int]) -> list[Column]:
    return [Column(key, t(f"submissions.{key}", lang), flex, width) for key, flex, width in columns]


def owed_columns(lang: str) -> list[Column]:
    """The columns of what an agency owes."""
    act = Column("open", t("submissions.act", lang), 1, 120, is_pinned=True)
    looks = (("obligation", 4, 120), ("status", 2, 115), ("due", 2, 150), ("period", 3, 170))
    return [*(each._replace(is_moment=each.field == "due") for each in _columns(lang, *looks)), act]


def owed_row(item: ObligationPeriod, lang: str) -> Row:
    """A period that is owed, with the way to its form."""
    obligation, period, status = item.obligation, item.period, item.status
    is_waiting = status.state is SubmissionState.AWAITING_APPROVAL
    word = "see" if is_waiting else "see_form" if status.state in _SENT else "open_form"
    sign, kind = status_sign(status.state)
    states = dict.fromkeys((status.state, *([SubmissionState.REJECTED] if status.is_returned else [])))
    words = [t(f"submissions.status_{each.value}", lang) for each in states]
    if status.decision and status.decision.event_type is SubmissionEventType.APPROVED:
        words.append(t("submissions.released", lang))
    return {
        "id": f"{obligation.key} {period.key}",
        "due": cell(format_full_datetime(status.due), order=status.due.timestamp()),
        "obligation": cell(obligation.name.get(lang), href=form_path(obligation, period)),
        "period": cell(period_name(obligation, period, lang), order=period.start.timestamp()),
        "status": cell(", ".join(words), sign=sign, kind=kind),
        "open": cell(t(f"submissions.{word}", lang), href=form_path(obligation, period)),
    }


def form_path(obligation: Obligation, period: ReportingPeriod) -> str:
    """The address of the form of a period."""
    return f"/nhap-so-lieu/{quote(obligation.key)}?ky={quote(period.key)}"


def pending_columns(lang: str) -> list[Column]:
    """The columns of what waits for release."""
    columns = _columns(
        lang, ("agency", 3, 125), ("obligation", 4, 135), ("kind", 2, 120), ("period", 3, 150), ("sent", 2, 150),
        ("sender", 2, 120),
    )  # fmt: skip
    return [*columns, Column("open", t("submissions.act", lang), 1, 110, is_action=True)]


def pending_row(item: PendingView, snapshot: Snapshot, lang: str) -> Row:
    """A submission that waits, with the button that opens it."""
    event = item.submission
    kind = "phoned" if event.channel is SubmissionChannel.PHONE else "correction" if item.is_correction else "first"
    return {
        "id": str(event.id),
        "agency": agency_name(snapshot, event.agency, lang),
        "obligation": item.obligation.name.get(lang),
        "period": cell(period_name(item.obligation, item.period, lang), order=item.period.start.timestamp()),
        "sent": cell(format_full_datetime(event.clock_time), order=event.clock_time.timestamp()),
        "sender": event.actor,
        "kind": t(f"submissions.{kind}", lang),
        "open": cell(t("views.open", lang), act=str(event.id)),
    }


def pending_figures(item: PendingView, snapshot: Snapshot, lang: str) -> str:
    """The markup of a submission: who sent it, why, and its figures beside those in use."""
    keys = ("figure", "value_new", "value_before" if item.is_correction else "value_last")
    event = item.submission
    why = "call_note" if event.channel is SubmissionChannel.PHONE else "why_field"
    rows = [
        [cell_label(each, lang), h.b[cell_value(item.values, each)], cell_value(item.values_in_use, each)]
        for each in form_cells(item.obligation)
    ]
    former = item.obligation.former_series(item.values)
    rows += [[key, h.b[figure_text(item.values[key]) or NO_VALUE], NO_VALUE] for key in former]
    sent = t("submissions.sent_by", lang, who=event.actor, time=format_full_datetime(event.clock_time))
    return str(
        h.div(".form-stack")[
            obligation_header(snapshot, item.obligation, lang),
            h.p[
                h.b[agency_name(snapshot, event.agency, lang)], " · ", period_name(item.obligation, item.period, lang),
                " · ", sent,
                event.channel is SubmissionChannel.PHONE and [" · ", t("submissions.phoned", lang)],
            ],
            event.reason and h.p(".quiet")[t(f"submissions.{why}", lang), ": ", event.reason],
            small_table([t(f"submissions.{key}", lang) for key in keys], rows),
        ]
    )  # fmt: skip


def phone_columns(lang: str) -> list[Column]:
    """The columns of what may be told by telephone."""
    act = Column("open", t("submissions.act", lang), 1, 120, is_pinned=True)
    looks = (("obligation", 4, 125), ("status", 3, 125), ("period", 3, 150), ("due", 2, 150), ("agency", 3, 120))
    return [*_columns(lang, *looks), act]


def phone_row(report: PhoneView, snapshot: Snapshot, lang: str) -> Row:
    """What may be told by telephone: whether there are figures, and the way to the form."""
    obligation, period, status = report.obligation, report.period, report.status
    is_closed = status is not None and (status.own_figures is not None or status.pending is not None)
    word = "see" if is_closed else "open_form" if report.is_missing else "see_form"
    path = f"/bao-qua-dien-thoai/{quote(obligation.key)}"
    if period and status:  # the form of this very period, also when the next one has ended meanwhile
        path += f"?ky={quote(period.key)}"
    return {
        "id": f"{obligation.key} {period.key}" if period and status else obligation.key,
        "obligation": cell(obligation.name.get(lang), href=path),
        "status": _phone_status(report, lang),
        "period": cell(period_name(obligation, period, lang), order=period.start.timestamp()) if period else "",
        "due": cell(format_full_datetime(status.due), order=status.due.timestamp()) if status else "",
        "agency": agency_name(snapshot, report.agency, lang),
        "open": cell(t(f"submissions.{word}", lang), href=path),
    }


def _phone_status(report: PhoneView, lang: str) -> CellText:
    """Whether there are figures, and whose."""
    obligation, status = report.obligation, report.status
    if status is None:
        is_ad_hoc = obligation.is_ad_hoc
        return cell(t(f"submissions.{'phone_any' if is_ad_hoc else 'phone_no_period'}", lang))
    sign, kind = status_sign(status.state)
    word = t(f"submissions.status_{status.state.value}", lang)
    if report.is_missing:
        return cell(word, sign=sign, kind=kind)
    if status.pending is None and status.own_figures is None:
        return cell(t("submissions.phone_told", lang), sign=sign, kind=kind)
    if status.pending is None and obligation.requires_approval:
        word = t("submissions.released", lang)
    return cell(word, sign=sign, kind=kind)
