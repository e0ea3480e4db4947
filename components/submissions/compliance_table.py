"""Overdue and upcoming submissions, and each agency's compliance over the year."""

from collections.abc import Sequence
from urllib.parse import urlencode

import htpy as h

from components.submissions.labels import agency_name, elapsed_text, format_full_datetime, period_name, status_mark
from components.ui.format import NO_VALUE, format_datetime, format_number
from components.ui.i18n import t
from components.ui.icons import mark
from components.ui.status_badges import badges, severity_mark
from ioc.domain.base.times import city_date
from ioc.domain.snapshot import Snapshot
from ioc.domain.submissions.compliance import ComplianceRecord
from ioc.domain.submissions.submission import ObligationPeriod, Reminder, SubmissionState

MAX_ROWS = 200
_OVERDUE_COLUMNS = ("agency", "obligation", "period", "due", "over", "reminders")
_UPCOMING_COLUMNS = ("agency", "obligation", "period", "due", "status")
_YEAR_COLUMNS = ("agency", "owed", "late_n", "open_n", "on_time", "reminders", "consequence")


def overdue_section(snapshot: Snapshot, late: Sequence[ObligationPeriod], lang: str) -> h.Element:
    """A row for every overdue period, in the given order, and the export link."""
    return h.section(".box.compliance-box")[
        h.div(".box-head")[
            h.h2(".box-title")[t("submissions.overdue", lang), h.small[t("submissions.page_line", lang)]],
            _export_links("overdue-submissions", "submissions.overdue", snapshot, lang),
        ],
        _table(_OVERDUE_COLUMNS, [_overdue_row(snapshot, task, lang) for task in late[:MAX_ROWS]], lang)
        if late
        else h.p(".nothing")[
            t("submissions.none_overdue" if snapshot.submissions.obligations else "submissions.no_obligations", lang)
        ],
        len(late) > MAX_ROWS and h.p(".quiet")[t("submissions.more", lang, n=format_number(len(late) - MAX_ROWS))],
    ]


def _overdue_row(snapshot: Snapshot, item: ObligationPeriod, lang: str) -> h.Element:
    return h.tr[
        _agency_cell(snapshot, item, lang),
        _obligation_cell(snapshot, item, lang),
        h.td(data_label=t("submissions.period", lang))[period_name(item.obligation, item.period, lang)],
        h.td(".nowrap", data_label=t("submissions.due", lang))[format_full_datetime(item.status.due)],
        h.td(".n.nowrap", data_label=t("submissions.over", lang))[
            mark("critical"), " ", h.b[elapsed_text(snapshot.at - item.status.due, lang)]
        ],
        h.td(data_label=t("submissions.reminders", lang))[
            reminder_text(item.reminders, snapshot, lang),
            h.a(".act-remind", href=f"/don-doc/{item.obligation.key}/{item.period.key}")[t("submissions.remind", lang)],
        ],
    ]


def reminder_text(reminders: Sequence[Reminder], snapshot: Snapshot, lang: str) -> str:
    """The number of reminders, and the time of the last."""
    if not reminders:
        return t("submissions.never_reminded", lang)
    return t(
        "submissions.reminded_n", lang, n=len(reminders), time=format_datetime(reminders[-1].clock_time, snapshot.at)
    )


def upcoming_section(snapshot: Snapshot, soon: Sequence[ObligationPeriod], lang: str) -> h.Element:
    """Periods that are due soon, rejected, or awaiting approval."""
    return h.section(".box.compliance-box")[
        h.h2(".box-title")[t("submissions.upcoming", lang)],
        _table(_UPCOMING_COLUMNS, [_upcoming_row(snapshot, item, lang) for item in soon[:MAX_ROWS]], lang)
        if soon
        else h.p(".nothing")[t("submissions.none_upcoming", lang)],
    ]


