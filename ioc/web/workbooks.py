"""GET /nhap-so-lieu/<key>/mau.<kind>: the form of a period as a workbook or CSV to fill in."""

from collections.abc import Callable

from flask import Blueprint, Response, request

from components.submissions.workbook_files import CSV_TYPE, XLSX_TYPE, as_csv, as_xlsx
from components.ui.i18n import t
from ioc.domain.access.permissions import Action
from ioc.domain.submissions import form_workbook
from ioc.domain.submissions.errors import SubmissionCode, SubmissionError
from ioc.submissions.service import SubmissionService
from ioc.web.live.read_model import ReadModel
from ioc.web.middleware.authorization import current_principal, requires

_FILE_TYPES: dict[str, tuple[str, Callable[[list[list[str | float | None]]], bytes]]] = {
    "csv": (CSV_TYPE, as_csv),
    "xlsx": (XLSX_TYPE, lambda table: as_xlsx(table, form_workbook.SHEET_NAME, form_workbook.HEAD_ROW)),
}


def blueprint(submissions: SubmissionService, reads: ReadModel) -> Blueprint:
    """The route, for whoever may submit for the agency."""
    workbooks = Blueprint("workbooks", __name__)

    @workbooks.get("/nhap-so-lieu/<key>/mau.<kind>")
    @requires(Action.SUBMIT)
    def workbook(key: str, kind: str) -> Response:
        record = submissions.submission_form(key, request.args.get("ky") or None, current_principal())
        if kind not in _FILE_TYPES:
            raise SubmissionError(SubmissionCode.FILE_TYPE)
        obligation, period = record.obligation, record.period
        agency_name = reads.snapshot().agency_names[record.agency or obligation.agency].vi
        mime, make = _FILE_TYPES[kind]
        rows = form_workbook.blank_sheet(obligation, period, agency_name, t("submissions.template_advice", "vi"))
        headers = {
            "Content-Disposition": f'attachment; filename="{obligation.key}-{period.key}.{kind}"',
            "Cache-Control": "no-store",
        }
        return Response(make(rows), mimetype=mime, headers=headers)

    return workbooks
