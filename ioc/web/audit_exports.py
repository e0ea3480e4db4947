"""GET /quan-tri/nhat-ky.csv, .xlsx and .jsonl: all audit entries that the filter in the address matches."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import chain
from threading import BoundedSemaphore

import orjson
from flask import Blueprint, Response, abort, request

from components.access.audit_log import RECORD_HEADS, record
from components.submissions.workbook_files import CSV_MARK, CSV_TYPE, XLSX_TYPE, Table, csv_rows
from components.ui.i18n import t
from ioc.auth.audit_log import failure_of
from ioc.auth.audit_review import AuditReview
from ioc.dash_kit.context import lang
from ioc.domain.access.permissions import Action
from ioc.storage.access.audit_log import StoredAuditEntry
from ioc.web.errors.codes import RequestCode
from ioc.web.errors.request_error import RequestError
from ioc.web.middleware.authorization import current_principal, requires
from ioc.web.middleware.get_only import get_only
from ioc.web.workbook_process import write_workbook

_JSON_LINES_TYPE = "application/x-ndjson"
_WORKBOOKS = BoundedSemaphore(2)  # processes at once
_Read = Callable[[], Iterator[list[StoredAuditEntry]]]  # audits the export


def blueprint(review: AuditReview) -> Blueprint:
    """The route, for whoever may read the audit log. Each export is itself an entry."""
    exports = Blueprint("audit_exports", __name__)
    writers: dict[str, tuple[Callable[[_Read, str], Iterator[bytes]], str]] = {
        "csv": (_csv, CSV_TYPE), "xlsx": (_xlsx, XLSX_TYPE), "jsonl": (_json_lines, _JSON_LINES_TYPE),
    }  # fmt: skip

    @exports.get("/quan-tri/nhat-ky.<kind>")
    @requires(Action.READ_AUDIT_LOG)
    @get_only
    def export(kind: str) -> Response:
        if kind not in writers:
            abort(404)
        write, media_type = writers[kind]
        by = current_principal()
        response = Response(write(lambda: review.export(request.args, by), lang()), mimetype=media_type)
        response.headers["Content-Disposition"] = f'attachment; filename="nhat-ky.{kind}"'
        response.headers["Cache-Control"] = "no-store"
        return response

    return exports


def _json_lines(read: _Read, _lang: str) -> Iterator[bytes]:
    """Entries as they are stored, one per line, without their personal details."""
    return (b"".join(map(_json_line, batch)) for batch in read())


def _json_line(entry: StoredAuditEntry) -> bytes:
    body = asdict(entry)
    del body["detail"]
    return orjson.dumps(body, option=orjson.OPT_APPEND_NEWLINE)


def _csv(read: _Read, lang: str) -> Iterator[bytes]:
    lines = (csv_rows(_records(batch, lang)) for batch in read())
    return chain([CSV_MARK + csv_rows([_heads(lang)])], lines)


def _xlsx(read: _Read, lang: str) -> Iterator[bytes]:
    """The workbook, written before the response begins, so that a failure is an answer."""
    if not _WORKBOOKS.acquire(blocking=False):
        raise RequestError(RequestCode.BUSY)
    try:
        rows = (row for batch in read() for row in _records(batch, lang))
        return write_workbook(t("audit_log.title", lang), _heads(lang), rows)
    finally:
        _WORKBOOKS.release()


def _heads(lang: str) -> list[str]:
    return [t(f"audit_log.{head}", lang) for head in RECORD_HEADS]


def _records(batch: list[StoredAuditEntry], lang: str) -> Table:
    return [record(entry, failure_of(entry), lang) for entry in batch]