def _upcoming_row(snapshot: Snapshot, item: ObligationPeriod, lang: str) -> h.Element:
    return h.tr[
        _agency_cell(snapshot, item, lang),
        _obligation_cell(snapshot, item, lang),
        h.td(data_label=t("submissions.period", lang))[period_name(item.obligation, item.period, lang)],
        h.td(".nowrap", data_label=t("submissions.due", lang))[format_full_datetime(item.status.due)],
        h.td(data_label=t("submissions.status", lang))[status_mark(item.status.state, lang)],
    ]


def _agency_cell(snapshot: Snapshot, item: ObligationPeriod, lang: str) -> h.Element:
    return h.td(".compliance-agency")[h.b[agency_name(snapshot, item.agency, lang)]]


def _obligation_cell(snapshot: Snapshot, item: ObligationPeriod, lang: str) -> h.Element:
    return h.td(data_label=t("submissions.obligation", lang))[
        item.obligation.name.get(lang),
        badges(
            lang, simulated=item.obligation.is_simulated, drill=item.obligation.key in drill_obligation_keys(snapshot)
        ),
        item.obligation.basis.vi and h.small(".quiet")[item.obligation.basis.get(lang)],
    ]


def drill_obligation_keys(snapshot: Snapshot) -> set[str]:
    """Keys of the obligations that belong to an exercise."""
    return {view.source.key for view in snapshot.sources if view.source.is_drill}


def year_section(snapshot: Snapshot, records: Sequence[ComplianceRecord], lang: str) -> h.Element:
    """A row for each agency, in the given order."""
    counted = t(f"submissions.year_line_{snapshot.submissions.compliance_rules.metric}", lang)
    limited = bool(snapshot.submissions.compliance_rules.thresholds)
    return h.section(".box.compliance-box")[
        h.div(".box-head")[
            h.h2(".box-title")[
                t("submissions.year", lang),
                limited and h.small[counted],
                badges(
                    lang,
                    simulated=any(obligation.is_simulated for obligation in snapshot.submissions.obligations),
                    drill=False,
                ),
            ],
            h.span(".export-links")[
                _export_links("compliance", "submissions.year", snapshot, lang),
                _export_links("submission-periods", "export.periods_title", snapshot, lang),
            ],
        ],
        _table(_YEAR_COLUMNS, [_year_row(snapshot, view, lang) for view in records], lang)
        if records
        else h.p(".nothing")[t("submissions.none_year", lang)],
    ]


def _export_links(name: str, title_key: str, snapshot: Snapshot, lang: str) -> h.Element:
    """The links to the files of a table, at the moment that is shown."""
    moment = {} if snapshot.is_live else {"luc": snapshot.at.isoformat()}
    query, title = urlencode({**moment, "lang": lang}), t(title_key, lang)
    return h.span(".export-links")[
        title, ": ",
        (
            [" ", h.a(".chip", href=f"/xuat/{name}.{kind}?{query}", target="_blank", aria_label=f"{title}: {ext}")[ext]]
            for kind, ext in (("csv", "CSV"), ("xlsx", "XLSX"))
        ),
    ]  # fmt: skip


def _year_row(snapshot: Snapshot, record: ComplianceRecord, lang: str) -> h.Element:
    by_reminders = snapshot.submissions.compliance_rules.metric == "reminders"
    agency = snapshot.register.agencies.get(record.agency)
    ended = agency is not None and agency.until is not None and agency.until < city_date(snapshot.at)
    cells = (
        ("owed", format_number(record.due_count), False),
        ("late_n", format_number(record.late_count), not by_reminders),
        ("open_n", format_number(record.open_count), False),
        (
            "on_time",
            NO_VALUE if record.on_time_share is None else f"{format_number(record.on_time_share * 100, 1)} %",
            False,
        ),
        ("reminders", format_number(record.reminder_count), by_reminders),
    )
    return h.tr[
        h.td(".compliance-agency")[
            h.b[agency_name(snapshot, record.agency, lang)],
            ended and h.small(".quiet")[t("submissions.ended", lang)],
        ],
        (
            h.td(".n", data_label=t(f"submissions.{key}", lang))[h.b[text] if counted else text]
            for key, text, counted in cells
        ),
        h.td(data_label=t("submissions.consequence", lang))[_consequence_cell(record, by_reminders, lang)],
    ]


