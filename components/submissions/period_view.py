"""One period of an obligation: what is owed and when, why it was returned, and all that happened to it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import htpy as h

from components.submissions.compliance_table import drill_obligation_keys
from components.submissions.figure_fields import cell_label, figure_text
from components.submissions.labels import agency_name, format_full_datetime, period_name, status_mark
from components.ui.error_messages import describe
from components.ui.format import NO_VALUE
from components.ui.i18n import t
from components.ui.icons import mark
from components.ui.status_badges import badges
from ioc.domain.base.failure import Failure
from ioc.domain.snapshot import Snapshot
from ioc.domain.submissions.errors import SubmissionCode
from ioc.domain.submissions.form_workbook import form_cells
from ioc.domain.submissions.obligation import Obligation, ReportingPeriod, parse_phone_period
from ioc.domain.submissions.submission import (
    Reminder,
    SubmissionChannel,
    SubmissionEvent,
    SubmissionEventType,
    SubmissionState,
    SubmissionStatus,
)

_AWAITING_APPROVAL = Failure(SubmissionCode.ALREADY_AWAITING_APPROVAL)


class PeriodRecordView(Protocol):
    """What is shown of a period.

    `history`: its newest events; `earlier`: how many came before. `values`: the figures of a submission, by event id.
    """

    @property
    def obligation(self) -> Obligation: ...
    @property
    def period(self) -> ReportingPeriod: ...
    @property
    def agency(self) -> str | None: ...
    @property
    def status(self) -> SubmissionStatus: ...
    @property
    def history(self) -> Sequence[SubmissionEvent]: ...
    @property
    def earlier(self) -> int: ...
    @property
    def values(self) -> Mapping[int, Mapping[str, float | None]]: ...


def obligation_header(snapshot: Snapshot, obligation: Obligation, lang: str) -> h.Element:
    """Name, badges and legal basis of an obligation."""
    is_drill = obligation.key in drill_obligation_keys(snapshot)
    return h.div(".box-head")[
        h.h2(".box-title")[obligation.name.get(lang), badges(lang, simulated=obligation.is_simulated, drill=is_drill)],
        obligation.basis.vi and h.small(".quiet")[obligation.basis.get(lang)],
    ]


def period_header(snapshot: Snapshot, record: PeriodRecordView, lang: str) -> str:
    """The markup of agency, period, due time and status of a period, of why its figures were returned, of those in use.

    These are told where others were sent since, which wait, or were returned or withdrawn.
    """
    obligation, status, decision = record.obligation, record.status, record.status.decision
    if obligation.is_ad_hoc:
        return str(h.section(".box")[obligation_header(snapshot, obligation, lang)])
    rows = (
        ("agency", agency_name(snapshot, record.agency, lang)),
        ("period", period_name(obligation, record.period, lang)),
        ("due", format_full_datetime(status.due)),
        ("status", status_mark(status.state, lang)),
    )
    return str(
        h.section(".box.form-stack")[
            obligation_header(snapshot, obligation, lang),
            h.dl(".facts-row")[(h.div[h.dt[t(f"submissions.{key}", lang)], h.dd[value]] for key, value in rows)],
            decision is not None
            and decision.event_type is SubmissionEventType.REJECTED
            and _rejection_notice(decision, lang),
            status.pending is not None and h.div(".alert.alert-warning")[describe(_AWAITING_APPROVAL, lang)],
            _in_use(record, lang),
        ]
    )


def _in_use(record: PeriodRecordView, lang: str) -> h.Element | None:
    event = record.status.effective
    if event is None or event == record.status.latest:
        return None
    values, at = _event_values(record, event, lang), format_full_datetime(event.clock_time)
    return h.p[t("submissions.in_use", lang, values=values, what=_event_label(event, lang), at=at)]


def _rejection_notice(decision: SubmissionEvent, lang: str) -> h.Element:
    return h.div(".alert.alert-warning")[
        mark("attention"), " ", t("submissions.status_returned", lang), ": ", decision.reason, " ",
        h.small(".quiet")[format_full_datetime(decision.clock_time)],
    ]  # fmt: skip


def own_figures_notice(record: PeriodRecordView, lang: str) -> str:
    """The markup of what the agency itself sent, which no phone report replaces; "" before that."""
    event = record.status.own_figures
    if event is None:
        return ""
    failure = Failure(SubmissionCode.OWN_FIGURES_SENT, {"at": event.clock_time})
    return str(h.div(".alert.alert-warning")[h.p[describe(failure, lang)], h.p[_event_values(record, event, lang)]])


def call_box(record: PeriodRecordView, lang: str) -> str:
    """The markup of what was put down, the newest first: the moment of the figures, who told it and who entered it."""
    heads = [t(f"submissions.{head}", lang) for head in ("period", "values", "call_note", "what", "who", "when")]
    submitted = [event for event in record.history if event.event_type is SubmissionEventType.SUBMITTED]
    replaced, rows = {event.refers_to for event in submitted if not event.awaits_approval}, []
    for event in reversed(record.history):
        minute = parse_phone_period(event.period)
        named = period_name(record.obligation, minute or record.period, lang)
        values, at = _event_values(record, event, lang), format_full_datetime(event.clock_time)
        if event.id in replaced:
            values = t("submissions.replaced", lang, values=values)
        rows.append([named, values, event.reason, _event_label(event, lang), event.actor, at])
    return _course_box(record, heads, rows, lang)


def history_box(record: PeriodRecordView, lang: str) -> str:
    """The markup of the newest events of the period."""
    heads = [t(f"submissions.{head}", lang) for head in ("when", "who", "what", "values", "why")]
    rows = [
        [format_full_datetime(event.clock_time), event.actor, _event_label(event, lang),
         _event_values(record, event, lang), event.reason]
        for event in record.history
    ]  # fmt: skip
    return _course_box(record, heads, rows, lang)


def _course_box(record: PeriodRecordView, heads: Sequence[str], rows: Sequence[Sequence[h.Node]], lang: str) -> str:
    title = h.h2(".box-title")[t("submissions.course", lang)]
    if not rows:
        return str(h.section(".box")[title, h.p(".nothing")[t("submissions.course_none", lang)]])
    is_cut = record.earlier > 0
    cut = is_cut and h.p(".quiet")[t("submissions.course_earlier", lang, shown=len(rows), n=record.earlier)]
    return str(h.section(".box")[title, cut, small_table(heads, rows)])


def small_table(heads: Sequence[str], rows: Iterable[Sequence[h.Node]]) -> h.Element:
    """A table of a few rows; on a phone each is a card, with the heads beside its cells."""
    body = (h.tr[(h.td(data_label=head)[node] for head, node in zip(heads, row, strict=True))] for row in rows)
    return h.div(".small-table-host")[
        h.table(".small-table")[h.thead[h.tr[(h.th(scope="col")[head] for head in heads)]], h.tbody[body]]
    ]


def reminder_header(
    snapshot: Snapshot, record: PeriodRecordView, count: int, lang: str
) -> str:  # fmt: skip
    """The markup of what is reminded of. `count`: of the agency's reminders in the past year."""
    obligation, is_overdue = record.obligation, record.status.state is SubmissionState.OVERDUE
    parts = {
        "agency": agency_name(snapshot, record.agency, lang),
        "obligation": obligation.name.get(lang),
        "period": period_name(obligation, record.period, lang),
        "due": format_full_datetime(record.status.due),
    }
    not_overdue = describe(Failure(SubmissionCode.NOT_OVERDUE), lang)
    return str(
        h.section(".box.form-stack")[
            obligation_header(snapshot, obligation, lang),
            h.p[t("submissions.urge_line", lang, **parts) if is_overdue else not_overdue],
            is_overdue and h.p(".quiet")[t("submissions.urge_counts", lang, n=count)],
        ]
    )


def reminder_list(reminders: Sequence[Reminder], lang: str) -> str:
    """The markup of the reminders of a period, "" for none."""
    heads = [t(f"submissions.{head}", lang) for head in ("when", "who", "urge_why")]
    rows = [[format_full_datetime(each.clock_time), each.actor, each.reason] for each in reminders]
    title = h.h2(".box-title")[t("submissions.urge_before", lang)]
    return str(h.section(".box")[title, small_table(heads, rows)]) if rows else ""


def _event_label(event: SubmissionEvent, lang: str) -> str:
    if event.event_type is SubmissionEventType.SUBMITTED:
        if event.channel is SubmissionChannel.PHONE:
            return t("submissions.did_phone", lang)
        if event.refers_to:
            return t("submissions.did_corrected", lang)
    return t(f"submissions.did_{event.event_type.value}", lang)


def _event_values(record: PeriodRecordView, event: SubmissionEvent, lang: str) -> str:
    values = record.values.get(event.id, {})
    return " · ".join(
        f"{cell_label(cell, lang)}: {figure_text(values[cell.series.key]) or NO_VALUE}"
        for cell in form_cells(record.obligation)
        if cell.series.key in values
    )
