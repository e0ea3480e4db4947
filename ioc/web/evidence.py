"""GET /files/evidence/<number>: an evidence file, to be saved and never shown; for programs by their key below /api/v1.

GET /files/draft-evidence/<number>: one of a draft, for people of the agency that wrote it.

A task that the principal may not see has no files: the answer is that for a number that there is not.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from urllib.parse import quote

from flask import Blueprint, Response

from ioc.directives.context import DirectiveContext
from ioc.directives.evidence import EvidenceService, OpenedEvidence
from ioc.domain.access.permissions import Action
from ioc.domain.access.principal import Principal
from ioc.domain.directives.evidence import EvidenceCode, EvidenceError, EvidenceType
from ioc.storage.evidence_files import FOLDER, RESERVE_BYTES, EvidenceFiles
from ioc.web.api import params
from ioc.web.file_response import file_response
from ioc.web.middleware.authorization import current_principal, requires
from ioc.web.middleware.get_only import get_only
from ioc.web.views.services import page_that_leads_on

_OPEN_XML, _OPEN_DOCUMENT = "application/vnd.openxmlformats-officedocument.", "application/vnd.oasis.opendocument."
MEDIA_TYPES: Mapping[EvidenceType, str] = {
    EvidenceType.PDF: "application/pdf", EvidenceType.PNG: "image/png", EvidenceType.JPEG: "image/jpeg",
    EvidenceType.XLSX: f"{_OPEN_XML}spreadsheetml.sheet",
    EvidenceType.DOCX: f"{_OPEN_XML}wordprocessingml.document",
    EvidenceType.ODS: f"{_OPEN_DOCUMENT}spreadsheet", EvidenceType.ODT: f"{_OPEN_DOCUMENT}text",
    EvidenceType.CSV: "text/csv", EvidenceType.TXT: "text/plain",
}  # fmt: skip
_MAX_DIGITS = 18  # of a number that a store can hold
_CSP = "default-src 'none'; sandbox; frame-ancestors 'none'"


def evidence_service(directives: DirectiveContext, data: Path) -> EvidenceService:
    """The files of acts, whose contents lie in a folder of `data`."""
    files = EvidenceFiles(
        data / FOLDER, directives.limits.evidence_gb, lambda: directives.clock().timestamp(), RESERVE_BYTES
    )
    return EvidenceService(directives, files)


def blueprint(service: EvidenceService) -> Blueprint:
    """The route for people and the one for programs."""
    evidence, download = Blueprint("evidence", __name__), partial(_download, service.open)
    download_of_draft = partial(_download, service.open_of_draft)

    def download_by_key(number: str) -> Response:
        params.query_params()
        return download(number)

    routes: Mapping[str, Callable[[str], Response]] = {
        "/files/evidence/<number>": lambda number: page_that_leads_on() or download(number),
        "/files/draft-evidence/<number>": lambda number: page_that_leads_on() or download_of_draft(number),
        "/api/v1/directives/evidence/<number>": download_by_key,
    }
    for path, view in routes.items():
        evidence.add_url_rule(path, "_".join(path.split("/")[1:3]), requires(Action.ACT_ON_DIRECTIVES)(get_only(view)))
    return evidence


def _download(open_file: Callable[[int, Principal], OpenedEvidence], number: str) -> Response:
    if not (number.isascii() and number.isdigit() and len(number) <= _MAX_DIGITS):
        raise EvidenceError(EvidenceCode.UNKNOWN_FILE)
    opened = open_file(int(number), current_principal())
    response = file_response(opened.content, MEDIA_TYPES[opened.file.file_type])
    response.headers.update(_headers(opened))
    return response


def _headers(opened: OpenedEvidence) -> dict[str, str]:
    """Saved under its name (RFC 6266, RFC 5987), in a browser that would not run it either."""
    file = opened.file
    plain = f"minh-chung-{opened.number}.{file.file_type.value}"
    return {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}",
        "Content-Security-Policy": _CSP, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
    }  # fmt: skip
