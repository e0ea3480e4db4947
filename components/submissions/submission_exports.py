"""Submissions as exported tables: what an agency owes, what is overdue, the year of each agency, periods by agency."""

from collections.abc import Iterable, Iterator, Sequence

from components.submissions.compliance_table import drill_obligation_keys
from components.submissions.labels import agency_name, period_name
from components.submissions.tables import owed_columns, owed_row
from components.ui.export_table import Cell, CellKind, ExportColumn, ExportTable, grid_export, heads, yes
from components.ui.i18n import t
from ioc.domain.kpis.judgement import round_half_away
from ioc.domain.snapshot import Snapshot
from ioc.domain.submissions import form_workbook
from ioc.domain.submissions.compliance import ComplianceRecord, compliance_records
from ioc.domain.submissions.obligation import Obligation, ReportingPeriod
from ioc.domain.submissions.submission import ObligationPeriod, SubmissionState, obligation_periods

_TEXT, _NUMBER, _MOMENT = CellKind.TEXT, CellKind.NUMBER, CellKind.MOMENT
_NAMES = {"submissions.agency": _TEXT, "submissions.obligation": _TEXT, "submissions.period": _TEXT}
_OVERDUE_COLUMNS = {
    **_NAMES, "submissions.due": _MOMENT, "days_late": _NUMBER, "reminder_count": _NUMBER,
    "last_reminder": _MOMENT, "basis": _TEXT, "simulated": _TEXT, "drill": _TEXT, "at": _MOMENT,
}  # fmt: skip
_YEAR_COLUMNS = {
    "submissions.agency": _TEXT, "submissions.owed": _NUMBER, "submissions.late_n": _NUMBER,
    "submissions.open_n": _NUMBER, "on_time_share": _NUMBER, "reminder_count": _NUMBER,
    "submissions.consequence": _TEXT, "simulated": _TEXT, "at": _MOMENT,
}  # fmt: skip
_PERIOD_COLUMNS = {"submissions.agency": _TEXT, "submissions.obligation": _TEXT, "simulated": _TEXT}


def owed_export(periods: Iterable[ObligationPeriod], lang: str, words: str = "") -> ExportTable:
    """What the agency of a reporter owes, as their page lists it when it is searched for `words`."""
    columns = [column for column in owed_columns(lang) if column.field != "open"]
    rows = (owed_row(each, lang) for each in periods)
    return grid_export("nhap-so-lieu", t("submissions.desk", lang), columns, rows, words)


def form_export(obligation: Obligation, period: ReportingPeriod, agency: str) -> ExportTable:
    """The form of a period to fill in: a sheet without heads of its own, as form_workbook.parse_sheet reads it."""
    rows = form_workbook.blank_sheet(obligation, period, agency, t("submissions.template_advice", "vi"))
    width = max(map(len, rows))
    return ExportTable(
        f"{obligation.key}-{period.key}", form_workbook.SHEET_NAME, [ExportColumn("")] * width,
        ([*row, *[None] * (width - len(row))] for row in rows), fill_in_below=form_workbook.HEAD_ROW,
    )  # fmt: skip


def overdue_export(snapshot: Snapshot, lang: str) -> ExportTable:
    """A row for every overdue period of every obligation; the delay in days with one decimal."""
    late = (period for period in _periods(snapshot) if period.status.state is SubmissionState.OVERDUE)
    ordered = sorted(late, key=lambda period: (period.status.due, period.obligation.key))
    drills = drill_obligation_keys(snapshot)
    rows = (_overdue_row(period, snapshot, drills, lang) for period in ordered)
    title, columns = t("submissions.overdue", lang), heads(_OVERDUE_COLUMNS, lang)
    return ExportTable("cham-so-lieu", title, columns, rows, snapshot.at)


def _overdue_row(period: ObligationPeriod, snapshot: Snapshot, drills: set[str], lang: str) -> Sequence[Cell]:
    obligation, due, reminders = period.obligation, period.status.due, period.reminders
    return [
        agency_name(snapshot, period.agency, lang), obligation.name.get(lang),
        period_name(obligation, period.period, lang), due,
        round((snapshot.at - due).total_seconds() / 86_400, 1), len(reminders),
        reminders[-1].clock_time if reminders else None, obligation.basis.get(lang),
        yes(obligation.is_simulated, lang), yes(obligation.key in drills, lang), snapshot.at,
    ]  # fmt: skip


def compliance_export(snapshot: Snapshot, lang: str) -> ExportTable:
    """The year of each agency, the worst first."""
    simulated = any(obligation.is_simulated for obligation in snapshot.submissions.obligations)
    records = compliance_records(snapshot.submissions, _periods(snapshot), snapshot.at)
    rows = (_year_row(record, snapshot, lang, simulated=simulated) for record in records)
    title, columns = t("submissions.year", lang), heads(_YEAR_COLUMNS, lang)
    return ExportTable("tuan-thu-so-lieu", title, columns, rows, snapshot.at)


def _year_row(record: ComplianceRecord, snapshot: Snapshot, lang: str, *, simulated: bool) -> Sequence[Cell]:
    share = record.on_time_share
    return [
        agency_name(snapshot, record.agency, lang), record.due_count, record.late_count, record.open_count,
        None if share is None else round_half_away(share * 100, 1), record.reminder_count,
        record.threshold.name.get(lang) if record.threshold else "", yes(simulated, lang), snapshot.at,
    ]  # fmt: skip


def period_export(snapshot: Snapshot, lang: str) -> ExportTable:
    """How many periods that ended in the past 400 days each agency has in each state, by form: counted as written."""
    title, columns = t("export.periods_title", lang), heads({**_PERIOD_COLUMNS, "submissions.status": _TEXT}, lang)
    rows = _period_rows(snapshot, lang)
    across = t("submissions.status", lang)
    return ExportTable("ky-so-lieu", title, columns, rows, snapshot.at, count_across=across)


def _period_rows(snapshot: Snapshot, lang: str) -> Iterator[Sequence[Cell]]:
    for period in _periods(snapshot):
        obligation = period.obligation
        yield [
            agency_name(snapshot, period.agency, lang), obligation.name.get(lang), yes(obligation.is_simulated, lang),
            t(f"submissions.status_{period.status.state.value}", lang),
        ]  # fmt: skip


def _periods(snapshot: Snapshot) -> list[ObligationPeriod]:
    return obligation_periods(snapshot.submissions, snapshot.register.agencies, snapshot.at)