def _consequence_cell(record: ComplianceRecord, by_reminders: bool, lang: str) -> h.Fragment:
    count = record.reminder_count if by_reminders else record.late_count
    left = record.next_threshold and t(
        "submissions.next_threshold",
        lang,
        n=record.next_threshold.count - count,
        name=record.next_threshold.name.get(lang),
    )
    return h.fragment[
        h.span(".compliance-threshold")[severity_mark(record.threshold.severity), " ", record.threshold.name.get(lang)]
        if record.threshold
        else None,
        h.small(".quiet")[left] if left else None,
        NO_VALUE if not record.threshold and not left else None,
    ]


def _table(columns: Sequence[str], rows: Sequence[h.Element], lang: str) -> h.Element:
    numbers = {"owed", "late_n", "open_n", "on_time", "over"} | ({"reminders"} if columns is _YEAR_COLUMNS else set())
    heads = (h.th(class_="n" if key in numbers else None)[t(f"submissions.{key}", lang)] for key in columns)
    return h.div(".wide")[h.table(".compliance")[h.thead[h.tr[heads]], h.tbody[rows]]]


def compliance_summary(
    snapshot: Snapshot, items: Sequence[ObligationPeriod], records: Sequence[ComplianceRecord], lang: str
) -> h.Fragment:
    """Links to the forms, and five counters."""
    status = [item.status.state for item in items]
    due, late = sum(view.due_count for view in records), sum(view.late_count for view in records)
    rate = NO_VALUE if not due else format_number((due - late) / due * 100, 1)
    agencies = {item.agency for item in items if item.status.state is SubmissionState.OVERDUE}
    numbers = (
        ("count_late", format_number(status.count(SubmissionState.OVERDUE)), SubmissionState.OVERDUE in status),
        ("count_agencies", format_number(len(agencies)), bool(agencies)),
        ("count_soon", format_number(status.count(SubmissionState.DUE_SOON)), False),
        ("count_waiting", format_number(status.count(SubmissionState.AWAITING_APPROVAL)), False),
        ("rate_on_time", rate, False),
    )
    return h.fragment[_form_links(lang), _numbers(snapshot, numbers, lang)]


def _form_links(lang: str) -> h.Element:
    """Links to the forms; CSS shows each only to those with the permission."""
    form_links = (("submit", "/nhap-so-lieu", "desk"), ("approve_submission", "/duyet-so-lieu", "release"))
    return h.nav(".chips.compliance-links", aria_label=t("submissions.forms", lang))[
        (
            h.a(class_=["chip", f"may-{may}"], href=path)[t(f"submissions.{key}", lang)]
            for may, path, key in (*form_links, ("enter_phone_report", "/bao-qua-dien-thoai", "call"))
        )
    ]


def _numbers(snapshot: Snapshot, numbers: Sequence[tuple[str, str, bool]], lang: str) -> h.Element:
    simulated = any(obligation.is_simulated for obligation in snapshot.submissions.obligations)
    drill = any(obligation.key in drill_obligation_keys(snapshot) for obligation in snapshot.submissions.obligations)
    return h.div(".counters.counters-5")[
        (
            h.div(class_=["box", "counter", "counter-bad" if bad else None])[
                h.span(".counter-value")[h.b[value], key == "rate_on_time" and value != NO_VALUE and h.small["%"]],
                h.span(".counter-words")[bad and mark("critical"), bad and " ", t(f"submissions.{key}", lang)],
                badges(lang, simulated=simulated, drill=drill, short=True),
            ]
            for key, value, bad in numbers
        )
    ]
