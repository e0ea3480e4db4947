"""The lists that are exported, each with the permission of the page that shows it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict

import orjson

from components.access import api_keys, displays, users
from components.access.audit_log import objects_in_words, record, record_columns
from components.directives import document_list, mandates, positions, reminder_ledger, task_export, waiting_table
from components.directives.directive_export import directive_export
from components.directives.sheet_check import faults_export
from components.districts.unit_export import unit_export
from components.events.event_export import event_export
from components.kpi.kpi_export import kpi_export
from components.sources.source_export import source_export
from components.submissions.labels import agency_name
from components.submissions.submission_exports import (
    compliance_export,
    form_export,
    overdue_export,
    owed_export,
    period_export,
)
from components.ui.export_table import Cell, ExportTable, grid_export
from components.ui.i18n import t
from components.ui.live_table import SEARCH
from ioc.auth.audit_log import failure_of
from ioc.dash_kit.context import service
from ioc.dash_kit.directory import AgencyDirectory, AuditNames
from ioc.dash_kit.files import TaskSheets
from ioc.directives.context import DirectiveContext
from ioc.directives.document_register import all_documents, each_once
from ioc.directives.positions import list_positions
from ioc.directives.register_filter import all_rows
from ioc.directives.reminders import all_reminders
from ioc.directives.waiting import waiting_pairs
from ioc.domain.access.permissions import Action
from ioc.storage.access.audit_log import StoredAuditEntry
from ioc.submissions.service import SubmissionService
from ioc.web.exports.endpoint import ExportList, ExportRequest
from ioc.web.views.services import Services


def all_lists(
    services: Services, submissions: SubmissionService, directives: DirectiveContext
) -> list[ExportList]:  # fmt: skip
    """Of all pages."""
    return [
        *watching_lists(), *access_lists(services), *submission_lists(submissions), *directive_lists(directives)
    ]  # fmt: skip


def watching_lists() -> list[ExportList]:
    """What the watching pages show: of the snapshot, at the moment `luc`."""
    tables: dict[str, tuple[str, Callable[[ExportRequest], ExportTable]]] = {
        "units": ("units", lambda asked: unit_export(asked.snapshot, asked.params, asked.lang)),
        "kpis": ("kpis", lambda asked: kpi_export(asked.snapshot, asked.params, asked.lang)),
        "sources": ("sources", lambda asked: source_export(asked.snapshot, asked.params, asked.lang)),
        "events": ("events", lambda asked: event_export(asked.snapshot, asked.params, asked.lang)),
        "directives": ("directives", lambda asked: directive_export(asked.snapshot, asked.params, asked.lang)),
        "overdue-submissions": ("obligations", lambda asked: overdue_export(asked.snapshot, asked.lang)),
        "compliance": ("obligations", lambda asked: compliance_export(asked.snapshot, asked.lang)),
        "submission-periods": ("obligations", lambda asked: period_export(asked.snapshot, asked.lang)),
    }
    return [ExportList(name, Action.VIEW, table, page) for name, (page, table) in tables.items()]


def access_lists(services: Services) -> list[ExportList]:
    """What the pages of the administration show."""
    directory = AgencyDirectory(services.agency_names, services.current_agencies)
    auth = services.auth

    def accounts(asked: ExportRequest) -> ExportTable:
        rows = (
            users.row(account, directory.name(account.agency, asked.lang), asked.lang)
            for account in auth.users.list_accounts(asked.principal)
        )
        return grid_export("tai-khoan", t("views.accounts", asked.lang), users.columns(asked.lang), rows, _words(asked))

    def enrolled_displays(asked: ExportRequest) -> ExportTable:
        titles = services.display_pages()
        now = services.clock()
        rows = (displays.row(each, titles, now, asked.lang) for each in auth.displays.list_all(asked.principal))
        return grid_export(
            "man-hinh", t("views.screens", asked.lang), displays.columns(asked.lang), rows, _words(asked)
        )

    def keys(asked: ExportRequest) -> ExportTable:
        rows = (api_keys.row(each, asked.lang) for each in auth.api_keys.list_all(asked.principal))
        return grid_export(
            "chuong-trinh", t("views.programs", asked.lang), api_keys.columns(asked.lang), rows, _words(asked)
        )

    def audit_log(asked: ExportRequest) -> ExportTable:
        title, columns = t("audit_log.title", asked.lang), record_columns(asked.lang)
        return ExportTable("nhat-ky", title, columns, _audit_records(services, asked))

    return [
        ExportList("accounts", Action.ADMINISTER, accounts),
        ExportList("displays", Action.MANAGE_DISPLAYS, enrolled_displays),
        ExportList("api-keys", Action.ADMINISTER, keys),
        ExportList(
            "audit-log", Action.READ_AUDIT_LOG, audit_log, json_lines=lambda asked: _audit_lines(services, asked)
        ),
    ]


def submission_lists(submissions: SubmissionService) -> list[ExportList]:
    """What an agency owes, and its forms to fill in: of the obligation `bieu` and the period `ky`."""

    def owed(asked: ExportRequest) -> ExportTable:
        periods = submissions.owed_periods(asked.snapshot.submissions, asked.principal)
        return owed_export(periods, asked.lang, _words(asked))

    def form(asked: ExportRequest) -> ExportTable:
        key, period = asked.params.get("bieu", ""), asked.params.get("ky") or None
        record = submissions.submission_form(key, period, asked.principal)
        agency = agency_name(asked.snapshot, record.agency or record.obligation.agency, "vi")
        return form_export(record.obligation, record.period, agency)

    return [ExportList("submissions", Action.SUBMIT, owed), ExportList("submission-form", Action.SUBMIT, form)]


def directive_lists(context: DirectiveContext) -> list[ExportList]:
    """Tasks, who waits for whom, documents, reminders, positions, mandates, and faults of a sheet."""

    def of_positions(asked: ExportRequest) -> ExportTable:
        found, _ = list_positions(context, asked.principal)
        rows = (positions.row(each, context.agencies, context.today(), asked.lang) for each in found.by_key.values())
        title, columns = t("positions.list", asked.lang), positions.columns(asked.lang)
        return grid_export("chuc-danh", title, columns, rows, _words(asked))

    def of_mandates(asked: ExportRequest) -> ExportTable:
        found, numbered = list_positions(context, asked.principal)
        rows = (
            mandates.row(each.number, each.mandate, found.by_key, context.today(), asked.lang)
            for each in reversed(numbered)
        )
        title, columns = t("positions.mandates", asked.lang), mandates.columns(asked.lang)
        return grid_export("uy-quyen", title, columns, rows, _words(asked))

    def tasks(asked: ExportRequest) -> ExportTable:
        rows = (
            task_export.record(each, context.agencies, context.units, asked.lang)
            for each in all_rows(context, asked.params, asked.principal)
        )
        return ExportTable("nhiem-vu", t("register.page", asked.lang), task_export.record_columns(asked.lang), rows)

    def of_reminders(asked: ExportRequest) -> ExportTable:
        rows = (
            reminder_ledger.record(each, part.titles, context.agencies, asked.lang)
            for part in all_reminders(context, asked.params, asked.principal)
            for each in part.rows
        )
        title, heads = t("reminders.page", asked.lang), reminder_ledger.record_columns(asked.lang)
        return ExportTable("don-doc", title, heads, rows)

    def of_documents(asked: ExportRequest) -> ExportTable:
        rows = (
            document_list.record(each, context.agencies, asked.lang)
            for each in each_once(all_documents(context, asked.params, asked.principal))
        )
        title, heads = t("document_list.page", asked.lang), document_list.record_columns(asked.lang)
        return ExportTable("van-ban", title, heads, rows)

    def of_waiting(asked: ExportRequest) -> ExportTable:
        pairs = waiting_pairs(context, asked.principal)
        rows = (waiting_table.row(each, context.agencies, context.today(), asked.lang) for each in pairs)
        title, columns = t("waiting.page", asked.lang), waiting_table.columns(asked.lang)
        return grid_export("ai-cho-ai", title, columns, rows, _words(asked))

    return [
        ExportList("waiting", Action.ACT_ON_DIRECTIVES, of_waiting),
        ExportList("tasks", Action.ACT_ON_DIRECTIVES, tasks),
        ExportList("documents", Action.ACT_ON_DIRECTIVES, of_documents),
        ExportList("reminders", Action.ACT_ON_DIRECTIVES, of_reminders),
        ExportList("positions", Action.ADMINISTER, of_positions),
        ExportList("mandates", Action.ADMINISTER, of_mandates),
        ExportList("sheet-faults", Action.ACT_ON_DIRECTIVES, _sheet_faults),
    ]


def _sheet_faults(asked: ExportRequest) -> ExportTable:
    """What the last check has found in the sheet of tasks `bang`, to who sent it alone."""
    staging = service(TaskSheets).staging
    return faults_export(staging.faults(asked.params.get("bang", ""), asked.principal), asked.lang)


def _words(asked: ExportRequest) -> str:
    """What a list of a working page is searched for."""
    return asked.params.get(SEARCH, "")


def _audit_records(services: Services, asked: ExportRequest) -> Iterator[list[Cell]]:
    """The entries in words, newest first as the page shows them. The export is audited once the first is read."""
    for batch in services.auth.audit.export(asked.params, asked.principal, is_descending=True):
        about = objects_in_words(batch, service(AuditNames).names, asked.lang)
        for entry in batch:
            yield record(entry, failure_of(entry), about[entry.id], asked.lang)


def _audit_lines(services: Services, asked: ExportRequest) -> Iterable[bytes]:
    """Entries as they are stored, one per line, without their personal details. Audited before it returns."""
    batches = services.auth.audit.export(asked.params, asked.principal)
    return (_audit_line(entry) for batch in batches for entry in batch)


def _audit_line(entry: StoredAuditEntry) -> bytes:
    body = asdict(entry)
    del body["detail"]
    return orjson.dumps(body, option=orjson.OPT_APPEND_NEWLINE)
